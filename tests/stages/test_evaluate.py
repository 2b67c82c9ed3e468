"""The mathematics of judging: ties, the mean over repositories, intervals over pull requests, paired differences."""

import random
import time

import pytest
from tests.judged import score_pairs

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.evaluate import judge_pairs, paired_difference, summarise


def pair(number: int, good: float, bad: float, kind="outcome", repository="a/b", request=None) -> PreferencePair:
    request = number if request is None else request
    return PreferencePair(
        id=f"{kind}-{number}", kind=kind, chosen=Remark("p", "h", f"{good}"), rejected=Remark("p", "h", f"{bad}"),
        weight=1.0, repository=repository, pull_request=f"{repository}#{request}", created_at="", episodes=("x", "y"),
    )  # fmt: skip


def score(remark: Remark) -> float:
    return float(remark.body)


def test_a_tie_counts_one_half():
    wins = judge_pairs([pair(1, 2, 1), pair(2, 1, 1), pair(3, 0, 1)], score)

    assert list(wins.values()) == [1.0, 0.5, 0.0]


def test_a_remark_is_scored_once():
    asked: list[Remark] = []
    judge_pairs([pair(1, 2, 1), pair(2, 2, 0), pair(3, 2, 1)], lambda r: asked.append(r) or 0.0)

    assert len(asked) == 3


def test_accuracy_is_the_mean_over_repositories_not_over_pairs():
    pairs = [pair(i, 1, 0) for i in range(90)] + [pair(100 + i, 0, 1, repository="c/d") for i in range(10)]
    result = score_pairs(pairs, score, name="v1").by_kind["outcome"]

    assert (result.accuracy, result.count) == (0.5, 100)


def test_intervals_hold_the_accuracy_and_narrow_with_pull_requests():
    few = score_pairs([pair(i, i % 4, 1.5) for i in range(40)], score, name="v", seed=1).by_kind["outcome"]
    many = score_pairs([pair(i, i % 4, 1.5) for i in range(640)], score, name="v", seed=1).by_kind["outcome"]

    assert few.low < few.accuracy == many.accuracy == 0.5 < few.high
    assert many.high - many.low < 0.4 * (few.high - few.low)


def test_remarks_of_one_pull_request_are_not_independent():
    apart = [pair(i, i % 2, 0.5) for i in range(100)]
    together = [pair(i, i // 50, 0.5, request=i // 10) for i in range(100)]
    loose = score_pairs(together, score, name="v").by_kind["outcome"]
    tight = score_pairs(apart, score, name="v").by_kind["outcome"]

    assert loose.high - loose.low > 2 * (tight.high - tight.low)


def test_overall_is_the_mean_over_kinds():
    pairs = [pair(i, 1, 0) for i in range(30)] + [pair(i, 0, 1, "relevance_easy") for i in range(90)]
    result = score_pairs(pairs, score, name="v1", tier="baseline")

    assert result.overall.accuracy == 0.5
    assert (result.name, result.tier) == ("v1", "baseline")


def test_nothing_to_judge_is_said_as_zero_pairs():
    result = score_pairs([], score, name="v1")

    assert (result.by_kind, result.overall.count) == ({}, 0)


def test_the_same_seed_gives_the_same_interval():
    pairs = [pair(i, i % 3, 1) for i in range(60)]
    wins = judge_pairs(pairs, score)

    assert summarise(pairs, wins, name="a", seed=4) == summarise(pairs, wins, name="a", seed=4)
    assert summarise(pairs, wins, name="a", seed=4) != summarise(pairs, wins, name="a", seed=5)


def test_a_paired_difference_is_surer_than_two_intervals():
    pairs = [pair(i, i % 2, 0.5) for i in range(200)]
    first = judge_pairs(pairs, score)
    second = {**first, **{p.id: 0.0 for p in pairs[:20]}}
    difference = paired_difference(pairs, first, second, seed=2)

    assert difference.accuracy == pytest.approx(0.05)
    assert 0.0 < difference.low < difference.high < 0.1
    assert paired_difference(pairs, first, first, seed=2).high == 0.0


def test_a_thousand_resamples_take_seconds_not_minutes():
    pairs = [pair(i, i % 3, 1, kind) for kind in ("outcome", "relevance_easy") for i in range(600)]
    started = time.perf_counter()
    score_pairs(pairs, score, name="v1")

    assert time.perf_counter() - started < 5.0


def test_few_pull_requests_prove_a_difference_by_chance_no_oftener_than_many():
    """Neither side is better: a lower bound above zero is a false proof, in 2.5 % of cases by its own word."""
    rng = random.Random(3)

    def is_proven(requests: int) -> bool:
        pairs, first, second = [], {}, {}
        for request in range(requests):
            shift = rng.gauss(0.0, 0.15)  # what one pull request's remarks have in common
            for number in range(8):
                pairs.append(pair(10 * request + number, 1, 0, request=request))
                first[pairs[-1].id] = float(rng.random() < 0.6 + shift)
                second[pairs[-1].id] = float(rng.random() < 0.6 - shift)
        return paired_difference(pairs, first, second, resamples=200).low > 0.0

    assert sum(is_proven(6) for _ in range(200)) / 200 <= 0.045  # .08 where the levels are not widened
