"""A kind with a handful of pairs must not decide what the mean over kinds says."""

from dataclasses import replace

import pytest
from tests.judged import score_pairs

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.evaluate import (
    LEAST_PAIRS_OF_A_KIND,
    LEAST_PAIRS_OF_A_REPOSITORY,
    judge_pairs,
    paired_difference,
    summarise,
)


def pair(number: int, kind: str) -> PreferencePair:
    good, bad = Remark("a.py", "@@", f"good {number}"), Remark("a.py", "@@", f"bad {number}")
    return PreferencePair(
        f"{kind}{number}",
        kind,
        good,
        bad,
        1.0,
        "o/r",
        f"o/r#{number}",
        "2026-01-01T00:00:00Z",
        ("a", "b"),  # type: ignore[arg-type]
    )


MANY = [pair(number, "outcome") for number in range(LEAST_PAIRS_OF_A_KIND)]
FEW = [pair(0, "human_over_bot")]


def likes_good(remark: Remark) -> float:
    return float("good" in remark.body)


def likes_good_of_many(remark: Remark) -> float:
    return likes_good(remark) if remark.body != "good 0" else -1.0


def test_a_rare_kind_is_shown_but_does_not_count() -> None:
    score = score_pairs([*MANY, *FEW], likes_good_of_many, name="x")
    assert score.by_kind["human_over_bot"].accuracy == 0.0
    assert score.overall.accuracy == score.by_kind["outcome"].accuracy == 1 - 1 / LEAST_PAIRS_OF_A_KIND
    assert score.overall.count == LEAST_PAIRS_OF_A_KIND


def test_the_paired_difference_counts_the_same_kinds() -> None:
    pairs = [*MANY, *FEW]
    first, second = judge_pairs(pairs, likes_good), judge_pairs(pairs, likes_good_of_many)
    assert paired_difference(pairs, first, second).accuracy == 1 / LEAST_PAIRS_OF_A_KIND
    assert paired_difference(pairs, first, second).count == LEAST_PAIRS_OF_A_KIND


def test_where_all_kinds_are_rare_all_count() -> None:
    assert score_pairs(FEW, likes_good, name="x").overall.accuracy == 1.0


def test_small_repositories_count_as_one() -> None:
    def of(repository: str, number: int) -> PreferencePair:
        return replace(pair(number, "outcome"), id=f"{repository}{number}", repository=repository)

    large = [of("o/large", number) for number in range(1, 1 + 2 * LEAST_PAIRS_OF_A_REPOSITORY)]
    small = [of(f"o/small{number}", number) for number in range(4)]  # "good 0" is judged wrong: one of these four
    score = score_pairs([*large, *small], likes_good_of_many, name="x")
    assert score.by_kind["outcome"].accuracy == (1.0 + 0.75) / 2


def test_the_interval_of_the_mean_knows_that_kinds_of_one_pull_request_rise_together() -> None:
    """Three kinds that say the same of every pull request are no more evidence than one of them."""
    wins = {}
    pairs = []
    for kind in ("outcome", "relevance_hard", "same_hunk"):
        for number in range(40):
            made = pair(number, kind)
            pairs.append(made)
            wins[made.id] = float(number % 2)
    one = summarise([item for item in pairs if item.kind == "outcome"], wins, name="one").overall
    three = summarise(pairs, wins, name="three").overall
    assert (three.low, three.high) == pytest.approx((one.low, one.high))
    assert three.high - three.low > 0.2
    flat = dict.fromkeys(wins, 0.5)
    assert paired_difference(pairs, wins, flat).low == pytest.approx(one.low - 0.5)


def test_a_kind_of_one_pull_request_is_shown_and_makes_the_mean_no_surer() -> None:
    """Twenty pairs of one discussion say nothing of how the next one goes."""
    alone = [replace(pair(number, "same_hunk"), pull_request="o/r#1") for number in range(2 * LEAST_PAIRS_OF_A_KIND)]
    score = score_pairs([*MANY, *alone], likes_good, name="x")
    assert (score.by_kind["same_hunk"].low, score.by_kind["same_hunk"].high) == (0.0, 1.0)
    assert score.overall == score.by_kind["outcome"]
    assert score_pairs(alone, likes_good, name="x").overall.count == len(alone)
