"""A diff as the rows a reader sees, with each finding under the line it is pinned to. Records in, records out.

A finding whose place the diff does not show is not lost: it comes back apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewlore.diff import FilePatch, FileStatus, Hunk
from reviewlore.domain.finding import Finding

RowKind = Literal["context", "added", "removed", "note"]
_KINDS: dict[str, RowKind] = {" ": "context", "+": "added", "-": "removed", "\\": "note", "": "context"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a hunk: its numbers on both sides, its text without the mark, and the findings pinned to it."""

    kind: RowKind
    left: int | None
    right: int | None
    text: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class HunkView:
    """One hunk: its `@@` header and its rows."""

    header: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """One file: its hunks, the findings that concern the whole file, and how many lines come and go.

    `unshown` counts the rows left out because the file is long and has no finding.
    """

    path: str
    old_path: str
    status: FileStatus
    binary: bool
    hunks: tuple[HunkView, ...]
    findings: tuple[Finding, ...]
    added: int
    removed: int
    unshown: int = 0

    @property
    def commented(self) -> int:
        """How many findings this file carries."""
        return len(self.findings) + sum(len(row.findings) for hunk in self.hunks for row in hunk.rows)


def place_findings(
    patches: Iterable[FilePatch], findings: Sequence[Finding], max_rows: int = 600
) -> tuple[tuple[FileView, ...], tuple[Finding, ...]]:
    """Return the files with the findings in place, and the findings the diff has no place for.

    A file without findings and with more than `max_rows` rows is cut there: a page must open in a second.
    """
    views, placed = [], set[str]()
    for patch in patches:
        mine = [finding for finding in findings if finding.anchor.path == patch.path]
        view = _file(patch, mine, max_rows)
        placed |= {finding.id for finding in view.findings}
        placed |= {finding.id for hunk in view.hunks for row in hunk.rows for finding in row.findings}
        views.append(view)
    return tuple(views), tuple(finding for finding in findings if finding.id not in placed)


def _file(patch: FilePatch, findings: Sequence[Finding], max_rows: int) -> FileView:
    hunks = tuple(_hunk(hunk, findings) for hunk in patch.hunks)
    view = FileView(
        patch.path,
        patch.old_path,
        patch.status,
        patch.binary,
        hunks,
        tuple(finding for finding in findings if finding.anchor.line is None),
        sum(len(hunk.added) for hunk in patch.hunks),
        sum(len(hunk.removed) for hunk in patch.hunks),
    )
    total = sum(len(hunk.rows) for hunk in hunks)
    if view.commented or total <= max_rows:
        return view
    kept, room = [], max_rows
    for hunk in hunks:
        if room > 0:
            kept.append(replace(hunk, rows=hunk.rows[:room]))
            room -= len(hunk.rows)
    return replace(view, hunks=tuple(kept), unshown=total - max_rows)


def _hunk(hunk: Hunk, findings: Sequence[Finding]) -> HunkView:
    header, *lines = hunk.text.split("\n")
    left, right = _first(header.split(" ")[1]), _first(header.split(" ")[2])
    rows = []
    for line in lines:
        kind = _KINDS.get(line[:1], "context")
        at_left = left if kind in ("context", "removed") else None
        at_right = right if kind in ("context", "added") else None
        here = tuple(finding for finding in findings if _is_at(finding, at_left, at_right))
        rows.append(Row(kind, at_left, at_right, line[1:].removesuffix("\r"), here))
        left += at_left is not None
        right += at_right is not None
    return HunkView(header, tuple(rows))


def _first(span: str) -> int:
    return abs(int(span.partition(",")[0]))


def _is_at(finding: Finding, left: int | None, right: int | None) -> bool:
    line = finding.anchor.line
    return line is not None and line == (left if finding.anchor.side == "LEFT" else right)
