import json
from pathlib import Path

import pytest
from benchmarks.facts import main, pulls
from tests.architecture.trees import Tree


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


def test_first_commits_are_judged_against_the_merge(clones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branch_and_merge(Tree(clones / "scrapy"))
    assert main(["--first", "--show", "scrapy"]) == 0
    found = result(capsys)
    assert found["firings"] == {"test_partner_missing:warning": 1}
    assert found["gone_when_merged"] == {"test_partner_missing:warning": 1}


def test_missing_clones_are_said(clones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    found = result(capsys)
    assert found["not_measured"] == ["scrapy", "pytest", "pydantic", "requests"]
    assert found["facts_per_pull_request"] is None
