"""Work that was taken back once and comes again."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.domain.architecture import Fact

BARE = "def run(values):\n    return values\n"
CACHED = BARE + "".join(f"\n\ndef remember_the_value_{number}(value):\n    return value\n" for number in range(5))
FILES = ("app/one.py", "app/two.py")
TITLE = "Remember values between calls"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def again(tree: Tree, subject: str) -> list[Fact]:
    """The facts of adding once more, under this subject, what was added and reverted in both files."""
    tree.commit(dict.fromkeys(FILES, BARE))
    tree.commit(dict.fromkeys(FILES, CACHED), f"{TITLE} (#12)")
    base = tree.commit(dict.fromkeys(FILES, BARE), f'Revert "{TITLE} (#12)" (#13)')
    facts = tree.survey(base, tree.commit(dict.fromkeys(FILES, CACHED), subject)).facts
    return [fact for fact in facts if fact.kind == "reverted_work_repeated"]


def test_one_revert_undone_in_two_files_is_one_fact(tree: Tree) -> None:
    (fact,) = again(tree, "Speed the server up (#15)")
    assert (fact.path, fact.line, fact.severity) == ("app/one.py", 5, "warning")
    assert fact.title.startswith("10 of these lines were here before and were reverted in 20")
    assert [(entry.path, entry.line) for entry in fact.evidence if entry.path] == [("app/two.py", 5)]


@pytest.mark.parametrize("subject", [f"{TITLE} (#15)", "Reland the cache", f'Revert "Revert "{TITLE}""'])
def test_who_says_that_it_comes_again_need_not_be_told(tree: Tree, subject: str) -> None:
    assert again(tree, subject) == []
