"""Unified diffs as records: which files, hunks and lines a comment can be pinned to. Text in, records out."""

import re
from dataclasses import dataclass
from typing import Literal

from unidiff import PatchSet
from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as _UnidiffHunk
from unidiff.patch import PatchedFile as _UnidiffFile

from reviewlore.domain.history import Side
from reviewlore.errors import InputError

# What stands after a backslash in a quoted path: git's quote.c, as in C.
_QUOTED = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {
    b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b'"': b'"', b"\\": b"\\",
}  # fmt: skip
FileStatus = Literal["added", "modified", "removed", "renamed"]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk: its text with the `@@` header, and the 1-based line numbers on each side.

    `left` holds removed and context lines, `right` added and context lines: the lines GitHub accepts a comment on
    (REST "create a review", `line` and `side`).
    """

    text: str
    left: frozenset[int]
    right: frozenset[int]
    added: frozenset[int]
    removed: frozenset[int]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """One file of a diff; `old_path` differs from `path` only for renames. Binary files have no hunks."""

    path: str
    old_path: str
    status: FileStatus
    hunks: tuple[Hunk, ...]
    binary: bool = False

    def hunk_at(self, line: int, side: Side = "RIGHT") -> Hunk | None:
        """Return the hunk that shows a line, or None where a comment cannot be pinned to it."""
        return next((h for h in self.hunks if line in (h.right if side == "RIGHT" else h.left)), None)

    @property
    def added_lines(self) -> frozenset[int]:
        """1-based numbers of the lines this diff adds, on the new side."""
        return frozenset().union(*(hunk.added for hunk in self.hunks))


def parse_diff(text: str) -> tuple[FilePatch, ...]:
    """Parse `git diff` output (with `-M`, `core.quotePath=false`); InputError where it is not a unified diff."""
    try:
        patches = PatchSet(text)
    except UnidiffParseError as error:
        message = f"The diff cannot be read: {error}. Expected the output of `git diff`; make it again and retry."
        raise InputError(message) from error
    return tuple(_file(patched) for patched in patches)


def hunk_until(hunk: Hunk, line: int, side: Side = "RIGHT") -> str:
    """Return the hunk's text cut after `line`, as GitHub shows it above a comment (`diff_hunk`)."""
    header, *body = hunk.text.split("\n")
    old, new = _starts(header)
    kept = [header]
    for row in body:
        kept.append(row)
        mark = row[:1]
        at = new if side == "RIGHT" else old
        if at == line and mark in ((" ", "+") if side == "RIGHT" else (" ", "-")):
            break
        old += mark in (" ", "-")
        new += mark in (" ", "+")
    return "\n".join(kept)


def _starts(header: str) -> tuple[int, int]:
    _, left, right, *_ = header.split(" ")
    return abs(int(left.split(",")[0])), int(right.split(",")[0])


def _file(patched: _UnidiffFile) -> FilePatch:
    source = _strip(patched.source_file)
    target = _strip(patched.target_file)
    if patched.is_added_file:
        status: FileStatus = "added"
    elif patched.is_removed_file:
        status = "removed"
    else:
        status = "renamed" if source != target else "modified"
    path = source if status == "removed" else target
    old = path if status == "added" else source
    hunks = tuple(_hunk(hunk) for hunk in patched)
    return FilePatch(path, old, status, hunks, binary=bool(patched.is_binary_file))


def _strip(name: str | None) -> str:
    text = _unquote(name or "")
    return text[2:] if text.startswith(("a/", "b/")) else text


def _unquote(name: str) -> str:
    """Return a path as it is: git quotes one that holds a quotation mark, a backslash or a control character."""
    if len(name) < 2 or name[0] != '"' or name[-1] != '"':
        return name
    octets = _QUOTED.sub(lambda found: _ESCAPES.get(found[1]) or bytes([int(found[1], 8)]), name[1:-1].encode("utf-8"))
    return octets.decode("utf-8", "replace")


def _hunk(hunk: _UnidiffHunk) -> Hunk:
    left, right, added, removed = set[int](), set[int](), set[int](), set[int]()
    for line in hunk:
        if line.source_line_no is not None:
            left.add(line.source_line_no)
            if line.is_removed:
                removed.add(line.source_line_no)
        if line.target_line_no is not None:
            right.add(line.target_line_no)
            if line.is_added:
                added.add(line.target_line_no)
    text = str(hunk).rstrip("\n")
    return Hunk(text, frozenset(left), frozenset(right), frozenset(added), frozenset(removed))
