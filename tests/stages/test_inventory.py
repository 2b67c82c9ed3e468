"""What is stored is counted: kinds, months, concerns and dismissals of a window."""

from dataclasses import replace

from tests.stages.test_tracing import EPISODE

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.standing import ConcernRate
from reviewlore.stages.inventory import count, count_dismissed, count_months, find_window, rate_concerns

SIGNAL = FeedbackSignal("1", "dismissed", "acme/shop", 1, "aaaaaa1", "wrong", "", "person-1", "write", "2026-03-01")


def at(created_at, **changes):
    return replace(EPISODE, created_at=created_at, **changes)


def test_the_most_frequent_comes_first_and_what_is_not_known_is_counted():
    assert list(count(["b", None, "a", "b"]).items()) == [("b", 2), ("a", 1), ("unknown", 1)]


def test_months_have_no_gaps():
    dates = ["2025-11-03T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z", ""]
    assert count_months(at(date) for date in dates) == {"2025-11": 1, "2025-12": 0, "2026-01": 0, "2026-02": 2}
    assert count_months([]) == {}
    assert count_months([at("9999-12-31T00:00:00Z")]) == {"9999-12": 1}


def test_a_window_ends_with_the_last_time():
    assert find_window(["2026-03-01T12:00:00Z", "2026-01-01T00:00:00Z"], 30) == "2026-01-30T12:00:00Z"
    assert find_window([], 30) == ""


def test_concerns_are_rated_by_what_people_said_within_the_window():
    episodes = [
        at("2026-01-01T00:00:00Z", concern="naming", outcome="addressed"),
        at("2026-03-01T00:00:00Z", concern="naming", outcome="addressed", id="x#1/1"),
        at("2026-03-02T00:00:00Z", concern="naming", outcome="addressed", id="x#1/2"),
        at("2026-03-03T00:00:00Z", concern="naming", outcome="declined", id="x#1/3"),
        at("2026-03-03T00:00:00Z", concern="naming", outcome="unknown"),
        at("2026-03-03T00:00:00Z", concern="naming", outcome="addressed", author_kind="bot"),
        at("2026-03-03T00:00:00Z", concern="testing", outcome="ignored", id="x#1/4"),
    ]
    assert rate_concerns(episodes, "2026-02-01T00:00:00Z") == (
        ConcernRate("naming", 3, 2, "x#1/2"),
        ConcernRate("testing", 1, 0, "x#1/4"),
    )


def test_dismissals_are_counted_but_for_passing_reasons_and_old_ones():
    signals = [
        replace(SIGNAL, at="2025-01-01"),
        SIGNAL,
        replace(SIGNAL, reason="too-minor", finding="bbbbbb2"),
        replace(SIGNAL, reason="too-minor", finding="cccccc3", at="2026-03-02"),
        replace(SIGNAL, reason="duplicate"),
    ]
    assert count_dismissed(signals, "2026-01-01") == ({"too-minor": 2, "wrong": 1}, "cccccc3")
    assert count_dismissed([], "") == ({}, "")
