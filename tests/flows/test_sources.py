"""Files of rows and saved REST answers become one source; hunks that are missing are made from git."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.cli import run
from reviewlore.domain.history import RawRemark
from reviewlore.flows.learn import Source
from reviewlore.flows.sources import read_files

API = "https://api.github.com/repos/octo/demo/pulls"
TEXT = "".join(f"line {n}\n" for n in range(1, 41))


def comment(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "pull_request_url": f"{API}/7", "diff_hunk": "@@ -1 +1,2 @@\n line 1\n+added", "path": "a.py",
        "line": 2, "original_line": 2, "side": "RIGHT", "body": f"Please rename this, number {number}.",
        "user": {"login": "mira", "type": "User"}, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "commit_id": "c" * 40, "original_commit_id": "c" * 40,
        "html_url": f"https://github.com/octo/demo/pull/7#discussion_r{number}", **changes,
    }  # fmt: skip


def pull(number: int, head: str, base: str, **changes: Any) -> dict[str, Any]:
    return {
        "number": number, "url": f"{API}/{number}", "html_url": "https://github.com/octo/demo/pull/7", "title": "t",
        "body": None, "state": "closed", "user": {"login": "wen", "type": "User"}, "base": {"ref": "main", "sha": base},
        "head": {"ref": "f", "sha": head, "repo": None}, "merge_commit_sha": head,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
        "merged_at": "2026-01-02T00:00:00Z", **changes,
    }  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return {"repo": "octo/demo", "pr_number": 7, "comment_id": 1, "path": "a.py", "body": "Rename this.", **changes}


def read(*files: Any, repo: GitRepo | None = None) -> tuple[Source, str]:
    said = StringIO()
    contents = [(f"{number}.json", json.dumps(each).encode()) for number, each in enumerate(files)]
    return read_files(contents, QuietConsole(said), repo), said.getvalue()


def test_comments_and_pull_requests_join_over_files_in_any_order() -> None:
    comments = [comment(1), comment(2, in_reply_to_id=1, body="Done."), comment(3, pull_request_url=f"{API}/8")]
    pulls = [pull(7, "h" * 40, "b" * 40), pull(8, "h" * 40, "b" * 40, merged_at=None)]
    for files in ((comments, pulls), (pulls, comments), (pulls[:1] + comments[:2], comments[2:] + pulls[1:])):
        source, said = read(*files)
        (raw,) = source.raws
        assert (raw.comment_id, raw.last_commit, raw.base, raw.pull_request_author) == ("1", "h" * 40, "b" * 40, "wen")
        assert [reply.body for reply in raw.replies] == ["Done."]
        assert (source.rejected, said, source.name) == ({"pull_request_not_merged": 1}, "", "0.json, 1.json")


def test_of_a_pull_request_in_two_files_the_later_one_counts() -> None:
    early, late = pull(7, "1" * 40, "b" * 40, updated_at="2026-01-01T10:00:00Z"), pull(7, "2" * 40, "b" * 40)
    for files in (([early], [late]), ([late], [early])):
        assert read([comment(1)], *files)[0].raws[0].last_commit == "2" * 40


def test_rows_and_dumps_may_be_mixed_and_what_is_neither_is_named() -> None:
    source, said = read([comment(1), {"message": "Not Found"}], row(comment_id=9), row(body=None))
    assert [raw.comment_id for raw in source.raws] == ["9", "1"]
    assert [raw.source for raw in source.raws] == ["file", "dump"]
    assert source.rejected == {"malformed_line": 2}
    assert "0.json: 1 objects are no review comments and were left out (object 2: neither a review comment" in said
    assert "2.json: 1 lines are no review comments and were left out (line 1: field 'body' is missing" in said


@pytest.fixture
def code(tmp_path: Path) -> dict[str, str]:
    """A branch that changed line 10 of a file, on a main branch that moved on."""
    folder = make_repository(tmp_path / "code")
    base = commit(folder, {"a.py": TEXT})
    first = commit(folder, {"a.py": TEXT.replace("line 10\n", "changed 10\n"), "b.py": "new\n"})
    second = commit(folder, {"c.py": "other\n"})
    git(folder, "checkout", "-q", "-b", "side", base)
    moved = commit(folder, {"d.py": "moved\n"})
    return {"folder": str(folder), "base": base, "first": first, "second": second, "moved": moved}


def hunk(code: dict[str, str], **changes: Any) -> str:
    source, _ = read(row(**changes), repo=GitRepo(code["folder"]))
    found: RawRemark = source.raws[0]
    return found.hunk


def test_a_row_without_a_hunk_gets_it_from_git(code: dict[str, str]) -> None:
    shown = "@@ -7,7 +7,7 @@ line 6\n line 7\n line 8\n line 9\n-line 10\n+changed 10"
    assert hunk(code, original_commit=code["first"], line=10) == shown
    assert hunk(code, original_commit=code["first"], line=10, side="LEFT") == shown.removesuffix("\n+changed 10")
    assert hunk(code, original_commit=code["second"], base_commit=code["base"], line=10) == shown
    assert hunk(code, original_commit=code["second"], base_commit=code["moved"], line=10) == shown
    assert hunk(code, original_commit=code["first"], path="b.py") == "@@ -0,0 +1,1 @@\n+new"


def test_lines_the_diff_does_not_show_are_shown_with_the_lines_above_them(code: dict[str, str]) -> None:
    above = "\n".join(f" line {n}" for n in range(24, 31))
    assert hunk(code, original_commit=code["first"], line=30) == f"@@ -24,7 +24,7 @@\n{above}"
    assert hunk(code, original_commit=code["first"], line=30, side="LEFT") == f"@@ -24,7 +24,7 @@\n{above}"
    assert hunk(code, original_commit=code["second"], line=10).endswith(" changed 10")  # its own change is another file
    assert hunk(code, original_commit=code["base"], line=2) == "@@ -1,2 +1,2 @@\n line 1\n line 2"  # it has no parent


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"original_commit": "d" * 40},
        {"original_commit": "HEAD"},
        {"line": 900},
        {"path": "none.py"},
        {"path": "none.py", "line": 1},
        {"line": 41},
        {"line": None},
    ],
)
def test_where_git_cannot_tell_there_is_no_hunk(code: dict[str, str], changes: dict[str, Any]) -> None:
    told = {"original_commit": code["second"], "line": 3, **changes} if changes else {"line": 3}
    assert hunk(code, **told) == ""


def test_a_hunk_that_came_along_is_kept(code: dict[str, str]) -> None:
    assert hunk(code, diff_hunk="@@ as it came", original_commit=code["first"], line=10) == "@@ as it came"


def test_a_dump_is_mined_from_the_command_line(code: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(code["folder"])
    seen = {"original_commit_id": code["first"], "commit_id": code["second"], "diff_hunk": "@@ -1 +1 @@\n+changed 10"}
    comments = [comment(1, original_line=10, **seen), comment(2, original_line=1, path="b.py", **seen)]
    git(folder, "checkout", "-q", "main")
    last = commit(folder, {"a.py": TEXT.replace("line 10\n", "renamed 10\n")})
    (folder / "comments.json").write_text(json.dumps(comments[:1]) + json.dumps(comments[1:]))
    (folder / "pulls.json").write_text(json.dumps([pull(7, last, code["base"])]))
    command = ["mine", "--from", str(folder / "comments.json"), "--from", str(folder / "pulls.json"), "-q"]
    assert run([*command, "--repo", str(folder), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["outcomes"] == {"addressed": 1, "ignored": 1}
    assert (report["counts"]["read"], report["counts"]["kept"], report["episodes"]) == (2, 2, 2)
