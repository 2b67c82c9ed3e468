"""A signal that only a reader of hunk and remark together can learn, and noise: what the gate makes of both.

Whole trainings of an adapter through the command line, on a base that is made on the spot.
"""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")
pytest.importorskip("trl", reason="training needs the model extra")

from tests.command_line import told
from tests.constructed import make_rows, write_recipe
from tests.lineage import mined

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.resources import load_recipe
from reviewlore.adapters.store import GitStore

pytestmark = pytest.mark.model

PLACES = 200
LEARNING = {
    "base.width": "64", "base.heads": "2", "base.vocabulary": "400", "base.warm_up_steps": "320",
    "text.hunk_characters": "120", "text.remark_characters": "100", "text.max_tokens": "160",
    "lora.rank": "16", "lora.alpha": "32",
    "loss.kind": '"sigmoid"', "loss.label_smoothing": "0.0",
    "run.learning_rate": "2e-3", "run.batch_size": "16", "run.micro_batch": "16", "run.max_steps": "110",
    "run.epochs": "50.0", "run.log_every": "10",
}  # fmt: skip
SHORT = {
    **LEARNING, "base.layers": "1", "base.width": "32", "base.heads": "1", "base.warm_up_steps": "4",
    "run.batch_size": "8", "run.micro_batch": "8", "run.max_steps": "8",
}  # fmt: skip


def prepare(folder: Path, values: dict[str, str], *, noise: bool = False, places: int = PLACES) -> tuple[Path, Path]:
    """Return a mined repository and a recipe file."""
    home = mined(folder, make_rows(places, 1, noise=noise))
    return home, write_recipe(folder, load_recipe("smoke_cpu"), values)


def train(capsys: pytest.CaptureFixture[str], home: Path, recipe: Path) -> dict[str, Any]:
    code, out, err = told(
        capsys, "train", "--tier", "adapter", "--recipe", str(recipe), "--repo", str(home), "--format", "json", "-q"
    )
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def overall(found: dict[str, Any]) -> dict[str, float]:
    return {score["name"]: score["overall"]["accuracy"] for score in found["evaluation"]["scores"]}


def states(home: Path) -> dict[str, str]:
    entries = json.loads(GitStore(GitRepo(home)).read("registry.json") or b"")["entries"]
    return {entry["id"]: entry["state"] for entry in entries}


def test_what_only_a_reader_of_both_can_know_is_learned_promoted_served_and_rolled_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, recipe = prepare(tmp_path, LEARNING)
    found = train(capsys, home, recipe)
    name, scores = found["manifest"]["id"], overall(found)
    own = scores.pop(name)
    assert found["decision"]["verdict"] == "promote", found["decision"]["reason"]
    assert own > 0.7
    # Nobody else can know: not the ranker, not the prior, no baseline, and not the base, whatever it is shown.
    assert {other: score for other, score in scores.items() if score > 0.68} == {}
    assert "embedded ranker" in scores
    assert states(home) == {name: "active"}

    # What is served was trained once more, on all: asked about code it never saw, it tells the two remarks apart.
    rows = sorted(make_rows(30, 9), key=lambda row: (row["comment_id"] // 2, row["outcome"]))
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, err = told(capsys, "score", str(tmp_path / "new.jsonl"), "--repo", str(home))
    assert code == 0, err
    scored = [json.loads(line)["score"] for line in out.splitlines()]
    told_apart = sum(good > bad for good, bad in zip(scored[::2], scored[1::2], strict=True))
    assert told_apart >= 20, told_apart

    code, out, _ = told(capsys, "rollback", "--repo", str(home), "--reason", "a drill")
    assert (code, out) == (0, f"Rolled back from {name} to the shipped prior: a drill\n")
    assert states(home) == {name: "retired"}


def test_noise_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {**LEARNING, "base.warm_up_steps": "20", "run.max_steps": "20"}
    home, recipe = prepare(tmp_path, values, noise=True, places=120)
    found = train(capsys, home, recipe)
    name = found["manifest"]["id"]
    assert found["decision"]["verdict"] == "refuse"
    assert abs(overall(found)[name] - 0.5) < 0.15
    assert states(home) == {name: "rejected"}


@pytest.mark.parametrize(("least", "way"), [("20", "later"), ("5000", "folds")])
def test_later_pull_requests_of_the_training_side_say_when_to_stop_and_folds_where_they_are_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], least: str, way: str
) -> None:
    values = {
        **SHORT, "stopping.every": "5", "stopping.share": "0.2", "stopping.least_pairs": least, "stopping.folds": "2",
        "run.max_steps": "10",
    }  # fmt: skip
    home, recipe = prepare(tmp_path, values, places=60)
    replay = train(capsys, home, recipe)["manifest"]["replay"]
    assert replay["stopping"] == way
    assert 1 <= int(replay["judged.steps"]) <= 10
    if way == "later":
        assert int(replay["validation.pull_requests"]) == 2
        assert int(replay["validation.pairs"]) >= 20
    else:
        assert {"fold-1.steps", "fold-2.steps"} <= set(replay)
