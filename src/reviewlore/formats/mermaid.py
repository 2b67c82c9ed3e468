"""The imports that a change adds or takes away, as a small Mermaid flowchart for a comment. Records in, text out.

Names are data: every character of a label beyond letters, digits and a few harmless marks is an entity code
(https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters), so that none is syntax.
"""

import re
from collections.abc import Sequence

from reviewlore.domain.layering import ChangedEdge, MapChange
from reviewlore.domain.visible import visible_line

# Beyond this a drawing in a comment says less than no drawing.
MAX_NODES, MAX_EDGES = 15, 20
_MAX_LABEL = 60
_PLAIN = re.compile(r"[^A-Za-z0-9_./-]")
_STYLES = {
    "new": "stroke:#0a63d1,stroke-width:2px",
    "gone": "stroke:#cf222e,stroke-width:1.5px,stroke-dasharray:5 4",
    "broken": "stroke:#cf222e,stroke-width:3px",
}
_WORDS = {"new": "new", "gone": "removed", "broken": "breaks a contract"}


def render_mermaid(change: MapChange) -> str:
    """Return a flowchart of the changed imports between packages; empty where there is none, or too much to draw.

    Modules stand in their packages; where these are too many, only the packages are drawn.
    """
    edges = [edge for edge in change.edges if edge.packages[0] != edge.packages[1]]
    for pairs, grouped in ((_modules(edges), True), (_packages(edges), False)):
        nodes = {end for pair in pairs for end in pair}
        if pairs and len(nodes) <= MAX_NODES and len(pairs) <= MAX_EDGES:
            return _drawn(pairs, grouped)
    return ""


_Node = tuple[str, str]


def _modules(edges: Sequence[ChangedEdge]) -> dict[tuple[_Node, _Node], str]:
    """Return the kind of each changed import by its ends, which are (package, module)."""
    found: dict[tuple[_Node, _Node], str] = {}
    for edge in edges:
        pair = ((edge.packages[0], edge.names[0]), (edge.packages[1], edge.names[1]))
        found[pair] = _worst(_kind(edge), found.get(pair))
    return found


def _packages(edges: Sequence[ChangedEdge]) -> dict[tuple[_Node, _Node], str]:
    found: dict[tuple[_Node, _Node], str] = {}
    for edge in edges:
        pair = ((edge.packages[0], edge.packages[0]), (edge.packages[1], edge.packages[1]))
        found[pair] = _worst(_kind(edge), found.get(pair))
    return found


def _kind(edge: ChangedEdge) -> str:
    return "gone" if edge.status == "removed" else "broken" if edge.breaking else "new"


def _worst(kind: str, other: str | None) -> str:
    order = ("gone", "new", "broken")
    return kind if other is None or order.index(kind) > order.index(other) else other


def _drawn(pairs: dict[tuple[_Node, _Node], str], grouped: bool) -> str:
    nodes = sorted({end for pair in pairs for end in pair})
    number = {node: f"n{at}" for at, node in enumerate(nodes)}
    lines = ["flowchart TB"]
    for at, package in enumerate(sorted({package for package, _ in nodes})):
        inside = [node for node in nodes if node[0] == package]
        if not grouped or (len(inside) == 1 and inside[0][1] == package):
            lines += [f'  {number[node]}["{_label(node[1])}"]' for node in inside]
            continue
        lines.append(f'  subgraph g{at}["{_label(package)}"]')
        lines += [f'    {number[node]}["{_label(_inner(node))}"]' for node in inside]
        lines.append("  end")
    for (importer, imported), kind in sorted(pairs.items()):
        lines.append(f'  {number[importer]} -->|"{_label(_WORDS[kind])}"| {number[imported]}')
    lines += [f"  linkStyle {at} {_STYLES[kind]}" for at, (_, kind) in enumerate(sorted(pairs.items()))]
    return "\n".join(lines) + "\n"


def _inner(node: _Node) -> str:
    """Return what of a module's name its package does not say already."""
    package, name = node
    return name[len(package) :].lstrip("./:") or name if name.startswith(package) else name


def _label(text: str) -> str:
    seen = visible_line(text)
    short = seen if len(seen) <= _MAX_LABEL else f"{seen[: _MAX_LABEL // 2]}…{seen[-_MAX_LABEL // 2 + 1 :]}"
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", short)
