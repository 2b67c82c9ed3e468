"""What is said to those who steer reviews, trainings and versions by a command: records in, Markdown out."""

from reviewlore.domain.commands import TrainCommand
from reviewlore.domain.hold import TrainingHold
from reviewlore.stages.commands.words import PREFIX, as_code


def render_paused(again: bool) -> str:
    """Return the answer to `/lore pause`; `again`: it was paused before."""
    already = " (it was paused already)" if again else ""
    return (
        f"Paused: pushes to this pull request are not reviewed by themselves any more{already}. A review that runs now "
        f"ends as it would have. `{PREFIX} review` reviews once, `{PREFIX} resume` reviews pushes again."
    )


def render_resumed(again: bool) -> str:
    """Return the answer to `/lore resume`; `again`: nothing was paused."""
    if again:
        return "Resumed: nothing was paused; the count of `[review] pause-after` starts again from here."
    return (
        "Resumed: the next push to this pull request is reviewed by itself, and the count of `[review] pause-after` "
        f"starts again from here. `{PREFIX} review` reviews what was pushed meanwhile."
    )


def render_nothing_new(head: str) -> str:
    """Return the answer to `/lore review` where the head was reviewed already."""
    return (
        f"Nothing was pushed since `{head[:12]}` was reviewed, so nothing was reviewed. `{PREFIX} review full` reviews "
        "all of the pull request anew."
    )


def render_moved(head: str) -> str:
    """Return the answer to `/lore review` where the pull request was pushed to before anything of it was said."""
    return (
        f"The pull request was pushed to after you asked about `{head[:12]}`, so nothing was posted. Say "
        f"`{PREFIX} review` again for its new head."
    )


def render_still_paused() -> str:
    """Return what a review that was asked for adds where pushes are paused."""
    return f"Pushes stay unreviewed until `{PREFIX} resume`."


def render_train_started(command: TrainCommand, workflow_url: str, reports: bool) -> str:
    """Return the answer to `/lore train`; `reports`: the workflow says here how it ends."""
    back = (
        "How it ended is said here."
        if reports
        else "Its workflow has no input `reply-to`, so nothing is said here when it ends."
    )
    return (
        f"Training of the `{command.tier}` tier is asked for; it starts when a runner is free: {workflow_url}. "
        f"The gate decides whether its result is used. {back}"
    )


def render_training_under_way(hold: TrainingHold, minutes: int) -> str:
    """Return why no training is started where one is under way; who trains is not said: the answer is public."""
    return (
        f"{as_code(hold.version)} is trained since {as_code(hold.started_at)} (last heard of at "
        f"{as_code(hold.beat_at)}), and one training runs at a time. Say it again when that one has ended; without a "
        f"sign of life it is taken for dead after {minutes} minutes."
    )
