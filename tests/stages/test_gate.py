"""The gate's verdicts and its sentences, for every demand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.evaluation import Comparison, Demand, Interval, TierScore
from reviewlore.stages.gate import confirm, decide_gate


def score(name: str, accuracy: float) -> TierScore:
    interval = Interval(accuracy, accuracy - 0.05, accuracy + 0.05, 200)
    return TierScore(name, "embedded", {"outcome": interval}, interval)


def against(
    name: str, difference: tuple[float, float, float], demand: Demand, *, incumbent: bool = False
) -> Comparison:
    middle, low, high = difference
    return Comparison(score(name, 0.8 - middle), Interval(middle, low, high, 200), demand, incumbent)


def test_without_an_incumbent_the_winner_is_promoted() -> None:
    rivals = [against("random", (0.3, 0.2, 0.4), "beat_beyond_chance"), against("prior", (0.01, -0.1, 0.1), "beat")]
    decision = decide_gate(score("new", 0.8), rivals, None)
    assert (decision.verdict, decision.incumbent, decision.difference) == ("promote", None, None)
    assert decision.reason == (
        "no version was active and new passed with 80.0% [75.0%, 85.0%] on 200 pairs, "
        "the best other is prior with 79.0% [74.0%, 84.0%]"
    )


def test_an_incumbent_is_beaten_in_one_sentence() -> None:
    decision = decide_gate(
        score("new", 0.8), [against("old", (0.05, 0.01, 0.09), "beat_beyond_chance", incumbent=True)], None
    )
    assert (decision.verdict, decision.incumbent) == ("promote", "old")
    assert decision.reason == "new beats old, paired difference +0.050 [+0.010, +0.090]"


@pytest.mark.parametrize(
    ("demand", "difference", "verdict", "words"),
    [
        ("beat", (0.01, -0.2, 0.2), "promote", "passed with"),
        ("beat", (0.0, -0.2, 0.2), "refuse", "is not above zero"),
        ("beat", (-0.1, -0.2, 0.2), "refuse", "is not above zero"),
        ("beat_beyond_chance", (0.1, 0.01, 0.2), "promote", "passed with"),
        ("beat_beyond_chance", (0.1, 0.0, 0.2), "refuse", "is not above zero with 95 % confidence"),
        ("not_worse_beyond_chance", (-0.1, -0.2, 0.0), "promote", "passed with"),
        ("not_worse_beyond_chance", (-0.1, -0.2, -0.01), "refuse", "is below zero with 95 % confidence"),
    ],
)
def test_every_demand(demand: Demand, difference: tuple[float, float, float], verdict: str, words: str) -> None:
    decision = decide_gate(score("new", 0.8), [against("rival", difference, demand)], None)
    assert decision.verdict == verdict
    assert words in decision.reason
    assert "rival" in decision.reason


def test_too_little_data_is_refused_whatever_the_numbers() -> None:
    decision = decide_gate(score("new", 0.99), [against("old", (0.5, 0.4, 0.6), "beat", incumbent=True)], "3 pairs")
    assert (decision.verdict, decision.reason) == ("refuse", "too little data to judge: 3 pairs")
    assert decision.incumbent == "old"


@pytest.mark.parametrize(("compared", "active"), [(None, "other"), ("old", "other"), ("old", None)])
def test_who_was_compared_with_another_than_the_active_one_is_not_promoted(
    compared: str | None, active: str | None
) -> None:
    rivals = [against(compared, (0.1, 0.05, 0.2), "beat", incumbent=True)] if compared else []
    decision = decide_gate(score("new", 0.8), rivals, None)
    assert confirm(decision, compared) == decision
    late = confirm(decision, active)
    assert (late.verdict, late.candidate, late.incumbent) == ("refuse", "new", compared)
    assert f"meanwhile {active or 'no version'} is active" in late.reason
    assert confirm(late, compared) == late


comparisons = st.lists(
    st.builds(
        lambda middle, spread, demand: against("r", (middle, middle - spread, middle + spread), demand),
        st.floats(-0.5, 0.5),
        st.floats(0, 0.3),
        st.sampled_from(["beat", "beat_beyond_chance", "not_worse_beyond_chance"]),
    ),
    max_size=5,
)


@given(comparisons, st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_and_one_more_demand_never_helps(rivals, rng) -> None:  # type: ignore[no-untyped-def]
    verdict = decide_gate(score("new", 0.8), rivals, None).verdict
    shuffled = rivals[:]
    rng.shuffle(shuffled)
    assert decide_gate(score("new", 0.8), shuffled, None).verdict == verdict
    if verdict == "refuse":
        assert (
            decide_gate(score("new", 0.8), [*rivals, against("x", (0.4, 0.3, 0.5), "beat")], None).verdict == "refuse"
        )
