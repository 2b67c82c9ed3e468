"""Recorded reviews on the fake: an invented recording of two pull requests on a real git history."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.github.bare import GitError
from tests.github.fake import FakeGitHub
from tests.github.replay import COMMENTS, PULLS, Replayed, load, read_rows
from tests.repositories import commit, git, make_repository

NAME = "octo/recorded"
BEFORE = "def total(items):\n    value = 0\n    for item in items:\n        value += item\n    return value\n"
AFTER = "def total(items):\n    return sum(items)\n"
HUNK = "@@ -0,0 +1,5 @@\n" + "".join(f"+{row}\n" for row in BEFORE.splitlines()[:3])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A pull request that was reviewed and answered, and one that is closed; the first is merged by a merge commit."""
    folder = make_repository(tmp_path / "clone")
    commit(folder, {"README.md": "Recorded\n"}, "Start")
    for name, texts in (("first", (BEFORE, AFTER)), ("second", (BEFORE,))):
        git(folder, "checkout", "-q", "-b", name, "main")
        for text in texts:
            commit(folder, {f"{name}.py": text}, f"Write {name}")
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge first", "first")
    return folder


def remark(number: int, comment: int | str, **more: Any) -> dict[str, Any]:
    row = {
        "repo": NAME, "pr_number": number, "comment_id": comment, "path": "first.py", "line": 3, "side": "RIGHT",
        "diff_hunk": HUNK.rstrip("\n"), "body": "Use sum() instead of this loop.", "author_role": None,
        "author": "user-1", "created_at": "2026-01-02 10:00:00+00:00", "outcome": "addressed", "replies": [],
    }  # fmt: skip
    return row | more


@pytest.fixture
def recorded(clone: Path, tmp_path: Path) -> Path:
    """The folder of the recording's two files."""
    base, first, second, merged = (git(clone, "rev-parse", each) for each in ("main^", "first", "second", "main"))
    common = {"repo": NAME, "title": None, "pr_author": "user-9", "first_comment_at": "2026-01-02T10:00:00Z"}
    pulls = [
        {**common, "pr_number": 1, "base_sha": base, "head_sha": first, "merge_sha": merged},
        {**common, "pr_number": 2, "base_sha": base, "head_sha": second, "merge_sha": None},
        {**common, "pr_number": 3, "base_sha": "0" * 40, "head_sha": second, "merge_sha": None},
        {**common, "repo": "octo/other", "pr_number": 1, "base_sha": base, "head_sha": first, "merge_sha": merged},
    ]
    reply = {"author": "bot-7", "body": "Done.", "created_at": "2026-01-02T11:00:00Z", "comment_id": None}
    comments = [
        remark(1, 71, replies=[reply]),
        remark(1, "seventy-two", author="bot-7", author_role="BOT"),
        remark(1, 73, diff_hunk="@@ -0,0 +1,1 @@\n+never pushed"),
        remark(2, 74, path="second.py", original_commit=second),
        remark(3, 75),
    ]
    for name, rows in ((PULLS, pulls), (COMMENTS, comments)):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(row)}\n" for row in rows)
    return tmp_path


@pytest.fixture
def replayed(fake: FakeGitHub, clone: Path, recorded: Path, tmp_path: Path) -> Replayed:
    return load(fake, tmp_path / "github", clone, *read_rows(recorded, NAME))


def test_pull_requests_stand_on_their_own_commits(fake: FakeGitHub, clone: Path, replayed: Replayed) -> None:
    assert (replayed.merged, replayed.unmerged, len(replayed.rows), replayed.replies) == (1, 1, 4, 1)
    pulls = fake.repos[NAME].pulls
    assert sorted(pulls) == [1, 2]  # the third one's commits are not in the clone
    assert pulls[1].head_sha == fake.repos[NAME].git.rev("refs/pull/1/head") == git(clone, "rev-parse", "first")
    assert pulls[1].merge_commit == git(clone, "rev-parse", "main")
    assert (pulls[1].login, pulls[2].merged_at) == ("user-9", None)


def test_a_remark_was_made_on_the_commit_whose_file_has_its_lines(
    fake: FakeGitHub, clone: Path, replayed: Replayed
) -> None:
    comments = fake.repos[NAME].review_comments
    reviewed = git(clone, "rev-parse", "first^")
    assert comments[71].original_commit == reviewed != git(clone, "rev-parse", "first")
    assert comments[74].original_commit == git(clone, "rev-parse", "second")
    with pytest.raises(GitError):
        fake.repos[NAME].git.rev(comments[73].original_commit)
    assert replayed.found == {"other_commit": 2, "pushed_over": 1, "recorded": 1}


def test_who_spoke_and_when_is_told_as_github_tells_it(fake: FakeGitHub, replayed: Replayed) -> None:
    comments = fake.repos[NAME].review_comments
    assert (fake.repos[NAME].roles, replayed.writers) == ({"user-1": "write"}, 1)  # who has said much, in several
    assert comments[71].created_at == "2026-01-02T10:00:00Z"
    answers = [each for each in comments.values() if each.in_reply_to == 71]
    assert [(each.login, each.body) for each in answers] == [("bot-7[bot]", "Done.")]
    assert {replayed.rows[each.id]["comment_id"] for each in comments.values() if each.id in replayed.rows} == {
        71, 73, 74, "seventy-two",
    }  # fmt: skip
