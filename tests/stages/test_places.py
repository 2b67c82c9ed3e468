"""Which findings stand already, over reworded ids, moved lines and rebases."""

from dataclasses import replace

from tests.stages.publishing import comment_on, finding, patches

from reviewlore.domain.markers import find_marker
from reviewlore.stages.publish.places import find_place_of, match_posted

BASE = [f"row_{number} = {number}" for number in range(40)]


def changed(place: int, row: str = "total = price * amount") -> list[str]:
    return [*BASE[:place], row, *BASE[place:]]


def by_path(after: list[str], before: list[str] = BASE, path: str = "a.py") -> dict:
    return {patch.path: patch for patch in patches({path: (before, after)})}


def test_the_place_of_a_finding_survives_moved_lines_and_a_rebase():
    one = find_place_of(finding(line=11), by_path(changed(10)))
    moved = ["import os", "import re", *changed(10)]
    other = find_place_of(finding(line=13), by_path(moved))
    rebased = ["# new header", *BASE]
    third = find_place_of(finding(line=12), by_path(["# new header", *changed(10)], rebased))
    assert one == other == third
    assert (len(one.key), one.source) == (16, "architecture")


def test_another_rule_file_or_row_is_another_place():
    at = finding(line=11)
    keys = {
        find_place_of(at, by_path(changed(10))).key,
        find_place_of(replace(at, rule="other"), by_path(changed(10))).key,
        find_place_of(at, by_path(changed(10, "total = price"))).key,
        find_place_of(finding(line=11, path="b.py"), by_path(changed(10), path="b.py")).key,
    }
    assert len(keys) == 4


def test_a_row_that_tells_little_is_told_apart_by_the_rows_above_it():
    one = by_path([*BASE[:10], "    if first_thing:", "        )", *BASE[10:]])
    two = by_path([*BASE[:10], "    if other_thing:", "        )", *BASE[10:]])
    assert find_place_of(finding(line=12), one).key != find_place_of(finding(line=12), two).key


def test_indentation_is_no_other_place_but_a_line_outside_the_diff_is_none():
    indented = by_path(changed(10, "    total = price *  amount"))
    assert find_place_of(finding(line=11), indented) == find_place_of(finding(line=11), by_path(changed(10)))
    assert find_place_of(finding(line=39), indented).key == ""
    assert find_place_of(finding(path="none.py"), indented).key == ""


def test_removed_rows_have_places_of_their_own():
    gone = by_path([*BASE[:10], *BASE[11:]])
    assert find_place_of(finding(line=11, side="LEFT"), gone).key
    assert find_place_of(finding(line=11, side="LEFT"), gone) != find_place_of(finding(line=11), gone)


def test_a_file_that_was_renamed_later_keeps_its_places():
    renamed = {patch.path: patch for patch in patches({"b.py": (BASE, changed(10))}, {"b.py": "a.py"})}
    assert renamed["b.py"].old_path == "a.py"
    one = find_place_of(finding(line=11), by_path(changed(10)))
    assert find_place_of(finding(line=11, path="b.py"), renamed) == one


def test_a_reworded_finding_on_the_same_row_stands_already():
    here = by_path(changed(10))
    posted = comment_on(finding("aaaaaa1", line=11), here)
    again = finding("bbbbbb2", line=11, title="The same, put differently")
    assert match_posted([again], [posted], here) == {"bbbbbb2": posted}


def test_an_id_goes_before_a_place_and_a_comment_stands_for_one_finding_only():
    rows = [*BASE[:10], "total = price * amount", *BASE[10:20], "total = price * amount", *BASE[20:]]
    here = by_path(rows)
    one, two = finding("aaaaaa1", line=11), finding("bbbbbb2", line=22)
    posted = comment_on(one, here)
    assert find_marker("finding", posted.body) == "aaaaaa1"
    assert match_posted([two, one], [posted], here) == {"aaaaaa1": posted}
    assert match_posted([two, replace(one, id="cccccc3")], [posted], here) == {"bbbbbb2": posted}


def test_comments_of_old_without_a_place_are_known_by_their_id_alone():
    here = by_path(changed(10))
    posted = comment_on(finding("aaaaaa1", line=11), here, placed=False)
    assert match_posted([finding("bbbbbb2", line=11)], [posted], here) == {}
    assert match_posted([finding("aaaaaa1", line=11)], [posted], here) == {"aaaaaa1": posted}
