"""How GitHub pages and prices GraphQL: keyset cursors, 1 to 100 nodes a connection, points and nodes of a query.

In: sorted items, or a query. Out: the fields of a connection, or the query's cost by GitHub's published rule.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode
from graphql.utilities import value_from_ast_untyped

Node = dict[str, Any]
Key = Sequence[Any]
MAX_NODES = 500_000


def refuse(message: str, kind: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


def connection(
    items: Sequence[Any], render: Callable[[Any], Node], key: Callable[[Any], Key], descending: bool = False
) -> Callable[..., Node]:
    """A field that pages through items by a keyset cursor, as GitHub does.

    A cursor holds the sort value and the id of its item, not a position: an item that moves away is not missed, and
    nobody else's place changes.
    """
    ordered = sorted(items, key=key, reverse=descending)

    def resolve(
        info: Any,
        first: int | None = None,
        last: int | None = None,
        after: str | None = None,
        before: str | None = None,
        **_: Any,
    ) -> Node:
        size = _checked_size(info.field_name, first, last)
        low, high = _decoded(after), _decoded(before)
        if descending:
            low, high = high, low
        inside = [
            each for each in ordered if (low is None or [*key(each)] > low) and (high is None or [*key(each)] < high)
        ]
        chosen = inside[:size] if first is not None else inside[max(0, len(inside) - size) :]
        more = len(inside) > len(chosen)

        def page_info(info: Any) -> Node:
            return {
                "hasNextPage": more if first is not None else before is not None,
                "hasPreviousPage": more if first is None else after is not None,
                "startCursor": encode_cursor(key(chosen[0])) if chosen else None,
                "endCursor": encode_cursor(key(chosen[-1])) if chosen else None,
            }

        # Made when asked for: most queries want the nodes alone.
        return {
            "totalCount": len(ordered),
            "pageInfo": page_info,
            "nodes": lambda info: [render(each) for each in chosen],
            "edges": lambda info: [{"cursor": encode_cursor(key(each)), "node": render(each)} for each in chosen],
        }

    return resolve


def encode_cursor(key: Key) -> str:
    return base64.b64encode(b"cursor:v2:" + json.dumps([*key]).encode()).decode()


def _decoded(cursor: str | None) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        return [*json.loads(base64.b64decode(cursor).removeprefix(b"cursor:v2:"))]
    except (ValueError, TypeError) as error:
        message = f"`{cursor}` does not appear to be a valid cursor."
        raise refuse(message, "INVALID_CURSOR_ARGUMENTS") from error


def _checked_size(name: str, first: int | None, last: int | None) -> int:
    size = first if first is not None else last
    if size is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise refuse(message, "MISSING_PAGINATION_BOUNDARIES")
    if not 1 <= size <= 100:
        message = f"Requesting {size} records on the `{name}` connection exceeds the `first` limit of 100 records."
        raise refuse(message, "EXCESSIVE_PAGINATION")
    return size


@dataclass(frozen=True)
class Cost:
    """What one query may touch at most, were every connection full."""

    connections: int
    nodes: int

    @property
    def points(self) -> int:
        return max(1, (self.connections + 50) // 100)


def cost_of(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    """Add up the connections and nodes that a query may open, by GitHub's rule."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    total = [0, 0]

    def walk(selections: Any, times: int) -> None:
        for each in selections.selections if selections else ():
            if not isinstance(each, FieldNode):
                inner = each if hasattr(each, "selection_set") else fragments[each.name.value]
                walk(inner.selection_set, times)
                continue
            given = {argument.name.value: argument.value for argument in each.arguments or ()}
            size = next((given[name] for name in ("first", "last") if name in given), None)
            if size is None:
                walk(each.selection_set, times)
                continue
            wanted = int(value_from_ast_untyped(size, dict(variables)) or 0)
            total[0] += times
            total[1] += times * wanted
            walk(each.selection_set, times * wanted)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            walk(definition.selection_set, 1)
    return Cost(total[0], total[1])
