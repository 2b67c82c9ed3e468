"""`reviewlore mine --github` from the command line to the state branch, with the fake as GitHub."""

import json
from pathlib import Path

import pytest
from tests.github.fake import FakeGitHub
from tests.repositories import git

from reviewlore.cli import run

NAME = "octo/mined"
BRANCH = "refs/heads/reviewlore/state"
LOOP = "def total{n}(items):\n    value = 0\n    for i in items:\n        value += i\n    return value\n"


@pytest.fixture
def state(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six merged pull requests with a remark each, every second one acted on; a clone to hold the state branch."""
    fake.add_repo(NAME, tmp_path / "octo" / "mined.git")
    fake.set_role(NAME, "carol", "write")
    base = fake.commit(NAME, "main", {"a.py": "x = 1\n"}, "Start")
    for n in range(1, 7):
        fake.commit(NAME, f"feat{n}", {f"b{n}.py": LOOP.format(n=n)}, f"Add total{n}", parent=base)
        fake.open_pull(NAME, "main", f"feat{n}", f"Add total{n}", number=n)
        body = f"Use sum(items) here instead of the loop; total{n} is easier to read then."
        root = fake.add_review_comment(NAME, n, f"b{n}.py", body, "carol", line=3)
        if n % 2:
            fake.commit(NAME, f"feat{n}", {f"b{n}.py": f"def total{n}(items):\n    return sum(items)\n"}, "Use sum")
            fake.add_review_comment(NAME, n, "", "Done, thanks.", "alice", in_reply_to=root.id)
            fake.repos[NAME].threads[root.id].resolved_by = "carol"
        if n == 1:
            fake.add_review_comment(NAME, 1, "b1.py", "Coverage is 100 %.", "coverage[bot]", line=2)
        fake.merge_pull(NAME, n)
    git(tmp_path, "clone", "--quiet", str(tmp_path / "octo" / "mined.git"), "state")
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("carol"))
    monkeypatch.setenv("GITHUB_API_URL", fake.base)
    monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path))
    return tmp_path / "state"


def mine(state: Path, *more: str) -> int:
    return run(["mine", "--github", NAME, "--repo", str(state), "--format", "json", *more])


def test_merged_pull_requests_become_episodes_once(
    fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mine(state) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["counts"]["read"], first["counts"]["fresh"]) == (7, 7)
    assert first["counts"]["outcomes"] == {"addressed": 3, "ignored": 4}
    branch = git(state, "rev-parse", BRANCH)
    assert mine(state) == 0
    second = json.loads(capsys.readouterr().out)
    assert (second["counts"]["fresh"], second["dataset"]["id"]) == (0, first["dataset"]["id"])
    assert git(state, "rev-parse", BRANCH) == branch
    # Repository, pull requests, who may write, edited comments; then only what may have changed.
    assert (first["requests"], second["requests"], fake.requests) == (4, 3, 7)


def test_a_repository_has_one_name_however_it_was_asked_for(
    fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mine(state) == 0
    capsys.readouterr()
    fake.renamed["octo/before"] = NAME
    assert run(["mine", "--github", "octo/before", "--repo", str(state), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["counts"]["fresh"], report["episodes"], report["commit"]) == (0, 7, None)


@pytest.mark.parametrize(("since", "read"), [("2000-01-01", 7), ("2000-01-01T00:00:00+02:00", 7)])
def test_since_is_read_as_a_time(
    fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str], since: str, read: int
) -> None:
    assert mine(state, "--since", since) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["read"] == read
    assert report["counts"]["outcomes"]["addressed"] == 3


def test_since_must_be_a_time(fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mine(state, "--since", "yesterday") == 2
    assert "--since 'yesterday' is no time; write ISO 8601" in capsys.readouterr().err
    assert fake.requests == 0


def test_the_branch_knows_no_names(fake: FakeGitHub, state: Path) -> None:
    assert mine(state) == 0
    stored = git(state, "log", "-p", "--root", BRANCH)
    assert "total1 is easier to read" in stored and "resolved" in stored
    assert not [word for word in ("carol", "alice", "coverage[bot]", "ghp_") if word in stored]


def test_trouble_with_github_writes_nothing(
    fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.fault("POST", "/graphql", cut=True, times=50)
    assert mine(state, "--max-wait", "0") == 3
    assert "cut short" in capsys.readouterr().err
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_" + "wrong" * 4)
    assert mine(state) == 2
    told = capsys.readouterr()
    assert "did not accept the token" in told.err and "wrongwrong" not in told.out + told.err
    assert not git(state, "for-each-ref", BRANCH)


def test_without_the_code_nothing_is_read_unless_that_is_wanted(
    fake: FakeGitHub, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path / "elsewhere"))
    assert mine(state) == 2
    assert "could not be fetched, so nothing was read" in capsys.readouterr().err
    assert not git(state, "for-each-ref", BRANCH)
    assert mine(state, "--no-fetch-code") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["read"] == 7
