"""The arithmetic of the benchmarks of calibration and of foreign findings, on remarks made up here."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("lightgbm", reason="the benchmarks train rankers")

from benchmarks._comments import Vectors

from benchmarks import calibration, foreign
from reviewlore.domain.history import Anchor, Episode

BENCH = calibration.Bench([], (), [], 1, 200, Vectors())


def asked(number: int, addressed: bool, repository: str = "octo/app", least: float | None = 0.5) -> calibration.Asked:
    chance = number / 10
    return calibration.Asked(repository, number // 2, float(number), chance, (least, None, None), addressed, 0.5)


ROWS = [asked(number, number in (3, 6, 7, 9)) for number in range(10)]


@pytest.mark.parametrize("module", [calibration, foreign])
def test_without_data_nothing_is_measured_and_that_is_said(
    module: object, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    assert module.main(["--data", f"{tmp_path}/nowhere"]) == 0  # type: ignore[attr-defined]
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("Not measured: there are no review comments")
    assert json.loads(out[-1])["across"] is None


def test_a_precision_counts_what_is_kept_and_where_no_point_is_reached_nothing_is() -> None:
    table = calibration.measure(BENCH, ROWS, "human")
    assert (table["count"], table["addressed"]) == (10, 0.4)
    first, second, _ = table["points"].values()
    assert (first["kept"], first["recall"], first["precision"]["value"]) == (5, 0.75, 0.6)
    assert (second["kept"], second["recall"], second["precision"]) == (0, 0.0, None)
    assert first["precision"]["low"] <= 0.6 <= first["precision"]["high"]


def test_within_compares_remarks_of_one_repository_only() -> None:
    good = [replace(each, repository="octo/good", addressed=True, score=9.0) for each in ROWS[:3]]
    assert calibration.within(ROWS) == calibration.within([*ROWS, *good])
    assert calibration.within(good) is None


def test_the_difference_from_itself_is_none_and_a_better_order_gains() -> None:
    same = calibration.interval(BENCH, ROWS, calibration.within, ROWS)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0}
    perfect = [replace(each, score=float(each.addressed)) for each in ROWS]
    gain = calibration.interval(BENCH, perfect, calibration.within, ROWS)
    assert gain is not None
    assert gain["value"] == pytest.approx(1.0 - (calibration.within(ROWS) or 0), abs=1e-4)


def test_what_is_filtered_is_told_with_its_recall() -> None:
    silent = [replace(each, repository="octo/silent", addressed=False, thresholds=(2.0,)) for each in ROWS]
    table = foreign.filtered(BENCH, [*ROWS, *silent])
    assert (table["count"], table["kept"], table["silenced"]) == (20, 5, ["octo/silent"])
    assert (table["before"]["value"], table["after"]["value"]) == (0.2, 0.6)
    assert (table["gain"]["value"], table["recall"]["value"]) == (0.4, 0.75)


def episode(number: int, outcome: str) -> Episode:
    return Episode(
        id=f"octo/app#{number // 2}/{number}", repository="octo/app", pull_request=number // 2, comment_id=str(number),
        author="bot-1", author_kind="bot", pull_request_author=None, anchor=Anchor("a.py", 1), hunk="@@",
        body=f"b{number}", created_at=f"2025-01-{number + 1:02d}", outcome=outcome,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_pull_request_is_judged_by_those_before_it() -> None:
    episodes = [episode(number, "addressed" if number % 3 == 0 else "ignored") for number in range(6)]
    parts = foreign.in_time(episodes)
    assert [(len(past), len(now)) for past, now in parts] == [(2, 2), (4, 2)]
    assert {each.pull_request for each in parts[1][1]} == {2}
    pairs = foreign.pair_outcomes(episodes, 1)
    assert len(pairs) == 2 * 4
    assert {pair.kind for pair in pairs} == {"outcome"}
    assert all(pair.chosen.body in ("b0", "b3") for pair in pairs)
