"""What became of our own remarks, counted; and when a version counts as worse than the one before it."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stages.dataset.remarks import episode

from reviewlore.domain.calibration import RuleRecord
from reviewlore.domain.history import Origin
from reviewlore.domain.model import Registry
from reviewlore.domain.online import OnlineMetrics, OnlineRow
from reviewlore.stages.online import (
    LEAST_SETTLED,
    add_up,
    find_decline,
    find_predecessor,
    level_of_looks,
    measure_online,
    rule_records,
)

FACT = Origin("embedded", "v2", "architecture/new_cycle")
TEST = Origin("prompt", "v2", "generated/testing", "testing", 0.6)


def ours(number, outcome, said=FACT, at="2026-11-17T10:00:00Z"):
    return replace(
        episode(number), author_kind="bot", finding=f"{number:08x}", said=said, outcome=outcome, created_at=at
    )


def row(version, addressed, ignored, dismissed=0):
    posted = addressed + ignored + dismissed
    return OnlineRow("2026-W47", "embedded", version, "", "r", posted, addressed, dismissed, ignored)


def test_our_remarks_are_counted_by_week_and_kind() -> None:
    found = measure_online(
        [
            ours(1, "addressed"),
            ours(2, "declined"),
            ours(3, "ignored"),
            ours(4, "unknown"),
            ours(5, "addressed", TEST),
            ours(6, "addressed", at="2026-11-23T00:00:00Z"),
            episode(7),  # a person's
            replace(ours(8, "addressed"), author_kind="human"),  # a person who copied our hidden line
        ]
    )
    assert found.rows == (
        OnlineRow("2026-W47", "embedded", "v2", "", "architecture/new_cycle", 4, 1, 1, 1),
        OnlineRow("2026-W47", "prompt", "v2", "testing", "generated/testing", 1, 1, 0, 0),
        OnlineRow("2026-W48", "embedded", "v2", "", "architecture/new_cycle", 1, 1, 0, 0),
    )
    assert rule_records(found) == (RuleRecord("architecture/new_cycle", 4, 2), RuleRecord("generated/testing", 1, 1))
    assert {name: each.posted for name, each in add_up(found, lambda each: each.week).items()} == {
        "2026-W47": 5,
        "2026-W48": 1,
    }


def test_copies_of_our_remarks_by_other_bots_do_not_count() -> None:
    """Else whoever makes a bot repeat us could have a version taken back."""
    mine = replace(ours(1, "addressed"), comment_id="9", author="reviewlore[bot]")
    copies = [
        replace(mine, id=str(number), comment_id=str(number), author="echo[bot]", outcome="ignored", created_at=at)
        for number, at in ((10, mine.created_at), (11, "2026-11-18T10:00:00Z"), (12, "2026-11-25T10:00:00Z"))
    ]
    assert measure_online([*copies, mine]) == measure_online([mine, *copies]) == measure_online([mine])
    elsewhere = replace(mine, id="x", pull_request=mine.pull_request + 1)
    assert sum(each.posted for each in measure_online([mine, elsewhere]).rows) == 2


def test_a_rules_record_is_of_the_last_year() -> None:
    found = measure_online(
        [ours(1, "ignored"), ours(2, "addressed", at="2027-06-01T00:00:00Z"), ours(3, "ignored", at="")]
    )
    seconds = {at: int(datetime.fromisoformat(at).timestamp()) for at in ("2027-11-10T00:00Z", "2027-11-30T00:00Z")}
    records = [rule_records(found, now) for now in (0, *seconds.values(), 10**15)]
    assert [[(each.posted, each.addressed) for each in one] for one in records] == [[(3, 1)], [(2, 1)], [(1, 1)], []]


def test_a_time_that_is_none_is_a_week_of_its_own() -> None:
    assert measure_online([ours(1, "ignored", at="")]).rows[0].week == "undated"


def test_a_clear_fall_is_a_decline_and_says_its_figures() -> None:
    found = find_decline(OnlineMetrics((row("old", 24, 6), row("new", 6, 18, 6))), "new", "old")
    assert found is not None
    assert found.chance < 0.001
    assert found.reason == (
        "6 of 30 of its settled remarks were addressed (20 %), 24 of 30 of old before it (80 %); "
        "p < 0.001, Fisher's exact test"
    )


def test_few_remarks_a_small_fall_or_a_rise_are_none() -> None:
    few = LEAST_SETTLED - 1
    assert find_decline(OnlineMetrics((row("old", 30, 0), row("new", 0, few))), "new", "old") is None
    assert find_decline(OnlineMetrics((row("old", 18, 12), row("new", 16, 14))), "new", "old") is None
    assert find_decline(OnlineMetrics((row("old", 6, 24), row("new", 24, 6))), "new", "old") is None
    assert find_decline(OnlineMetrics((row("new", 0, 40),)), "new", "old") is None


def test_who_looks_again_and_again_wants_more_proof() -> None:
    close = OnlineMetrics((row("old", 24, 16), row("new", 7, 13)))  # p = 0.066 by looking once: 0.05 is not reached
    clear = OnlineMetrics((row("old", 24, 16), row("new", 6, 14)))  # p = 0.028
    assert find_decline(close, "new", "old", once=True) is None
    assert find_decline(clear, "new", "old", once=True) is not None
    assert find_decline(clear, "new", "old") is None
    levels = [level_of_looks(settled) for settled in (20, 39, 40, 79, 80, 160)]
    assert levels == pytest.approx([0.05 / 2, 0.05 / 2, 0.05 / 6, 0.05 / 6, 0.05 / 12, 0.05 / 20])


def test_the_chance_is_that_of_fishers_test() -> None:
    found = find_decline(OnlineMetrics((row("old", 30, 10), row("new", 10, 30))), "new", "old")
    assert found is not None
    # scipy.stats.fisher_exact([[10, 30], [30, 10]], "less")
    assert found.chance == pytest.approx(7.4374015355427096e-06)


@given(*[st.integers(0, 60)] * 4)
def test_a_chance_is_a_chance(hits: int, misses: int, other_hits: int, other_misses: int) -> None:
    found = find_decline(OnlineMetrics((row("old", other_hits, other_misses), row("new", hits, misses))), "new", "old")
    if found is not None:
        assert 0.0 <= found.chance < 0.05
        assert hits * (other_hits + other_misses) < other_hits * (hits + misses)


def test_the_predecessor_is_the_last_one_in_force_or_the_prior() -> None:
    assert find_predecessor(Registry(previous=("a", "b")), "c") == "b"
    assert find_predecessor(Registry(), "c") == "prior"
