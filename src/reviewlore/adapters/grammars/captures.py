"""What a query captures in a tree, with bounds that keep hostile sources from costing the square of their length."""

from collections.abc import Iterable

from tree_sitter import Node, Parser, Query, QueryCursor

from reviewlore.adapters.grammars.nesting import has_endless_punctuation, is_too_nested
from reviewlore.domain.source import Language, ParsedModule

Captures = dict[str, list[Node]]

# Patterns that wait for a later child keep one state for each open node.
_MATCH_LIMIT = 256
# The cursor keeps depths in 16 bits: beyond 65,535 its states never end. No compiler takes sources of this depth.
MAX_DEPTH = 5_000
# Of Rust and Go, whose patterns wait for a child: a state at each open node costs the square of the depth.
SHALLOW = 1000
# Where nothing at all could be parsed, every token lies side by side, and the cursor looks ahead from each to the last.
_MAX_STRAY = 20_000


def captures_of(query: Query, root: Node) -> Captures:
    """Return the captured nodes of a file by label, in no certain order; what lies too deep is left out."""
    if root.is_error and root.child_count > _MAX_STRAY:
        return {}
    return _captures(query, root, MAX_DEPTH)


def parse_guarded(parser: Parser, query: Query, source: bytes, depth: int) -> tuple[Node, Captures] | None:
    """Return the root of a source and what a query captures down to a depth; None where it has to be left unread."""
    if is_too_nested(source):
        return None
    root = parser.parse(source).root_node
    if root.has_error and has_endless_punctuation(source):
        return None
    return root, _captures(query, root, depth)


def unread(source: bytes, language: Language) -> ParsedModule:
    """Return what is known of a source that was left unread: its length."""
    return ParsedModule((), (), frozenset(), source.count(b"\n") + 1, broken=True, language=language)


def in_order(captures: Captures, labels: Iterable[str]) -> list[tuple[str, Node]]:
    """Return the nodes under some labels as a walk would meet them: outer before inner, first to last."""
    found = [(label, node) for label in labels for node in captures.get(label, [])]
    found.sort(key=lambda item: (item[1].start_byte, -item[1].end_byte))
    return found


def _captures(query: Query, root: Node, depth: int) -> Captures:
    cursor = QueryCursor(query, match_limit=_MATCH_LIMIT)
    cursor.set_max_start_depth(depth)
    return cursor.captures(root)
