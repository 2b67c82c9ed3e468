"""The account of a model: kept on the state branch, read for the limits, and never a reason to lose a review."""

import json
from dataclasses import replace

import pytest
from tests.fakes.runner import FakeStore
from tests.repositories import commit, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.spending import Allowance, Spent
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows.spending import MeteredGenerator, read_month, read_spent, record, remaining, spent_files
from reviewlore.formats.standing import render_spending
from reviewlore.ports import Generator

NOW = "2026-11-20T10:00:00Z"
SETTINGS = ModelSettings(max_calls=2, price_in=1.0, price_out=1.0, characters_per_token=2.0)
ROW = Spent(NOW, "octo/demo", 7, "small", 2, 90, 10, 0.25, 3.0, 1.5)


class Counting(Generator):
    """Answers with the number of the request."""

    model = "small"

    def __init__(self):
        self.asked = []

    def generate(self, requests):
        self.asked += requests
        return [
            ModelFailure("timeout", "late", 2.0) if each.user == "late" else ModelAnswer(each.user, "small", 1.0, 40, 2)
            for each in requests
        ]


def requests(*texts):
    return [ModelRequest("", text, 10) for text in texts]


def test_what_is_beyond_the_budget_is_not_asked_and_the_rest_keeps_its_order():
    inner = Counting()
    metered = MeteredGenerator(inner, SETTINGS, Allowance(tokens=100))
    answers = metered.generate(requests("a", "b" * 500, "c"))
    assert [answer.text if isinstance(answer, ModelAnswer) else answer.kind for answer in answers] == [
        "a",
        "budget",
        "c",
    ]
    assert [each.user for each in inner.asked] == ["a", "c"]
    [refused] = metered.generate(requests("d"))
    assert isinstance(refused, ModelFailure), "what was taken is remembered: 84 of 100 tokens"
    assert "model.max-tokens" in refused.reason
    assert len(inner.asked) == 2


def test_calls_are_counted_over_several_rounds_whether_answered_or_not():
    metered = MeteredGenerator(Counting(), SETTINGS, remaining(FakeStore(), SETTINGS, NOW))
    assert [type(each).__name__ for each in metered.generate(requests("late"))] == ["ModelFailure"]
    kinds = [getattr(each, "kind", "answer") for each in metered.generate(requests("a", "b"))]
    assert kinds == ["answer", "budget"]
    assert (metered.usage.calls, metered.usage.failed, metered.usage.completion_tokens) == (1, 1, 2)
    spent = metered.spent(NOW, "octo/demo", 7)
    assert (spent.calls, spent.failed, spent.seconds, spent.latency, spent.model) == (1, 1, 3.0, 1.0, "small")
    assert spent.cost == pytest.approx((40 + 2 + 18) / 1e6)


def test_nothing_asked_is_nothing_spent():
    metered = MeteredGenerator(Counting(), SETTINGS, Allowance(calls=0))
    assert metered.generate([]) == []
    assert metered.generate(requests("a"))[0].kind == "budget"
    assert metered.spent(NOW, "octo/demo") is None


def test_what_was_spent_is_read_back_for_the_limits():
    store = FakeStore()
    assert record(store, ROW, NOW) == ""
    assert record(store, replace(ROW, at="2026-11-21T10:00:00Z", pull_request=8), NOW) == ""
    assert record(store, replace(ROW, at="2026-10-01T10:00:00Z"), NOW) == ""
    assert store.messages[0] == "Record what a review asked of small"
    assert sorted(store.files) == ["usage/2026-10.jsonl", "usage/2026-11.jsonl"]
    limited = replace(SETTINGS, max_tokens=1000, monthly_tokens=1000, monthly_cost=1.0)
    assert remaining(store, limited, NOW, "octo/demo", 7) == Allowance(2, 800, 800, 0.5)
    assert remaining(store, limited, NOW, "octo/other", 7) == Allowance(2, 1000, 800, 0.5)
    assert remaining(store, limited, "2026-12-01T00:00:00Z") == Allowance(2, 1000, 1000, 1.0)
    assert remaining(store, SETTINGS, NOW) == Allowance(2)
    assert [row.pull_request for row in read_spent(store, "2026-11")] == [7, 8]


def test_the_account_joins_a_commit_of_others():
    store = FakeStore()
    store.update(
        lambda now: {"a.json": b"1", **spent_files(now, [ROW, replace(ROW, pull_request=9)])}, lambda: "m", NOW
    )
    assert store.messages == ["m"]
    lines = store.files["usage/2026-11.jsonl"].splitlines()
    assert [json.loads(line)["pull_request"] for line in lines] == [7, 9]


def test_a_run_that_may_not_write_says_so():
    store = FakeStore(failure=RefusedError("octo/demo does not let this token write."))
    note = record(store, ROW, NOW)
    assert note == (
        "What the model took could not be recorded, so the month's limits do not see it: "
        "octo/demo does not let this token write."
    )


def test_a_damaged_account_is_said():
    store = FakeStore({"usage/2026-11.jsonl": b"{"})
    with pytest.raises(StateError, match=r"usage/2026-11\.jsonl, line 1"):
        remaining(store, replace(SETTINGS, monthly_tokens=5), NOW)
    assert "could not be recorded" in record(store, ROW, NOW)


def test_two_reviews_at_once_lose_no_line(tmp_path):
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a": "1"})
    first, second = GitStore(GitRepo(folder)), GitStore(GitRepo(folder))
    once = [True]

    def change(now):
        if once.pop() if once else False:
            assert record(second, replace(ROW, pull_request=8), NOW) == ""
        return spent_files(now, [ROW])

    first.update(change, lambda: "m", NOW)
    assert sorted(row.pull_request for row in read_spent(first, "2026-11")) == [7, 8]


def test_a_month_is_told_beside_its_limits():
    store = FakeStore()
    record(store, replace(ROW, failed=1, prompt_tokens=1_234_000), NOW)
    month = read_month(store, NOW)
    assert render_spending(month, 0, 0.0) == (
        "Models in 2026-11: 2 calls and 1 that failed in 1 review, 1,234,010 tokens, cost 0.25, 1.5 s a\n"
        "call (median); small 2.\n"
    )
    assert "1,234,010 tokens of 2,000,000, cost 0.25\nof 5.00" in render_spending(month, 2_000_000, 5.0)
    assert render_spending(read_month(store, "2026-12-01T00:00:00Z"), 5, 5.0) == ""


def test_status_shows_the_month(tmp_path, capsys):
    folder = make_repository(tmp_path / "repo")
    commit(folder, {".reviewlore.toml": "[model]\nmonthly-tokens = 500\n"})
    assert run(["status", "--repo", str(folder)]) == 0
    assert "Models in" not in capsys.readouterr().out
    now = SystemClock().now()
    assert record(GitStore(GitRepo(folder)), replace(ROW, at=now), now) == ""
    assert run(["status", "--repo", str(folder)]) == 0
    assert f"Models in {now[:7]}: 2 calls in 1 review, 100 tokens of 500, cost 0.25" in capsys.readouterr().out
    assert run(["status", "--repo", str(folder), "--format", "json"]) == 0
    spending = json.loads(capsys.readouterr().out)["spending"]
    assert (spending["calls"], spending["prompt_tokens"], spending["monthly_tokens"]) == (2, 90, 500)
