"""Where everything of a map's picture stands: a `MapPicture` in, boxes, cells and curves out. It draws nothing.

Rows are layers from the top, boxes packages, cells modules. Curves between boxes run through the gaps between others.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewlore.domain.layering import MapPicture, PackageEdge
from reviewlore.formats.labels import BOLD, drop_common, inner_name, text_width

WIDTH = 1180
# Above this many modules cells become too many to read; what is left out is counted in its box.
MAX_CELLS = 300
# Of one package no more than this, where not all fit.
_MAX_IN_BOX = 48
LEFT, RIGHT = 44, 16
CELL_WIDTH, CELL_HEIGHT, HEADER = 94, 17, 19
_PAD, _GAP_X, _GAP_LINE, _GAP_LAYER = 5, 20, 28, 48
_MOST_ROWS = 14
# More curves than this are a grey surface.
MAX_CURVES = 400
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One module (by path), or what was left out of a box (`path` empty, `more` modules)."""

    path: str
    label: str
    x: float
    y: float
    width: float
    more: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """One package; a package of a single module is a box without cells below its name. `hidden` modules have none."""

    name: str
    label: str
    x: float
    y: float
    width: float
    height: float
    cells: tuple[Cell, ...]
    hidden: int = 0

    @property
    def single(self) -> bool:
        """Whether the box is its only module."""
        return len(self.cells) == 1 and self.cells[0].y == self.y


@dataclass(frozen=True, slots=True)
class Band:
    """One layer: a stripe from `top` to `bottom`, `number` counted from the top, 0 for what lies in no layer."""

    number: int
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The way of an edge between two packages: points, of which it is drawn smoothly from the first to the last."""

    edge: PackageEdge
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture; `hidden` modules are only counted, as are `undrawn` edges; `height` in pixels."""

    height: float
    bands: tuple[Band, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    hidden: int
    undrawn: int


def lay_out(picture: MapPicture, top: float) -> Layout:
    """Return where everything stands, below `top`."""
    layering = picture.layering
    shown = _shown(picture)
    rows = _ordered(layering.layers, layering.edges)
    rest = [*layering.unplaced, *layering.facades]
    boxes: list[Box] = []
    bands: list[Band] = []
    lines: list[tuple[float, float, list[Box]]] = []
    members = dict(layering.packages) | {path: (path,) for path in layering.facades}
    y = top
    for number, row in enumerate([*rows, rest] if rest else rows, 1):
        start = y
        for line in _lines([_sized(picture, name, members[name], shown) for name in row]):
            placed = _placed(line, y)
            height = max(box.height for box in placed)
            boxes += placed
            lines.append((y, y + height, placed))
            y += height + _GAP_LINE
        bands.append(Band(number if number <= len(rows) else 0, start, y - _GAP_LINE))
        y += _GAP_LAYER - _GAP_LINE
    heaviest = sorted(layering.edges, key=lambda edge: (not edge.upward, -edge.weight, edge.importer, edge.imported))
    curves = _curves(heaviest[:MAX_CURVES], lines)
    return Layout(
        y - _GAP_LAYER,
        tuple(bands),
        tuple(boxes),
        curves,
        sum(box.hidden for box in boxes),
        len(layering.edges) - len(curves),
    )


def _ordered(layers: Sequence[Sequence[str]], edges: Sequence[PackageEdge]) -> list[list[str]]:
    """Return the layers with each package near those it is connected with (barycentres, Sugiyama et al. 1981)."""
    rows = [list(layer) for layer in layers]
    near: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for edge in edges:
        near[edge.importer].append((edge.imported, edge.weight))
        near[edge.imported].append((edge.importer, edge.weight))
    at = {name: (number + 0.5) / len(row) for row in rows for number, name in enumerate(row)}
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            inside = frozenset(row)
            centre = {}
            for name in row:
                links = [(at[other], weight) for other, weight in near[name] if other in at and other not in inside]
                total = sum(weight for _, weight in links)
                centre[name] = sum(place * weight for place, weight in links) / total if total else at[name]
            row[:] = (name for _, name in sorted((round(place, 6), name) for name, place in centre.items()))
            at |= {name: (number + 0.5) / len(row) for number, name in enumerate(row)}
    return rows


def _shown(picture: MapPicture) -> dict[str, list[str]]:
    """Return which modules of each package have a cell: changed ones first, then those with the most imports."""
    packages = picture.layering.packages
    total = sum(map(len, packages.values()))
    if total <= MAX_CELLS:
        return {name: list(paths) for name, paths in packages.items()}
    touched = set[str]()
    if picture.change:
        touched.update(picture.change.modules)
        touched.update(path for edge in picture.change.edges for path in (edge.importer, edge.imported))
    weight = Counter[str]()
    for edge in picture.layering.edges:
        for name in (edge.importer, edge.imported):
            weight[name] += edge.weight
    first = {name: any(path in touched for path in paths) for name, paths in packages.items()}
    room = MAX_CELLS
    found: dict[str, list[str]] = {}
    for name in sorted(packages, key=lambda name: (not first[name], -weight[name], name)):
        paths = sorted(packages[name], key=lambda path: (path not in touched, -picture.fan.get(path, 0), path))
        changed = sum(path in touched for path in paths)
        take = min(len(paths), max(min(changed, 2 * _MAX_IN_BOX), min(_MAX_IN_BOX, room)))
        found[name] = sorted(paths[:take])
        room = max(0, room - take)
    return found


def _sized(picture: MapPicture, name: str, paths: Sequence[str], shown: dict[str, list[str]]) -> Box:
    """Return a box with its cells, not yet placed: `width` holds the number of cells, `height` nothing."""
    kept = shown.get(name, list(paths))
    hidden = len(paths) - len(kept)
    labels = drop_common([inner_name(picture.names.get(path) or path, path, name) for path in kept])
    cells = [Cell(path, label, 0, 0, 0) for path, label in zip(kept, labels, strict=True)]
    if hidden:
        word = "module" if hidden == 1 else "modules"
        cells.append(Cell("", f"{'+' if kept else ''}{hidden} {'more' if kept else word}", 0, 0, 0, hidden))
    return Box(name, picture.names.get(name, name) if name not in picture.layering.packages else name,
               0, 0, len(cells), 0, tuple(cells), hidden)  # fmt: skip


def _lines(boxes: Sequence[Box]) -> list[list[tuple[Box, int]]]:
    """Return the boxes of a layer with their columns, in lines as wide as the picture, as low as possible in all."""
    tried = [_wrapped(boxes, depth) for depth in range(1, _MOST_ROWS + 1)]
    return min(tried, key=lambda lines: (sum(_line_height(line) + _GAP_LINE for line in lines), len(lines)))


def _wrapped(boxes: Sequence[Box], depth: int) -> list[list[tuple[Box, int]]]:
    """Return the boxes in lines, each with as many columns as keep its cells in `depth` rows (or all that there is)."""
    room = WIDTH - LEFT - RIGHT
    most = int((room - 2 * _PAD) // CELL_WIDTH)
    lines: list[list[tuple[Box, int]]] = [[]]
    used = 0.0
    for box in boxes:
        columns = min(most, math.ceil(len(box.cells) / depth))
        columns = math.ceil(len(box.cells) / math.ceil(len(box.cells) / columns))  # so that none stays empty
        width = _box_width(box, columns)
        if lines[-1] and used + width > room:
            lines.append([])
            used = 0.0
        lines[-1].append((box, columns))
        used += width + _GAP_X
    return lines


def _line_height(line: Sequence[tuple[Box, int]]) -> float:
    return max(HEADER + math.ceil(len(box.cells) / columns) * CELL_HEIGHT for box, columns in line)


def _box_width(box: Box, columns: int) -> float:
    head = BOLD * text_width(box.label, 11) + 2 * _PAD + 6
    if len(box.cells) == 1 and not box.hidden:
        return max(54.0, min(head, 190.0))
    return max(columns * CELL_WIDTH + 2 * _PAD, min(head, 2 * CELL_WIDTH + 2 * _PAD))


def _placed(line: Sequence[tuple[Box, int]], y: float) -> list[Box]:
    widths = [_box_width(box, count) for box, count in line]
    x = LEFT + (WIDTH - LEFT - RIGHT - sum(widths) - _GAP_X * (len(line) - 1)) / 2
    found = []
    for (box, columns), width in zip(line, widths, strict=True):
        found.append(_filled(box, columns, x, y, width))
        x += width + _GAP_X
    return found


def _filled(box: Box, columns: int, x: float, y: float, width: float) -> Box:
    if len(box.cells) == 1 and not box.hidden:
        whole = Cell(box.cells[0].path, box.label, x, y, width)
        return Box(box.name, box.label, x, y, width, CELL_HEIGHT + 7, (whole,))
    rows = math.ceil(len(box.cells) / columns)
    each = (width - 2 * _PAD) / columns
    cells = tuple(
        Cell(cell.path, cell.label, x + _PAD + number // rows * each, y + HEADER + number % rows * CELL_HEIGHT,
             each - 3, cell.more)
        for number, cell in enumerate(box.cells)
    )  # fmt: skip
    return Box(box.name, box.label, x, y, width, HEADER + rows * CELL_HEIGHT + _PAD - 2, cells, box.hidden)


def _curves(edges: Iterable[PackageEdge], lines: Sequence[tuple[float, float, list[Box]]]) -> tuple[Curve, ...]:
    """Return one curve for each edge whose ends have boxes; those beside each other leave a box side by side."""
    line_of = {box.name: number for number, (_, _, boxes) in enumerate(lines) for box in boxes}
    box_of = {box.name: box for _, _, boxes in lines for box in boxes}
    drawn = [edge for edge in edges if edge.importer in box_of and edge.imported in box_of]
    ends: defaultdict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, edge in enumerate(drawn):
        one, other = box_of[edge.importer], box_of[edge.imported]
        down = line_of[edge.importer] <= line_of[edge.imported]
        level = line_of[edge.importer] == line_of[edge.imported]
        ends[one.name, down].append((other.x + other.width / 2, number))
        ends[other.name, level or not down].append((one.x + one.width / 2, number))
    port: dict[tuple[str, int], float] = {}
    for (name, _), found in sorted(ends.items()):
        box = box_of[name]
        for place, (_, number) in enumerate(sorted(found), 1):
            port[name, number] = box.x + box.width * place / (len(found) + 1)
    curves = []
    for number, edge in enumerate(drawn):
        start, end = line_of[edge.importer], line_of[edge.imported]
        leaves = _way_out(box_of[edge.importer], port[edge.importer, number], lines[start][1], down=start <= end)
        arrives = _way_out(box_of[edge.imported], port[edge.imported, number], lines[end][1], down=start >= end)
        between = _between(leaves[-1], arrives[-1], start, end, lines, number)
        curves.append(Curve(edge, (*leaves, *between, *reversed(arrives))))
    return tuple(curves)


def _way_out(box: Box, x: float, bottom: float, *, down: bool) -> list[tuple[float, float]]:
    """Return where a curve leaves a box, and below a low box where it has passed the higher ones beside it."""
    y = box.y + box.height if down else box.y
    return [(x, y), (x, bottom)] if down and bottom > y else [(x, y)]


def _between(
    one: tuple[float, float],
    other: tuple[float, float],
    start: int,
    end: int,
    lines: Sequence[tuple[float, float, list[Box]]],
    number: int,
) -> list[tuple[float, float]]:
    """Return the points where an edge passes the lines between its ends: the gaps nearest to the straight way."""
    step = 1 if end > start else -1
    found: list[tuple[float, float]] = []
    for line in range(start + step, end, step):
        top, bottom, boxes = lines[line]
        share = ((top + bottom) / 2 - one[1]) / ((other[1] - one[1]) or 1)
        wanted = one[0] + (other[0] - one[0]) * share
        edges = [LEFT - 8.0, *(side for box in boxes for side in (box.x, box.x + box.width)), WIDTH - RIGHT + 8.0]
        gaps = list(zip(edges[::2], edges[1::2], strict=True))
        low, high = min(gaps, key=lambda gap: (max(gap[0] - wanted, wanted - gap[1], 0), gap))
        x = wanted if low + 4 < wanted < high - 4 else _beside(wanted, low, high, number)
        found += [(x, top), (x, bottom)] if step > 0 else [(x, bottom), (x, top)]
    return found


def _beside(wanted: float, low: float, high: float, number: int) -> float:
    """Return where in a gap an edge runs that would rather run outside it: near that side, next to the others."""
    lane = 4 + (number * 7 % 11) * min(2.5, max(0.0, high - low - 8) / 10)
    return low + lane if wanted <= low + 4 else high - lane
