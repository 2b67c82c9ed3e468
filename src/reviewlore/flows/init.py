"""Which files a repository needs so that reviewlore works there, compared with what it has; writes and removes them.

What people wrote is theirs: settings that exist are kept, a workflow that somebody changed is shown and not touched
unless that is asked for, and nothing that was not written here is removed.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Protocol

from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.domain.installing import FileState, PlannedFile, WorkflowPlan, WrittenBy
from reviewlore.errors import ConfigError, RefusedError
from reviewlore.formats.workflows import (
    FOLDER,
    planned_workflows,
    read_mark,
    render_settings,
    render_workflow,
    workflow_path,
)
from reviewlore.stages.commands import ROWS

_WRITTEN: tuple[FileState, ...] = ("new", "renewed")


class Folder(Protocol):
    """The work tree of a repository, by paths from its top."""

    def read(self, path: str) -> str | None:
        """Return a file's text, None where there is none; InputError where it is no file inside the repository."""
        ...

    def write(self, path: str, text: str) -> None:
        """Write a file whole, with the folders above it; StorageError where that cannot be done."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file; StorageError where that cannot be done."""
        ...

    def listed(self, path: str) -> tuple[str, ...]:
        """Return the paths of the files in a folder, sorted; none where there is no such folder."""
        ...


def find_settings(folder: Folder, runner: Sequence[str]) -> Settings:
    """Return the settings that lie in a work tree; ConfigError where other labels of a runner are asked for.

    Of a file that there is not yet the labels are written, so they are checked here as those of any file.
    """
    text = folder.read(FILE)
    if text is None:
        listed = ", ".join(f'"{_toml(label)}"' for label in runner)
        return parse_settings(f"[train]\nrunner = [{listed}]\n" if runner else "")
    settings = parse_settings(text)
    if runner and tuple(runner) != settings.train.runner:
        raise ConfigError(
            f"{FILE} names the runner {', '.join(settings.train.runner)}, not {', '.join(runner)}. "
            "Change `runner` under [train] there, and leave --runner out."
        )
    return settings


def plan_files(
    folder: Folder, templates: Mapping[str, str], plan: WorkflowPlan, runner: Sequence[str], *, force: bool
) -> tuple[PlannedFile, ...]:
    """Compare what a plan takes with what a work tree has; `runner` goes into settings that are not there yet."""
    words = command_words()
    wanted = {
        workflow_path(name, plan.action): render_workflow(templates, name, plan, words)
        for name in planned_workflows(plan)
    }
    files = [_compare(folder, path, text, force=force) for path, text in wanted.items()]
    files += [PlannedFile(path, "", "stale") for path in find_own(folder)[0] if path not in {*wanted, FILE}]
    present = folder.read(FILE)
    settings = render_settings(templates, runner, plan)
    files.append(PlannedFile(FILE, settings if present is None else present, "new" if present is None else "kept"))
    return tuple(files)


def write_files(folder: Folder, files: Sequence[PlannedFile]) -> None:
    """Write what is new or renewed and remove what is stale; RefusedError, before all that, for a changed file."""
    if refused := [file.path for file in files if file.state == "refused"]:
        raise RefusedError(
            f"Nothing was written: {', '.join(refused)} {'was' if len(refused) == 1 else 'were'} not written by "
            "reviewlore or changed since. Keep what you need of the differences above, and run it with --force."
        )
    for file in files:
        if file.state in _WRITTEN:
            folder.write(file.path, file.text)
        elif file.state == "stale":
            folder.remove(file.path)


def find_earlier(folder: Folder) -> WrittenBy | None:
    """Return what the workflows of a work tree were written with the last time; None where there are none of ours."""
    marks = (read_mark(folder.read(path) or "") for path in folder.listed(FOLDER))
    return next((mark for mark in marks if mark is not None), None)


def find_own(folder: Folder) -> tuple[list[str], list[str]]:
    """Return the files of a work tree that `init` wrote: those nobody changed since, and those somebody did."""
    intact: list[str] = []
    changed: list[str] = []
    for path in (*folder.listed(FOLDER), FILE):
        mark = read_mark(folder.read(path) or "")
        if mark is not None:
            (intact if mark.intact else changed).append(path)
    return intact, changed


def command_words() -> tuple[str, ...]:
    """Return the names of the commands whose job has to write the state branch or start a workflow."""
    return tuple(row.name for row in ROWS if row.writes or row.dispatches)


def _compare(folder: Folder, path: str, text: str, *, force: bool) -> PlannedFile:
    present = folder.read(path)
    if present is None:
        return PlannedFile(path, text, "new")
    if present.replace("\r\n", "\n") == text:
        return PlannedFile(path, text, "same")
    lines = (present.splitlines(keepends=True), text.splitlines(keepends=True))
    difference = "".join(difflib.unified_diff(*lines, f"{path} (as it is)", f"{path} (as init writes it)"))
    mark = read_mark(present)
    ours = mark is not None and mark.intact
    return PlannedFile(path, text, "renewed" if ours or force else "refused", difference)


def _toml(label: str) -> str:
    return "".join(char if char.isprintable() and char not in '"\\' else "?" for char in label)
