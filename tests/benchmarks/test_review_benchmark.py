"""`python -m benchmarks review`: a pull request is laid out, reviewed and posted; the floor is a bare script."""

import json
from pathlib import Path

import pytest

from benchmarks import _floor, _loopback, _site, _tree, review
from reviewlore.adapters.git import GitRepo


def test_a_review_is_measured_beside_the_bare_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # One of the two sizes: each costs seconds of whole processes, and both go the same way.
    monkeypatch.setattr(review, "SHAPES", {"large": 5})
    monkeypatch.setattr(review, "QUICK", review.Size(files=12, episodes=20, runs=1))
    assert review.main(["--quick", "--keep", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["pull_requests"] == {"large": found["files_changed"]} == {"large": 5}
    assert 0 < found["floor_seconds_large"] < found["seconds_to_plan_large"]
    ratio = found["seconds_to_plan_large"] / found["floor_seconds_large"]
    assert found["large_ratio_to_floor"] == pytest.approx(ratio, rel=0.02)
    assert "POST /repos/octo/reviewed/pulls/7/reviews" in found["github_asked_large"]
    assert found["github_requests_large"] == len(found["github_asked_large"]) <= 4
    assert found["model_calls_large"] >= 1 and found["files_covered"] == 5
    assert 20 < found["peak_mib"] < 400


def test_the_bare_script_sends_every_character_of_a_diff_in_calls_of_the_bound() -> None:
    diff = "".join(f"diff --git a/{number} b/{number}\n" + "+x\n" * 9_000 for number in range(8))
    diff += "diff --git a/large b/large\n" + "+y\n" * 60_000
    parts = _floor.pack(diff)
    assert "".join(parts) == diff
    assert max(map(len, parts)) <= 32_000 * 2.9
    assert len(parts) < 8


def test_the_past_is_invented_on_real_hunks_and_is_the_same_each_time(tmp_path: Path) -> None:
    tree = _tree.invent(12)
    commit = _tree.commit(tmp_path / "repo", tree, _tree.edited(tree, 5))[-1]
    first, again = (list(_site.invent_past(GitRepo(tmp_path / "repo"), commit)) for _ in range(2))
    assert first == again and len(first) >= 5
    assert all(episode.hunk.startswith("@@ -") and episode.anchor.path in tree for episode in first)
    assert {episode.outcome for episode in first} == {"addressed", "ignored"}


def test_the_model_remarks_on_the_first_added_row_it_is_shown() -> None:
    shown = "<|file|>a.py\n<|hunk|>h4 in f\n 11 x = 1\n-y = 2\n 12+z = [1, 2]\n<|hunk|>h5\n  1+q\n<|answer|>"
    prompt = "Parts as <|hunk|>. Rows as `12+text`. testing or refactoring"
    body = {"messages": [{"role": "system", "content": prompt}, {"role": "user", "content": shown}]}
    said = json.loads(_loopback._say(json.dumps(body).encode(), "/v1/chat/completions"))
    (remark,) = json.loads(said["choices"][0]["message"]["content"])["remarks"]
    found = {key: remark[key] for key in ("hunk", "line", "quote", "specialist")}
    assert found == {"hunk": "h4", "line": 12, "quote": "z = [1, 2]", "specialist": "refactoring"}
