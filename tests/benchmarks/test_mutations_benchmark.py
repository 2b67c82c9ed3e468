"""The benchmark that takes defences away can tell a test that sees it from one that does not."""

from pathlib import Path

import pytest
from benchmarks.mutations import Copy, try_mutation
from tests.attacks.cases import Mutation
from tests.repositories import commit, make_repository

SOURCE = "def may(role):\n    return role == 'admin'\n"
TEST = "from thing import may\n\n\ndef test_who_may():\n    assert may('admin') and not may('none')\n"


def mutation(fragment: str, without: str) -> Mutation:
    return Mutation("src/thing.py", fragment, without, "anybody may", ("tests/test_thing.py::test_who_may",))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    home = make_repository(tmp_path / "home")
    commit(home, {"src/thing.py": SOURCE, "tests/test_thing.py": TEST})
    return Copy(tmp_path / "copy", home)


@pytest.mark.parametrize(
    ("tried", "verdict"),
    [
        (mutation("role == 'admin'", "True"), "killed"),
        (mutation("role == 'admin'", "'admin' == role"), "survived"),
        (mutation("def may", "def might"), "void"),
    ],
)
def test_a_defence_that_is_missed_is_told_from_one_that_is_not(copy: Copy, tried: Mutation, verdict: str) -> None:
    found = try_mutation(copy, 7, tried)
    assert (found.case, found.verdict) == (7, verdict)
    assert found.killer == ("tests/test_thing.py::test_who_may" if verdict == "killed" else "")


def test_the_copy_is_whole_again_and_the_checkout_was_never_touched(copy: Copy, tmp_path: Path) -> None:
    with copy.mutated(mutation("'admin'", "'none'")):
        assert (tmp_path / "copy/src/thing.py").read_text() != SOURCE
        assert (tmp_path / "home/src/thing.py").read_text() == SOURCE
    assert (tmp_path / "copy/src/thing.py").read_text() == SOURCE


@pytest.mark.parametrize(("fragment", "without"), [("gone", ""), ("a", "b"), ("role == 'admin'", "(")])
def test_a_fragment_that_is_not_there_once_or_leaves_no_python_is_refused(fragment: str, without: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        mutation(fragment, without).apply(SOURCE)
