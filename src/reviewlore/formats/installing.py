"""What `init` and `uninstall` say: what became of each file, and what is left for people to do on GitHub."""

from collections.abc import Sequence

from reviewlore.config import Settings
from reviewlore.domain.installing import FileState, PlannedFile, Uninstalled, WorkflowPlan

_SAID: dict[FileState, tuple[str, str]] = {
    "new": ("Would write", "Wrote"),
    "renewed": ("Would renew", "Renewed"),
    "same": ("Is as it should be:", "Is as it should be:"),
    "kept": ("Would keep", "Kept"),
    "stale": ("Would remove", "Removed"),
    "refused": ("Would not touch", "Did not touch"),
}


def render_files(files: Sequence[PlannedFile], *, dry_run: bool) -> str:
    """Return a line for each file, and the differences of those that change or that somebody changed."""
    shown = [file.difference for file in files if file.difference and (dry_run or file.state == "refused")]
    lines = [f"{_SAID[file.state][0 if dry_run else 1]} {file.path}\n" for file in files]
    return "".join((*shown, *lines))


def render_next(plan: WorkflowPlan, settings: Settings) -> str:
    """Return what people have to do on GitHub after the files are there."""
    steps = [
        f"Commit these files to {plan.branch}: GitHub runs schedules, and reviewlore reads its settings, from there.",
        f"Settings > Environments: make `reviewlore`, for the branch {plan.branch} only, with the secret "
        "REVIEWLORE_PSEUDONYM_KEY, made by `openssl rand -hex 32`. Keep a copy: without it nobody can be forgotten.",
        f"Settings > Rules: protect {settings.state.branch} from deletion and from everybody's pushes but the "
        "workflows'. They force-push when somebody is forgotten, so let them bypass a rule against that.",
        "Settings > Actions > General: allow the actions that the files name.",
        f"A runner with the labels {', '.join(settings.train.runner)}, if adapters are to be trained; "
        "the ranker is trained on GitHub's.",
    ]
    if settings.model.kind == "openai":
        steps.append("If the model's server asks for a key: give the jobs the input model-key from a secret.")
    if plan.served:
        steps.append("Install the GitHub App that `reviewlore serve` answers for.")
    if plan.organisation:
        steps.append(
            "In the repository with reviewlore-organisation.yml: list repositories in reviewlore-repositories.json, "
            'such as ["shop", "web"], and add the secret REVIEWLORE_APP_KEY and the variable REVIEWLORE_APP_ID '
            "of a GitHub App that is installed on them, with contents write and pull-requests read."
        )
    if plan.split == "none" and not plan.served:
        steps.append("Pull requests from forks get their review on the page of the run; --split forks posts it.")
    listed = "".join(f"{number}. {step}\n" for number, step in enumerate(steps, 1))
    return (
        f"\nWhat is left to do:\n{listed}\n`reviewlore doctor --github OWNER/NAME` says how much of it is in place.\n"
    )


def render_uninstalled(done: Uninstalled, branch: str, *, dry_run: bool) -> str:
    """Return what was removed, what was left alone, and what people have to remove themselves."""
    wrote, removed = ("Would write", "Would remove") if dry_run else ("Wrote", "Removed")
    lines = [f"{wrote} {path}: `git fetch {path} {branch}:{branch}` brings it back.\n" for path in done.archives]
    lines += [f"{removed} {branch} {'on GitHub' if hosted else 'of this clone'}.\n" for hosted in done.branches]
    lines += [f"{removed} {path}\n" for path in done.removed]
    lines += [f"Left alone, since somebody changed it: {path}\n" for path in done.changed]
    if not lines:
        lines.append("Nothing of reviewlore was found here.\n")
    listed = "".join(f"- {step}\n" for step in _left(done, branch))
    return "".join(lines) + f"\nWhat can only be removed by you:\n{listed}"


def _left(done: Uninstalled, branch: str) -> list[str]:
    left = ["Commit the removal; workflows run until it is on the default branch."] if done.removed else []
    if True not in done.branches:
        left.append(f"The branch {branch} on GitHub, if there is one: --state --github OWNER/NAME removes it.")
    else:
        left.append(
            "GitHub may keep commits that no branch leads to, and show them by their ids: its support removes them. "
            "Clones and forks of others keep what they have."
        )
    return [
        *left,
        "On GitHub: the environment `reviewlore` with its secrets, the ruleset of the state branch, a runner of your "
        "own, the App's installation; logs and artefacts of runs until they expire.",
        "Remarks and replies on pull requests: they stay where they were posted.",
        "In .git: reviewlore-pseudonym.key (the names in an archive can be told by it only), and the folders "
        "reviewlore and reviewlore-runs.",
    ]
