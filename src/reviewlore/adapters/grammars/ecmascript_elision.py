"""Imports that TypeScript leaves out of what it compiles: those whose names only types use. Tree in, statements out.

As https://www.typescriptlang.org/docs/handbook/modules/reference.html#import-elision says, told by where each name
stands, so that no other file is looked at.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tree_sitter import Node

from reviewlore.domain.source import ImportedName, ImportStatement

# A name that stands in more types than this without a value in between is taken for one that values use, too.
_MAX_PER_NAME = 60
_MAX_PER_FILE = 3_000
_MAX_NAMES = 500
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_TYPES = frozenset({"nested_type_identifier", "type_query"})
_VALUES = frozenset({"identifier", "shorthand_property_identifier"})
_BINDINGS = frozenset({"import_specifier", "import_clause", "namespace_import", "import_require_clause"})
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


def find_type_only(imports: Sequence[ImportStatement], root: Node, source: bytes) -> list[ImportStatement]:
    """Return the statements with the names that only types use apart, as imports that are type-only.

    A name that nothing uses stays as it is, and so does one that is offered again.
    """
    wanted = {
        name.alias
        for one in imports
        if one.kind == "runtime" and not one.reexported
        for name in one.names
        if _WORD.fullmatch(name.alias)
    }
    typed = _only_typed(wanted, root, source) if wanted else set()
    return [part for one in imports for part in _split(one, typed)] if typed else list(imports)


def _split(one: ImportStatement, typed: set[str]) -> Iterator[ImportStatement]:
    if one.kind != "runtime" or one.reexported or not any(name.alias in typed for name in one.names):
        yield one
        return
    apart: defaultdict[bool, list[ImportedName]] = defaultdict(list)
    for name in one.names:
        apart[name.alias in typed].append(name)
    for only_type, names in apart.items():
        yield replace(one, names=tuple(names), kind="type_only" if only_type else "runtime")


def _only_typed(wanted: set[str], root: Node, source: bytes) -> set[str]:
    """Return the names that stand in types and in no expression."""
    found, left = set(), _MAX_PER_FILE
    for name in sorted(wanted)[:_MAX_NAMES]:
        uses = set[str]()
        for looked, (start, end) in enumerate(_places(source, name.encode())):
            left -= 1
            uses.add(_use(root, start, end) if left > 0 and looked < _MAX_PER_NAME else "value")
            if "value" in uses:
                break
        if "type" in uses and "value" not in uses:
            found.add(name)
    return found


def _places(source: bytes, name: bytes) -> Iterator[tuple[int, int]]:
    """Yield where a name stands as a whole word, comments and strings included."""
    at = source.find(name)
    while at >= 0:
        end = at + len(name)
        if (at == 0 or source[at - 1] not in _LETTERS) and (end == len(source) or source[end] not in _LETTERS):
            yield at, end
        at = source.find(name, end)


def _use(root: Node, start: int, end: int) -> str:
    node = root.descendant_for_byte_range(start, end)
    if node is None or node.start_byte != start or node.end_byte != end:
        return ""
    if node.type == "type_identifier":
        return "type"
    if node.type not in _VALUES:
        return ""
    around = node.parent
    kind = around.type if around is not None else ""
    if kind in _BINDINGS:
        return ""
    if kind == "nested_identifier":  # `a.b.C` in a type
        outer = around.parent if around is not None else None
        kind = outer.type if outer is not None else ""
    return "type" if kind in _TYPES else "value"
