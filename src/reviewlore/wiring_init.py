"""The composition root of `init` and `uninstall`: what they write and remove in a repository's work tree."""

from collections.abc import Callable
from dataclasses import dataclass

from reviewlore.adapters.resources import load_workflows
from reviewlore.adapters.worktree import WorkFolder, name_default_branch, open_folder
from reviewlore.config import Settings
from reviewlore.domain.installing import OWN_ACTION, Split, WorkflowPlan
from reviewlore.errors import ConfigError
from reviewlore.flows.init import find_earlier, find_settings, plan_files, write_files
from reviewlore.formats.installing import render_files, render_next
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
    action = check_action(options.action)
    folder = open_folder(workshop.repo)
    if action == OWN_ACTION and folder.read("action.yml") is None:
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
