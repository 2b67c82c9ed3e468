"""Where a model's remark stands: its hunk, line and quote in, an anchor inside the hunk or the reason why none, out.

A wrong line is repaired only where the quoted code stands exactly once in the hunk; nothing is guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.asking import Excerpt
from reviewlore.domain.drafts import Draft
from reviewlore.domain.history import Anchor

_HEADER = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")
# What models copy along with a row: its number, its sign, or both.
_PREFIX = re.compile(r"^\s{0,8}(?:\d{1,7}\s?[|:]?\s?)?[-+]?(?=\s|\S)")
_LEAST_QUOTE = 3  # characters that say something; less stands everywhere

Sign = Literal["+", "-", " "]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a hunk: `old` and `new` are its 1-based numbers on the sides that have it."""

    sign: Sign
    text: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a remark stands: the anchor, the rows it is about, and the hunk cut after them as GitHub shows it."""

    anchor: Anchor
    rows: tuple[Row, ...]
    hunk: str


def rows_of(hunk: str) -> tuple[Row, ...]:
    """Return the rows of a hunk with their numbers; none where it has no `@@` header."""
    header, *body = hunk.split("\n")
    match = _HEADER.match(header)
    if match is None:
        return ()
    old, new = int(match[1]), int(match[2])
    rows = []
    for row in body:
        sign: Sign = "+" if row[:1] == "+" else "-" if row[:1] == "-" else " "
        if row[:1] == "\\":
            continue
        rows.append(Row(sign, row[1:], None if sign == "+" else old, None if sign == "-" else new))
        old += sign != "+"
        new += sign != "-"
    return tuple(rows)


def last_line(excerpt: Excerpt) -> int | None:
    """Return the line that a remark without one is about: the last row its change adds, else the last shown."""
    added = excerpt.lines & {row.new for row in rows_of(excerpt.hunk) if row.sign == "+" and row.new is not None}
    return max(added or excerpt.lines, default=None)


def place(draft: Draft, excerpt: Excerpt) -> Placed | str:
    """Return where a draft stands in its excerpt, or a snake_case reason: `line_not_in_hunk`, `quote_not_in_hunk`,
    `unchanged_lines`."""
    rows = rows_of(excerpt.hunk)
    found = _find(draft, excerpt, rows)
    if isinstance(found, str):
        return found
    first, last = found
    chosen = rows[first : last + 1]
    if not _touches(rows, first, last):
        return "unchanged_lines"
    left = rows[last].sign == "-"
    numbers = [row.old if left else row.new for row in chosen]
    line, start = numbers[-1], numbers[0]
    anchor = Anchor(excerpt.path, line, "LEFT" if left else "RIGHT", start if start != line else None)
    kept = tuple(row for row in chosen if (row.old if left else row.new) is not None)
    header = excerpt.hunk.partition("\n")[0]
    return Placed(anchor, kept, "\n".join([header, *(row.sign + row.text for row in rows[: last + 1])]))


def squeezed(text: str) -> str:
    """Return text with every run of blanks as one space, without blanks at its ends."""
    return " ".join(text.split())


def _find(draft: Draft, excerpt: Excerpt, rows: Sequence[Row]) -> tuple[int, int] | str:
    """Return the indexes of the first and last row a draft is about, both of one side."""
    named = _named(draft, excerpt, rows)
    if not draft.quote:
        return named or "line_not_in_hunk"
    new = [index for index, row in enumerate(rows) if row.sign != "-"]
    hits = _quoted(draft.quote, rows, new)
    if hits:
        if named and any(first <= named[1] and last >= named[0] for first, last in hits):
            return named
        usable = len(hits) == 1 and all(
            row.new in excerpt.lines for row in rows[hits[0][0] : hits[0][1] + 1] if row.sign != "-"
        )
        return hits[0] if usable else "line_not_in_hunk"
    removed = _quoted(draft.quote, rows, [index for index, row in enumerate(rows) if row.sign == "-"])
    whole = [hit for hit in removed if all(row.sign == "-" for row in rows[hit[0] : hit[1] + 1])]
    if len(whole) == 1:
        return whole[0]
    return "line_not_in_hunk" if removed else "quote_not_in_hunk"


def _named(draft: Draft, excerpt: Excerpt, rows: Sequence[Row]) -> tuple[int, int] | None:
    """Return the rows a draft names by number, where all of them may carry a remark."""
    at = {row.new: index for index, row in enumerate(rows) if row.new is not None and row.new in excerpt.lines}
    if draft.line not in at:
        return None
    start = draft.line if draft.start_line is None or draft.start_line > draft.line else draft.start_line
    inside = start in at and draft.line - start == sum(start <= line < draft.line for line in at)
    return (at[start] if inside else at[draft.line]), at[draft.line]


def _quoted(quote: str, rows: Sequence[Row], side: Sequence[int]) -> list[tuple[int, int]]:
    """Return where a quote stands among the rows of one side, blanks aside; it may leave out the ends of its rows."""
    texts = [squeezed(rows[index].text) for index in side]
    for wanted in (_parts(quote, plain=True), _parts(quote, plain=False)):
        if sum(map(len, wanted)) < _LEAST_QUOTE:
            continue
        hits = [
            (side[at], side[at + len(wanted) - 1])
            for at in range(len(texts) - len(wanted) + 1)
            if all(part in texts[at + offset] for offset, part in enumerate(wanted))
        ]
        if hits:
            return hits
    return []


def _parts(quote: str, *, plain: bool) -> list[str]:
    """Return a quote's rows, as they are or without the numbers, signs and dots that models put around code."""
    rows = [row for row in quote.strip("`").split("\n") if row.strip()]
    if not plain:
        rows = [_PREFIX.sub("", row).strip().removesuffix("...").removesuffix("…") for row in rows]
    return [row for row in map(squeezed, rows) if row]


def _touches(rows: Sequence[Row], first: int, last: int) -> bool:
    """Whether the change is about these rows: one is added or removed, or something was removed right beside them."""
    beside = rows[max(0, first - 1) : last + 2]
    return any(row.sign != " " for row in rows[first : last + 1]) or any(row.sign == "-" for row in beside)
