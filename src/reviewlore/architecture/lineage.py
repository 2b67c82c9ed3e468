"""Where each line of a file came from: the patches of one file along a line of commits in, a story per line out.

Each patch must apply to what the older ones left (`Repo.patches(..., mainline=True)`); then the introducers are those
of `git blame --first-parent`. Renames end a story: a file that arrives under a new name is new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewlore.domain.patch import CommitPatch, PatchHunk

# A file of more lines than this is generated or data; its story would cost more than it tells.
MAX_LINES = 60_000


@dataclass(frozen=True, slots=True)
class LineStory:
    """One line: the commit that introduced it (None: before the patches began), and all that touched its place.

    Lines that replace others inherit what had touched those, so that a function keeps its past when it is rewritten.
    """

    introduced: str | None = None
    touched: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Removal:
    """Lines that a commit took out: how many each introducer had put there (None: older than the patches)."""

    commit: str
    lines: int
    introduced: str | None


@dataclass(frozen=True, slots=True)
class FileStory:
    """The lines of one file as the newest patch left them, from the first; lines beyond the last are untouched ones.

    `removals` are oldest first.
    """

    lines: tuple[LineStory, ...]
    removals: tuple[Removal, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One run of rows: `removed` lines from the 1-based `line` of the old side gave way to `added` ones."""

    line: int
    removed: int
    added: int


_UNTOUCHED = LineStory()
_Step = tuple[str, list[Edit]]


def trace_file(patches: Sequence[CommitPatch], path: str) -> FileStory | None:
    """Return the story of a file, or None where the patches do not fit each other (or the file is too long).

    `patches` are newest first, as git tells them, and may hold other files.
    """
    steps: list[_Step] = []
    for patch in patches:
        for file in patch.files:
            if file.path == path:
                steps.append((patch.commit, [edit for hunk in file.hunks for edit in edits(hunk)]))
        if any(file.path == path and file.status in ("added", "renamed") for file in patch.files):
            break  # what was before has no part in what is now, or lies elsewhere
    steps.reverse()
    length = _first_length(steps)
    if length > MAX_LINES:
        return None
    lines = [_UNTOUCHED] * length
    removals: list[Removal] = []
    for commit, found in steps:
        for edit in reversed(found):  # from the end, so that the numbers before it stay true
            start = edit.line - 1
            if start < 0 or start + edit.removed > len(lines):
                return None
            removals += _removals(commit, lines[start : start + edit.removed])
            _apply(lines, edit, commit)
        if len(lines) > MAX_LINES:
            return None
    return FileStory(tuple(lines), tuple(removals))


def edits(hunk: PatchHunk) -> Iterator[Edit]:
    """Yield the runs of removed and added rows of a hunk, in order; an addition stands before its `line`."""
    line = hunk.old_start + (hunk.old_length == 0)
    removed = added = 0
    for row in hunk.text.split("\n"):
        sign = row[:1]
        if sign == "-":
            removed += 1
        elif sign == "+":
            added += 1
        elif sign != "\\":
            if removed or added:
                yield Edit(line, removed, added)
                line += removed
                removed = added = 0
            line += 1
    if removed or added:
        yield Edit(line, removed, added)


def _first_length(steps: Sequence[_Step]) -> int:
    """Return how long the file was at least before the first patch, from how far the patches reach."""
    length = grown = 0
    for _, found in steps:
        length = max([length, *(edit.line + edit.removed - 1 - grown for edit in found)])
        grown += sum(edit.added - edit.removed for edit in found)
    return length


def _apply(lines: list[LineStory], edit: Edit, commit: str) -> None:
    start, end = edit.line - 1, edit.line - 1 + edit.removed
    touched = frozenset([commit]).union(*{story.touched for story in lines[start:end]})
    lines[start:end] = [LineStory(commit, touched)] * edit.added
    if not edit.added:  # what was cut out leaves its trace on the lines around
        for place in {max(start - 1, 0), start} & set(range(len(lines))):
            lines[place] = LineStory(lines[place].introduced, lines[place].touched | {commit})


def _removals(commit: str, gone: Sequence[LineStory]) -> Iterator[Removal]:
    counts: dict[str | None, int] = {}
    for story in gone:
        counts[story.introduced] = counts.get(story.introduced, 0) + 1
    for introduced, count in counts.items():
        yield Removal(commit, count, introduced)
