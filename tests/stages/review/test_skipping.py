"""Which pull requests are left out, by settings that strangers' titles cannot wear out."""

from dataclasses import replace

import pytest
from tests.fakes.forge import make_pull

from reviewlore.config import ReviewSettings
from reviewlore.domain.markers import Earlier
from reviewlore.stages.review.skipping import PAUSES, find_skip_reason, render_asked, render_skip

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
    found = find_skip_reason(replace(PULL, **changes), ReviewSettings(**settings), Earlier(reviews), asked=False)
    assert found == reason


def test_what_somebody_paused_is_left_out_however_few_reviews_there_were():
    assert find_skip_reason(PULL, ReviewSettings(pause_after=0), Earlier(0, held=True), asked=False) == (
        "paused_by_command"
    )
    for reason in PAUSES:
        assert "`/lore resume` reviews pushes again" in render_skip(reason)


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
    assert find_skip_reason(replace(PULL, **changes), settings, Earlier(50, held=True), asked=True) == reason


def test_every_reason_has_a_sentence_that_names_its_setting():
    for reason, setting in (("draft", "skip-drafts"), ("label_left_out", "skip-labels"), ("paused", "pause-after")):
        assert setting in render_skip(reason)
        assert setting in render_asked(reason)
    assert render_skip("another_one") == "Not reviewed: another one."
    assert render_asked("pull_request_closed") == (
        "Reviewed because it was asked for; the action would leave it out: the pull request is closed."
    )


def test_patterns_are_read_in_any_case():
    pull = replace(PULL, title="STRASSE", labels=())
    settings = ReviewSettings(skip_titles=("stra\u00dfe",))
    assert find_skip_reason(pull, settings, Earlier(), asked=False) == "title_left_out"
