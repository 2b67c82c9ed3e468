"""Hunks of a diff as a model reads them: parsed patches in, numbered rows with what stands around them out.

A row is the diff's own with the new file's number before its sign: `12+new`, `13 same`, `-gone`. Nothing is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch, Hunk, hunk_starts
from reviewlore.domain.neutral import neutral
from reviewlore.domain.source import Definition, ParsedModule

GAP = "..."
_GIVEN = 3  # rows of context in git's hunks
# A row longer than this is data or minified code; its beginning says so.
MAX_ROW = 400
# A definition's header of more rows than this is told by its first ones.
_HEADER_ROWS = 4
_MARKDOWN = (".md", ".markdown", ".mdx", ".mdc")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Hunks of more rows are shown in pieces, so that one call need not hold all of a new file.
PIECE_ROWS = 300


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How much of a file is shown around what changes: headers of what encloses it, and rows beside its hunks.

    `context` is how many of a hunk's own unchanged rows are shown before and after a changed one (git gives 3).
    """

    headers: bool = False
    rows: int = 0
    context: int = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One hunk, or a part of a long one, ready to be shown whole or from its first row to any other.

    `hunk` is this part of the diff with a header of its own; `rows` are `lead` rows from around, then those of the
    hunk, then `tail` from around; `numbers` are their lines in the new file (None: removed, or a gap). `scope` names
    what encloses the hunk, `hidden` counts characters made neutral, `cut` rows of the hunk that are shown in part.
    """

    path: str
    hunk: str
    rows: tuple[str, ...]
    numbers: tuple[int | None, ...]
    pinnable: frozenset[int]
    added: frozenset[int]
    removed: frozenset[int]
    lead: int = 0
    tail: int = 0
    scope: str = ""
    hidden: int = 0
    cut: int = 0

    @property
    def size(self) -> int:
        """How many rows of the hunk there are."""
        return len(self.rows) - self.lead - self.tail

    def shown(self, size: int | None = None) -> tuple[str, ...]:
        """Return the rows with the hunk's first `size` ones; what follows the hunk only where it is whole."""
        if size is None or size >= self.size:
            return self.rows
        left = self.size - size
        return (*self.rows[: self.lead + size], f"({left} more row{'s' * (left != 1)} of this hunk not shown)")

    def lines(self, size: int | None = None) -> frozenset[int]:
        """Return the lines a remark may be pinned to among the rows of `shown(size)`."""
        end = len(self.rows) if size is None else self.lead + min(size, self.size)
        return self.pinnable.intersection(number for number in self.numbers[self.lead : end] if number is not None)


def make_pieces(
    patch: FilePatch,
    module: ParsedModule | None = None,
    content: str | None = None,
    around: Surroundings = Surroundings(),
) -> tuple[Piece, ...]:
    """Return every hunk of a file in its order; `module` and `content` are those of the new file, where there are any.

    Rows around a hunk lie within the innermost definition that holds it, else they are the nearest ones.
    """
    file = content.split("\n") if content is not None else []
    if file and not file[-1]:
        file.pop()
    pieces: list[Piece] = []
    shown = 0  # the last line of the new file that a piece before this one shows
    for number, hunk in enumerate(patch.hunks):
        following = patch.hunks[number + 1].right if number + 1 < len(patch.hunks) else frozenset[int]()
        limit = min(following, default=len(file) + 1)
        enclosing = _enclosing(module, hunk) if patch.status != "removed" else ()
        parts = _split(hunk)
        for part, (text, rows) in enumerate(parts):
            lead = _lead(file, rows, enclosing, around, shown) if part == 0 else []
            tail = _tail(file, rows, enclosing, around, limit) if part == len(parts) - 1 else []
            body = rows if around.context >= _GIVEN else _near(rows, around.context)
            pieces.append(_piece(patch.path, hunk, text, (lead, body, tail), _scope(module, enclosing, hunk)))
            shown = max((line for line, _, _ in (*rows, *tail) if line is not None), default=shown)
    return tuple(pieces)


_Row = tuple[int | None, str, str]  # the new file's line, the sign, the text


def _split(hunk: Hunk) -> list[tuple[str, list[_Row]]]:
    """Return a hunk's rows in parts of at most `PIECE_ROWS`, each with the diff of that part."""
    header, *body = hunk.text.split("\n")
    old, new = hunk_starts(header)
    if len(body) <= PIECE_ROWS:
        return [(hunk.text, _rows(body, new))]
    parts = []
    for start in range(0, len(body), PIECE_ROWS):
        rows = body[start : start + PIECE_ROWS]
        before, after = (sum(row[:1] in signs for row in rows) for signs in ("- ", "+ "))
        text = "\n".join([f"@@ -{old},{before} +{new},{after} @@", *rows])
        parts.append((text, _rows(rows, new)))
        old, new = old + before, new + after
    return parts


def _near(rows: Sequence[_Row], context: int) -> list[_Row]:
    """Return the rows within `context` rows of a changed one, with gaps where others stood between them."""
    changed = [at for at, (_, sign, _) in enumerate(rows) if sign != " "]
    near = (
        {other for at in changed for other in range(at - context, at + context + 1)} if changed else {*range(len(rows))}
    )
    kept: list[_Row] = []
    for at, row in enumerate(rows):
        if at in near:
            kept.append(row)
        elif kept and kept[-1][1]:
            kept.append((None, "", GAP))
    return kept[:-1] if kept and not kept[-1][1] else kept


def _rows(body: Sequence[str], line: int) -> list[_Row]:
    rows: list[_Row] = []
    for row in body:
        sign = row[:1] or " "
        if sign == "\\":
            continue  # "No newline at end of file"
        rows.append((None if sign == "-" else line, sign, row[1:]))
        line += sign != "-"
    return rows


def _enclosing(module: ParsedModule | None, hunk: Hunk) -> tuple[Definition, ...]:
    """Return the definitions that hold all that a hunk adds (or shows, where it adds nothing), the outermost first."""
    lines = hunk.added or hunk.right
    if module is None or not lines:
        return ()
    first, last = min(lines), max(lines)
    found = [entry for entry in module.definitions if entry.line <= first and last <= entry.end_line]
    return tuple(sorted(found, key=lambda entry: (entry.line, -entry.end_line)))


def _scope(module: ParsedModule | None, enclosing: Sequence[Definition], hunk: Hunk) -> str:
    """Return the name of what holds a hunk; git's words behind the `@@` where no grammar tells."""
    if enclosing:
        inner = enclosing[-1]
        return f"{inner.owner}.{inner.name}" if inner.owner else inner.name
    return "" if module else hunk.text.split("\n", 1)[0].partition(" @@ ")[2].strip()[:80]


def _lead(
    file: Sequence[str], rows: Sequence[_Row], enclosing: Sequence[Definition], around: Surroundings, shown: int
) -> list[_Row]:
    """Return the headers of what encloses a hunk, and the rows before it, none of them shown already."""
    first = next((line for line, _, _ in rows if line is not None), None)
    if first is None or not file or first > len(file):
        return []
    start = max(enclosing[-1].line if enclosing else 1, first - around.rows, shown + 1)
    kept = set(range(start, first))
    for entry in enclosing if around.headers else ():
        end = min(entry.line + _HEADER_ROWS, max(entry.body, entry.line + 1), first)
        kept.update(range(max(entry.line, shown + 1), end))
    return _numbered(file, sorted(kept), first)


def _tail(
    file: Sequence[str], rows: Sequence[_Row], enclosing: Sequence[Definition], around: Surroundings, limit: int
) -> list[_Row]:
    last = next((line for line, _, _ in reversed(rows) if line is not None), None)
    if last is None or not file:
        return []
    end = min(enclosing[-1].end_line if enclosing else len(file), last + around.rows, limit - 1, len(file))
    return _numbered(file, range(last + 1, end + 1), end + 1)


def _numbered(file: Sequence[str], lines: Sequence[int], following: int) -> list[_Row]:
    """Return context rows of a file; a gap where lines are missing between them or before the following one."""
    rows: list[_Row] = []
    for number, line in enumerate(lines):
        rows.append((line, " ", file[line - 1]))
        after = lines[number + 1] if number + 1 < len(lines) else following
        if after != line + 1:
            rows.append((None, "", GAP))
    return rows


def _piece(path: str, hunk: Hunk, text: str, parts: tuple[list[_Row], list[_Row], list[_Row]], scope: str) -> Piece:
    lead, body, tail = parts
    rows = [*lead, *body, *tail]
    cut = sum(len(row) > MAX_ROW for _, _, row in body)
    joined = "\n".join(_short(row) for _, _, row in rows)
    unread = 0
    if path.lower().endswith(_MARKDOWN):  # whoever reads the page does not see them; elsewhere they are code
        joined, unread = _COMMENT.subn(lambda found: "(comment not shown)" + "\n" * found[0].count("\n"), joined)
    cleaned = neutral(joined)
    texts = cleaned.text.split("\n")
    shown = tuple(
        [f"{line}{sign}{text}" if line else f"{sign}{text}" for (line, sign, _), text in zip(rows, texts, strict=True)]
    )
    mine = frozenset([line for line, _, _ in body if line is not None])
    named = neutral(" ".join(scope.split()))
    return Piece(
        path=path,
        hunk=text,
        rows=shown,
        numbers=tuple(line for line, _, _ in rows),
        pinnable=hunk.right & mine,
        added=hunk.added & mine,
        removed=hunk.removed if text == hunk.text else _removed(text),
        lead=len(lead),
        tail=len(tail),
        scope=named.text,
        hidden=cleaned.characters + named.characters + unread,
        cut=cut,
    )


def _removed(text: str) -> frozenset[int]:
    """Return the old file's lines that a part of a hunk takes out."""
    header, *body = text.split("\n")
    line, _ = hunk_starts(header)
    gone = set[int]()
    for row in body:
        if row[:1] == "-":
            gone.add(line)
        line += row[:1] in ("-", " ", "")
    return frozenset(gone)


def _short(row: str) -> str:
    row = row.removesuffix("\r")  # half of a line end
    return row if len(row) <= MAX_ROW else f"{row[:MAX_ROW]}({len(row) - MAX_ROW} more characters not shown)"
