"""A learning curve from what trials judged: nested draws, a fit that finds what was put in, and an honest outlook."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.curve import LearningCurve
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.curve import SHARES, Trial, draw_requests, fit_curve

REQUESTS = 60


def make_pairs(requests: int, each: int) -> list[PreferencePair]:
    return [
        PreferencePair(
            id=f"{request}-{n}", kind="outcome", chosen=Remark("x", "h", "a"), rejected=Remark("x", "h", "b"),
            weight=1.0, repository="a/b", pull_request=f"a/b#{request}", created_at="2025-01-01",
            episodes=("a/b#1/1", "a/b#1/2"),
        )
        for request in range(requests) for n in range(each)
    ]  # fmt: skip


def make_curve(rise: float, *, requests: int, each: int, seed: int = 1) -> LearningCurve:
    """Return the curve of trials that reach 0.9 - rise / sqrt(pull requests) of the pairs, drawn at random."""
    pairs, rng = make_pairs(requests, each), random.Random(seed)
    hard = {pair.id: rng.random() for pair in pairs}  # a pair that a small trial wins a larger one wins, too
    trials = []
    for share in SHARES:
        for draw in range(3 if share < 1.0 else 1):
            size = round(share * REQUESTS)
            level = 0.9 - rise / size**0.5
            trials.append(Trial(share, draw, size, 10 * size, {name: float(h < level) for name, h in hard.items()}))
    curve = fit_curve(trials, pairs, seed)
    assert curve is not None
    return curve


def test_a_steep_curve_says_that_more_is_likely_to_help_and_by_how_much() -> None:
    curve = make_curve(1.2, requests=40, each=40)
    assert curve.outlook == "likely"
    expected = 1.2 * (REQUESTS**-0.5 - (2 * REQUESTS) ** -0.5)
    assert curve.gain.low < expected < curve.gain.high
    assert curve.gain.accuracy == pytest.approx(expected, abs=0.02)
    assert curve.told.startswith("Twice the pull requests are likely to help the ranker: +")
    assert [point.pull_requests for point in curve.points] == [8, 15, 30, 45, 60]
    assert [point.trials for point in curve.points] == [3, 3, 3, 3, 1]


def test_a_flat_curve_says_that_more_is_unlikely_to_help() -> None:
    curve = make_curve(0.0, requests=40, each=40)
    assert curve.outlook == "unlikely"
    assert curve.gain.high < 0.01


def test_a_wide_interval_cannot_tell() -> None:
    outlooks = {make_curve(0.25, requests=4, each=6, seed=seed).outlook for seed in range(6)}
    assert "unclear" in outlooks
    assert "likely" not in outlooks


def test_two_sizes_make_no_curve() -> None:
    pairs = make_pairs(4, 10)
    wins = {pair.id: 1.0 for pair in pairs}
    assert fit_curve([Trial(0.5, 0, 2, 10, wins), Trial(1.0, 0, 4, 20, wins)], pairs, 1) is None


def test_the_same_trials_give_the_same_curve() -> None:
    assert make_curve(0.8, requests=10, each=10) == make_curve(0.8, requests=10, each=10)


@given(st.lists(st.integers(1, 99), min_size=1, max_size=40), st.integers(0, 9), st.randoms(use_true_random=False))
def test_draws_are_nested_and_do_not_depend_on_the_order(numbers: list[int], seed: int, rng: random.Random) -> None:
    requests = [f"{'a/b' if number % 3 else 'c/d'}#{number}" for number in numbers]
    draws = [draw_requests(requests, share, seed) for share in SHARES]
    assert all(small <= large for small, large in pairwise(draws))
    assert draws[-1] == set(requests)
    assert {name.partition("#")[0] for name in draws[0]} == {name.partition("#")[0] for name in requests}
    rng.shuffle(requests)
    assert draw_requests(requests, 0.5, seed) == draws[2]
