"""Changed files and their pieces with what is told of them, and which of them a model is shown. Records in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewlore.domain.asking import Excerpt
from reviewlore.domain.finding import Specialist
from reviewlore.domain.usage import Coverage
from reviewlore.stages.review.excerpts import Piece
from reviewlore.stages.review.priority import FileKind


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a change with who looks at it, how early, and what is told of it (`notes`, one row each)."""

    piece: Piece
    priority: float
    specialists: tuple[Specialist, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileCard:
    """One changed file as it is told above its hunks: `parts` in their order, `notes` one row each.

    `reason` says why nothing of it is shown, empty where something is; `example` is a test of the repository (path and
    rows) that shows how one for this file is written; `unasked` counts rows of hunks that concern no specialist.
    """

    path: str
    kind: FileKind = "source"
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    reason: str = ""
    example: tuple[str, str] | None = None
    unasked: int = 0


def make_excerpt(name: str, part: Part, rows: int, missing: int) -> Excerpt:
    """Return a part as it is shown by its first `rows` rows, `missing` of them left out."""
    piece = part.piece
    return Excerpt(
        id=name,
        path=piece.path,
        hunk=piece.hunk,
        text="\n".join(piece.shown(rows)),
        lines=piece.lines(rows),
        priority=part.priority,
        clipped=missing,
        specialists=part.specialists,
        around="\n".join((*piece.rows[: piece.lead], *piece.rows[len(piece.rows) - piece.tail :])),
    )


def make_coverage(cards: Sequence[FileCard], rows: Mapping[int, int], reason: str) -> Coverage:
    """Return which files are shown, from how many rows of each part (numbered through the files) are."""
    covered, clipped, left_out = [], {}, {}
    number = 0
    for card in cards:
        missing, shown = card.unasked, False
        for part in card.parts:
            missing += part.piece.size - rows[number] + part.piece.cut if number in rows else part.piece.size
            shown |= number in rows
            number += 1
        if card.parts and not shown:
            left_out[card.path] = reason
        elif not card.parts:
            left_out[card.path] = card.reason or "no_content_changed"
        elif missing:
            clipped[card.path] = missing
        else:
            covered.append(card.path)
    return Coverage(tuple(covered), clipped, left_out)
