"""How commits are written, mined from subjects and messages."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.architecture.commit_style import case_of, form_of, mine_commit_style, mood_of
from reviewlore.domain.architecture import Change, Landed
from reviewlore.domain.overview import Habit


def changes(*subjects: str, author: str = "a") -> list[Change]:
    return [
        Change(f"{number:040x}", 1_700_000_000 - number, subject, ("x",), author)
        for number, subject in enumerate(subjects)
    ]


def mined(*subjects: str) -> dict[str, Habit]:
    return {habit.kind: habit for habit in mine_commit_style(changes(*subjects), ())}


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("feat: add a page", "type: title (Conventional Commits)"),
        ("fix(ui)!: stop it", "type: title (Conventional Commits)"),
        ("✨ feat: add a page", "type: title (Conventional Commits)"),
        ("net/http: fix a leak", "scope: title"),
        ("ignore, globset: add it", "scope: title"),
        ("[Bug] Fix it", "[mark] title"),
        ("Fix it", "none"),
        ("Note: this is odd", "scope: title"),
        ("feat:none", "none"),
    ],
)
def test_how_a_title_begins(title: str, form: str) -> None:
    assert form_of(title) == form


@pytest.mark.parametrize(
    ("title", "mood"),
    [
        ("Add a page", "imperative"),
        ("fix(ui): stops it", "third person"),
        ("Fixed it", "past"),
        ("[Bug] Stopped it", "past"),
        ("ABC-12: applying it", "gerund"),
        ("Applies it", "third person"),
        ("Set it", "imperative"),
        ("README changes", ""),
        ("Process", ""),
        ("", ""),
    ],
)
def test_the_mood_of_a_title(title: str, mood: str) -> None:
    assert mood_of(title) == mood


@pytest.mark.parametrize(
    ("title", "case"),
    [
        ("Add a page", "capitalised"),
        ("feat: add a page", "lower case"),
        ("docs: README says so", ""),
        ("parse_diff fails", ""),
        ("`it` fails", ""),
        ("globset-0.4.2", ""),
        ("1 more", ""),
    ],
)
def test_the_case_of_a_title(title: str, case: str) -> None:
    assert case_of(title) == case


def test_a_style_kept_by_nine_of_ten_of_twenty_is_told_with_examples() -> None:
    found = mined(*[f"fix(ui): Stop thing {number} (#{number})" for number in range(1, 28)], "Whatever.", "x.", "y.")
    assert {kind: (habit.value, habit.held, habit.cases) for kind, habit in found.items()} == {
        "form": ("type: title (Conventional Commits)", 27, 30),
        "mood": ("imperative", 27, 27),
        "case": ("capitalised", 28, 30),
        "end": ("no full stop", 27, 30),
        "squash_number": ("(#1)", 27, 30),
        "length": ("at most 50 characters", 30, 30),
    }
    assert found["form"].examples == tuple(f"fix(ui): Stop thing {number} (#{number})" for number in (1, 2, 3))


def test_too_few_or_too_mixed_subjects_have_no_style() -> None:
    assert mined(*["fix: it"] * 19) == {}
    assert "form" not in mined(*["fix: it"] * 20, *["Fix it"] * 3)


def test_tickets_and_issue_numbers() -> None:
    assert mined(*["ABC-12 fix it"] * 20)["reference"].value == "ticket first"
    assert mined(*["fix it for ABC-12"] * 20)["reference"].value == "ticket"
    assert mined(*["fix it, closes #7"] * 20)["reference"].value == "issue number"
    assert "reference" not in mined(*["fix it (#7)"] * 20)


def test_merges_reverts_and_bots_have_no_say() -> None:
    assert mined(*["Merge pull request #1 from a/b", 'Revert "fix: it"', "fixup! fix: it"] * 20) == {}
    assert mine_commit_style(changes(*["fix: it"] * 30, author=""), ()) == ()


def test_bodies_and_sign_offs_are_those_of_commits_that_landed() -> None:
    landed = [Landed("c" * 40, 1, "Fix it", "Because.\n\nSigned-off-by: A <a@example.org>", "a")] * 20
    landed += [Landed("c" * 40, 1, "Merge branch x", "", "a")] * 20
    found = {habit.kind: (habit.value, habit.held, habit.cases) for habit in mine_commit_style((), landed)}
    assert found == {"body": ("with a body", 20, 20), "sign_off": ("signed off", 20, 20)}


@pytest.mark.parametrize("hostile", ["a," * 149, "a/" * 149, "[[" * 149, ":a" * 149, "(" * 299, "A-" * 149, "a-" * 149])
def test_hostile_subjects_cost_little(hostile: str) -> None:
    started = time.perf_counter()
    mined(*[hostile] * 400)
    assert time.perf_counter() - started < 2


@given(st.lists(st.text(max_size=60), max_size=30))
def test_never_raises_and_counts_rightly(subjects: list[str]) -> None:
    for habit in mined(*subjects).values():
        assert habit.cases >= 20
        assert 0.9 * habit.cases <= habit.held <= habit.cases
