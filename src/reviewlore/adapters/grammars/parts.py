"""What the statements at module level say, one by one: a later version of a file says most of it again, further down.

Pure values and a memory for them. A part rests on nothing but the key it is remembered by, so it cannot go stale.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from reviewlore.domain.source import Call, Definition, ImportedName, ImportStatement, Raised

# Of each process: what some hundred files say, with their text.
_MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one statement at module level says, with all inside it; lines are those of a file where it begins at `row`.

    `docstring` counts the bytes from its start to its first string that stands alone, -1 where it has none.
    """

    row: int
    imports: tuple[ImportStatement, ...]
    definitions: tuple[Definition, ...]
    assigned: frozenset[str]
    docstrings: tuple[tuple[int, int], ...]
    calls: tuple[Call, ...]
    raised: tuple[Raised, ...]
    docstring: int


class Memory:
    """Parts by what they rest on; those asked for longest ago are forgotten."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        """`most_bytes` bounds the sum of the sizes that parts are put with."""
        self._most_bytes = most_bytes
        self._bytes = 0
        self._parts: OrderedDict[Hashable, tuple[int, Part]] = OrderedDict()

    def get(self, key: Hashable, row: int) -> Part | None:
        """Return the part of a key as it is where it begins at `row` (0-based), or None where it is not known."""
        found = self._parts.get(key)
        if found is None:
            return None
        self._parts.move_to_end(key)
        size, part = found
        if part.row != row:
            part = moved(part, row)
            self._parts[key] = size, part
        return part

    def put(self, key: Hashable, size: int, part: Part) -> None:
        """Remember a part whose text has `size` bytes under a key that is not known."""
        self._parts[key] = size, part
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, (forgotten, _) = self._parts.popitem(last=False)
            self._bytes -= forgotten


def moved(part: Part, row: int) -> Part:
    """Return the part of the same text where it begins at another row."""
    by = row - part.row
    return Part(
        row,
        tuple([_move_import(one, by) for one in part.imports]),
        tuple([_move_definition(one, by) for one in part.definitions]),
        part.assigned,
        tuple([(first + by, last + by) for first, last in part.docstrings]),
        tuple([_move_call(one, by) for one in part.calls]),
        tuple([Raised(one.name, one.line + by) for one in part.raised]),
        part.docstring,
    )


def _move_import(one: ImportStatement, by: int) -> ImportStatement:
    names = tuple([ImportedName(name.name, name.line + by, name.alias) for name in one.names])
    return ImportStatement(one.module, one.level, names, one.line + by, one.kind, one.reexported)


def _move_call(one: Call, by: int) -> Call:
    return Call(one.name, one.line + by, one.positional, one.keywords, one.spread, one.bound)


def _move_definition(one: Definition, by: int) -> Definition:
    # Not `dataclasses.replace`, which takes several times as long: most of what a history says passes here.
    return Definition(
        one.kind,
        one.name,
        one.line + by,
        one.end_line + by,
        one.owner,
        one.parameters,
        one.derived,
        one.decorated,
        one.body + by,
        one.public,
        one.documented,
        one.bases,
        one.decorators,
        one.cyclomatic,
        one.cognitive,
        one.sketch,
        one.docstyle,
    )
