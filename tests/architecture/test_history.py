from hypothesis import given
from hypothesis import strategies as st

from reviewlore.architecture.history import MAX_PATHS, all_partners, find_partners, index_history
from reviewlore.domain.architecture import Change


def change(number: int, *paths: str) -> Change:
    return Change(f"{number:040x}", 1_700_000_000 - number, "Change", paths)


def test_counts_how_often_two_files_change_together_and_how_far_from_chance() -> None:
    changes = [change(n, "a", "b") for n in range(6)] + [change(n, "a") for n in range(6, 8)]
    changes += [change(n, "c") for n in range(8, 24)]
    (partner,) = find_partners(index_history(changes), "a", {"a", "b", "c"})
    assert (partner.partner, partner.together, partner.changes, partner.share) == ("b", 6, 8, 0.75)
    assert partner.lift == 0.75 / (6 / 24)
    assert partner.commits == tuple(f"{n:040x}" for n in range(3))


def test_recent_looks_at_the_latest_changes_only() -> None:
    changes = [change(n, "a") for n in range(8)] + [change(n, "a", "b") for n in range(8, 40)]
    (partner,) = find_partners(index_history(changes), "a", {"b"})
    assert partner.share == 0.8
    assert partner.recent == 0.0


def test_big_commits_do_not_count() -> None:
    sweep = change(0, *(f"f{n}" for n in range(MAX_PATHS + 1)))
    assert index_history([sweep]).changes == ()
    assert find_partners(index_history([sweep]), "f1", {"f2"}) == ()


def test_releases_do_not_count_and_wide_commits_count_less() -> None:
    release = Change("f" * 40, 1, "Release 2.1", ("a", "b"))
    wide = [change(n, "a", "b", *(f"x{k}" for k in range(8))) for n in range(2)]
    history = index_history([release, *wide, change(2, "a")])
    assert len(history.changes) == 3
    (partner,) = find_partners(history, "a", {"b"})
    assert (partner.together, partner.changes, partner.share) == (2, 3, 0.5)


def test_partners_that_are_gone_are_left_out() -> None:
    history = index_history([change(n, "a", "gone") for n in range(5)])
    assert find_partners(history, "a", {"a"}) == ()


def test_an_unknown_file_has_no_partners() -> None:
    assert find_partners(index_history([]), "a", {"a", "b"}) == ()


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), max_size=30))
def test_shares_are_shares(sets: list[set[str]]) -> None:
    history = index_history([change(number, *sorted(paths)) for number, paths in enumerate(sets)])
    for partner in find_partners(history, "a", set("abcd")):
        assert 0 < partner.together <= partner.changes
        assert 0.0 <= partner.recent <= 1.0
        assert partner.lift > 0


@given(st.lists(st.sets(st.sampled_from("abcde"), min_size=1), max_size=30), st.integers(1, 4))
def test_all_partners_are_the_partners_of_each_file_that_has_any(sets: list[set[str]], least: int) -> None:
    history = index_history([change(number, *sorted(paths)) for number, paths in enumerate(sets)])
    present = set("abcd")
    each = {path: find_partners(history, path, present) for path in present}
    expected = {path: tuple(p for p in found if p.together >= least) for path, found in each.items()}
    assert all_partners(history, present, least) == {path: found for path, found in expected.items() if found}
