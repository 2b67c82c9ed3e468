"""The gate's verdicts and its sentences, for every demand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import a_version

from reviewlore.domain.evaluation import Comparison, Demand, GuardResult, Interval, TierScore
from reviewlore.domain.recipe import MadeBase, NamedBase
from reviewlore.stages.gate import confirm, confirm_served, decide_gate, demand_of_incumbent, find_migration


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


def test_a_broken_guard_refuses_whatever_is_preferred() -> None:
    rivals = [against("old", (0.2, 0.1, 0.3), "beat_beyond_chance", incumbent=True)]
    fine = GuardResult("valid", 0.9, 0.8, False, "90 % of what it writes can be used.")
    broken = [
        GuardResult("forgetting", 1.9, 1.2, True, "It predicts ordinary code 1.9 times worse than its base."),
        GuardResult("exposure", 7.0, 3.0, True, "Planted secrets are 7.0 bits more exposed."),
    ]
    assert decide_gate(score("new", 0.8), rivals, None, [fine]).verdict == "promote"
    decision = decide_gate(score("new", 0.8), rivals, None, [fine, *broken])
    assert (decision.verdict, decision.incumbent) == ("refuse", "old")
    assert decision.reason == (
        "a guard is broken: It predicts ordinary code 1.9 times worse than its base; "
        "Planted secrets are 7.0 bits more exposed"
    )


def test_a_guard_that_was_not_measured_is_not_broken_by_that() -> None:
    unmeasured = GuardResult("forgetting", None, 1.2, False, "It was not measured.")
    assert decide_gate(score("new", 0.8), [], None, [unmeasured]).verdict == "promote"


@pytest.mark.parametrize(
    ("difference", "verdict", "words"),
    [
        ((0.05, 0.01, 0.09), "promote", "new beats old"),
        ((0.0, -0.02, 0.02), "promote", "new is as good as old, paired difference +0.000 [-0.020, +0.020]"),
        ((0.0, -0.03, 0.03), "refuse", "is not above -0.03 with 95 % confidence"),
        ((0.02, -0.08, 0.12), "refuse", "is not above -0.03 with 95 % confidence"),
    ],
)
def test_a_wanted_migration_has_to_be_as_good(difference: tuple[float, float, float], verdict: str, words: str) -> None:
    demand = demand_of_incumbent("the base changes", wanted=True)
    rivals = [against("old", difference, demand, incumbent=True)]
    decision = decide_gate(score("new", 0.8), rivals, None, migration="the base changes")
    assert (decision.verdict, decision.migration) == (verdict, "the base changes")
    assert words in decision.reason


def test_any_other_candidate_has_to_beat_the_incumbent() -> None:
    assert demand_of_incumbent("the base changes", wanted=False) == "beat_beyond_chance"
    assert demand_of_incumbent("", wanted=True) == "beat_beyond_chance"


def test_a_migration_names_both_bases() -> None:
    small = NamedBase("acme/small", "a" * 40)
    made = MadeBase(1, 32, 2, 300, 0, 0.0)
    before = replace(a_version(), base_model="acme/small", base_revision="a" * 40)
    assert find_migration(before, small) == ""
    assert find_migration(before, NamedBase("acme/small", "b" * 40)) == (
        "the base model changes from acme/small at aaaaaaaaaaaa to acme/small at bbbbbbbbbbbb"
    )
    assert find_migration(before, NamedBase("acme/large", "")).endswith("to acme/large at no revision")
    assert find_migration(before, made).endswith("to a base made here")
    anew = replace(a_version(), base_model="made:smoke_cpu", base_revision="sha256:12")
    assert find_migration(anew, made) == ""
    assert find_migration(anew, small).startswith("the base model changes from made:smoke_cpu at sha256:12 to acme")
    assert find_migration(replace(a_version(), base_model=None), small) == "", "a ranker has no base to leave"


def shown(name: str, difference: tuple[float, float, float], tokens: float) -> Comparison:
    item = against(name, difference, "not_inferior")
    return replace(item, rival=replace(item.rival, prompt_tokens=tokens))


@pytest.mark.parametrize(
    ("difference", "tokens", "win"),
    [
        ((0.0, -0.02, 0.02), 2000.0, "as good as few-shot (+0.000 [-0.020, +0.020], margin 0.03) with a prompt of 300"),
        ((0.1, 0.05, 0.2), 600.0, "as good as few-shot"),
        ((0.1, 0.05, 0.2), 599.0, ""),
        ((0.0, -0.04, 0.04), 2000.0, ""),
    ],
)
def test_a_small_adapter_that_replaces_a_long_prompt_is_named(
    difference: tuple[float, float, float], tokens: float, win: str
) -> None:
    own = replace(score("new", 0.8), prompt_tokens=300.0)
    rivals = [against("ranker", (0.2, 0.1, 0.3), "beat_beyond_chance"), shown("few-shot", difference, tokens)]
    decision = decide_gate(own, rivals, None)
    assert decision.win.startswith(win)
    assert bool(decision.win) == bool(win)
    if win:
        assert decision.win.endswith(f"with a prompt of 300 instead of {tokens:.0f} tokens")
        longer = decide_gate(own, [*rivals, shown("prompt only", difference, 2 * tokens)], None)
        assert "prompt only" in longer.win
    assert decide_gate(score("new", 0.8), rivals, None).win == "", "a ranker is shown no prompt"
    assert decide_gate(own, rivals, "3 pairs").win == "", "who is refused has won nothing"


def test_what_got_clearly_worse_by_more_data_is_not_served() -> None:
    decision = decide_gate(score("new", 0.8), [against("random", (0.3, 0.2, 0.4), "beat_beyond_chance")], None)
    assert confirm_served(decision, Interval(-0.01, -0.05, 0.03, 200)) == decision
    refused = confirm_served(decision, Interval(-0.3, -0.4, -0.2, 200))
    assert refused.verdict == "refuse"
    assert "trained once more on all pairs it does worse" in refused.reason
    assert "-0.300 [-0.400, -0.200]" in refused.reason
    assert confirm_served(refused, Interval(0.1, 0.0, 0.2, 200)) == refused
