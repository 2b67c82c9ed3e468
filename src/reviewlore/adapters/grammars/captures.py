"""What a query captures in a tree, with bounds that keep hostile sources from costing the square of their length."""

from tree_sitter import Node, Query, QueryCursor

# Patterns that wait for a later child keep one state for each open node.
_MATCH_LIMIT = 256
# The cursor keeps depths in 16 bits: beyond 65,535 its states never end. No compiler takes sources of this depth.
_MAX_DEPTH = 5_000
# Where nothing at all could be parsed, every token lies side by side, and the cursor looks ahead from each to the last.
_MAX_STRAY = 20_000


def captures_of(query: Query, root: Node) -> dict[str, list[Node]]:
    """Return the captured nodes of a file by label, in no certain order; what lies too deep is left out."""
    if root.is_error and root.child_count > _MAX_STRAY:
        return {}
    cursor = QueryCursor(query, match_limit=_MATCH_LIMIT)
    cursor.set_max_start_depth(_MAX_DEPTH)
    return cursor.captures(root)
