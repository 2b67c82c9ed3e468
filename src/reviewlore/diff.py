"""Unified diffs as records: which files, hunks and lines a comment can be pinned to. Text in, records out."""

import re
from dataclasses import dataclass
from functools import lru_cache
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
# No line of a hunk starts like this: each has a space, a sign or a backslash before it.
_SECTION = re.compile(r"^(?=diff --git )", re.MULTILINE)
_HUNKS = re.compile(r"^@@ ", re.MULTILINE)
_NAMING = re.compile(r"^(diff --git|---|\+\+\+|rename from|rename to) (.*)$", re.MULTILINE)
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


@lru_cache(maxsize=2)
def parse_diff(text: str) -> tuple[FilePatch, ...]:
    """Parse the output of `git diff -M`; InputError where it is not a unified diff."""
    preamble, *sections = _SECTION.split(text)
    found = [_file(patched) for patched in _parse(preamble)]
    for section in sections:
        found += [_file(patched, _names(section)) for patched in _parse(_numbered(section))]
    return tuple(found)


def hunk_until(hunk: Hunk, line: int, side: Side = "RIGHT") -> str:
    """Return the hunk's text cut after `line`, as GitHub shows it above a comment (`diff_hunk`)."""
    header, *body = hunk.text.split("\n")
    old, new = hunk_starts(header)
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


def first_added(hunk: Hunk) -> int | None:
    """Return the first line a hunk adds that says something, else the first one it adds; None where it adds none."""
    header, *body = hunk.text.split("\n")
    number = hunk_starts(header)[1]
    for row in body:
        if row[:1] == "+" and row[1:].strip():
            return number
        number += row[:1] in (" ", "+")
    return min(hunk.added, default=None)


def hunk_starts(header: str) -> tuple[int, int]:
    """Return the line at which a hunk begins on the old side and on the new one, as its `@@` header says."""
    _, left, right, *_ = header.split(" ")
    return abs(int(left.split(",")[0])), int(right.split(",")[0])


def _parse(text: str) -> PatchSet:
    try:
        return PatchSet(text)
    except (UnidiffParseError, RecursionError) as error:
        said = " ".join(str(error).split())
        message = f"The diff cannot be read: {said}. Expected the output of `git diff`; make it again and retry."
        raise InputError(message) from error


def _numbered(section: str) -> str:
    """Return a file's section under plain names: git does not say where in a line the first name ends."""
    head, hunks = _headed(section)
    plain = {"diff --git": "diff --git a/0 b/0", "---": "--- a/0", "+++": "+++ b/0"}
    return _NAMING.sub(lambda row: row[0] if row[2] == "/dev/null" else plain.get(row[1], row[0]), head) + hunks


def _names(section: str) -> tuple[str, str]:
    """Return the old and the new path of a file's section, from wherever git writes one on a line of its own."""
    rows = dict(_NAMING.findall(_headed(section)[0]))
    both = rows["diff --git"]
    half = len(both) // 2  # neither renamed nor with a change to show: twice the same name, each with its prefix
    old = rows.get("rename from") or rows.get("---", "/dev/null").removesuffix("\t")
    new = rows.get("rename to") or rows.get("+++", "/dev/null").removesuffix("\t")
    known = (old, new) if (old, new) != ("/dev/null", "/dev/null") else (both[:half], both[half + 1 :])
    source, target = (_strip(name) if "rename from" not in rows else _unquote(name) for name in known)
    return (target if known[0] == "/dev/null" else source), (source if known[1] == "/dev/null" else target)


def _headed(section: str) -> tuple[str, str]:
    start = _HUNKS.search(section)
    return (section, "") if start is None else (section[: start.start()], section[start.start() :])


def _file(patched: _UnidiffFile, names: tuple[str, str] | None = None) -> FilePatch:
    source, target = names or (_strip(patched.source_file), _strip(patched.target_file))
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
    return octets.decode("utf-8", "surrogateescape")


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
