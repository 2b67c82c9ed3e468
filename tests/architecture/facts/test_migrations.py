"""Ways on their way out, taken up anew."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.domain.architecture import Fact

KIND = "migration_reversed"
AGAIN = "\n\ndef again(values):\n    return clock.old_now(values)\n"
NAMES = [f"part{number}" for number in range(8)]


def text(call: str) -> str:
    return f"from app import clock\n\n\ndef run(values):\n    return {call}(values)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Six of eight files went from `clock.old_now` to `clock.new_now`, one by one."""
    tree = Tree(tmp_path / "repo")
    start = {f"app/{name}.py": text("clock.old_now") for name in NAMES}
    tree.commit(
        {"app/__init__.py": "", "app/clock.py": "def old_now(values): ...\n\n\ndef new_now(values): ...\n"} | start
    )
    for name in NAMES[:6]:
        tree.commit({f"app/{name}.py": text("clock.new_now")}, f"Use the new clock in {name}")
    return tree


def said(tree: Tree, files: dict[str, str], subject: str = "Add a part") -> list[Fact]:
    base = tree.git("rev-parse", "HEAD")
    facts = tree.survey(base, tree.commit(files, subject), also=(KIND,)).facts
    return [fact for fact in facts if fact.kind == KIND]


def test_a_new_file_that_takes_the_old_way_is_told_where(tree: Tree) -> None:
    (fact,) = said(tree, {"app/part9.py": text("clock.old_now")})
    assert (fact.path, fact.line, fact.severity) == ("app/part9.py", 5, "info")
    assert "old_now` is being replaced by" in fact.title
    assert "new_now" in fact.advice
    assert "6 of 6 changes" in fact.why


def test_it_is_said_on_request_only(tree: Tree) -> None:
    base = tree.git("rev-parse", "HEAD")
    head = tree.commit({"app/part9.py": text("clock.old_now")})
    assert KIND not in [fact.kind for fact in tree.survey(base, head).facts]


@pytest.mark.parametrize(
    ("files", "subject"),
    [
        ({"app/part9.py": text("clock.new_now")}, "Add a part"),
        ({"app/part9.py": text("clock.old_now")}, "Keep old_now for a while"),
        ({"app/legacy_part.py": text("clock.old_now")}, "Add a part"),
        (
            {"app/part7.py": text("clock.old_now") + AGAIN},
            "Again",
        ),
        ({"app/part0.py": text("clock.new_now").replace("values", "rows")}, "Rename"),
    ],
    ids=["the new way", "the subject says so", "a file for the old way", "a file that keeps to it", "something else"],
)
def test_who_goes_along_or_means_it_is_left_alone(tree: Tree, files: dict[str, str], subject: str) -> None:
    assert said(tree, files, subject) == []
