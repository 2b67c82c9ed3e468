"""Rust's `use` trees and paths, flattened: syntax nodes and texts in, import statements out. Resolves nothing.

Paths are spelled from the file's own module: within `mod inner { … }` of the file, `super::x` becomes `self::x` and
`self::x` becomes `self::inner::x`, so that whoever resolves them need not know where in the file they stood.
"""

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from tree_sitter import Node

from reviewlore.domain.source import ImportedName, ImportKind, ImportStatement

Path = tuple[str, ...]

# Nobody nests use lists this deep; beyond, prefixes would grow with the square of the source.
_MAX_DEPTH = 50
_MAX_SEGMENTS = 50
_BLANK = re.compile(r"\s+|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_PLAIN = re.compile(r"(?:::)?[^\W\d]\w*(?:::[^\W\d]\w*)+")
# Paths among the tokens of a macro call; strings first, so that what they say is no path.
_IN_TOKENS = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|//[^\n]*+|((?<![\w:])[a-z_]\w*+(?:\s*+::\s*+[^\W\d]\w*+)++)', re.DOTALL
)
# Types that are written small; the standard library, whose use in passing says nothing about a design.
_NO_CRATES = frozenset(
    "bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 std core alloc self".split()
)


class Leaf(NamedTuple):
    """One thing a `use` brings: its whole path (the last part may be `*`), the local name, the 1-based line."""

    path: Path
    alias: str
    line: int


def flatten(tree: Node) -> list[Leaf]:
    """Return the leaves of a use tree in document order."""
    found: list[Leaf] = []
    stack: list[tuple[Node, Path]] = [(tree, ())]
    while stack:
        node, prefix = stack.pop()
        line = node.start_point.row + 1
        if node.type in ("use_list", "scoped_use_list"):
            head = prefix + segments(text(node.child_by_field_name("path")))
            listed = node.child_by_field_name("list") if node.type == "scoped_use_list" else node
            if listed is not None and len(head) <= _MAX_DEPTH:
                stack += [(child, head) for child in reversed(listed.named_children) if "comment" not in child.type]
        elif node.type == "use_wildcard":
            inner = node.named_children[0] if node.named_children else None
            found.append(Leaf((*prefix, *segments(text(inner)), "*"), "*", line))
        elif node.type == "use_as_clause":
            found.append(_leaf(prefix, text(node.child_by_field_name("path")), node.child_by_field_name("alias"), line))
        else:
            found.append(_leaf(prefix, text(node), None, line))
    return [leaf for leaf in found if leaf.path and len(leaf.path) <= _MAX_SEGMENTS]


def _leaf(prefix: Path, written: str, alias: Node | None, line: int) -> Leaf:
    own = segments(written)
    path = prefix if own == ("self",) and prefix else prefix + own
    return Leaf(path, segments(text(alias))[-1:][0] if alias is not None else path[-1] if path else "", line)


def segments(written: str) -> Path:
    """Return the parts of a path as written; a leading `::` is an empty first part."""
    bare = _BLANK.sub("", written)
    return tuple(part.removeprefix("r#") for part in bare.split("::")) if bare else ()


def anchored(path: Path, inline: Sequence[str]) -> Path:
    """Return a path written in an inline module of a file as seen from the file's own module."""
    if not inline or path[0] not in ("self", "super"):
        return path
    climb = next((number for number, part in enumerate(path) if part != "super"), len(path))
    rest = path[climb:] if climb else path[1:]
    if climb > len(inline):
        return ("super",) * (climb - len(inline)) + rest
    return ("self", *inline[: len(inline) - climb], *rest)


def statements(
    leaves: Sequence[Leaf], inline: Sequence[str], kind: ImportKind, *, reexported: bool
) -> Iterator[ImportStatement]:
    """Yield one statement for each module that a use declaration takes from; a module alone has no names."""
    groups: dict[Path, list[ImportedName]] = {}
    for leaf in leaves:
        path = anchored(leaf.path, inline)
        if len(path) == 1 and leaf.alias == path[0]:
            yield ImportStatement(path[0], 0, (), leaf.line, kind, reexported)
        else:
            groups.setdefault(path[:-1], []).append(ImportedName(path[-1], leaf.line, leaf.alias))
    for module, names in groups.items():
        yield ImportStatement("::".join(module), 0, tuple(names), names[0].line, kind, reexported)


def written_paths(tokens: str) -> Iterator[tuple[str, int]]:
    """Yield each path among the tokens of a macro, and how many lines below the first it stands."""
    row, at = 0, 0
    for match in _IN_TOKENS.finditer(tokens):
        if match[1]:
            row, at = row + tokens.count("\n", at, match.start()), match.start()
            yield match[1], row


def in_passing(written: str, inline: Path, aliases: dict[str, Path], own: Set[Path]) -> Path | None:
    """Return the path of a thing that code names by its module (`crate::a::f`, `a::f`), or None where there is none.

    `aliases` are the file's imports by local name, `own` the paths of its inline modules.
    """
    bare = written if _PLAIN.fullmatch(written) else "::".join(segments(written))
    if not _PLAIN.fullmatch(bare):
        return None
    path = segments(bare)
    first = path[0]
    if len(path) > _MAX_SEGMENTS:
        return None
    if first in ("crate", "super", "self"):
        found = anchored(path, inline)
        return found if found[0] != "self" or (len(found) > 2 and found[1:-1] not in own) else None
    if first in aliases:
        whole = (*aliases[first], *path[1:])
        return whole if first[:1].islower() and whole[0] not in _NO_CRATES - {"self"} else None
    inner = any((*inline[:depth], first) in own for depth in range(len(inline) + 1))
    if inner or first in _NO_CRATES or not first[:1].islower():
        return path if not first and path[1] not in _NO_CRATES else None
    return path


def text(node: Node | None) -> str:
    """Return the text of a node, empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
