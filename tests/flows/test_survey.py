from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.shelf import SqliteShelf
from reviewlore.diff import parse_diff
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.survey import survey


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def test_the_maps_of_both_ends_and_nothing_to_say(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": ""})
    result = tree.survey(base, tree.commit({"b.py": "X = 1\n"}))
    assert result.facts == ()
    assert result.notes == ()
    assert len(result.base.edges) == len(result.head.edges) == 1


def test_a_tree_without_a_language_that_is_read_is_said(tree: Tree) -> None:
    base = tree.commit({"main.rb": "puts 1\n"})
    result = tree.survey(base, tree.commit({"main.rb": "puts 2\n"}))
    assert result.facts == ()
    assert result.notes == (
        "No module in a language reviewlore reads at the head: only history and file names were judged.",
    )


def test_an_empty_first_commit_is_fine(tree: Tree) -> None:
    base = tree.commit({})
    result = tree.survey(base, tree.commit({"a.py": "import os\n"}))
    assert result.facts == ()
    assert result.notes == ("No history before the base: what usually changes together is not known.",)


def test_what_could_not_be_read_is_said_in_one_sentence_each(tree: Tree) -> None:
    base = tree.commit({"a.py": ""})
    head = tree.commit({"a.py": "<<<<<<< x\n=======\n>>>>>>> y\n", "b.py": b"\xff\n", "c.py": b"#" * 1_000_001})
    assert tree.survey(base, head).notes == (
        "Source files left out of the import graph: 1 in no known encoding; 1 too large to be written by hand.",
        "1 file with syntax errors or conflict markers known in part only: 'a.py'.",
    )


def test_links_and_submodules_are_not_modules(tree: Tree) -> None:
    base = tree.commit({"a.py": ""})
    (tree.folder / "link.py").symlink_to("a.py")
    (tree.folder / "loop").symlink_to(".")
    tree.commit({})
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{base},sub.py")
    tree.git("commit", "-q", "-m", "Add a submodule")
    result = tree.survey(base, tree.git("rev-parse", "HEAD"))
    assert set(result.head.modules) == {"a.py"}
    assert result.notes == (
        "1 submodule is not read: 'sub.py'.",
        "2 symbolic links are not followed: 'link.py', 'loop'.",
    )


@pytest.mark.parametrize("name", ["a b.py", "-dash.py", "ü.py", "tab\there.py", "new\nline.py", 'quo"te.py'])
def test_odd_paths_keep_their_facts_on_a_line(tree: Tree, name: str) -> None:
    base = tree.commit({"one.py": "import two\n", "two.py": "", name: "X = 1\n"})
    head = tree.commit({"two.py": "X = 1\nimport one\n", name: "X = 2\n"})
    assert [(fact.kind, fact.path, fact.line) for fact in tree.survey(base, head).facts] == [("new_cycle", "two.py", 2)]


def test_a_mapper_and_a_diff_can_be_handed_in(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": ""})
    head = tree.commit({"b.py": "import a\n"})
    repo = GitRepo(tree.folder)
    mapper = Mapper(repo, Grammars())
    patches = parse_diff(repo.diff(base, head))
    first = survey(repo, Grammars(), base, head, mapper=mapper, patches=patches)
    assert first == survey(repo, Grammars(), base, head)
    assert first == survey(repo, Grammars(), base, head, mapper=mapper)
    assert [fact.kind for fact in first.facts] == ["new_cycle"]


def test_a_shelf_that_cannot_be_used_is_a_note_and_nothing_else(tree: Tree, tmp_path: Path) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": ""})
    head = tree.commit({"b.py": "import a\n"})
    (tmp_path / "reviewlore").write_text("a file where a folder should be")
    repo, shelf = GitRepo(tree.folder), SqliteShelf(tmp_path)
    result = survey(repo, Grammars(), base, head, mapper=Mapper(repo, Grammars(), shelf=shelf))
    assert result.facts == survey(repo, Grammars(), base, head).facts
    assert [note.partition(":")[0] for note in result.notes] == ["What was read is not kept for the next run"]


def test_a_removed_and_a_binary_file_are_fine(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": "", "c.py": "import b\n", "x.bin": b"\0\1"})
    result = tree.survey(base, tree.commit({"a.py": None, "x.bin": b"\0\2"}))
    assert result.facts == ()


def test_a_broken_contract_file_is_a_note(tree: Tree) -> None:
    base = tree.commit({"a.py": "", "pyproject.toml": "[tool"})
    contracts, manifest = tree.survey(base, tree.commit({"a.py": "X = 1\n"})).notes
    assert contracts.startswith("pyproject.toml cannot be read")
    assert manifest.startswith("pyproject.toml could not be read in whole: it is no TOML")


BAD: dict[str, str | bytes] = {
    "conflict.py": "<<<<<<< ours\nimport good\n=======\nimport other\n>>>>>>> theirs\nX = 1\n",
    "broken.py": "def f(:\n    return (\nimport good\n",
    "nul.py": b"import good\n\0\0\0",
    "utf16.py": "import good\n".encode("utf-16"),
    "mark.py": b"\xef\xbb\xbfimport good\n",
    "latin.py": b"# \xe9\nimport good\n",
    "generated.py": b"DATA = [" + b"1, " * 1_700_000 + b"]\n",
    "minified.py": b"x=" + b"(1+" * 20_000 + b"1" + b")" * 20_000,
    "vendor/good.py": "import requests\n",
    "lib/_vendor/good/__init__.py": "",
    "namespace/a/one.py": "import good\n",
}


def test_bad_files_cost_only_themselves(tree: Tree) -> None:
    base = tree.commit({"good.py": "import helper\n", "helper.py": "", **BAD})
    head = tree.commit({"helper.py": "X = 1\nimport good\n"})
    result = tree.survey(base, head)
    assert [(fact.kind, fact.path, fact.line) for fact in result.facts] == [("new_cycle", "helper.py", 2)]
    importers = {edge.importer for edge in result.head.edges if edge.imported == "good.py"}
    assert importers >= {"helper.py", "conflict.py", "broken.py", "utf16.py", "mark.py", "namespace/a/one.py"}
    assert result.head.skipped == {"too_large": 1, "not_utf8": 1}
    assert {"conflict.py", "broken.py"} <= set(result.head.broken)
    assert len(result.notes) == 2


def test_a_rename_of_case_alone_is_followed(tree: Tree) -> None:
    base = tree.commit({"util.py": "X = 1\n" * 5, "main.py": "import util\n"})
    head = tree.commit({"util.py": None, "Util.py": "X = 1\n" * 5, "main.py": "import Util\n"})
    result = tree.survey(base, head)
    assert {(edge.importer, edge.imported) for edge in result.head.edges} == {("main.py", "Util.py")}
    assert result.facts == ()


def test_a_repository_of_which_everything_was_removed(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": ""})
    result = tree.survey(base, tree.commit({"a.py": None, "b.py": None, "README": "gone\n"}))
    assert result.facts == ()
    assert result.notes == (
        "No module in a language reviewlore reads at the head: only history and file names were judged.",
    )
