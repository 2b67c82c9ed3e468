"""Another reviewer's findings scored through the command line, on a real change, and as candidates of a review."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.command_line import told
from tests.formats.test_foreign import DIAGNOSTIC, log, result
from tests.repositories import commit, git, make_repository

from reviewlore.diff import parse_diff
from reviewlore.domain.calibration import Calibration, Calibrations, OperatingPoint
from reviewlore.domain.preference import Remark
from reviewlore.errors import InputError
from reviewlore.flows.foreign import Filter, find_least, read_foreign, score_file
from reviewlore.flows.scoring import Judgement

POINT = OperatingPoint(0.5, 0.0, 0.5, 40, 0.6, 0.45, 0.7)
LINE = Calibration(1.0, 0.0, 100, 10, 0.4, 0.02, 0.2, 0.7, points=(POINT,))


class ByLength:
    """The longer the remark, the higher the score; remarks on code score one more."""

    version, tier = "embedded-test", "embedded"

    def score(self, remarks: list[Remark]) -> list[float]:
        return [len(remark.body) - 5.0 + bool(remark.hunk) for remark in remarks]


JUDGEMENT = Judgement(ByLength(), Calibrations("embedded-test", bots=LINE))  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a.py": "one\ntwo\nthree\n", "b.py": "x\n"})
    git(folder, "checkout", "-q", "-b", "topic")
    commit(folder, {"a.py": "one\nTWO\nthree\n"})
    return folder


def test_sarif_is_pinned_to_the_change_and_comes_back_marked(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.sarif"
    file.write_text(json.dumps(log(result("a.py", 2), result("a.py", 90), result("b.py", 1), {"odd": 1})))
    code, out, err = told(capsys, "score", str(file), "--repo", str(home), "--base", "main", "--head", "topic")
    assert code == 0
    assert err == (
        "Scoring with prior (embedded tier)\n"
        "Of 3 findings: 1 file_not_in_diff, 1 in_diff, 1 line_not_in_diff. What the change does not show was scored by "
        "its words.\n"
        "Passed through without a score: 1 no_message.\n"
    )
    results = json.loads(out)["runs"][0]["results"]
    places = [each.get("properties", {}).get("reviewlore/place") for each in results]
    assert places == ["in_diff", "line_not_in_diff", "file_not_in_diff", None]
    assert all(0 <= each["rank"] <= 100 for each in results[:3])
    assert sorted(each["properties"]["reviewlore/rank"] for each in results[:3]) == [1, 2, 3]
    assert results[0]["properties"]["reviewlore/score"] != results[1]["properties"]["reviewlore/score"]


def test_without_a_change_the_words_alone_are_scored_and_it_is_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "found.json"
    file.write_text(json.dumps({"diagnostics": [DIAGNOSTIC]}))
    code, out, err = told(capsys, "score", str(file), "--repo", str(home))
    assert code == 0
    assert "Nothing says which change the findings are on, so they were scored by their words alone" in err
    assert "(reviewlore: rank 1, probability 0." in json.loads(out)["diagnostics"][0]["message"]


def test_what_is_left_out_is_said_with_the_reason(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"path": "a.py", "diff_hunk": "@@", "body": "x"}))
    common = ("score", str(file), "--repo", str(home))
    code, out, err = told(capsys, *common, "--keep-above", "0.99")
    assert (code, out) == (0, "")
    assert err.endswith("Left out 1 of 1 findings: their probability of being addressed is below 0.990.\n")
    code, out, _ = told(capsys, *common, "--keep-above", "0.01")
    assert (code, json.loads(out)["rank"]) == (0, 1)
    code, out, err = told(capsys, *common, "--target-precision", "0.7")
    assert (code, out) == (2, "")
    assert "No score reaches a precision of 70% on the held-out remarks of machines; 10% is the most" in err
    assert told(capsys, *common, "--keep-above", "1.5")[0] == 2


def test_a_named_format_is_not_guessed(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x"
    file.write_text(json.dumps({"path": "a.py", "diff_hunk": "@@", "body": "x"}))
    code, out, err = told(capsys, "score", str(file), "--repo", str(home), "--input-format", "sarif")
    assert (code, out) == (2, "")
    assert "is not a SARIF log" in err


def rows(*bodies: str, **more: Any) -> bytes:
    return "\n".join(json.dumps({"path": "a.py", "line": 2, "body": body, **more}) for body in bodies).encode()


def patches(home: Path) -> Any:
    return parse_diff(git(home, "diff", "main", "topic") + "\n")


def test_rows_may_leave_the_hunk_to_the_change(home: Path) -> None:
    scored = score_file(rows("12345", "1234567"), "x", JUDGEMENT, patches=patches(home), wanted=Filter(keep_above=0.9))
    (row,) = [json.loads(line) for line in scored.text.splitlines()]
    assert (row["body"], row["score"], row["rank"], row["place"]) == ("1234567", 3.0, 1, "in_diff")
    assert scored.notes == (
        "Of 2 findings: 2 in_diff. What the change does not show was scored by its words.",
        "Left out 1 of 2 findings: their probability of being addressed is below 0.900.",
    )
    elsewhere = score_file(rows("12345", diff_hunk="@@ here", path="c.py"), "x", JUDGEMENT, patches=patches(home))
    assert json.loads(elsewhere.text)["score"] == 1.0  # the row brings its own hunk
    assert json.loads(elsewhere.text)["place"] == "file_not_in_diff"


SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "scored-row.schema.json"


@pytest.mark.parametrize("placed", [False, True], ids=["alone", "on a change"])
@pytest.mark.parametrize("known", [False, True], ids=["not calibrated", "calibrated"])
def test_what_a_row_says_under_our_names_is_not_taken_for_ours(home: Path, *, placed: bool, known: bool) -> None:
    judgement = JUDGEMENT if known else Judgement(ByLength(), Calibrations("embedded-test"))  # type: ignore[arg-type]
    foreign = {"probability": "very", "place": "kitchen", "score": "A", "rank": 0, "confidence": "high"}
    data = rows("12345", "1234567", diff_hunk="@@ here", **foreign)
    change = patches(home) if placed else None
    scored = score_file(data, "x", judgement, patches=change, wanted=Filter(keep_above=0.1))
    found = [json.loads(line) for line in scored.text.splitlines()]
    assert len(found) == 2
    for row in found:
        jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(row)
        assert ("probability" in row, "place" in row, row["confidence"]) == (known, placed, "high")


def test_a_precision_becomes_the_probability_that_reached_it() -> None:
    assert find_least(JUDGEMENT, Filter(target_precision=0.5)) == 0.5
    assert find_least(JUDGEMENT, Filter(keep_above=0.7, target_precision=0.5)) == 0.7
    assert find_least(JUDGEMENT, Filter()) is None
    with pytest.raises(InputError, match="50% is the most that was reached"):
        find_least(JUDGEMENT, Filter(target_precision=0.6))
    with pytest.raises(InputError, match="0% is the most"):
        find_least(Judgement(ByLength(), Calibrations("v")), Filter(target_precision=0.1))  # type: ignore[arg-type]


def test_candidates_for_a_review_come_with_the_dropped_ones(home: Path) -> None:
    data = json.dumps(log(result("a.py", 2), result("b.py", 1), {"odd": 1}, 3)).encode()
    (found,), dropped = read_foreign(data, "x.sarif", patches(home))
    assert (found.source, found.anchor.path, found.anchor.line) == ("foreign", "a.py", 2)
    assert sorted(each.reason for each in dropped) == ["file_not_in_diff", "no_message", "not_a_result"]
    assert len({each.id for each in dropped}) == 3
