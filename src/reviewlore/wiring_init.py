"""The composition root of `init`, `config` and `uninstall`: what is written, shown and removed in a repository."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewlore.adapters.resources import load_workflows
from reviewlore.adapters.state_removal import LeavingBranch, fetch_remote, find_local
from reviewlore.adapters.worktree import WorkFolder, is_bare, name_default_branch, open_folder
from reviewlore.config import FILE, Settings
from reviewlore.domain.installing import OWN_ACTION, Split, WorkflowPlan
from reviewlore.errors import ConfigError
from reviewlore.flows.init import find_earlier, find_settings, plan_files, write_files
from reviewlore.flows.settings_in_force import read_in_force
from reviewlore.flows.uninstall import uninstall
from reviewlore.formats.installing import render_files, render_next, render_uninstalled
from reviewlore.formats.settings import render_settings_in_force, settings_json
from reviewlore.formats.workflows import check_action
from reviewlore.wiring import Workshop


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the command line says; what is None or empty is as it was the last time, or as git and settings say."""

    action: str
    runner: tuple[str, ...]
    branch: str
    split: Split | None
    organisation: bool | None
    app: bool | None
    force: bool
    dry_run: bool


def run_init(workshop: Workshop, options: InitOptions, emit: Callable[[str], None]) -> int:
    """Write the workflows and the settings of a repository, and say what is left to do; RefusedError as in `flows`."""
    options = replace(options, action=check_action(options.action))
    folder = open_folder(workshop.repo)
    if options.action == OWN_ACTION and folder.read("action.yml") is None:
        raise ConfigError("`./` is the action of this repository, which has no action.yml. Write OWNER/NAME@COMMIT.")
    settings = find_settings(folder, options.runner)
    plan = _plan(folder, options, settings, options.branch or name_default_branch(workshop.repo))
    files = plan_files(folder, load_workflows(), plan, options.runner, force=options.force)
    refused = any(file.state == "refused" for file in files)
    if refused or options.dry_run:
        emit(render_files(files, dry_run=True))
    if not options.dry_run:
        write_files(folder, files)
        emit(render_files(files, dry_run=False))
    emit(render_next(plan, settings))
    return 2 if refused else 0


def run_uninstall(
    workshop: Workshop,
    emit: Callable[[str], None],
    *,
    state: bool,
    github: str | None,
    archive: Path | None,
    dry_run: bool,
) -> int:
    """Remove what `init` wrote and nobody changed, and with `state` the branch; with `github` also the one there."""
    ref = f"refs/heads/{workshop.settings.state.branch}"
    folder = None if is_bare(workshop.repo) else open_folder(workshop.repo)
    with TemporaryDirectory(prefix="reviewlore-") as place:
        branches: list[LeavingBranch] = []
        if state and github:
            remote, _ = workshop.github(github)
            branches += filter(None, [fetch_remote(Path(place) / "state.git", remote, ref)])
        if state:
            branches += filter(None, [find_local(workshop.repo, ref)])
        done = uninstall(folder, branches, archive, dry_run=dry_run)
    emit(render_uninstalled(done, workshop.settings.state.branch, dry_run=dry_run))
    return 0


def show_settings(workshop: Workshop, base: str | None, emit: Callable[[str], None], *, as_data: bool) -> int:
    """Show the settings of a commit, of the default branch where none is named; 2 where they cannot be used."""
    revision, commit = _find_commit(workshop, base)
    bare = is_bare(workshop.repo)
    present = None if bare else open_folder(workshop.repo).read(FILE)
    found = read_in_force(workshop.repo, revision, commit, present)
    if as_data:
        source = {"revision": revision, "commit": commit, "present": found.present}
        emit(json.dumps(settings_json(found.settings, source, found.problem), indent=2, ensure_ascii=False) + "\n")
        return 2 if found.problem else 0
    where = (
        f"{FILE} of {revision} at {commit[:12]}" if found.present else f"the defaults, since {revision} has no {FILE}"
    )
    notes = [f"PROBLEM: {found.problem}"] if found.problem else []
    if found.differs and not bare and base is None:
        notes.append(f"The {FILE} in this folder is another one: it holds once it is on {revision}.")
    emit(render_settings_in_force(found.settings, where if not found.problem else "the defaults", tuple(notes)))
    return 2 if found.problem else 0


def _find_commit(workshop: Workshop, base: str | None) -> tuple[str, str]:
    """Return a revision by name and by id; no id where a repository has no default branch yet."""
    if base is not None:
        return base, workshop.repo.resolve(base)
    name = name_default_branch(workshop.repo)
    return name, workshop.trusted or ""


def _plan(folder: WorkFolder, options: InitOptions, settings: Settings, branch: str) -> WorkflowPlan:
    earlier = find_earlier(folder)
    app, organisation = options.app, options.organisation
    return WorkflowPlan(
        action=options.action,
        branch=branch,
        tier=settings.train.tier,
        recipe=settings.train.recipe,
        runner=settings.train.runner,
        split=options.split or (earlier.split if earlier else "none"),
        served=(earlier is not None and earlier.served) if app is None else app,
        organisation=(earlier is not None and earlier.organisation) if organisation is None else organisation,
    )
