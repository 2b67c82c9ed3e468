"""Limits are kept whatever is asked, and what is not told is estimated from above."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.spending import Allowance, Spent
from reviewlore.stages.budget import (
    add_up_usage,
    admit,
    charge,
    find_allowance,
    measure,
    median_latency,
    price,
    summarise,
)

SETTINGS = ModelSettings(price_in=2.0, price_out=10.0, max_calls=3, characters_per_token=2.0)


def request(characters=100, answer_tokens=50):
    return ModelRequest(system="", user="x" * characters, answer_tokens=answer_tokens)


def row(at="2026-11-20T10:00:00Z", pull=1, **more):
    values = {"calls": 2, "prompt_tokens": 100, "completion_tokens": 10, "cost": 0.5, "seconds": 4.0, "latency": 2.0}
    return Spent(at, "o/r", pull, "m", **{**values, **more})


def test_prices_are_per_million_tokens():
    assert price(1_000_000, 500_000, SETTINGS) == 7.0


def test_what_is_left_is_the_limit_less_what_was_spent_and_no_limit_is_none():
    assert find_allowance([], [], ModelSettings()) == Allowance(calls=6)
    settings = ModelSettings(max_calls=4, max_tokens=1000, monthly_tokens=300, monthly_cost=5.0)
    found = find_allowance([row(), row(pull=2)], [row()], settings)
    assert found == Allowance(calls=4, tokens=890, monthly_tokens=80, monthly_cost=4.0)
    spent = find_allowance([row()] * 9, [row()] * 20, settings)
    assert spent == Allowance(calls=4, tokens=0, monthly_tokens=0, monthly_cost=0.5)


@pytest.mark.parametrize(
    ("allowance", "key"),
    [
        (Allowance(calls=0), "model.max-calls"),
        (Allowance(tokens=60), "model.max-tokens"),
        (Allowance(monthly_tokens=60), "model.monthly-tokens"),
        (Allowance(monthly_cost=0.0001), "model.monthly-cost"),
    ],
)
def test_a_request_beyond_a_limit_is_told_which(allowance, key):
    [reason] = admit([request()], allowance, SETTINGS)
    assert f"({key})" in reason
    assert admit([request()], Allowance(), SETTINGS) == [""]


def test_a_small_request_may_follow_one_that_is_too_large():
    reasons = admit([request(10_000), request(20)], Allowance(tokens=200), SETTINGS)
    assert [bool(reason) for reason in reasons] == [True, False]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 200)), max_size=8),
    st.integers(0, 4) | st.none(),
    st.integers(0, 800) | st.none(),
    st.floats(0, 0.01) | st.none(),
)
def test_what_is_admitted_fits_together(shapes, calls, tokens, cost):
    requests = [request(*shape) for shape in shapes]
    reasons = admit(requests, Allowance(calls, tokens, tokens, cost), SETTINGS)
    admitted = [each for each, reason in zip(requests, reasons, strict=True) if not reason]
    most = [ModelAnswer("", "m", 1.0, len(each.user) // 2, each.answer_tokens) for each in admitted]
    total = add_up_usage((measure(each, answer, SETTINGS) for each, answer in zip(admitted, most, strict=True)), "m")
    assert calls is None or len(admitted) <= calls
    assert tokens is None or total.prompt_tokens + total.completion_tokens <= tokens
    assert cost is None or total.cost <= cost + 1e-9


def test_an_answer_counts_what_the_server_says_or_what_it_can_be_at_most():
    told = measure(request(), ModelAnswer("four", "m", 2.0, 40, 5), SETTINGS)
    assert (told.calls, told.prompt_tokens, told.completion_tokens, told.cost) == (1, 40, 5, pytest.approx(130e-6))
    guessed = measure(request(), ModelAnswer("four", "m", 2.0), SETTINGS)
    assert (guessed.prompt_tokens, guessed.completion_tokens) == (50 + 16, 2)


@pytest.mark.parametrize(("kind", "tokens"), [("timeout", 66), ("broken", 66), ("unreachable", 0), ("refused", 0)])
def test_a_failure_counts_as_read_only_where_the_server_may_have_worked(kind, tokens):
    took = measure(request(), ModelFailure(kind, "no", 3.0), SETTINGS)
    assert (took.calls, took.failed, took.prompt_tokens, took.seconds) == (0, 1, tokens, 3.0)


def test_calls_add_up_and_the_median_is_of_those_answered():
    rows = [measure(request(), ModelAnswer("", "m", seconds, 10, 5), SETTINGS) for seconds in (1.0, 9.0, 2.0)]
    rows.append(measure(request(), ModelFailure("timeout", "no", 120.0), SETTINGS))
    total = add_up_usage(rows, "m")
    assert (total.model, total.calls, total.failed, total.seconds) == ("m", 3, 1, 132.0)
    assert (total.prompt_tokens, total.completion_tokens) == (30 + 66, 15)
    assert median_latency(rows) == 2.0
    assert median_latency([]) == 0.0


def test_charging_leaves_no_limit_alone():
    assert charge(Allowance(), 5, 5, 1.0) == Allowance()
    assert charge(Allowance(1, 9, 20, 0.5), 5, 5, 1.0) == Allowance(0, -1, 10, -0.5)


def test_a_month_is_summed_up():
    month = summarise([row(), row(latency=6.0, failed=1, calls=1), row(calls=0, failed=2, latency=0.0)], "2026-11")
    assert (month.reviews, month.calls, month.failed, month.cost, month.latency) == (3, 3, 3, 1.5, 4.0)
    assert (month.prompt_tokens, month.completion_tokens, month.seconds, month.models) == (300, 30, 12.0, {"m": 3})
    assert summarise([], "2026-11").latency == 0.0
