"""What a later review need not look at again, and which remarks are then still said."""

import pytest
from tests.stages.publishing import finding, patches, review

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import UNCHANGED as SEEN
from reviewlore.domain.finding import Finding
from reviewlore.domain.usage import Coverage, Usage
from reviewlore.stages.publish.again import Unchanged, find_unchanged, find_unseen, is_old

ROWS = [f"row_{number} = {number}" for number in range(60)]
FIRST, SECOND = "first = compute()", "second = compute()"


def change(*places: tuple[int, str], base=ROWS) -> list[str]:
    rows = list(base)
    for place, row in reversed(places):
        rows.insert(place, row)
    return rows


BEFORE = patches({"a.py": (ROWS, change((5, FIRST), (50, SECOND))), "b.py": (ROWS, change((5, FIRST)))})


def test_the_same_diff_is_unchanged_whatever_the_commits():
    found = find_unchanged(BEFORE, BEFORE)
    assert found.hunks == {("a.py", 0), ("a.py", 1), ("b.py", 0)}
    assert found.moved == frozenset()


def test_a_hunk_that_moved_by_a_rebase_is_unchanged():
    base = ["# new", "# header", *ROWS]
    now = patches({"a.py": (base, change((7, FIRST), (52, SECOND), base=base)), "b.py": (ROWS, change((5, FIRST)))})
    assert find_unchanged(now, BEFORE).hunks == {("a.py", 0), ("a.py", 1), ("b.py", 0)}


def test_only_the_hunk_that_changed_is_looked_at_again():
    now = patches({"a.py": (ROWS, change((5, FIRST), (50, "second = measure()"))), "b.py": (ROWS, change((5, FIRST)))})
    found = find_unchanged(now, BEFORE)
    assert found.hunks == {("a.py", 0), ("b.py", 0)}
    assert found.moved == {"a.py"}


def test_what_was_taken_back_has_moved():
    found = find_unchanged(patches({"a.py": (ROWS, change((5, FIRST), (50, SECOND)))}), BEFORE)
    assert found.hunks == {("a.py", 0), ("a.py", 1)}
    assert found.moved == {"b.py"}


def test_of_like_hunks_as_many_are_unchanged_as_there_were():
    block = ["open", "fill", "close"]
    rows = [*block, *ROWS, *block]
    once = patches({"a.py": (rows, ["open", "new", *rows[1:]])})
    twice = patches({"a.py": (rows, ["open", "new", *rows[1:-2], "new", *rows[-2:]])})
    assert len(twice[0].hunks) == 2
    assert find_unchanged(twice, once).hunks == {("a.py", 0)}


def test_a_file_renamed_since_keeps_its_unchanged_hunks():
    now = patches({"c.py": (ROWS, change((5, FIRST), (50, SECOND)))}, {"c.py": "a.py"})
    assert find_unchanged(now, BEFORE).hunks == {("c.py", 0), ("c.py", 1)}


def test_the_same_rows_in_another_file_are_new():
    assert find_unchanged(patches({"z.py": (ROWS, change((5, FIRST)))}), BEFORE).hunks == frozenset()


NOW = patches({"a.py": (ROWS, change((5, FIRST), (50, "second = measure()"))), "b.py": (ROWS, change((5, FIRST)))})
UNCHANGED = find_unchanged(NOW, BEFORE)
OLD, NEW = finding("aaaaaa1", 6), finding("bbbbbb2", 52)


def old(said: Finding, unchanged: Unchanged = UNCHANGED) -> bool:
    return is_old(said, {patch.path: patch for patch in NOW}, unchanged)


def test_a_remark_on_what_was_reviewed_before_is_old():
    assert [old(each) for each in (OLD, NEW)] == [True, False]


def test_what_another_changed_file_caused_is_new():
    assert not old(finding("aaaaaa1", 6, evidence=(Evidence("its partner changed", "a.py", 51),), path="b.py"))


def test_evidence_in_the_file_itself_or_in_one_that_did_not_change_is_no_cause():
    assert old(finding("aaaaaa1", 6, evidence=(Evidence("here", "a.py", 6), Evidence("there", "b.py", 6))))


def test_a_remark_outside_the_diff_is_new_where_its_file_changed():
    assert [old(finding("aaaaaa1", 30)), old(finding("bbbbbb2", 30, path="b.py"))] == [False, True]


def test_nothing_is_old_at_a_first_review():
    assert not old(OLD, Unchanged())


def test_what_no_model_was_shown_is_shown_again():
    shown = review(
        coverage=Coverage(("b.py",), {"a.py": 3}, {"c.py": "over_budget", "d.py": SEEN}), usage=Usage("m", calls=1)
    )
    unseen = find_unseen(shown)
    assert len(unseen) == 2
    assert find_unchanged(BEFORE, BEFORE, unseen).asked == {("b.py", 0)}
    assert find_unchanged(BEFORE, BEFORE, ()).asked == find_unchanged(BEFORE, BEFORE).hunks
    assert find_unchanged(BEFORE, BEFORE).asked == frozenset()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"coverage": Coverage(("a.py",)), "usage": Usage("m", calls=2, failed=1)},
        {"coverage": Coverage(("a.py",)), "usage": Usage("m", calls=2, malformed=1)},
    ],
)
def test_where_no_model_was_asked_or_an_answer_failed_nothing_was_seen(more):
    assert find_unseen(review(**more)) == ("all",)


def test_a_models_remark_is_old_only_where_a_model_saw_the_code():
    said = finding("aaaaaa1", 6, source="generated")
    assert not old(said)
    assert old(said, find_unchanged(NOW, BEFORE, ()))
