"""A map as one SVG picture: a `MapPicture` in, text out. Equal pictures give equal text; no script, no request.

Every name is escaped. Text is never smaller than 9 pixels; what has no room is shortened and told in full in a `title`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from reviewlore.domain.layering import ChangedEdge, MapPicture
from reviewlore.domain.visible import visible_line
from reviewlore.formats.architecture_layout import (
    CELL_HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Box,
    Cell,
    Curve,
    Layout,
    lay_out,
)
from reviewlore.formats.labels import BOLD, shorten

_TOP = 74
# More changed imports than this cannot be told apart; the rest is counted.
MAX_CHANGED_EDGES = 60
# From here on they are drawn thinner.
_MANY_EDGES = 25
_CELL_FONT, _HEAD_FONT = 9.5, 11

_STYLE = """
.rl-map{background:#fff;font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.rl-map text{fill:#1f2328}.rl-map .mute{fill:#59636e}
.rl-map .band{fill:#f6f8fa}.rl-map .band.none{fill:#fff;stroke:#d1d9e0;stroke-dasharray:4 4}
.rl-map .box{fill:#fff;stroke:#8c959f}.rl-map .cell{fill:#eef1f4}
.rl-map .edge,.rl-map .up,.rl-map .new,.rl-map .gone,.rl-map .broken,.rl-map .halo{fill:none}
.rl-map .edge{stroke:#6e7781}.rl-map .up{stroke:#d9730d}.rl-map .uphead{fill:#d9730d}
.rl-map .modified{fill:#cfe3fb}.rl-map .added{fill:#bdecc9}
.rl-map .removed{fill:#fbd5d2;stroke:#cf222e;stroke-dasharray:3 2}
.rl-map .new{stroke:#0a63d1}.rl-map .newhead{fill:#0a63d1}
.rl-map .gone,.rl-map .broken{stroke:#cf222e}.rl-map .gone{stroke-dasharray:5 4}.rl-map .gonehead{fill:#cf222e}
.rl-map .halo{stroke:#fff}
@media (prefers-color-scheme:dark){
.rl-map{background:#0d1117}.rl-map text{fill:#e6edf3}.rl-map .mute{fill:#9198a1}
.rl-map .band{fill:#151b23}.rl-map .band.none{fill:#0d1117;stroke:#3d444d}
.rl-map .box{fill:#0d1117;stroke:#656c76}.rl-map .cell{fill:#262c36}
.rl-map .edge{stroke:#8b949e}.rl-map .up{stroke:#f0883e}.rl-map .uphead{fill:#f0883e}
.rl-map .modified{fill:#1f4b82}.rl-map .added{fill:#1b5e2f}.rl-map .removed{fill:#67242a;stroke:#ff7b72}
.rl-map .new{stroke:#58a6ff}.rl-map .newhead{fill:#58a6ff}
.rl-map .gone,.rl-map .broken{stroke:#ff7b72}.rl-map .gonehead{fill:#ff7b72}.rl-map .halo{stroke:#0d1117}
}
"""


def render_map(picture: MapPicture, identifier: str = "rl") -> str:
    """Return the picture as an SVG element of its own namespace, ready for a file or for an HTML page.

    Its ids begin with `identifier`, so that several pictures can stand on one page.
    """
    layout = lay_out(picture, _TOP)
    edges = sorted(picture.change.edges, key=_rank)[:MAX_CHANGED_EDGES] if picture.change else []
    notes = [*_notes(picture, layout), *picture.notes]
    height = math.ceil(layout.height + 26 + 15 * len(notes))
    title = _text(shorten(picture.title, 1040, 16))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rl-map" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img">',
        f"<title>{_text(picture.title)}</title>",
        f"<desc>{_text(_described(picture))}</desc>",
        f"<style>{_STYLE}</style>",
        _heads(),
        f'<text x="{LEFT - 28}" y="24" font-size="16" font-weight="600">{title}</text>',
        *_legend(picture),
        *_bands(layout),
        *(_curve(curve, faint=bool(edges)) for curve in layout.curves if not curve.edge.upward),
        *(part for box in layout.boxes for part in _box(box, picture)),
        *(_curve(curve, faint=bool(edges)) for curve in layout.curves if curve.edge.upward),
        *_changed(edges, layout),
        *(part for box in layout.boxes for part in _labels(box, picture)),
    ]
    for number, note in enumerate(notes):
        y = layout.height + 26 + 15 * number
        parts.append(
            f'<text class="mute" x="{LEFT - 28}" y="{_n(y)}" font-size="11">{_text(shorten(note, 1130, 11))}</text>'
        )
    text = "\n".join([*parts, "</svg>"]) + "\n"  # no name in it has a bare quote, so only our own ids are renamed
    return text.replace('id="rl-', f'id="{identifier}-').replace('"url(#rl-', f'"url(#{identifier}-')


def _notes(picture: MapPicture, layout: Layout) -> Iterable[str]:
    layering = picture.layering
    modules = sum(map(len, layering.packages.values())) + len(layering.facades)
    cells, boxes = picture.nouns
    told = f"{modules} {cells} in {len(layering.packages)} {boxes}"
    if layering.layers:
        kind = f"declared by {layering.origin}" if layering.origin else (
            f"inferred from the imports: {layering.confidence:.0%} of the weight between layers points down"
        )  # fmt: skip
        told += f", {len(layering.layers)} layers, {kind}"
    yield f"{told}."
    if layout.hidden:
        yield f"{layout.hidden} modules are only counted in their boxes: a picture of more cells could not be read."
    if layout.undrawn:
        yield f"{layout.undrawn} imports between packages are not drawn: the lightest ones."
    if picture.change and len(picture.change.edges) > MAX_CHANGED_EDGES:
        yield f"{len(picture.change.edges) - MAX_CHANGED_EDGES} more changed imports are not drawn."


def _described(picture: MapPicture) -> str:
    layering = picture.layering
    rows = "; ".join(f"layer {number}: {', '.join(layer)}" for number, layer in enumerate(layering.layers, 1))
    upward = ", ".join(f"{edge.importer} imports {edge.imported}" for edge in layering.violations[:20])
    return f"Packages from top to bottom. {rows}. Against the order: {upward or 'nothing'}."


def _heads() -> str:
    return "<defs>" + "".join(
        f'<marker id="rl-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="{size}" markerHeight="{size}" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="{name}head" d="M0 0L8 4L0 8z"/></marker>'
        for name, size in (("up", 9), ("new", 10), ("gone", 10))
    ) + "</defs>"  # fmt: skip


def _legend(picture: MapPicture) -> Iterable[str]:
    """Yield one line that explains what is drawn, and only that."""
    rows: list[tuple[str, str]] = [("edge", "imports (downwards; wider: more modules)")]
    if picture.layering.violations:
        rows.append(("up", "against the layers"))
    if picture.change:
        statuses = Counter(picture.change.modules.values())
        rows += [(f"cell {status}", f"{status} module ({statuses[status]})") for status in sorted(statuses)]
        kinds = Counter(_kind(edge) for edge in picture.change.edges)
        told = {"new": "new import", "gone": "removed import", "broken": "breaks a contract"}
        rows += [(kind, f"{told[kind]} ({kinds[kind]})") for kind in told if kinds[kind]]
    x = LEFT - 28.0
    for kind, label in rows:
        if kind.startswith("cell"):
            yield f'<rect class="{kind}" x="{_n(x)}" y="41" width="22" height="12" rx="2"/>'
        else:
            yield f'<path class="{kind}" d="M{_n(x)} 47h24" stroke-width="2.5"{_head(kind)}/>'
        yield f'<text class="mute" x="{_n(x + 30)}" y="51" font-size="11">{_text(label)}</text>'
        x += 44 + 6.2 * len(label)


def _bands(layout: Layout) -> Iterable[str]:
    for band in layout.bands:
        kind = "band" if band.number else "band none"
        y, height = band.top - 9, band.bottom - band.top + 18
        width = WIDTH - LEFT - RIGHT + 36
        yield f'<rect class="{kind}" x="{LEFT - 28}" y="{_n(y)}" width="{width}" height="{_n(height)}" rx="6"/>'
        label = str(band.number) if band.number else "–"
        about = f"Layer {band.number} from the top" if band.number else "In no layer"
        yield (
            f'<text class="mute" x="{LEFT - 20}" y="{_n(band.top + 12)}" font-size="11" font-weight="600">'
            f"<title>{about}</title>{label}</text>"
        )


def _box(box: Box, picture: MapPicture) -> Iterable[str]:
    yield (
        f'<rect class="box" x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="4">'
        f"<title>{_text(box.label)}</title></rect>"
    )
    if not box.single:
        yield from (_cell(cell, picture) for cell in box.cells if not cell.more)
    elif status := _status(box.cells[0], picture):
        yield (
            f'<rect class="cell {status}" x="{_n(box.x + 1)}" y="{_n(box.y + 1)}" width="{_n(box.width - 2)}" '
            f'height="{_n(box.height - 2)}" rx="3"/>'
        )


def _labels(box: Box, picture: MapPicture) -> Iterable[str]:
    """Yield the texts of a box: drawn after the curves, so that they stay readable where these cross."""
    if box.single:
        label = _text(shorten(box.label, box.width - 8, _HEAD_FONT))
        yield (
            f'<text x="{_n(box.x + box.width / 2)}" y="{_n(box.y + box.height / 2 + 4)}" font-size="{_HEAD_FONT}" '
            f'text-anchor="middle"><title>{_full(box.cells[0], picture)}</title>{label}</text>'
        )
        return
    yield (
        f'<text x="{_n(box.x + 6)}" y="{_n(box.y + 13)}" font-size="{_HEAD_FONT}" font-weight="600">'
        f"<title>{_text(box.label)}</title>{_text(shorten(box.label, (box.width - 12) / BOLD, _HEAD_FONT))}</text>"
    )
    yield from (_cell_label(cell, picture) for cell in box.cells)


def _cell(cell: Cell, picture: MapPicture) -> str:
    kind = f"cell {_status(cell, picture)}".strip()
    return (
        f'<rect class="{kind}" x="{_n(cell.x)}" y="{_n(cell.y)}" width="{_n(cell.width)}" height="{CELL_HEIGHT - 2}" '
        f'rx="2"><title>{_full(cell, picture)}</title></rect>'
    )


def _cell_label(cell: Cell, picture: MapPicture) -> str:
    mute = ' class="mute"' if cell.more else ""
    return (
        f'<text{mute} x="{_n(cell.x + 4)}" y="{_n(cell.y + 11)}" font-size="{_CELL_FONT}"><title>{_full(cell, picture)}'
        f"</title>{_text(shorten(cell.label, cell.width - 7, _CELL_FONT))}</text>"
    )


def _status(cell: Cell, picture: MapPicture) -> str:
    return picture.change.modules.get(cell.path, "") if picture.change else ""


def _full(cell: Cell, picture: MapPicture) -> str:
    if cell.more:
        return f"{cell.more} modules that have no cell of their own"
    name = picture.names.get(cell.path, "")
    return _text(f"{name} ({cell.path})" if name and name != cell.path else cell.path)


def _curve(curve: Curve, *, faint: bool) -> str:
    edge = curve.edge
    width = min(7.0, 0.9 + math.log2(edge.weight))
    count = f"{edge.weight} modules import" if edge.weight > 1 else "1 module imports"
    first = f", first {edge.examples[0].importer}:{edge.examples[0].line}" if edge.examples else ""
    title = _text(f"{edge.importer} → {edge.imported}: {count}{first}")
    kind = "up" if edge.upward else "edge"
    level = (0.65 if faint else 0.9) if edge.upward else (0.22 if faint else 0.3 + 0.05 * min(width, 6))
    return (
        f'<path class="{kind}" d="{_smooth(curve.points)}" stroke-width="{_n(width)}" stroke-opacity="{_n(level)}"'
        f"{_head(kind)}><title>{title}</title></path>"
    )


def _changed(edges: Sequence[ChangedEdge], layout: Layout) -> Iterable[str]:
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
        kind = _kind(edge)
        way = _direct(place[edge.importer], place[edge.imported])
        verb = {"new": "now imports", "gone": "no longer imports", "broken": "now imports, against a contract,"}[kind]
        title = _text(f"{edge.names[0]} {verb} {edge.names[1]}")
        if not many:
            yield f'<path class="halo" d="{way}" stroke-width="4" stroke-opacity="0.7"/>'
        width = "1.2" if many and not edge.breaking else "1.8"
        yield f'<path class="{kind}" d="{way}" stroke-width="{width}"{_head(kind)}><title>{title}</title></path>'


def _rank(edge: ChangedEdge) -> tuple[bool, bool, bool]:
    """Return what puts an import first: that it breaks a contract, crosses packages, is new."""
    return (not edge.breaking, edge.packages[0] == edge.packages[1], edge.status != "added")


def _kind(edge: ChangedEdge) -> str:
    return "gone" if edge.status == "removed" else "broken" if edge.breaking else "new"


def _head(kind: str) -> str:
    name = {"up": "up", "new": "new", "gone": "gone", "broken": "gone"}.get(kind)
    return f' marker-end="url(#rl-{name})"' if name else ""


def _direct(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> str:
    """Return a curve from one rectangle to another: out of the side that faces the other."""
    x1, x2 = one[0] + one[2] / 2, other[0] + other[2] / 2
    if abs(one[1] - other[1]) < CELL_HEIGHT:
        y1, y2 = one[1] + one[3], other[1] + other[3]
        bow = 22 + abs(x2 - x1) * 0.06
        return f"M{_n(x1)} {_n(y1)}C{_n(x1)} {_n(y1 + bow)} {_n(x2)} {_n(y2 + bow)} {_n(x2)} {_n(y2)}"
    down = one[1] < other[1]
    y1, y2 = (one[1] + one[3], other[1]) if down else (one[1], other[1] + other[3])
    return _smooth(((x1, y1), (x2, y2)))


def _smooth(points: tuple[tuple[float, float], ...]) -> str:
    """Return a path through points that is vertical in each of them; ends on one height are joined below them."""
    (x, y), *rest = points
    parts = [f"M{_n(x)} {_n(y)}"]
    for x2, y2 in rest:
        if abs(x2 - x) < 0.01:
            parts.append(f"L{_n(x2)} {_n(y2)}")
        elif len(points) == 2 and abs(y2 - y) < 1:
            bow = 14 + min(30.0, abs(x2 - x) * 0.05)
            parts.append(f"C{_n(x)} {_n(y + bow)} {_n(x2)} {_n(y2 + bow)} {_n(x2)} {_n(y2)}")
        else:
            middle = (y + y2) / 2
            parts.append(f"C{_n(x)} {_n(middle)} {_n(x2)} {_n(middle)} {_n(x2)} {_n(y2)}")
        x, y = x2, y2
    return "".join(parts)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    """Return text for an element or an attribute: one line, unseen characters shown, markup escaped."""
    whole = visible_line(text).encode("utf-8", "replace").decode("utf-8")
    return escape(whole, {'"': "&quot;"})
