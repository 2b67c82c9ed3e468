"""Import edges as a graph: who imports whom, cycles, shortest paths. Paths and edges in, sets of paths out. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from reviewlore.domain.architecture import ImportEdge

_STRENGTH = {"runtime": 0, "conditional": 1, "lazy": 2, "type_only": 3}


def adjacency(edges: Iterable[ImportEdge]) -> dict[str, set[str]]:
    """Return importer -> imported paths."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge.importer, set()).add(edge.imported)
    return found


def strongest(edges: Iterable[ImportEdge]) -> dict[tuple[str, str], ImportEdge]:
    """Return one edge for each (importer, imported): the strongest kind, then the first line."""
    found: dict[tuple[str, str], ImportEdge] = {}
    for edge in edges:
        key = (edge.importer, edge.imported)
        known = found.get(key)
        if known is None or (_STRENGTH[edge.kind], edge.line) < (_STRENGTH[known.kind], known.line):
            found[key] = edge
    return found


def components(graph: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """Return the strongly connected components of more than one node (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[frozenset[str]] = []
    for start in sorted(graph):
        if start in index:
            continue
        work: list[tuple[str, Iterator[str]]] = []
        _open(start, index, low, stack, on_stack)
        work.append((start, iter(sorted(graph.get(start, ())))))
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    _open(other, index, low, stack, on_stack)
                    work.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_close(node, stack, on_stack))
    return [component for component in found if len(component) > 1]


def shortest_path(graph: Mapping[str, set[str]], start: str, goal: str) -> tuple[str, ...]:
    """Return the nodes of a shortest path from start to goal (both included), or nothing."""
    came: dict[str, str | None] = {start: None}
    frontier = [start]
    while frontier and goal not in came:
        following = []
        for node in frontier:
            for other in sorted(graph.get(node, ())):
                if other not in came:
                    came[other] = node
                    following.append(other)
        frontier = following
    if goal not in came:
        return ()
    path = [goal]
    while (before := came[path[-1]]) is not None:
        path.append(before)
    return tuple(reversed(path))


def _open(node: str, index: dict[str, int], low: dict[str, int], stack: list[str], on_stack: set[str]) -> None:
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)


def _close(node: str, stack: list[str], on_stack: set[str]) -> frozenset[str]:
    members = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == node:
            return frozenset(members)
