"""`python -m benchmarks replay`: how agreement is counted, and what it says without its data."""

import json
from pathlib import Path

import pytest

from benchmarks import replay
from reviewlore.domain.history import Anchor, Episode, Outcome, OutcomeEvidence


def episode(comment: int, outcome: Outcome, kind: str = "lines_changed") -> Episode:
    evidence = OutcomeEvidence(kind, outcome, 0.8)
    return Episode(
        id=f"octo/r#1/{comment}", repository="octo/r", pull_request=1, comment_id=str(comment), author="p",
        author_kind="human", pull_request_author=None, anchor=Anchor("a.py", 1), hunk="", body="Use sum here.",
        created_at="2026-01-01T00:00:00Z", outcome=outcome, evidence=(evidence,),
    )  # fmt: skip


def test_what_either_side_leaves_open_is_not_compared() -> None:
    rows = {
        number: {"outcome": outcome, "confidence": "high"}
        for number, outcome in enumerate(("addressed", "addressed", "ignored", "unknown", "ignored"))
    }
    found = [episode(0, "addressed"), episode(1, "ignored"), episode(2, "declined"), episode(3, "addressed")]
    compared = replay.compare([*found, episode(4, "unknown")], rows)
    assert compared == {
        "high": [("lines_changed", True, True), ("lines_changed", True, False), ("lines_changed", False, False)]
    }
    # Two of three agree; by chance 2/3 * 1/3 + 1/3 * 2/3 = 4/9 would: (2/3 - 4/9) / (1 - 4/9) = 0.4.
    assert replay.summarise(compared["high"]) == {"compared": 3, "agreement": 0.667, "kappa": 0.4}
    assert "lines_changed" in replay.table(compared)


def test_agreement_without_any_choice_has_no_kappa() -> None:
    assert replay.summarise([("lines_changed", True, True)] * 5) == {"compared": 5, "agreement": 1.0, "kappa": None}
    assert replay.summarise([]) == {"compared": 0, "agreement": None, "kappa": None}


def test_without_a_clone_it_says_what_it_could_not_measure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    assert replay.main(["octo/none", "--data", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["not_measured"] == ["replay"]
