"""Functions that were repaired again and again, and are touched once more."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.domain.architecture import Fact

HEAD = "def run(values):\n    total = 0\n    for value in values:\n"
TAIL = "    return total\n\n\ndef stop():\n    return None\n"
REPAIRED = "        total += abs(value)\n"
NOW = HEAD + REPAIRED + TAIL


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def touched(tree: Tree, text: str, subject: str = "Fix crash in run") -> list[Fact]:
    """The facts of the last change to a function that was changed three times under this subject."""
    tree.commit({"app/core.py": HEAD + "        total += value\n" + TAIL}, "Add run")
    for repair in ("        total += value or 0\n", "        total += int(value or 0)\n", REPAIRED):
        base = tree.commit({"app/core.py": HEAD + repair + TAIL}, subject)
    facts = tree.survey(base, tree.commit({"app/core.py": text}, "Change run")).facts
    return [fact for fact in facts if fact.kind == "incident_prone_code_touched"]


def test_a_function_that_was_repaired_three_times_is_changed_again(tree: Tree) -> None:
    more = "        if value is None:\n            continue\n        total += round(value)\n"
    (fact,) = touched(tree, HEAD + more + TAIL)
    assert (fact.path, fact.line, fact.severity) == ("app/core.py", 4, "info")
    assert fact.title.startswith("`run` has been fixed 3 times since ")
    assert len([entry for entry in fact.evidence if entry.commit]) == 3


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "        total += fabs(value)\n" + TAIL,  # one line follows something elsewhere
        NOW.replace("return None", "print('stopped')\n    print('for good')\n    return 1"),  # another function
        NOW.replace("    total = 0\n", "    # the sum\n    # of all\n    # values\n    total = 0\n"),
    ],
)
def test_a_line_a_neighbour_or_a_comment_is_not_worth_a_word(tree: Tree, text: str) -> None:
    assert touched(tree, text) == []


def test_what_was_only_developed_further_is_no_incident(tree: Tree) -> None:
    more = "        if value is None:\n            continue\n        total += round(value)\n"
    assert touched(tree, HEAD + more + TAIL, "Extend run") == []
