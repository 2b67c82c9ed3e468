import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import imports_of, map_of

from reviewlore.architecture.graph import adjacency, components, shortest_path, strongest
from reviewlore.architecture.reading import MAX_BYTES

PACKAGE = {"app/__init__.py": "from app.core import run\n", "app/core.py": "def run(): ...\n", "app/util.py": ""}


@pytest.mark.parametrize("root", ["", "src/", "backend/python/"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import app.util", {"app/util.py"}),
        ("import app.util as u", {"app/util.py"}),
        ("from app import util", {"app/util.py"}),
        ("from . import util", {"app/util.py"}),
        ("from .util import thing", {"app/util.py"}),
        ("from app import run", {"app/__init__.py"}),
        ("from . import run, util", {"app/__init__.py", "app/util.py"}),
        ("from app import *", {"app/__init__.py"}),
        ("import app", {"app/__init__.py"}),
        ("import app.nothing", {"app/__init__.py"}),
        ("import os, json", set()),
        ("from .. import beyond", set()),
    ],
)
def test_resolves_imports_in_any_root(root: str, text: str, expected: set[str]) -> None:
    files = {f"{root}{path}": content for path, content in PACKAGE.items()} | {f"{root}app/main.py": text}
    found = {imported for importer, imported in imports_of(map_of(files)) if importer == f"{root}app/main.py"}
    assert found == {f"{root}{path}" for path in expected}


def test_names_are_dotted_from_their_root() -> None:
    tree = map_of({"src/app/__init__.py": "", "src/app/core.py": "", "tests/test_core.py": "", "setup.py": ""})
    assert {path: module.name for path, module in tree.modules.items()} == {
        "src/app/__init__.py": "app",
        "src/app/core.py": "app.core",
        "tests/test_core.py": "test_core",
        "setup.py": "setup",
    }
    assert [path for path, module in tree.modules.items() if module.is_package] == ["src/app/__init__.py"]


def test_namespace_packages_are_found_by_how_the_tree_imports_them() -> None:
    tree = map_of(
        {
            "libs/ns/one/__init__.py": "",
            "libs/ns/one/a.py": "from ns.two import b",
            "libs/ns/two/__init__.py": "",
            "libs/ns/two/b.py": "from ns.one.a import x",
            "libs/ns/entry.py": "import ns.one.a",
            "libs/ns/three/main.py": "",
        }
    )
    assert imports_of(tree) == {
        ("libs/ns/one/a.py", "libs/ns/two/b.py"),
        ("libs/ns/two/b.py", "libs/ns/one/a.py"),
        ("libs/ns/entry.py", "libs/ns/one/a.py"),
    }
    assert tree.modules["libs/ns/three/main.py"].name == "ns.three.main"


def test_several_roots_prefer_the_importers_own() -> None:
    files = {
        f"{project}/src/{name}": text
        for project in ("one", "two")
        for name, text in {"app/__init__.py": "", "app/a.py": "import app.b", "app/b.py": ""}.items()
    }
    assert imports_of(map_of(files)) == {
        ("one/src/app/a.py", "one/src/app/b.py"),
        ("two/src/app/a.py", "two/src/app/b.py"),
    }


def test_loose_test_files_do_not_shadow_third_parties() -> None:
    tree = map_of(
        {"app/__init__.py": "", "app/a.py": "import attr", "tests/attr.py": "", "tests/test_a.py": "import attr"}
    )
    assert imports_of(tree) == {("tests/test_a.py", "tests/attr.py")}
    assert [(entry.importer, entry.target) for entry in tree.external] == [("app/a.py", "attr")]


def test_a_package_beats_a_module_of_the_same_name() -> None:
    tree = map_of({"a/__init__.py": "", "a/b.py": "", "a/b/__init__.py": "", "main.py": "import a.b"})
    assert imports_of(tree) == {("main.py", "a/b/__init__.py")}


def test_kinds_stay_apart_and_the_strongest_wins() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.util\ndef f():\n    import app.util\n"
    tree = map_of(PACKAGE | {"app/main.py": text})
    kinds = [edge.kind for edge in tree.edges if edge.importer == "app/main.py"]
    assert kinds == ["type_only", "lazy"]
    assert strongest(tree.edges)["app/main.py", "app/util.py"].kind == "lazy"


def test_a_module_does_not_import_itself() -> None:
    assert imports_of(map_of({"a/__init__.py": "from . import VERSION\nimport a\n"})) == set()


def test_what_cannot_be_read_is_counted_and_the_rest_is_used() -> None:
    tree = map_of(
        {
            "a.py": "import b\n",
            "b.py": "def f(:\n  pass\nimport c\n",
            "c.py": b"# \xe9\xff\nimport a\n",
            "latin.py": b"# -*- coding: latin-1 -*-\n# \xe9\nimport a\n",
            "odd.py": b"# -*- coding: no-such-thing -*-\n# \xe9\nimport a\n",
            "big.py": b"x = 1\n" * (MAX_BYTES // 6 + 1),
            "notes.md": "import a",
        }
    )
    assert tree.skipped == {"not_utf8": 2, "too_large": 1}
    assert tree.broken == ("b.py",)
    assert {("a.py", "b.py"), ("latin.py", "a.py")} <= imports_of(tree)
    assert "notes.md" in tree.files


@pytest.mark.parametrize("name", ["with space.py", "with\ttab.py", "new\nline.py", "-dash.py", "ü.py", "a b/c d.py"])
def test_odd_paths_are_modules_like_others(name: str) -> None:
    tree = map_of({name: "import other\n", "other.py": ""})
    assert imports_of(tree) == {(name, "other.py")}


def test_a_tree_without_python_is_an_empty_map() -> None:
    tree = map_of({"main.rb": "puts 1", "README": ""})
    assert not tree.modules
    assert tree.files == {"main.rb", "README"}


def test_the_cache_spares_what_did_not_change() -> None:
    reads: list[str] = []
    cache = {}
    before = map_of(PACKAGE, cache)
    known = set(cache)
    after = map_of(PACKAGE | {"app/util.py": "import app.core\n"}, cache)
    reads = sorted(set(cache) - known)
    assert len(reads) == 1
    assert imports_of(after) - imports_of(before) == {("app/util.py", "app/core.py")}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), max_size=6))
def test_components_are_what_reaches_itself(graph: dict[str, set[str]]) -> None:
    def reach(start: str) -> set[str]:
        seen, frontier = set(), [start]
        while frontier:
            for other in graph.get(frontier.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    frontier.append(other)
        return seen

    mutual = {frozenset(b for b in "abcdef" if b in reach(a) and a in reach(b)) | {a} for a in "abcdef"}
    assert set(components(graph)) == {group for group in mutual if len(group) > 1}


def test_a_deep_chain_needs_no_recursion() -> None:
    names = [f"n{number}" for number in range(20_000)]
    graph = {one: {other} for one, other in zip(names, names[1:] + names[:1], strict=True)}
    assert [len(group) for group in components(graph)] == [20_000]
    assert len(shortest_path(graph, "n0", "n19999")) == 20_000


def test_shortest_path_takes_the_short_way_or_none() -> None:
    graph = {"a": {"b", "c"}, "b": {"d"}, "c": {"b"}}
    assert shortest_path(graph, "a", "d") == ("a", "b", "d")
    assert shortest_path(graph, "d", "a") == ()
    assert shortest_path(graph, "a", "a") == ("a",)


def test_order_of_files_does_not_matter() -> None:
    files = list((PACKAGE | {"app/main.py": "from . import run, util\nimport app\n"}).items())
    first = map_of(dict(files))
    random.Random(3).shuffle(files)
    assert map_of(dict(files)) == first


def test_adjacency_lists_every_importer_once() -> None:
    tree = map_of({"a.py": "import b\nimport c\nimport b\n", "b.py": "", "c.py": ""})
    assert adjacency(tree.edges) == {"a.py": {"b.py", "c.py"}}


def test_thousands_of_scripts_with_a_neighbour_of_one_name_each_see_their_own() -> None:
    scripts = {f"s{n}/main.py": "import utils\n" for n in range(2500)}
    tree = map_of(scripts | {f"s{n}/utils.py": "" for n in range(2500)})
    assert {(edge.importer, edge.imported) for edge in tree.edges} == {
        (path, path.replace("main", "utils")) for path in scripts
    }
