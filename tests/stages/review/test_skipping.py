"""Which pull requests are left out, by settings that strangers' titles cannot wear out."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.forge import make_pull

from reviewlore.config import ReviewSettings
from reviewlore.stages.review.skipping import find_skip_reason, matches_text, render_asked, render_skip

PULL = replace(make_pull(), labels=("size/S", "WIP"), author="dependabot[bot]", title="Bump numpy from 1 to 2")


@pytest.mark.parametrize(
    ("changes", "settings", "reviews", "reason"),
    [
        ({}, {}, 0, None),
        ({"state": "closed"}, {}, 0, "pull_request_closed"),
        ({"locked": True}, {}, 0, "pull_request_locked"),
        ({"draft": True}, {}, 0, "draft"),
        ({"draft": True}, {"skip_drafts": False}, 0, None),
        ({}, {"skip_labels": ("wip",)}, 0, "label_left_out"),
        ({}, {"skip_labels": ("size/*",)}, 0, "label_left_out"),
        ({}, {"skip_labels": ("size",)}, 0, None),
        ({}, {"skip_authors": ("Dependabot[bot]",)}, 0, "author_left_out"),
        ({}, {"skip_authors": ("dependabot",)}, 0, "author_left_out"),
        ({}, {"skip_authors": ("*[bot]",)}, 0, "author_left_out"),
        ({}, {"skip_authors": ("depend",)}, 0, None),
        ({"author": None}, {"skip_authors": ("dependabot",)}, 0, None),
        ({}, {"skip_titles": ("bump *",)}, 0, "title_left_out"),
        ({}, {"skip_titles": ("bump",)}, 0, None),
        ({}, {"skip_titles": ("*numpy*1*2",)}, 0, "title_left_out"),
        ({}, {"skip_titles": ("*numpy*3*",)}, 0, None),
        ({}, {}, 19, None),
        ({}, {}, 20, "paused"),
        ({}, {"pause_after": 0}, 999, None),
        ({}, {"pause_after": 1}, 1, "paused"),
    ],
)
def test_what_is_left_out(changes, settings, reviews, reason):
    assert find_skip_reason(replace(PULL, **changes), ReviewSettings(**settings), reviews, asked=False) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"draft": True}, None),
        ({"state": "closed"}, "pull_request_closed"),
        ({"locked": True}, "pull_request_locked"),
    ],
)
def test_who_asks_gets_a_review_unless_nothing_may_be_said(changes, reason):
    settings = ReviewSettings(skip_labels=("*",), skip_authors=("*",), skip_titles=("*",), pause_after=1)
    assert find_skip_reason(replace(PULL, **changes), settings, 50, asked=True) == reason


def test_every_reason_has_a_sentence_that_names_its_setting():
    for reason, setting in (("draft", "skip-drafts"), ("label_left_out", "skip-labels"), ("paused", "pause-after")):
        assert setting in render_skip(reason)
        assert setting in render_asked(reason)
    assert render_skip("another_one") == "Not reviewed: another one."
    assert render_asked("pull_request_closed") == (
        "Reviewed because it was asked for; the action would leave it out: the pull request is closed."
    )


@pytest.mark.parametrize(
    ("text", "pattern", "hit"),
    [
        ("", "", True),
        ("", "*", True),
        ("a", "", False),
        ("ab", "a*b", True),
        ("a", "a*a", False),
        ("aa", "a*a", True),
        ("renovate[bot]", "renovate[bot]", True),
        ("renovateb", "renovate[bot]", False),
        ("abc", "?bc", False),
        ("STRASSE", "stra\u00dfe", True),
        ("xaybzc", "*a*b*c", True),
        ("xaybz", "*b*a*", False),
    ],
)
def test_only_the_star_is_a_wildcard(text, pattern, hit):
    assert matches_text(text, pattern) is hit


@given(st.text(alphabet="ab*", max_size=12), st.text(alphabet="ab", max_size=12))
def test_a_star_before_and_after_finds_what_stands_inside(pattern, text):
    assert matches_text(text, "*") is True
    plain = pattern.replace("*", "")
    assert matches_text(text, f"*{plain}*") is (plain in text)


def test_a_strangers_title_costs_no_time():
    start = time.process_time()
    assert not matches_text("a" * 100_000, "*a" * 200 + "*b")
    assert time.process_time() - start < 2  # backtracking would take longer than anybody waits
