"""People counted by folder and file, and the files that change often and are complex."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of

from reviewlore.architecture.codeowners import parse_codeowners
from reviewlore.architecture.history import index_history
from reviewlore.architecture.overview import find_hotspots
from reviewlore.architecture.ownership import HALF_LIFE, find_ownership, people_of
from reviewlore.domain.architecture import Change

NOW = 1_700_000_000


def change(author: str, *paths: str, age: int = 0) -> Change:
    return Change("c" * 40, NOW - age, "Change", paths, author)


def test_the_first_share_and_how_few_people_make_half() -> None:
    changes = [change("a", "x.py")] * 4 + [change("b", "x.py")] * 3 + [change("c", "x.py")] * 3
    who = people_of(index_history(changes), "x.py")
    assert (who.people, who.changes, who.share, who.bus_factor) == (3, 10, 0.4, 2)


def test_a_change_counts_half_after_a_half_life() -> None:
    changes = [
        change("new", "x.py"),
        *[change("old", "x.py", age=HALF_LIFE)] * 2,
        change("gone", "x.py", age=HALF_LIFE * 9),
    ]
    who = people_of(index_history(changes), "x.py")
    assert who.share == pytest.approx(1 / (2 + 2**-9))
    assert (who.people, who.bus_factor) == (3, 2)


def test_bots_and_unknown_authors_have_no_share() -> None:
    changes = [change("", "x.py")] * 9 + [change("a", "x.py")]
    assert people_of(index_history(changes), "x.py").share == 1.0
    assert people_of(index_history(changes[:9]), "x.py").people == 0


def test_folders_are_counted_by_commits_the_whole_first() -> None:
    changes = [change("a", "app/x.py", "app/y.py")] * 12 + [change("b", "lib/z.py")] * 3 + [change("c", "top.py")] * 11
    found = find_ownership(index_history(changes), {"app/x.py", "app/y.py", "lib/z.py", "top.py"}, None, 9)
    assert [(row.folder, row.people, row.bus_factor) for row in found] == [("", 3, 2), ("app", 1, 1), (".", 1, 1)]
    assert found[0].share == pytest.approx(12 / 26)


def test_declared_owners_are_those_of_half_of_the_files() -> None:
    owners = parse_codeowners({"CODEOWNERS": "* @all\n/lib/ @org/lib me@example.org\n/lib/one.py @one\n"})
    changes = [change("a", "lib/one.py", "lib/two.py", "lib/three.py", "app/x.py")] * 2
    paths = ["lib/one.py", "lib/two.py", "lib/three.py", "app/x.py"]
    found = {row.folder: row.declared for row in find_ownership(index_history(changes), paths, owners, 9)}
    assert found == {"": ("@org/lib", "(a mail address)"), "lib": ("@org/lib", "(a mail address)"), "app": ("@all",)}


def test_without_history_nobody_owns_anything() -> None:
    assert find_ownership(index_history([]), ["a.py"], parse_codeowners({"CODEOWNERS": "* @all"}), 9) == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-(10**12), 10**12)), min_size=1, max_size=20))
def test_shares_and_factors_stay_in_their_bounds(made: list[tuple[str, int]]) -> None:
    who = people_of(index_history([change(author, "x", age=age) for author, age in made]), "x")
    assert 1 / 3 - 1e-9 <= who.share <= 1
    assert 1 <= who.bus_factor <= who.people <= 3


def test_a_hotspot_is_changed_often_and_hard_to_read() -> None:
    hard = "def f(a):\n" + "    if a:\n        return 1\n" * 5
    tree = map_of({"app/hard.py": hard, "app/flat.py": "X = 1\n", "app/still.py": hard, "tests/test_x.py": hard})
    changes = [change("a", "app/hard.py", "tests/test_x.py")] * 3 + [
        change("b", "app/hard.py"),
        change("b", "app/flat.py"),
    ]
    changes += [change("b", "app/flat.py")] * 4
    found = find_hotspots(tree, index_history(changes), 5)
    assert [(spot.path, spot.changes, spot.cognitive, spot.people, spot.bus_factor) for spot in found] == [
        ("app/hard.py", 4, 5, 2, 1),
        ("app/flat.py", 5, 0, 1, 1),
    ]
