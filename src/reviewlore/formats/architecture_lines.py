"""The lines of a map's picture: imports between packages, and changed imports between modules. Records in, SVG out."""

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from reviewlore.domain.layering import ChangedEdge, Wording
from reviewlore.domain.visible import visible_line
from reviewlore.formats.architecture_layout import CELL_HEIGHT, Curve, Layout

# From here on changed imports are drawn thinner.
_MANY_EDGES = 25
# Points of a curve that passes more than two lines of boxes.
_LONG_WAY = 6


def render_curve(curve: Curve, words: Wording, *, faint: bool) -> str:
    """Return one import between packages; the more modules import, the wider; what passes many lines is paler."""
    edge = curve.edge
    width = min(5.5, 0.9 + 0.8 * math.log2(edge.weight))
    first = f", first {edge.examples[0].importer}:{edge.examples[0].line}" if edge.examples else ""
    title = escaped(
        f"{edge.importer} → {edge.imported}: {edge.weight} {words.one if edge.weight == 1 else words.many}{first}"
    )
    kind = "up" if edge.upward else "edge"
    level = 0.65 if faint else 0.9
    if not edge.upward:
        level = (0.2 if faint else 0.34 + 0.05 * width) * (0.7 if len(curve.points) > _LONG_WAY else 1)
    return (
        f'<path class="{kind}" d="{_smooth(curve.points)}" stroke-width="{px(width)}" '
        f'stroke-opacity="{level:.2f}"{arrow_of(kind)}><title>{title}</title></path>'
    )


def render_changes(edges: Sequence[ChangedEdge], layout: Layout) -> Iterable[str]:
    """Yield the changed imports from cell to cell, each on a halo, what breaks a contract last and so on top."""
    place: dict[str, tuple[float, float, float, float]] = {}
    for box in layout.boxes:
        for cell in box.cells:
            height = box.height if box.single else CELL_HEIGHT - 2
            if cell.path:
                place[cell.path] = (cell.x, cell.y, cell.width, height)
    many = len(edges) > _MANY_EDGES
    for edge in sorted(edges, key=lambda edge: (edge.breaking, edge.status == "added")):
        if edge.importer not in place or edge.imported not in place:
            continue
        kind = kind_of(edge)
        way = _direct(place[edge.importer], place[edge.imported])
        verb = {"new": "now imports", "gone": "no longer imports", "broken": "now imports, against a contract,"}[kind]
        title = escaped(f"{edge.names[0]} {verb} {edge.names[1]}")
        if not many:
            yield f'<path class="halo" d="{way}" stroke-width="4" stroke-opacity="0.7"/>'
        width = "1.2" if many and not edge.breaking else "1.8"
        yield f'<path class="{kind}" d="{way}" stroke-width="{width}"{arrow_of(kind)}><title>{title}</title></path>'


def rank_of(edge: ChangedEdge) -> tuple[bool, bool, bool]:
    """Return what puts an import first: that it breaks a contract, crosses packages, is new."""
    return (not edge.breaking, edge.packages[0] == edge.packages[1], edge.status != "added")


def kind_of(edge: ChangedEdge) -> str:
    """Return the class a changed import is drawn with."""
    return "gone" if edge.status == "removed" else "broken" if edge.breaking else "new"


def arrow_of(kind: str) -> str:
    """Return the attribute that gives a line of a class its arrow head; empty where it has none."""
    name = {"up": "up", "new": "new", "gone": "gone", "broken": "gone"}.get(kind)
    return f' marker-end="url(#rl-{name})"' if name else ""


def _direct(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> str:
    """Return a curve from one rectangle to another: out of the side that faces the other."""
    x1, x2 = one[0] + one[2] / 2, other[0] + other[2] / 2
    if abs(one[1] - other[1]) < CELL_HEIGHT:
        y1, y2 = one[1] + one[3], other[1] + other[3]
        bow = 22 + abs(x2 - x1) * 0.06
        return f"M{px(x1)} {px(y1)}C{px(x1)} {px(y1 + bow)} {px(x2)} {px(y2 + bow)} {px(x2)} {px(y2)}"
    down = one[1] < other[1]
    y1, y2 = (one[1] + one[3], other[1]) if down else (one[1], other[1] + other[3])
    return _smooth(((x1, y1), (x2, y2)))


def _smooth(points: tuple[tuple[float, float], ...]) -> str:
    """Return a path through points that is vertical in each of them; ends on one height are joined below them."""
    (x, y), *rest = points
    parts = [f"M{px(x)} {px(y)}"]
    for x2, y2 in rest:
        if abs(x2 - x) < 0.01:
            parts.append(f"L{px(x2)} {px(y2)}")
        elif abs(y2 - y) < 1:
            bow = 14 + min(30.0, abs(x2 - x) * 0.05)
            parts.append(f"C{px(x)} {px(y + bow)} {px(x2)} {px(y2 + bow)} {px(x2)} {px(y2)}")
        else:
            middle = (y + y2) / 2
            parts.append(f"C{px(x)} {px(middle)} {px(x2)} {px(middle)} {px(x2)} {px(y2)}")
        x, y = x2, y2
    return "".join(parts)


def px(value: float) -> str:
    """Return a coordinate with one decimal place at most."""
    return f"{value:.1f}".removesuffix(".0")


def escaped(text: str) -> str:
    """Return text for an element or an attribute: one line, unseen characters shown, markup escaped."""
    whole = visible_line(text).encode("utf-8", "replace").decode("utf-8")
    return escape(whole, {'"': "&quot;"})
