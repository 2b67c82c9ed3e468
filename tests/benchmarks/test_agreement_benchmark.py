"""`python -m benchmarks agreement`: ours come from git and words alone, and what is compared is counted rightly."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.repositories import commit, git, make_repository

from benchmarks import agreement

LINES = [f"value_{number} = {number}" for number in range(1, 31)]
HUNK = "@@ -0,0 +1,10 @@\n" + "\n".join(f"+{line}" for line in LINES[:10])


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "repo": "owner/name", "pr_number": 1, "comment_id": number, "path": "a.py", "line": 10, "side": "RIGHT",
        "diff_hunk": HUNK, "body": "Rename this.", "author": "user-1", "author_role": None, "pr_author": "user-2",
        "created_at": "2026-01-01T00:00:00Z", "outcome": "ignored", "evidence": "git:line-changed", "replies": [],
        "confidence": "high", "intent": "suggestion", "language": "Python", **fields,
    }  # fmt: skip


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, str]]:
    """A data folder and a clone in which line 10 was changed after it was commented, and line 25 was not."""
    clone = make_repository(tmp_path / "clones" / "name")
    base = commit(clone, {"other.py": "x\n"})
    git(clone, "checkout", "-q", "-b", "topic")
    seen = commit(clone, {"a.py": "\n".join(LINES) + "\n"})
    last = commit(clone, {"a.py": "\n".join([*LINES[:9], "total = 10", *LINES[10:]]) + "\n"})
    git(clone, "update-ref", "refs/pull/1/head", last)
    git(clone, "checkout", "-q", "main")
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path / "clones"))
    return tmp_path / "data", {"base": base, "seen": seen, "last": last}


def write(folder: Path, rows: list[dict[str, Any]], pulls: list[dict[str, Any]]) -> None:
    folder.mkdir()
    for name, each in (("review-comments-dev.jsonl.gz", rows), (agreement.PULLS, pulls)):
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in each)


def test_ours_are_made_without_the_record(
    places: tuple[Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    data, ids = places
    rows = [
        row(1, original_commit=ids["seen"]),
        row(2, original_commit=ids["seen"], outcome="addressed"),
        row(3, original_commit=ids["last"], evidence="llm-label(o3-mini):2,0"),
        row(4, outcome="unknown", evidence="conflict: git:line-changed vs llm-label(o3-mini):2,2", confidence="low"),
        row(5, repo="owner/elsewhere"),
        row(6, path="nowhere.py", diff_hunk="@@ -0,0 +1 @@\n+never_written = 1", confidence="medium"),
    ]
    pull = {
        "repo": "owner/name",
        "pr_number": 1,
        "base_sha": ids["base"],
        "head_sha": ids["last"],
        "pr_author": "user-2",
    }
    write(data, rows, [pull])
    assert agreement.main(["--data", str(data), "--json", "--show", "lines_changed"]) == 0
    said = capsys.readouterr().out
    result = json.loads(said.splitlines()[-1])
    assert result["rows"] == 5
    assert result["high"] == {
        "compared": 3, "agreement": 0.667, "kappa": 0.4, "only_ours": 1, "only_theirs": 0, "ours_unknown": 0,
        "theirs_unknown": 0,
    }  # fmt: skip
    assert result["outcome_kappa_high"] == 0.4
    assert (result["all"]["ours_unknown"], result["all"]["theirs_unknown"]) == (1, 1)
    assert (result["high_not_from_git"]["compared"], result["not_from_git"]["compared"]) == (1, 1)
    assert (result["judged"]["compared"], result["judged"]["agreement"]) == (2, 1.0)
    assert result["by_evidence"]["lines_changed"]["compared"] == 2
    assert result["shares"]["line_gone"] == "people 1 / 1, machines 0 / 0"
    assert "=== owner/name#1/1 a.py:10" in said
    assert "=== owner/name#1/2" not in said


def test_the_head_is_taken_from_the_clone_where_no_record_names_it(places: tuple[Path, dict[str, str]]) -> None:
    data, ids = places
    write(data, [row(1, original_commit=ids["seen"])], [])
    (case,) = agreement.find_cases(str(data), agreement.clones_folder())
    assert (case.raw.last_commit, case.kind, case.ours, case.recorded) == (ids["last"], "lines_changed", True, False)


def test_nothing_at_hand_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REVIEWLORE_CLONES", raising=False)
    assert agreement.main(["--data", str(tmp_path), "--json"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Not measured")
    assert json.loads(said.splitlines()[-1])["outcome_kappa_high"] is None
    assert agreement.outcome_kappa_high() is None
