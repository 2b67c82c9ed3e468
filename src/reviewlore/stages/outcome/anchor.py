"""Where a remark is pinned: the commented rows of its diff hunk, and where they stand in a version of the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.domain.history import RawRemark

_WINDOW = 4
_TELLING = 4  # letters and digits: a brace, a blank line or `else:` stands in many places
_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")


@dataclass(frozen=True, slots=True)
class Pinned:
    """The commented rows without their signs, and the last rows of the hunk that end with them (four or more).

    `own` tells which of the rows the pull request itself had added (or, on the left side, removed): the others are
    context, which the base branch may change as well.
    """

    rows: tuple[str, ...]
    own: tuple[bool, ...]
    window: tuple[str, ...]


def find_pinned(raw: RawRemark) -> Pinned:
    """Read the commented rows: a forge cuts the hunk behind the last of them. Empty for a whole file."""
    if raw.line is None:
        return Pinned((), (), ())
    sign = "-" if raw.side == "LEFT" else "+"
    rows = [row for row in raw.hunk.split("\n")[1:] if row[:1] in (" ", sign)]
    length = raw.line - _first(raw) + 1
    chosen = rows[-length:]
    return Pinned(
        tuple(_as_line(row[1:]) for row in chosen),
        tuple(row[:1] == sign for row in chosen),
        tuple(_as_line(row[1:]) for row in rows[-max(_WINDOW, length) :]),
    )


def find_telling_rows(raw: RawRemark) -> tuple[str, ...]:
    """Return those of the last rows of a remark's hunk that say enough to be looked for elsewhere."""
    return tuple(row for row in find_pinned(raw).window if is_telling(row))


def locate(raw: RawRemark, pinned: Pinned, lines: Sequence[str]) -> tuple[int, int] | None:
    """Return the 1-based first and last commented line in the reviewed file, or None where they are not there.

    The words of the hunk must stand at the numbers; else at the one place where its last rows stand.
    """
    if raw.line is None:
        return None
    if not pinned.rows:
        return (_first(raw), raw.line) if raw.line <= len(lines) else None
    if lines[max(raw.line - len(pinned.rows), 0) : raw.line] == list(pinned.rows):
        return _first(raw), raw.line
    places = find_run(pinned.window, lines)
    if len(places) != 1:
        return None
    end = places[0] + len(pinned.window)
    return end - len(pinned.rows) + 1, end


def locate_removed(raw: RawRemark, pinned: Pinned, lines: Sequence[str]) -> tuple[int, int] | None:
    """Return the reviewed file's lines around a line that the pull request had removed, or None where they differ."""
    header, *rows = raw.hunk.split("\n")
    start = _HEADER.match(header)
    if start is None or not pinned.rows:
        return None
    shown = [_as_line(row[1:]) for row in rows if row[:1] in (" ", "+")]
    end = int(start[1]) - 1 + len(shown)
    return (end, end + 1) if shown and lines[end - len(shown) : end] == shown else None


def find_run(wanted: Sequence[str], lines: Sequence[str]) -> list[int]:
    """Return the 0-based places where `wanted` stands as consecutive lines."""
    run = list(wanted)
    if not run:
        return []
    starts = (at for at, line in enumerate(lines) if line == run[0])
    return [at for at in starts if list(lines[at : at + len(run)]) == run]


def is_telling(line: str) -> bool:
    """Whether a line says enough to be looked for elsewhere."""
    return sum(map(str.isalnum, line)) >= _TELLING and len(line.strip()) > _TELLING


def as_lines(text: str) -> list[str]:
    """Return a text's lines as they are compared: without the carriage returns, which forges leave out of hunks."""
    return [_as_line(line) for line in text.split("\n")]


def _as_line(text: str) -> str:
    return text.removesuffix("\r")


def _first(raw: RawRemark) -> int:
    line = raw.line or 0
    return min(raw.start_line or line, line)
