"""The picture of a map: well-formed whatever the names, the same for the same map, nothing left out uncounted."""

import re
from xml.etree import ElementTree

import pytest
from defusedxml import ElementTree as Safe
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.domain.layering import ChangedEdge, Layering, MapChange, MapPicture, PackageEdge
from reviewlore.formats.architecture_layout import MAX_CELLS, WIDTH, lay_out
from reviewlore.formats.architecture_svg import MAX_CHANGED_EDGES, render_map
from reviewlore.formats.labels import drop_common, shorten, text_width

SVG = "{http://www.w3.org/2000/svg}"


def a_picture(sizes=(3, 12, 1), change=None, title="A map"):
    """One package a layer, with so many modules each; every package imports all those below, the last the first."""
    names = [f"app.p{number}" for number in range(len(sizes))]
    packages = {
        name: tuple(f"app/p{at}/m{n}.py" for n in range(size))
        for at, (name, size) in enumerate(zip(names, sizes, strict=True))
    }
    edges = [
        PackageEdge(names[a], names[b], 1 + b, a > b) for a in range(len(names)) for b in range(len(names)) if a < b
    ]
    if len(names) > 1:
        edges.append(PackageEdge(names[-1], names[0], 1, True))
    shown = {path: path[:-3].replace("/", ".") for paths in packages.values() for path in paths}
    layering = Layering(packages, tuple((name,) for name in names), (), tuple(edges), (), ("app/__init__.py",))
    return MapPicture(title, layering, shown | {"app/__init__.py": "app"}, dict.fromkeys(shown, 1), change)


def drawn(picture):
    return Safe.fromstring(render_map(picture))


def titles(root):
    return [element.text for element in root.iter(f"{SVG}title")]


def test_every_module_has_a_cell_with_its_full_name():
    found = titles(drawn(a_picture()))
    for number, size in enumerate((3, 12, 1)):
        for module in range(size):
            assert f"app.p{number}.m{module} (app/p{number}/m{module}.py)" in found
    assert "app (app/__init__.py)" in found


@pytest.mark.parametrize("sizes", [(400,), (40,) * 20, (1,) * 320, (299, 1), (1000, 500, 3)])
def test_every_module_is_drawn_or_counted(sizes):
    picture = a_picture(sizes)
    layout = lay_out(picture, 0)
    cells = [cell for box in layout.boxes for cell in box.cells]
    assert sum(1 for cell in cells if cell.path) + sum(cell.more for cell in cells) == sum(sizes) + 1
    assert sum(cell.more for cell in cells) == layout.hidden
    assert sum(1 for cell in cells if cell.path) <= MAX_CELLS + len(sizes) + 1
    said = f"{layout.hidden} modules are only counted in their boxes" in render_map(picture)
    assert said == (sum(sizes) > MAX_CELLS)


@pytest.mark.parametrize("sizes", [(3, 12, 1), (40,) * 7, (120, 120, 1, 1, 1)])
def test_nothing_overlaps_and_nothing_leaves_the_picture(sizes):
    boxes = lay_out(a_picture(sizes), 50).boxes
    for box in boxes:
        assert box.x >= 0 and box.x + box.width <= WIDTH
        for cell in box.cells:
            assert box.x <= cell.x and cell.x + cell.width <= box.x + box.width + 0.01
            assert box.y <= cell.y and cell.y + 10 <= box.y + box.height
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_layers_stand_from_the_top():
    places = {box.name: box.y for box in lay_out(a_picture(), 0).boxes}
    assert places["app.p0"] < places["app.p1"] < places["app.p2"] < places["app/__init__.py"]


def test_upward_edges_are_told_from_the_others():
    root = drawn(a_picture())
    kinds = [element.get("class") for element in root.iter(f"{SVG}path") if element.find(f"{SVG}title") is not None]
    assert kinds.count("edge") == 3
    assert kinds.count("up") == 1
    assert "app.p2 → app.p0: 1 module imports" in titles(root)


def test_the_change_is_drawn_on_the_map():
    edges = (
        ChangedEdge("app/p0/m0.py", "app/p1/m1.py", ("a", "b"), ("app.p0", "app.p1"), "added"),
        ChangedEdge("app/p0/m1.py", "app/p1/m2.py", ("c", "d"), ("app.p0", "app.p1"), "removed"),
        ChangedEdge("app/p1/m0.py", "app/p0/m2.py", ("e", "f"), ("app.p1", "app.p0"), "added", breaking=True),
    )
    root = drawn(a_picture(change=MapChange({"app/p0/m0.py": "modified", "app/p1/m1.py": "added"}, edges)))
    kinds = [element.get("class") for element in root.iter() if element.get("class")]
    assert kinds.count("cell modified") == kinds.count("cell added") == 2  # the cell, and its sample in the legend
    assert {"a now imports b", "c no longer imports d", "e now imports, against a contract, f"} <= set(titles(root))
    words = {element.text for element in root.iter(f"{SVG}text")}
    assert {"new import (1)", "removed import (1)", "breaks a contract (1)", "added module (1)"} <= words


def test_too_many_changed_imports_are_counted_and_the_worst_are_drawn():
    edges = [
        ChangedEdge("app/p0/m0.py", f"app/p1/m{n}.py", ("a", f"b{n}"), ("app.p0", "app.p1"), "added", n == 99)
        for n in range(100)
    ]
    text = render_map(a_picture((1, 100), MapChange({}, tuple(edges))))
    assert f"{100 - MAX_CHANGED_EDGES} more changed imports are not drawn." in text
    assert "a now imports, against a contract, b99" in text


def test_changed_modules_have_cells_however_large_the_map():
    changed = {f"app/p5/m{n}.py": "modified" for n in range(100, 140)}
    layout = lay_out(a_picture((200,) * 6, MapChange(changed)), 0)
    assert set(changed) <= {cell.path for box in layout.boxes for cell in box.cells}


def test_no_text_is_smaller_than_nine_pixels_and_nothing_is_run_or_fetched():
    text = render_map(a_picture((300,) * 3, title="<script>alert(1)</script>"))
    assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', text)) >= 9
    assert not re.search(r"<script|<foreignObject|\son\w+=|href|@import|url\((?!#rl-)", text)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_equal_maps_give_equal_pictures():
    assert render_map(a_picture()) == render_map(a_picture())


def test_nothing_gives_an_empty_picture():
    root = drawn(MapPicture("Empty", Layering(), {}))
    assert root.find(f"{SVG}title").text == "Empty"


HOSTILE = st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(st.lists(HOSTILE, min_size=2, max_size=5, unique=True), HOSTILE)
def test_any_names_give_well_formed_xml(names, title):
    packages = {name: (f"{name}/x.py",) for name in names}
    edges = (PackageEdge(names[0], names[1], 2, True),)
    paths = {f"{name}/x.py": name for name in names}
    changed = ChangedEdge(*list(paths)[:2], (names[0], names[1]), (names[0], names[1]), "added")
    layering = Layering(packages, ((names[0],), tuple(names[1:])), (), edges)
    text = render_map(MapPicture(title, layering, paths, {}, MapChange({next(iter(paths)): "added"}, (changed,))))
    text.encode("utf-8")
    root = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "g", "marker", "path", "rect", "text"
    }  # fmt: skip


@given(st.text(max_size=80), st.floats(20, 400), st.sampled_from([9.5, 11.0, 16.0]))
def test_a_shortened_label_fits_or_is_as_short_as_it_gets(text, width, size):
    short = shorten(text, width, size)
    assert text_width(short, size) <= width or len(short) <= 3 or len(short) < len(text)
    assert short == text or text_width(text, size) > width


def test_leading_parts_of_a_dotted_name_go_first():
    assert shorten("downloader.handlers.http2", 90, 9.5) == "d.handlers.http2"
    assert shorten("a_very_long_name_without_dots", 60, 9.5) == "a_ver…dots"


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["src/js/a", "src/js/b/c"], ["a", "b/c"]),
        (["a::b", "a::c"], ["b", "c"]),
        (["x/a.test.ts", "x/a.ts"], ["a.test.ts", "a.ts"]),
        (["a/b", "a"], ["a/b", "a"]),
        (["a/b"], ["a/b"]),
        ([], []),
    ],
)
def test_what_all_names_share_is_said_once(names, left):
    assert drop_common(names) == left


def test_a_curve_from_a_low_box_passes_the_high_ones_beside_it():
    packages = {
        "low": ("low/a.py",),
        "high": tuple(f"high/m{n}.py" for n in range(120)),
        "base": ("base/a.py", "base/b.py"),
    }
    edges = (PackageEdge("low", "base", 1, False), PackageEdge("high", "base", 1, False))
    layout = lay_out(MapPicture("A map", Layering(packages, (("low", "high"), ("base",)), (), edges), {}), 0)
    high = next(box for box in layout.boxes if box.name == "high")
    curve = next(curve for curve in layout.curves if curve.edge.importer == "low")
    assert curve.points[0][0] == curve.points[1][0]
    assert curve.points[1][1] >= high.y + high.height


def test_two_pictures_on_one_page_share_no_id():
    one, other = render_map(a_picture()), render_map(a_picture(), "second")
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, other)]
    assert all(ids) and not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", other)) <= ids[1]


def test_what_changed_has_a_cell_even_where_not_all_modules_have_one():
    changed = [f"app/p0/m{n}.py" for n in (390, 391)]
    edge = ChangedEdge(*changed, ("app.p0.m390", "app.p0.m391"), ("app.p0", "app.p0"), "added")
    change = MapChange({changed[0]: "modified"}, (edge,))
    text = render_map(a_picture((400, 3), change))
    assert "app.p0.m390 now imports app.p0.m391" in text
    for path in changed:
        assert f"({path})" in text
