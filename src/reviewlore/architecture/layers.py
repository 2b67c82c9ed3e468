"""The layers that a repository keeps although nobody declared them: a map in, packages in order and a contract out.

The order is the one that the fewest imports run against; what runs against it is listed, not hidden.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from reviewlore.architecture.graph import components
from reviewlore.architecture.members import Called, Names, find_member
from reviewlore.architecture.packages import split_packages
from reviewlore.domain.architecture import ArchitectureMap, Contract, ImportEdge
from reviewlore.domain.layering import Border, Layering, PackageEdge

# More layers than this nobody keeps in mind; the borders that the least speaks for go first.
MAX_LAYERS = 12
# Fewer importing modules than this between two adjacent layers are no order yet.
MIN_SUPPORT = 2
_EXAMPLES = 3
# Imports against the order that a proposal lists.
_LISTED = 8
# Rounds of moving packages one by one; the order stops improving long before. A circle of a thousand packages has no
# order to speak of, and gets as many rounds as so many comparisons allow.
_ROUNDS, _COMPARISONS = 10, 2_000_000
# Of the imports set aside, so many, heaviest first, are tried again.
_TRIED = 500

# The last part of a name, as the languages separate them: `.b`, `/b`, `::b`.
_LAST = re.compile(r"(^|\.|/|::)[^./:]*$")

_Weights = Mapping[tuple[str, str], int]


def infer_layers(tree: ArchitectureMap) -> Layering:
    """Return the layers of the shipped code: packages that import many lie above those that many import.

    The weight of an edge between two packages is the number of modules that import (type-only imports have no say).
    Edges of the least weight are set aside until none closes a circle (Eades, Lin & Smyth 1993: "A fast and effective
    heuristic for the feedback arc set problem"); then each package lies one layer above what it rests on.
    """
    packages, facades = split_packages(tree)
    weights = _weights(_package_edges(tree, packages))
    return assemble(tree, packages, _merged(order(weights), weights), facades)


def order(weights: Mapping[tuple[str, str], int]) -> tuple[tuple[str, ...], ...]:
    """Return the ends of weighted edges in layers from top to bottom, so that little weight points upwards."""
    against = _feedback(weights)
    linked = {name for pair in weights for name in pair}
    return _by_depth(linked, [pair for pair in weights if pair not in against])


def find_layering(tree: ArchitectureMap, contracts: Sequence[Contract] = ()) -> Layering:
    """Return the declared layers where a contract places at least half of the shipped modules, else inferred ones."""
    layered = [contract for contract in contracts if len(contract.layers) > 1 and not contract.inferred]
    own, facades = split_packages(tree) if layered else ({}, ())
    home = {path: name for name, paths in own.items() for path in paths}
    names = Names(tree)
    for contract in layered:
        members = tuple(name for layer in contract.layers for name in layer.members)
        placed = {path: _pattern(members, names[path]) for path in (*home, *facades)}
        packages: defaultdict[str, list[str]] = defaultdict(list)
        for path, name in sorted(placed.items()):
            if name or path in home:
                packages[name or home[path]].append(path)
        if 2 * sum(name is not None for name in placed.values()) >= len(placed):
            layers = tuple(tuple(name for name in layer.members if name in packages) for layer in contract.layers)
            kept = {name: tuple(paths) for name, paths in sorted(packages.items())}
            rest = tuple(path for path in facades if placed[path] is None)
            found = assemble(tree, kept, tuple(filter(None, layers)), rest)
            return replace(found, origin=f"“{contract.name}” in {contract.origin}")
    return infer_layers(tree)


def assemble(
    tree: ArchitectureMap,
    packages: Mapping[str, tuple[str, ...]],
    layers: tuple[tuple[str, ...], ...],
    facades: tuple[str, ...],
) -> Layering:
    """Return a layering from the modules of each package and the order of some of them: with imports and borders."""
    found = _package_edges(tree, packages)
    weights = _weights(found)
    depth = {name: number for number, layer in enumerate(layers) for name in layer}
    edges = tuple(
        PackageEdge(*pair, weights[pair], depth.get(pair[0], -1) > depth.get(pair[1], len(layers)), _examples(edges))
        for pair, edges in sorted(found.items())
    )
    placed = {pair: weight for pair, weight in weights.items() if pair[0] in depth and pair[1] in depth}
    unplaced = tuple(name for name in packages if name not in depth)
    return Layering(packages, layers, _borders(layers, placed), edges, unplaced, facades)


def propose_contract(layering: Layering) -> str:
    """Return the layering as text for `.reviewlore.toml`, with what speaks for each order and what breaks it.

    Empty where there are fewer than two layers. Packages of one layer are joined by `:`, as they may know each other.
    """
    if len(layering.layers) < 2:
        return ""
    lines = [
        f"# Inferred from the imports, not declared by anybody: {layering.confidence:.0%} of the weight between layers",
        "# points down. Correct it before you rely on it.",
        "[architecture]",
        "layers = [",
    ]
    for number, layer in enumerate(layering.layers):
        lines.append(f"    {_quoted(' : '.join(layer))},")
        if number < len(layering.borders):
            border = layering.borders[number]
            lines.append(f"    # {border.down} down, {border.up} up across this border ({border.confidence:.0%})")
    lines.append("]")
    if layering.violations:
        lines.append("# What runs against it today (importing modules):")
        lines += [f"#   {_plain(edge)}" for edge in layering.violations[:_LISTED]]
        if len(layering.violations) > _LISTED:
            lines.append(f"#   and {len(layering.violations) - _LISTED} more")
    if layering.unplaced:
        names = ", ".join(_quoted(name) for name in layering.unplaced[:20])
        more = f" and {len(layering.unplaced) - 20} more" if len(layering.unplaced) > 20 else ""
        lines.append(f"# In no layer: {names}{more}.")
    return "\n".join(lines) + "\n"


def _weights(edges: Mapping[tuple[str, str], Sequence[ImportEdge]]) -> dict[tuple[str, str], int]:
    return {pair: len({edge.importer for edge in found}) for pair, found in sorted(edges.items())}


def _pattern(members: tuple[str, ...], called: Called) -> str | None:
    found = find_member(members, called)
    return found.pattern if found else None


def member_of(name: str, members: Collection[str]) -> str | None:
    """Return the closest member that is the module or contains it."""
    while name and name not in members:
        name = _LAST.sub("", name, count=1)
    return name or None


def _package_edges(
    tree: ArchitectureMap, packages: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[ImportEdge]]:
    owner = {path: name for name, paths in packages.items() for path in paths}
    found: defaultdict[tuple[str, str], list[ImportEdge]] = defaultdict(list)
    for edge in tree.edges:
        pair = owner.get(edge.importer), owner.get(edge.imported)
        if pair[0] is not None and pair[1] is not None and pair[0] != pair[1] and edge.kind != "type_only":
            found[pair[0], pair[1]].append(edge)
    return found


def _examples(edges: Iterable[ImportEdge]) -> tuple[ImportEdge, ...]:
    first: dict[str, ImportEdge] = {}
    for edge in sorted(edges, key=lambda edge: (edge.importer, edge.line, edge.imported)):
        first.setdefault(edge.importer, edge)
    return tuple(first.values())[:_EXAMPLES]


def _feedback(weights: _Weights) -> set[tuple[str, str]]:
    """Return edges of little weight without which the graph has no circle; none of the heaviest could be kept."""
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for importer, imported in weights:
        graph[importer].add(imported)
    removed: set[tuple[str, str]] = set()
    for group in components(graph):
        inside = {pair: weight for pair, weight in weights.items() if pair[0] in group and pair[1] in group}
        place = {name: number for number, name in enumerate(_improved(_eades(group, inside), inside))}
        removed |= {pair for pair in inside if place[pair[0]] > place[pair[1]]}
    for importer, imported in removed:
        graph[importer].discard(imported)
    for importer, imported in sorted(removed, key=lambda pair: (-weights[pair], pair))[:_TRIED]:
        if not _reaches(graph, imported, importer):
            removed.discard((importer, imported))
            graph[importer].add(imported)
    return removed


def _eades(nodes: Iterable[str], weights: _Weights) -> list[str]:
    """Return an order in which little weight points backwards (Eades, Lin & Smyth 1993, with weights)."""
    out, into = Counter[str](), Counter[str]()
    after: defaultdict[str, set[str]] = defaultdict(set)
    before: defaultdict[str, set[str]] = defaultdict(set)
    for (importer, imported), weight in weights.items():
        out[importer] += weight
        into[imported] += weight
        after[importer].add(imported)
        before[imported].add(importer)
    left, right, rest = list[str](), list[str](), set(nodes)
    while rest:
        sinks = sorted(name for name in rest if not out[name])
        sources = sorted(name for name in rest if not into[name])
        if sinks:
            name = sinks[-1]
            right.append(name)
        else:
            name = sources[0] if sources else min(rest, key=lambda node: (into[node] - out[node], node))
            left.append(name)
        rest.discard(name)
        for other in after[name] & rest:
            into[other] -= weights[name, other]
        for other in before[name] & rest:
            out[other] -= weights[other, name]
    return left + right[::-1]


def _improved(order: list[str], weights: _Weights) -> list[str]:
    """Return the order after moving single nodes to where the least weight points backwards, while that helps."""
    for _ in range(min(_ROUNDS, _COMPARISONS // max(1, len(order) ** 2))):
        moved = False
        for name in sorted(order):
            at = order.index(name)
            rest = order[:at] + order[at + 1 :]
            cost = best = 0
            place = 0
            for number, other in enumerate(rest, 1):  # passing `other` turns name -> other backwards
                cost += weights.get((name, other), 0) - weights.get((other, name), 0)
                if cost < best or (cost == best and number == at):
                    best, place = cost, number
            if place != at:
                order, moved = [*rest[:place], name, *rest[place:]], True
        if not moved:
            break
    return order


def _reaches(graph: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen, stack = {start}, [start]
    while stack and goal not in seen:
        for other in graph.get(stack.pop(), set()) - seen:
            seen.add(other)
            stack.append(other)
    return goal in seen


def _by_depth(nodes: Iterable[str], pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return the nodes by the length of the longest way down from them, longest first; `pairs` have no circle."""
    above: defaultdict[str, set[str]] = defaultdict(set)
    waiting = Counter[str]()
    for importer, imported in pairs:
        above[imported].add(importer)
        waiting[importer] += 1
    layers: list[tuple[str, ...]] = []
    ready = sorted(node for node in nodes if not waiting[node])
    while ready:
        layers.append(tuple(ready))
        following = set()
        for node in ready:
            for other in above[node]:
                waiting[other] -= 1
                if not waiting[other]:
                    following.add(other)
        ready = sorted(following)
    return tuple(reversed(layers))


def _merged(layers: tuple[tuple[str, ...], ...], weights: _Weights) -> tuple[tuple[str, ...], ...]:
    """Return the layers with the weakest borders taken away, while there are too many or one has too little support."""
    rows = [list(layer) for layer in layers]
    while len(rows) > 1:
        support = [
            sum(weights.get((upper, lower), 0) for upper in rows[number] for lower in rows[number + 1])
            for number in range(len(rows) - 1)
        ]
        weakest = min(range(len(support)), key=lambda number: (support[number], number))
        if len(rows) <= MAX_LAYERS and support[weakest] >= MIN_SUPPORT:
            break
        rows[weakest] = sorted(rows[weakest] + rows.pop(weakest + 1))
    return tuple(tuple(row) for row in rows)


def _borders(layers: Sequence[Sequence[str]], weights: _Weights) -> tuple[Border, ...]:
    depth = {name: number for number, layer in enumerate(layers) for name in layer}
    down, up = Counter[int](), Counter[int]()
    for (importer, imported), weight in weights.items():
        low, high = sorted((depth[importer], depth[imported]))
        for number in range(low, high):
            (down if depth[importer] < depth[imported] else up)[number] += weight
    return tuple(Border(down[number], up[number]) for number in range(len(layers) - 1))


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, except that half characters are not allowed."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007F")


def _plain(edge: PackageEdge) -> str:
    first = edge.examples[0] if edge.examples else None
    where = f": {_quoted(first.importer)} line {first.line}" if first else ""
    return f"{_quoted(edge.importer)} -> {_quoted(edge.imported)} ({edge.weight}){where}"
