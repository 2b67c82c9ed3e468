"""The sample's story fits together, builds the same everywhere, and is what its README says."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
HEAD = "c9ccb456da7311a16e272040430bf696d1e1f8cc"
NEVER_WRITTEN = {"outcome", "evidence", "confidence", "intent"}


def load_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_build", SAMPLE / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_build"] = module
    spec.loader.exec_module(module)
    return module


build = load_module()


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return build.build(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def rows(sample):
    return [json.loads(line) for line in sample.comments.read_text(encoding="utf-8").splitlines()]


def test_hashes_are_the_same_on_every_machine(sample, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    again = build.build(tmp_path)
    assert sample.head == again.head == HEAD
    assert sample.comments.read_bytes() == again.comments.read_bytes()
    assert sample.pull_request.read_bytes() == again.pull_request.read_bytes()


def test_every_story_file_is_built(sample):
    files = sorted((SAMPLE / "story").glob("**/*.toml"))
    assert sample.pull_requests == len(files) - 2 > 0  # without the root commit and the open one
    refs = build.git("for-each-ref", "--format=%(refname)", "refs/pull", cwd=sample.repository).split()
    assert len(refs) == len(files) - 1


def test_every_anchor_is_the_last_line_of_its_hunk_and_stands_in_the_reviewed_commit(sample, rows):
    files = {}
    for row in rows:
        key = (row["base_commit"] if row["side"] == "LEFT" else row["original_commit"], row["path"])
        if key not in files:
            files[key] = build.git("show", ":".join(key), cwd=sample.repository).split("\n")
        assert row["diff_hunk"].startswith("@@ -")
        assert row["diff_hunk"].split("\n")[-1][1:] == files[key][row["line"] - 1]


def test_rows_leave_the_outcome_to_the_miner(rows):
    assert rows == sorted(rows, key=lambda row: row["created_at"])
    assert len({row["comment_id"] for row in rows}) == len(rows)
    assert not any(NEVER_WRITTEN & row.keys() for row in rows)
    assert {row["author_role"] for row in rows} == {"BOT", None}


def test_merges_look_like_those_of_a_forge(sample):
    subjects = build.git("log", "--first-parent", "--format=%s", "main", cwd=sample.repository).splitlines()
    assert len(subjects) == sample.pull_requests + 1
    assert all(subject.startswith("Merge pull request #") for subject in subjects[:-1])
    assert build.git("status", "--porcelain", cwd=sample.repository) == ""


def test_every_event_is_documented_with_few_exceptions(sample):
    log = build.git("log", "--no-merges", "--format=%x00", "--name-only", "main", cwd=sample.repository)
    commits = [set(block.split()) for block in log.split("\0") if "src/toolshed/domain/events.py" in block]
    together = sum("docs/events.md" in paths for paths in commits)
    assert len(commits) >= 12
    assert together / len(commits) >= 0.9


def test_the_open_pull_request_breaks_what_a_reviewer_should_see(sample):
    request = json.loads(sample.pull_request.read_text())
    changed = build.git("diff", "--name-only", "main", request["head"], cwd=sample.repository).split()
    assert {"src/toolshed/domain/events.py", "src/toolshed/services/fees.py"} <= set(changed)  # partners missing:
    assert not {"docs/events.md", "tests/services/test_fees.py"} & set(changed)
    handler = build.git("show", f"{request['head']}:src/toolshed/api/overdue.py", cwd=sample.repository)
    assert "from toolshed.storage.sqlite import" in handler  # a layer crossed
    assert "def listOverdue(" in handler  # neither snake_case nor handle_
    for one, other in (("overdue", "reminders"), ("reminders", "overdue")):  # a circle
        source = build.git("show", f"{request['head']}:src/toolshed/services/{one}.py", cwd=sample.repository)
        assert f"from toolshed.services import {other}" in source


def test_most_remarks_are_acted_on(sample, rows):
    humans = [row for row in rows if row["author_role"] is None]
    assert len(humans) > 200
    assert 0.5 < (sample.outcomes["addressed"] + sample.outcomes["elsewhere"]) / len(rows) < 0.7
    assert sample.near <= 16  # remarks whose outcome a miner can only guess from a change nearby


def test_the_open_pull_request_stands_on_main(sample):
    request = json.loads(sample.pull_request.read_text())
    assert request["base_sha"] == sample.head
    base = build.git("merge-base", request["base"], request["head"], cwd=sample.repository).strip()
    assert base == sample.head


def test_only_an_earlier_build_is_replaced(tmp_path):
    first = build.build(tmp_path)
    (first.repository / "scratch").write_text("gone after the next build")
    assert build.build(tmp_path).head == first.head
    assert not (first.repository / "scratch").exists()
    build.git("update-ref", "refs/heads/main", "main^2", cwd=first.repository)  # still the same root: still ours
    build.build(tmp_path)


def test_somebody_elses_repository_is_left_alone(tmp_path):
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "work.txt").write_text("mine")
    with pytest.raises(build.StoryError, match="not an earlier build"):
        build.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["repository"]
    assert (tmp_path / "repository" / "work.txt").read_text() == "mine"


def test_its_own_tests_pass_on_main(sample, tmp_path):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(sample.repository)]
    done = subprocess.run(command, cwd=sample.repository, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_there_is_something_to_scrub_in_the_rows_but_not_in_the_story(rows):
    token = "ghp" + "_"
    assert sum(token in row["body"] for row in rows) == 1
    assert any("@toolshed.example.org" in row["body"] for row in rows)
    assert not [path.name for path in (SAMPLE / "story").glob("*.toml") if token in path.read_text(encoding="utf-8")]


def test_an_edit_that_matches_nothing_is_named():
    with pytest.raises(build.StoryError, match="occurs 0 times"):
        build.apply({"a.py": "x = 1\n"}, {"path": "a.py", "find": "y", "replace": "z"})


def test_an_intended_outcome_that_git_does_not_show_is_refused():
    remark = build.Remark("mira-sample", "a.py", "x", "why", "addressed", (), 1, 0)
    with pytest.raises(build.StoryError, match="is addressed, but"):
        build.check_outcome(remark, None)


def test_a_relative_folder_is_meant_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = build.build(Path("out"))
    assert made.repository == tmp_path / "out" / "repository"
    assert (tmp_path / "out" / "pull-request.json").exists()
