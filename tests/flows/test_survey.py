from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.diff import parse_diff
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
        "Source files left out of the import graph: 1 not_utf8, 1 too_large.",
        "1 file(s) with syntax errors are known in part only: 'a.py'.",
    )


def test_links_and_submodules_are_not_modules(tree: Tree) -> None:
    base = tree.commit({"a.py": ""})
    (tree.folder / "link.py").symlink_to("a.py")
    (tree.folder / "loop").symlink_to(".")
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{base},sub.py")
    result = tree.survey(base, tree.commit({}))
    assert set(result.head.modules) == {"a.py"}


@pytest.mark.parametrize("name", ["a b.py", "-dash.py", "ü.py", "tab\there.py", "new\nline.py", 'quo"te.py'])
def test_odd_paths_keep_their_facts_on_a_line(tree: Tree, name: str) -> None:
    base = tree.commit({"one.py": "import two\n", "two.py": "", name: "X = 1\n"})
    head = tree.commit({"two.py": "X = 1\nimport one\n", name: "X = 2\n"})
    assert [(fact.kind, fact.path, fact.line) for fact in tree.survey(base, head).facts] == [("new_cycle", "two.py", 2)]


def test_a_cache_and_a_diff_can_be_handed_in(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": ""})
    head = tree.commit({"b.py": "import a\n"})
    repo, cache = GitRepo(tree.folder), {}
    patches = parse_diff(repo.diff(base, head))
    first = survey(repo, Grammars(), base, head, cache=cache, patches=patches)
    assert len(cache) == 3
    assert first == survey(repo, Grammars(), base, head)
    assert [fact.kind for fact in first.facts] == ["new_cycle"]


def test_a_removed_and_a_binary_file_are_fine(tree: Tree) -> None:
    base = tree.commit({"a.py": "import b\n", "b.py": "", "x.bin": b"\0\1"})
    result = tree.survey(base, tree.commit({"a.py": None, "x.bin": b"\0\2"}))
    assert result.facts == ()


def test_a_broken_contract_file_is_a_note(tree: Tree) -> None:
    base = tree.commit({"a.py": "", "pyproject.toml": "[tool"})
    (note,) = tree.survey(base, tree.commit({"a.py": "X = 1\n"})).notes
    assert note.startswith("pyproject.toml cannot be read")
