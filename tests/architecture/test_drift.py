from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of

from reviewlore.architecture.drift import fingerprint_map, measure_drift
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.manifest import Dependency, Manifest
from reviewlore.formats import records

APP = {
    "app/__init__.py": "",
    "app/cli/__init__.py": "",
    "app/cli/main.py": "from app.core import run\nfrom app.store import db\n",
    "app/core/__init__.py": "",
    "app/core/run.py": "from app.store import db\n",
    "app/store/__init__.py": "",
    "app/store/db.py": "import sqlite3\n",
    "tests/test_run.py": "import app.core.run\n",
}
folders = st.sampled_from(["", "a", "b", "a/b", "a/c", "src/a", "src/a/b", "x/y/z"])
fingerprints = st.builds(
    MapFingerprint,
    packages=st.dictionaries(folders, st.integers(1, 20)),
    imports=st.lists(
        st.tuples(folders, folders, st.integers(1, 9)).filter(lambda row: row[0] != row[1]),
        unique_by=lambda row: row[:2],
    ).map(tuple),
    dependencies=st.lists(st.sampled_from(["pypi:a", "npm:b"]), unique=True).map(tuple),
)


def moved(files: dict[str, str], old: str, new: str) -> dict[str, str]:
    return {path.replace(old, new, 1) if path.startswith(old) else path: text for path, text in files.items()}


def test_a_fingerprint_counts_the_shipped_code() -> None:
    found = fingerprint_map(map_of(APP), "c" * 40, ("app.cli", "app.core"))
    assert found.packages == {"app": 1, "app/cli": 2, "app/core": 2, "app/store": 2}
    assert found.imports == (("app/cli", "app/core", 1), ("app/cli", "app/store", 1), ("app/core", "app/store", 1))
    assert found.layers == ("app.cli", "app.core")
    assert (found.commit, found.dependencies, found.lines, found.empty) == ("c" * 40, (), 4, False)


def test_declared_dependencies_are_part_of_it_but_not_the_repositorys_own() -> None:
    needs = (Dependency("click", "pypi", "runtime", 3), Dependency("own", "pypi", "runtime", 4, local=True))
    tree = ArchitectureMap(map_of(APP).modules, manifests=(Manifest("pyproject.toml", "pypi", dependencies=needs),))
    assert fingerprint_map(tree).dependencies == ("pypi:click",)


def test_nothing_moved() -> None:
    found = fingerprint_map(map_of(APP))
    drift = measure_drift(found, found)
    assert drift.distance == 0
    assert not (drift.renamed or drift.packages_added or drift.imports_added or drift.layers_changed)


@pytest.mark.parametrize(("old", "new"), [("app", "application"), ("app", "src/app"), ("app/core", "app/engine")])
def test_a_renamed_folder_is_told_and_is_no_distance(old: str, new: str) -> None:
    before = fingerprint_map(map_of(APP))
    names = {name: name.replace(old, new, 1) if name.startswith(old) else name for name in before.packages}
    now = replace(
        before,
        packages={names[name]: count for name, count in before.packages.items()},
        imports=tuple((names[one], names[other], count) for one, other, count in before.imports),
    )
    drift = measure_drift(before, now)
    assert drift.distance == 0
    assert drift.renamed == ((("", "src") if new == "src/app" else (old, new)),)
    assert measure_drift(now, before).distance == 0


def test_a_moved_tree_keeps_its_map() -> None:
    before = fingerprint_map(map_of(APP))
    now = fingerprint_map(map_of(moved(APP, "app", "src/app")))
    assert measure_drift(before, now).distance == 0


def test_what_stays_at_its_place_is_not_moved_along() -> None:
    before = MapFingerprint(packages={"app": 9, "app/x": 5, "util": 2})
    now = MapFingerprint(packages={"src/app": 9, "src/app/x": 5, "util": 2})
    drift = measure_drift(before, now)
    assert (drift.distance, drift.renamed, drift.packages_added) == (0, (("", "src"),), ())


def test_what_came_and_went_is_named_and_weighs_by_its_size() -> None:
    before = fingerprint_map(map_of(APP))
    files = APP | {"app/web/__init__.py": "", "app/web/page.py": "from app.core import run\n", "app/core/db.py": ""}
    files.pop("app/cli/main.py")
    drift = measure_drift(before, fingerprint_map(map_of(files)))
    assert drift.packages_added == ("app/web",)
    assert drift.imports_added == (("app/web", "app/core"),)
    assert drift.imports_removed == (("app/cli", "app/core"), ("app/cli", "app/store"))
    # Modules: 6 of 10 stay. Imports: 1 of 4 stays. No dependencies on either side.
    assert drift.distance == pytest.approx(((1 - 6 / 10) + (1 - 1 / 4)) / 2)


def test_layers_conventions_and_dependencies_are_told() -> None:
    before = MapFingerprint(packages={"a": 1}, layers=("a", "b"), conventions="1", dependencies=("npm:a", "npm:b"))
    now = replace(before, layers=("b", "a"), conventions="2", dependencies=("npm:b", "npm:c"))
    drift = measure_drift(before, now)
    assert drift.layers_changed
    assert drift.conventions_changed
    assert (drift.dependencies_added, drift.dependencies_removed) == (("npm:c",), ("npm:a",))
    assert drift.distance == pytest.approx(2 / 3 / 3, abs=1e-4)


def test_another_repository_is_as_far_as_can_be() -> None:
    drift = measure_drift(fingerprint_map(map_of(APP)), MapFingerprint(packages={"zzz/one": 40, "zzz/two": 2}))
    assert drift.distance == 1
    assert measure_drift(MapFingerprint(), MapFingerprint()).distance == 0


@given(fingerprints, fingerprints)
def test_distances_are_shares_and_alike_both_ways_without_moves(one: MapFingerprint, other: MapFingerprint) -> None:
    there, back = measure_drift(one, other), measure_drift(other, one)
    assert 0 <= there.distance <= 1
    assert measure_drift(one, one).distance == 0
    if not there.renamed and not back.renamed:
        assert there.distance == back.distance


@given(fingerprints)
def test_a_fingerprint_is_stored_and_read_again(found: MapFingerprint) -> None:
    assert records.decode(records.encode(found), MapFingerprint, "fingerprint.json") == found
