"""A map as one SVG picture: a `MapPicture` in, text out. Equal pictures give equal text; no script, no request.

Every name is escaped. Text is never smaller than 9 pixels; what has no room is shortened and told in full in a `title`.
"""

import math
from collections import Counter
from collections.abc import Iterable

from reviewlore.domain.layering import MapPicture
from reviewlore.formats.architecture_layout import CELL_HEIGHT, LEFT, RIGHT, WIDTH, Box, Cell, Layout, lay_out
from reviewlore.formats.architecture_lines import arrow_of, escaped, kind_of, px, rank_of, render_changes, render_curve
from reviewlore.formats.labels import BOLD, shorten

_TOP = 74
# More changed imports than this cannot be told apart; the rest is counted.
MAX_CHANGED_EDGES = 60
# Room below the last line for changed imports between its boxes.
_BOW = 60
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
.rl-map .over{paint-order:stroke;stroke:#fff;stroke-width:2.5px;stroke-opacity:.75;stroke-linejoin:round}
@media screen and (prefers-color-scheme:dark){
.rl-map{background:#0d1117}.rl-map text{fill:#e6edf3}.rl-map .mute{fill:#9198a1}
.rl-map .band{fill:#151b23}.rl-map .band.none{fill:#0d1117;stroke:#3d444d}
.rl-map .box{fill:#0d1117;stroke:#656c76}.rl-map .cell{fill:#262c36}
.rl-map .edge{stroke:#8b949e}.rl-map .up{stroke:#f0883e}.rl-map .uphead{fill:#f0883e}
.rl-map .modified{fill:#1f4b82}.rl-map .added{fill:#1b5e2f}.rl-map .removed{fill:#67242a;stroke:#ff7b72}
.rl-map .new{stroke:#58a6ff}.rl-map .newhead{fill:#58a6ff}
.rl-map .gone,.rl-map .broken{stroke:#ff7b72}.rl-map .gonehead{fill:#ff7b72}.rl-map .halo,.rl-map .over{stroke:#0d1117}
}
"""


def render_map(picture: MapPicture, identifier: str = "rl") -> str:
    """Return the picture as an SVG element of its own namespace, ready for a file or for an HTML page.

    Its ids begin with `identifier`, so that several pictures can stand on one page.
    """
    layout = lay_out(picture, _TOP)
    edges = sorted(picture.change.edges, key=rank_of)[:MAX_CHANGED_EDGES] if picture.change else []
    notes = [*_notes(picture, layout), *picture.notes]
    below = layout.height + (_BOW if edges else 26)
    height = math.ceil(below + 15 * len(notes))
    title = escaped(shorten(picture.title, 1040, 16))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rl-map" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img">',
        f"<title>{escaped(picture.title)}</title>",
        f"<desc>{escaped(_described(picture))}</desc>",
        f"<style>{_STYLE}</style>",
        _heads(),
        f'<text x="{LEFT - 28}" y="24" font-size="16" font-weight="600">{title}</text>',
        *_legend(picture),
        *_bands(layout),
        *(render_curve(curve, picture.wording, faint=bool(edges)) for curve in layout.curves if not curve.edge.upward),
        *(part for box in layout.boxes for part in _box(box, picture)),
        *(render_curve(curve, picture.wording, faint=bool(edges)) for curve in layout.curves if curve.edge.upward),
        *render_changes(edges, layout),
        '<g class="over">' if edges else "<g>",
        *(part for box in layout.boxes for part in _labels(box, picture)),
        "</g>",
    ]
    for at, note in enumerate(notes):
        y = below + 15 * at
        parts.append(
            f'<text class="mute" x="{LEFT - 28}" y="{px(y)}" font-size="11">{escaped(shorten(note, 1130, 11))}</text>'
        )
    text = "\n".join([*parts, "</svg>"]) + "\n"  # no name in it has a bare quote, so only our own ids are renamed
    return text.replace('id="rl-', f'id="{identifier}-').replace('"url(#rl-', f'"url(#{identifier}-')


def _notes(picture: MapPicture, layout: Layout) -> Iterable[str]:
    layering = picture.layering
    modules = sum(map(len, layering.packages.values())) + len(layering.facades)
    words = picture.wording
    told = f"{modules} {words.cells} in {len(layering.packages)} {words.boxes}"
    if layering.layers:
        kind = f"declared by {layering.origin}" if layering.origin else (
            words.order.replace("{share}", f"{layering.confidence:.0%}")
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
    rows: list[tuple[str, str]] = [("edge", picture.wording.line)]
    if picture.layering.violations:
        rows.append(("up", picture.wording.up))
    if picture.change:
        statuses = Counter(picture.change.modules.values())
        rows += [(f"cell {status}", f"{status} module ({statuses[status]})") for status in sorted(statuses)]
        kinds = Counter(kind_of(edge) for edge in picture.change.edges)
        told = {"new": "new import", "gone": "removed import", "broken": "breaks a contract"}
        rows += [(kind, f"{told[kind]} ({kinds[kind]})") for kind in told if kinds[kind]]
    x = LEFT - 28.0
    for kind, label in rows:
        if kind.startswith("cell"):
            yield _rect(kind, (x, 41, 22, 12), 2)
        else:
            yield f'<path class="{kind}" d="M{px(x)} 47h24" stroke-width="2.5"{arrow_of(kind)}/>'
        yield f'<text class="mute" x="{px(x + 30)}" y="51" font-size="11">{escaped(label)}</text>'
        x += 44 + 6.2 * len(label)


def _bands(layout: Layout) -> Iterable[str]:
    for band in layout.bands:
        kind = "band" if band.number else "band none"
        yield _rect(kind, (LEFT - 28, band.top - 9, WIDTH - LEFT - RIGHT + 36, band.bottom - band.top + 18), 6)
        label = str(band.number) if band.number else "–"
        about = f"Layer {band.number} from the top" if band.number else "In no layer"
        yield (
            f'<text class="mute" x="{LEFT - 20}" y="{px(band.top + 12)}" font-size="11" font-weight="600">'
            f"<title>{about}</title>{label}</text>"
        )


def _box(box: Box, picture: MapPicture) -> Iterable[str]:
    title = f"<title>{escaped(box.label)}</title>"
    yield _rect("box", (box.x, box.y, box.width, box.height), 4, title)
    if not box.single:
        for cell in box.cells:
            if not cell.more:
                kind = f"cell {_status(cell, picture)}".strip()
                about = f"<title>{_full(cell, picture)}</title>"
                yield _rect(kind, (cell.x, cell.y, cell.width, CELL_HEIGHT - 2), 2, about)
    elif status := _status(box.cells[0], picture):
        yield _rect(f"cell {status}", (box.x + 1, box.y + 1, box.width - 2, box.height - 2), 3)


def _rect(kind: str, place: tuple[float, float, float, float], radius: int, inner: str = "") -> str:
    x, y, width, height = map(px, place)
    end = f">{inner}</rect>" if inner else "/>"
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"{end}'


def _labels(box: Box, picture: MapPicture) -> Iterable[str]:
    """Yield the texts of a box: drawn after the curves, so that they stay readable where these cross."""
    if box.single:
        middle = (box.x + box.width / 2, box.y + box.height / 2 + 4)
        label = shorten(box.label, box.width - 8, _HEAD_FONT)
        yield _label(middle, ' text-anchor="middle"', _HEAD_FONT, _full(box.cells[0], picture), label)
        return
    label = shorten(box.label, (box.width - 12) / BOLD, _HEAD_FONT)
    yield _label((box.x + 6, box.y + 13), ' font-weight="600"', _HEAD_FONT, escaped(box.label), label)
    for cell in box.cells:
        label = shorten(cell.label, cell.width - 7, _CELL_FONT)
        style = ' class="mute"' if cell.more else ""
        yield _label((cell.x + 4, cell.y + 11), style, _CELL_FONT, _full(cell, picture), label)


def _label(place: tuple[float, float], style: str, size: float, title: str, label: str) -> str:
    x, y = map(px, place)
    return f'<text{style} x="{x}" y="{y}" font-size="{size}"><title>{title}</title>{escaped(label)}</text>'


def _status(cell: Cell, picture: MapPicture) -> str:
    return picture.change.modules.get(cell.path, "") if picture.change else ""


def _full(cell: Cell, picture: MapPicture) -> str:
    if cell.more:
        return f"{cell.more} modules that have no cell of their own"
    name = picture.names.get(cell.path, "")
    return escaped(f"{name} ({cell.path})" if name and name != cell.path else cell.path)
