import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.architecture.trees import imports_of, map_of

from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.building import NOTHING, Cache, Snapshot, derive, difference, find_unread
from reviewlore.architecture.languages import find_resolver, track
from reviewlore.architecture.reading import read_source
from reviewlore.domain.source import ParsedModule, SourceFile
from reviewlore.formats.manifests import is_manifest, parse_manifests

PATHS = (
    "app/__init__.py", "app/core.py", "app/util.py", "app/sub/__init__.py", "app/sub/deep.py", "src/app/core.py",
    "src/ns/one/__init__.py", "src/ns/one/a.py", "src/ns/two/b.py", "tests/app.py", "tests/test_core.py", "setup.py",
    "attr.py", "README", "data/x.json", "App/core.py", "src/ns/one.py", "__init__.py",
)  # fmt: skip
TEXTS = (
    "", "import app.core\n", "from app import core, util\n", "from .core import x\n", "from . import util\n",
    "from .. import core\nfrom ..util import y\n", "import ns.one.a\n", "from ns.two import b\n", "import one.a\n",
    "from ns.one import a, missing\n", "import attr, os\n", "import core\n", "from app.sub.deep import z\n",
    "def f(:\n", "\0", "from app import *\nimport app.sub\n", "if x:\n    import src.app.core\n",
)  # fmt: skip
Tree = dict[str, str]


def snapshot_of(tree: Mapping[str, str], base: Snapshot, cache: Cache) -> Snapshot:
    """The snapshot of a tree, given as path -> content, from that of another."""
    blobs = {path: hashlib.sha1(text.encode()).hexdigest() for path, text in tree.items()}
    texts = dict(zip(blobs.values(), tree.values(), strict=True))
    for (language, blob), path in find_unread([SourceFile(path, blob) for path, blob in blobs.items()], cache).items():
        cache[language, blob] = read_source(path, texts[blob].encode(), Grammars().parse)
    manifests = parse_manifests({path: text for path, text in tree.items() if is_manifest(path)})
    return derive(base, difference(base.files, blobs), cache, tuple(manifests))


trees = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(TEXTS), max_size=len(PATHS))
NAMESPACE = {"src/ns/one/__init__.py": "", "src/ns/one/a.py": "", "src/ns/two/b.py": "import one.a\n"}


@settings(max_examples=150, deadline=None)
@given(st.lists(trees, min_size=2, max_size=6))
@example([NAMESPACE, NAMESPACE | {"app/core.py": "import ns.one.a\nfrom ns.two import b\n"}, NAMESPACE])
def test_a_map_from_another_one_equals_the_map_from_nothing(sequence: list[Tree]) -> None:
    cache: Cache = {}
    snapshot = NOTHING
    for tree in sequence:
        snapshot = snapshot_of(tree, snapshot, cache)
        cold = map_of(tree)
        assert snapshot.map == cold
        assert list(snapshot.map.modules) == list(cold.modules)


@settings(max_examples=80, deadline=None)
@given(trees, st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from((*TEXTS, None))), max_size=12))
def test_small_edits_one_after_another(tree: Tree, edits: list[tuple[str, str | None]]) -> None:
    cache: Cache = {}
    snapshot = snapshot_of(tree, NOTHING, cache)
    for path, text in edits:
        tree = {name: content for name, content in tree.items() if name != path}
        if text is not None:
            tree[path] = text
        snapshot = snapshot_of(tree, snapshot, cache)
        assert snapshot.map == map_of(tree)


def test_only_files_that_may_resolve_anew_are_resolved_anew() -> None:
    cache: Cache = {}
    before = snapshot_of(
        {"app/__init__.py": "", "app/a.py": "import app.b\n", "app/c.py": "import os\n"}, NOTHING, cache
    )
    tree = {"app/__init__.py": "", "app/a.py": "import app.b\n", "app/c.py": "import os\n", "app/b.py": ""}
    after = snapshot_of(tree, before, cache)
    assert imports_of(after.map) == {("app/a.py", "app/b.py")}
    assert after.resolved["app/c.py"] is before.resolved["app/c.py"]
    assert after.map.modules["app/c.py"] is before.map.modules["app/c.py"]


def test_a_change_beside_the_sources_costs_no_resolving() -> None:
    cache: Cache = {}
    before = snapshot_of({"a.py": "import b\n", "b.py": ""}, NOTHING, cache)
    after = snapshot_of({"a.py": "import b\n", "b.py": "", "README": "x"}, before, cache)
    assert "README" in after.map.files
    assert after.resolved["a.py"] is before.resolved["a.py"]


def test_a_case_only_rename_is_another_file() -> None:
    cache: Cache = {}
    before = snapshot_of({"a.py": "", "b.py": "import a\n"}, NOTHING, cache)
    assert imports_of(before.map) == {("b.py", "a.py")}
    after = snapshot_of({"A.py": "", "b.py": "import a\n"}, before, cache)
    assert imports_of(after.map) == set()
    both = snapshot_of({"A.py": "", "a.py": "", "b.py": "import a, A\n"}, after, cache)
    assert imports_of(both.map) == {("b.py", "a.py"), ("b.py", "A.py")}


def test_what_was_not_read_is_counted_as_unreadable_and_counted_no_more_when_it_goes() -> None:
    missing = derive(NOTHING, {"a.py": "1" * 40, "b.md": "2" * 40}, {}, ())
    assert missing.map.skipped == {"unreadable": 1}
    assert derive(missing, {"a.py": None}, {}, ()).map.skipped == {}


def test_difference_names_what_came_went_and_changed() -> None:
    assert difference({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"}) == {"c": None, "b": "4", "d": "5"}


@pytest.mark.parametrize("language", ["python", "rust"])
def test_a_tree_without_a_language_needs_no_resolver(language: str) -> None:
    tracks, anew = track({}, {}, frozenset({"README"}), ())
    assert (tracks, anew) == ({}, set())
    assert find_resolver(tracks, language) is None


def test_a_language_whose_last_file_goes_loses_its_resolver() -> None:
    parsed = Grammars().parse("a.py", b"import os\n")
    assert isinstance(parsed, ParsedModule)
    tracks, anew = track({}, {"a.py": (None, parsed)}, frozenset({"a.py"}), ())
    assert anew == {"a.py"}
    assert track(tracks, {"a.py": (parsed, None)}, frozenset(), ()) == ({}, set())
