from tests.architecture.trees import map_of

from reviewlore.architecture.gaps import find_gaps
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.trees import Listing


def test_a_tree_that_is_known_has_no_gaps() -> None:
    assert find_gaps(map_of({"a.py": "import os\n"}), Listing()) == ()


def test_what_was_not_read_is_counted_with_its_reason() -> None:
    tree = map_of({"a.py": b"\xff", "b.py": b"\xff", "c.py": b"#" * 1_000_001, "ok.py": "", "bad.py": "def (:\n"})
    assert find_gaps(tree, Listing()) == (
        "Source files left out of the import graph: 2 in no known encoding; 1 too large to be written by hand.",
        "1 file with syntax errors or conflict markers known in part only: 'bad.py'.",
    )


def test_no_language_at_all() -> None:
    assert find_gaps(map_of({"main.rb": ""}), Listing()) == (
        "No module in a language reviewlore reads at the head: only history and file names were judged.",
    )


def test_submodules_and_links_that_may_hold_sources() -> None:
    listing = Listing((), ("a.py", "lib", "logo.png", "docs/README.md"), ("one", "two", "three", "four"))
    assert find_gaps(map_of({"a.py": ""}), listing) == (
        "4 submodules are not read: 'one', 'two', 'three', ….",
        "2 symbolic links are not followed: 'a.py', 'lib'.",
    )


def test_a_missing_manifest_is_said_where_imports_need_it() -> None:
    tree = map_of({"main.go": "package main\n"})
    assert find_gaps(tree, Listing()) == ("No go.mod beside 1 go file(s): imports were resolved by their paths alone.",)


def test_a_manifest_that_cannot_be_read_is_said() -> None:
    tree = map_of({"a.py": ""})
    broken = ArchitectureMap(tree.modules, manifests=(Manifest("package.json", "npm", problem="not JSON."),))
    assert find_gaps(broken, Listing()) == ("package.json could not be read in whole: not JSON.",)


def test_more_manifests_than_are_told_are_counted() -> None:
    paths = [f"{name}/package.json" for name in "abcde"]
    broken = ArchitectureMap(
        map_of({"a.py": ""}).modules, manifests=tuple(Manifest(path, "npm", problem="no JSON.") for path in paths)
    )
    told = find_gaps(broken, Listing())
    assert len(told) == 4
    assert told[3] == "Neither could 2 other manifests: 'd/package.json', 'e/package.json'."
