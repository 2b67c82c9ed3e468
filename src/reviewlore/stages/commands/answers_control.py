"""What is said to those who steer reviews, trainings and versions by a command: records in, Markdown out."""

from collections.abc import Mapping

from reviewlore.domain.commands import TrainCommand
from reviewlore.domain.evaluation import Evaluation, Interval
from reviewlore.domain.hold import TrainingHold
from reviewlore.domain.inert import inert_line
from reviewlore.domain.model import RegistryEntry
from reviewlore.domain.visible import visible_line
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


def render_no_workflow(workflow: str, branch: str, problem: str) -> str:
    """Return why the training workflow cannot be started, and what to do about it."""
    return (
        f"{as_code(workflow)} could not be started on {as_code(branch)}. {problem} `reviewlore init` writes this "
        "workflow; the input `train-workflow` names another."
    )


def render_training_under_way(hold: TrainingHold, minutes: int) -> str:
    """Return why no training is started where one is under way; who trains is not said: the answer is public."""
    return (
        f"{as_code(hold.version)} is trained since {as_code(hold.started_at)} (last heard of at "
        f"{as_code(hold.beat_at)}), and one training runs at a time. Say it again when that one has ended; without a "
        f"sign of life it is taken for dead after {minutes} minutes."
    )


def render_evaluation(evaluation: Evaluation, states: Mapping[str, str], left_out: int) -> str:
    """Return the answer to `/lore evaluate`; `states` has how each version stands, `left_out` counts older versions."""
    pairs = sum(evaluation.pairs.values())
    title = (
        f"How often the remark that was acted on comes first, on {evaluation.pull_requests} later pull requests that "
        f"were held out ({pairs} pairs of dataset `{evaluation.dataset[:12]}`), with 95 % bootstrap intervals:"
    )
    ordered = sorted(evaluation.scores, key=lambda score: score.tier == "baseline")
    rows = [
        f"| {score.name if score.tier == 'baseline' else as_code(score.name)} | "
        f"{states.get(score.name, 'baseline' if score.tier == 'baseline' else 'shipped')} | "
        f"{_interval(score.overall)} | {score.overall.count} |"
        for score in ordered
    ]
    table = "\n".join(["| version | state | accuracy | pairs |", "| --- | --- | --- | --- |", *rows])
    notes = [f"- {inert_line(visible_line(note))}" for note in evaluation.notes]
    if left_out:
        notes.append(f"- {left_out} older versions were not judged; `{PREFIX} evaluate <version>` judges one of them.")
    return "\n\n".join([title, table, *(["\n".join(notes)] if notes else [])])


def render_not_judged(version: str, notes: tuple[str, ...]) -> str:
    """Return why a version that was named could not be judged here, and what to do instead."""
    why = " ".join(visible_line(note) for note in notes if version in note)
    return (
        f"{why or f'{as_code(version)} has no files that can be judged.'} Nothing was measured. Run `reviewlore "
        "evaluate` on a machine where the extra `[model]` is installed, such as the runner that trains."
    )


def render_promoted(
    now: RegistryEntry, was: RegistryEntry, before: RegistryEntry | None, canary: RegistryEntry | None, pinned: str
) -> str:
    """Return the answer to `/lore promote`: the version now and before, who judged before, whose trial ended."""
    parts = [f"{as_code(now.id)} is in force: it judges {_scope(now.specialist)} from the next review on."]
    parts.append(f"Before, {_judge(before, now.specialist)} did.")
    if was.state == "rejected":
        parts.append("It had been rejected; that is overruled.")
    if canary is not None and canary.id != now.id:
        parts.append(f"The trial of {as_code(canary.id)} is over.")
    parts.append(f"`{PREFIX} rollback{f' {now.specialist}' if now.specialist else ''}` goes back one step.")
    return " ".join([*parts, *_unmoved(pinned)])


def render_rolled_back(
    specialist: str, now: RegistryEntry | None, before: RegistryEntry | None, canary: RegistryEntry | None, pinned: str
) -> str:
    """Return the answer to `/lore rollback`: who judges now and judged before, and whose trial it ended."""
    judge = _judge(now, specialist)
    if canary is not None:
        parts = [
            f"The trial of {as_code(canary.id)} is over, and it is rejected: {judge} judges {_scope(specialist)} from "
            "the next review on, as before the trial."
        ]
    else:
        parts = [
            f"{judge[0].upper()}{judge[1:]} judges {_scope(specialist)} from the next review on. Before, "
            f"{_judge(before, specialist)} did, which is retired; `{PREFIX} promote <version>` puts it in force again."
        ]
    return " ".join([*parts, *_unmoved(pinned)])


def render_repeated(specialist: str, now: RegistryEntry | None, pinned: str) -> str:
    """Return the answer to a promotion or rollback that was carried out when the same comment was read before."""
    judge = _judge(now, specialist)
    said = f"This was carried out already, and is not done twice. {judge[0].upper()}{judge[1:]} judges "
    return " ".join([f"{said}{_scope(specialist)}.", *_unmoved(pinned)])


def _interval(interval: Interval) -> str:
    return f"{interval.accuracy:.2f} ({interval.low:.2f} to {interval.high:.2f})" if interval.count else "no pairs"


def _scope(specialist: str) -> str:
    return f"the {specialist} findings of all pull requests" if specialist else "all pull requests"


def _judge(entry: RegistryEntry | None, specialist: str) -> str:
    if entry is not None:
        return as_code(entry.id)
    return "everybody's version" if specialist else "the shipped prior"


def _unmoved(pinned: str) -> list[str]:
    """Return that a pin holds whatever is in force."""
    return [f"Reviews here stay as they are: {pinned[0].lower()}{pinned[1:]}"] if pinned else []
