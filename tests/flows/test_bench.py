"""One entrant on the pairs: remarks are asked about once, few pairs are spread, reading is priced."""

from dataclasses import replace

import pytest

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.training import Reading
from reviewlore.flows.bench import Bench, Entrant, Remembering


class Clock:
    """A clock that moves on by ten seconds each time it is asked."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return "2025-01-01T00:00:00Z"

    def monotonic(self):
        self.seconds += 10.0
        return self.seconds


class Model:
    """Prefers longer remarks, and remembers what it was asked."""

    version, tier = "a-model", "prompt"

    def __init__(self):
        self.asked = []

    def score(self, remarks):
        self.asked.append(list(remarks))
        return [float(len(remark.body)) for remark in remarks]

    def read(self, remarks):
        return Reading(prompt=100.0, passes=250.0)


def a_pair(number: int) -> PreferencePair:
    sides = Remark("x", f"h{number}", "long one"), Remark("x", f"h{number}", "short")
    return PreferencePair(
        id=f"{number:03}", kind="outcome", chosen=sides[number % 4 == 0], rejected=sides[number % 4 != 0], weight=1.0,
        repository="a/b", pull_request=f"a/b#{number}", created_at="", episodes=("x", "y"),
    )  # fmt: skip


PAIRS = [a_pair(number) for number in range(100)]


def run(most=0, price=0.0):
    model = Model()
    bench = Bench(PAIRS, {"language:Go": frozenset({"001", "002"})}, 1, Clock(), price)
    return *bench.run(Entrant("a-model", "prompt", model.score, model.read, most)), model


def test_a_row_has_quality_time_reading_and_cost():
    score, wins, model = run(price=2.0)

    assert (score.overall.accuracy, score.overall.count, len(wins)) == (0.75, 100, 100)
    assert score.slices["language:Go"].count == 2
    assert score.milliseconds_per_remark == pytest.approx(10_000 / 200)
    assert score.prompt_tokens == 100.0
    assert score.cost_per_thousand == pytest.approx(250 * 1000 * 2.0 / 1e6)
    assert [len(set(batch)) for batch in model.asked] == [200]


def test_without_a_price_there_is_no_cost():
    assert run()[0].cost_per_thousand is None


@pytest.mark.parametrize(("most", "judged"), [(0, 100), (100, 100), (99, 50), (30, 25), (7, 7), (1, 1)])
def test_few_pairs_are_spread_over_all(most, judged):
    score, wins, _ = run(most)

    assert len(wins) == score.overall.count == judged
    assert "000" in wins


def test_on_few_pairs_the_same_kinds_count_as_on_all():
    kinds = {"outcome": 40, "same_hunk": 30, "dismissed": 2}
    pairs = [replace(a_pair(n), kind=kind) for n, kind in enumerate(k for k, c in kinds.items() for _ in range(c))]
    model = Model()
    score, wins = Bench(pairs, {}, 1, Clock()).run(Entrant("a-model", "prompt", model.score, None, 10))

    assert len(wins) == 9
    assert set(score.by_kind) >= {"outcome", "same_hunk"}
    counted = [score.by_kind[kind] for kind in ("outcome", "same_hunk")]
    assert score.overall.accuracy == pytest.approx(sum(row.accuracy for row in counted) / 2)
    assert score.overall.count == sum(row.count for row in counted)


def test_what_was_scored_once_is_not_asked_again():
    model = Model()
    remembering = Remembering(model)
    remarks = [pair.chosen for pair in PAIRS[:4]]
    assert remembering.score(remarks) == remembering.score(remarks)
    remembering.score([*remarks, PAIRS[7].rejected, PAIRS[7].rejected])
    assert [len(batch) for batch in model.asked] == [4, 1]
    assert remembering.read(remarks) == Reading(100.0, 250.0)
    assert (remembering.version, remembering.tier) == ("a-model", "prompt")
