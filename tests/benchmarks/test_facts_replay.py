import json
from pathlib import Path

import pytest
from benchmarks.facts import main, pulls
from tests.architecture.trees import Tree

from benchmarks import _facts_judged as records


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    return tmp_path


def branch_and_merge(tree: Tree) -> None:
    """A pull request of two commits: a function without a test, then its test."""
    tree.commit({"app/__init__.py": "", "app/core.py": "X = 1\n", "tests/test_core.py": "def test_x(): ...\n"})
    tree.commit({"app/core.py": "X = 2\n"}, "Squashed (#1)")
    tree.git("checkout", "-q", "-b", "work")
    tree.commit({"app/core.py": "X = 2\n\n\ndef run():\n    return X\n"}, "Add run")
    tree.commit({"tests/test_core.py": "def test_run(): ...\n"}, "Test run")
    tree.git("checkout", "-q", "main")
    tree.git("merge", "-q", "--no-ff", "-m", "Merge pull request #2", "work")


def merge_untested(tree: Tree) -> str:
    """Squash a pull request of a function without a test; return its commit."""
    tree.commit({"app/__init__.py": "", "app/core.py": "X = 1\n", "tests/test_core.py": "def test_x(): ...\n"})
    return tree.commit({"app/core.py": "X = 1\n\n\ndef run():\n    return X\n"}, "Add run (#7)")


def record(commit: str, fingerprint: str, *, worth: bool = True) -> records.Judged:
    return {
        "repository": "scrapy",
        "commit": commit[: records.DIGITS],
        "kind": "test_partner_missing",
        "fingerprint": fingerprint,
        "right": True,
        "worth": worth,
        "note": "",
    }


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_merged_pull_requests_are_replayed_as_they_were_merged(
    clones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_and_merge(Tree(clones / "scrapy"))
    assert len(pulls(clones / "scrapy", 10)) == 2
    assert main(["--json", "scrapy"]) == 0
    found = result(capsys)
    assert (found["pull_requests"], found["facts"], found["not_measured"]) == (2, 0, [])


def test_a_history_merged_from_elsewhere_is_left_out_and_counted(
    clones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(clones / "scrapy")
    tree.commit({"app.py": ""})
    tree.git("checkout", "-q", "--orphan", "other")
    tree.commit({"core.py": ""})
    tree.git("checkout", "-q", "main")
    tree.git("merge", "-q", "--no-ff", "--allow-unrelated-histories", "-m", "Import core", "other")
    assert main(["--first", "scrapy"]) == 0
    assert result(capsys)["pull_requests"] == 0
    assert main(["scrapy"]) == 0
    out = capsys.readouterr().out
    assert "left out: " in out
    found = json.loads(out.splitlines()[-1])["repositories"]["scrapy"]
    assert (found["pull_requests"], found["left_out"]) == (0, 1)


def test_first_commits_are_judged_against_the_merge(clones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branch_and_merge(Tree(clones / "scrapy"))
    assert main(["--first", "--show", "scrapy"]) == 0
    found = result(capsys)
    assert found["firings"] == {"test_partner_missing:warning": 1}
    assert found["gone_when_merged"] == {"test_partner_missing:warning": 1}
    assert (found["facts"], found["warnings_per_pull_request"]) == (None, None)  # of merges nothing was counted


def test_missing_clones_are_said(clones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    found = result(capsys)
    assert found["not_measured"] == ["scrapy", "pytest", "pydantic", "requests"]
    assert found["facts_per_pull_request"] is None


def test_the_facts_that_were_read_are_looked_for_again(
    clones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = merge_untested(Tree(clones / "scrapy"))
    main(["--show", "scrapy"])
    shown = next(row for row in capsys.readouterr().out.splitlines() if row.startswith(f"scrapy {commit[:12]}"))
    judged = tmp_path / "judged.json"
    judged.write_text(json.dumps([record(commit, shown.split()[4], worth=False), record(commit, "gone")]))
    monkeypatch.setattr(records, "JUDGED", judged)
    assert main(["--judged"]) == 0
    found = result(capsys)
    kind = "test_partner_missing"
    assert (found["read"], found["right_and_worth"]) == ({kind: 2}, {kind: 1})
    assert (found["still_said"], found["precision"]) == ({kind: 1}, {kind: 0.0})
    assert (found["pull_requests"], "not_read" in found) == (1, False)
    assert (found["facts_per_pull_request"], found["warnings_per_pull_request"]) == (None, None)


def test_pull_requests_without_comments_are_found_by_their_numbers(
    clones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_untested(Tree(clones / "scrapy"))
    numbers = tmp_path / "quiet.json"
    numbers.write_text(json.dumps({"scrapy": [7, 8]}))
    monkeypatch.setattr(records, "QUIET_PULLS", numbers)
    assert main(["--quiet"]) == 0
    found = result(capsys)
    assert (found["pull_requests"], found["warnings_per_pull_request"]) == (1, 1.0)


def test_kinds_that_are_silent_by_default_are_said_on_request(
    clones: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_untested(Tree(clones / "scrapy"))
    for module in ("reviewlore.architecture.facts", "benchmarks.facts"):
        monkeypatch.setattr(f"{module}.QUIET", frozenset({"test_partner_missing"}))
    assert main(["scrapy"]) == 0
    assert result(capsys)["facts"] == 0
    assert main(["--all", "scrapy"]) == 0
    assert result(capsys)["facts"] == 1


def test_what_is_on_record_can_be_read() -> None:
    judged = records.read_judged()
    assert judged
    assert all(len(entry["commit"]) == records.DIGITS and len(entry["note"]) <= 120 for entry in judged)
    assert len({(entry["repository"], entry["commit"], entry["fingerprint"]) for entry in judged}) == len(judged)
    assert sum(len(numbers) for numbers in records.read_quiet().values()) >= 50
