"""Scarce data through the command line: what is refused, what is told instead, and what is not claimed."""

import json
from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.command_line import told
from tests.constructed import make_rows
from tests.lineage import mined
from tests.repositories import commit

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore


def test_the_curve_is_shown_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = mined(tmp_path, make_rows(80, 1))
    before = GitStore(GitRepo(home)).head()
    code, out, err = told(capsys, "train", "--curve", "--repo", str(home), "-q")
    assert code == 0, err
    assert out.startswith("Learning curve of the embedded ranker: accuracy (mean of kinds) on ")
    assert " 200% " in out
    code, again, _ = told(capsys, "train", "--curve", "--repo", str(home), "-q", "--format", "json")
    found = json.loads(again)
    assert [point["share"] for point in found["points"]] == [0.125, 0.25, 0.5, 0.75, 1.0]
    assert found["outlook"] != "likely"  # the ranker cannot know what this team likes
    assert found["told"].split(": ")[0] in " ".join(out.split())
    assert GitStore(GitRepo(home)).head() == before


def test_below_the_minimum_of_the_settings_training_says_what_is_missing_and_whether_more_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = mined(tmp_path, make_rows(80, 1))
    commit(home, {".reviewlore.toml": "[[learn.minimum]]\npairs = 100000\npull-requests = 500\n"})
    code, out, err = told(capsys, "train", "--repo", str(home), "-q")
    assert (code, out) == (2, "")
    assert err.startswith("Error: The ranker needs at least 100000 training pairs; there are ")
    assert "pull requests, of 500 that are needed" in err
    assert "wice the pull requests" in err


def test_too_little_for_a_curve_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = mined(tmp_path, make_rows(16, 1))
    code, out, err = told(capsys, "train", "--curve", "--repo", str(home), "-q")
    assert (code, out) == (2, "")
    assert err.startswith("Error: There is too little to draw a learning curve: ")


def test_thin_slices_are_not_claimed_and_few_held_out_pairs_are_cross_validated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = mined(tmp_path, make_rows(28, 1))
    code, out, err = told(capsys, "train", "--repo", str(home), "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    assert "Not learned: testing (0 of 30 pairs, 0 of 5 pull requests)." in err
    assert "not learned: testing (0 of 30 pairs, 0 of 5 pull requests)" in found["manifest"]["not_learned"]
    assert found["decision"]["verdict"] == "refuse"
    assert "too little data to judge" in found["decision"]["reason"]
    name = f"{found['manifest']['id']}, 5 folds"
    (row,) = [score for score in found["evaluation"]["scores"] if score["name"] == name]
    assert row["overall"]["count"] > sum(found["evaluation"]["pairs"].values())
    assert any(note.startswith(f"{name} is judged on ") for note in found["evaluation"]["notes"])
