"""Reviews in git notes become remarks: from real repositories whose notes git itself wrote."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.repositories import ENVIRONMENT, commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.cli import run
from reviewlore.domain.history import RawRemark, Vote
from reviewlore.errors import InputError
from reviewlore.flows.learn import Source
from reviewlore.flows.notes import read_git_notes

START = 1767225600  # 2026-01-01T00:00:00Z, when all commits of these repositories are dated
BASE = "".join(f"line {n}\n" for n in range(1, 41))


class Team:
    """A repository whose team reviews with git-appraise."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_repository(folder)
        self.base = commit(folder, {"a.py": BASE, "b.py": BASE})
        self._at = START

    def branch(self, name: str = "feature", start: str = "main") -> None:
        git(self.folder, "checkout", "-q", "-B", name, start)

    def change(self, *lines: int, path: str = "a.py", word: str = "changed") -> str:
        """Commit another text of some lines."""
        rows = (self.folder / path).read_text().split("\n")
        for number in lines:
            rows[number - 1] = f"{word} {number}"
        return commit(self.folder, {path: "\n".join(rows)}, f"{word} {lines}")

    def request(self, revision: str, **fields: Any) -> None:
        told = {"reviewRef": "refs/heads/feature", "targetRef": "refs/heads/main", "requester": "wen@x.org", **fields}
        self._note("reviews", revision, told)

    def say(self, revision: str, description: str = "", author: str = "mira@x.org", **fields: Any) -> str:
        if description:
            fields["description"] = description
        return self._note("discuss", revision, {"author": author, **fields})

    def remark(self, revision: str, on: str, line: int | None, body: str = "Please rename this.", **more: Any) -> str:
        place = {"commit": on, "path": more.pop("path", "a.py")} | ({"range": {"startLine": line}} if line else {})
        return self.say(revision, body, location=place, **more)

    def merge(self, revision: str) -> str:
        git(self.folder, "checkout", "-q", "main")
        git(self.folder, "merge", "-q", "--no-ff", "-m", f"Submitting review {revision[:12]}", "feature")
        git(self.folder, "branch", "-D", "feature")
        return git(self.folder, "rev-parse", "HEAD")

    def read(self) -> Source:
        return read_git_notes(GitRepo(self.folder), "octo/demo", QuietConsole())

    def only(self) -> RawRemark:
        (raw,) = self.read().raws
        return raw

    def _note(self, kind: str, revision: str, fields: dict[str, Any]) -> str:
        self._at += 60
        text = json.dumps({"timestamp": str(self._at), **fields}, separators=(",", ":"))
        git(self.folder, "notes", f"--ref=devtools/{kind}", "append", "-m", text, revision)
        return hashlib.sha1(text.encode()).hexdigest()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    found = Team(tmp_path / "code")
    found.branch()
    return found


def test_a_remark_with_its_hunk_answers_and_commits(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    root = team.remark(first, first, 10)
    second = team.change(10, word="renamed")
    team.say(first, "Done.", "wen@x.org", parent=root, resolved=True)
    team.say(first, resolved=True)
    team.merge(first)
    raw = team.only()
    assert (raw.repository, raw.pull_request, raw.comment_id) == ("octo/demo", int(first[:12], 16), root)
    assert (raw.author, raw.pull_request_author, raw.author_is_bot, raw.source) == (
        "mira@x.org", "wen@x.org", False, "git-notes"
    )  # fmt: skip
    assert raw.hunk == "@@ -7,7 +7,7 @@ line 6\n line 7\n line 8\n line 9\n-line 10\n+changed 10"
    assert [(reply.author, reply.body) for reply in raw.replies] == [("wen@x.org", "Done.")]
    assert raw.votes == (Vote("wen@x.org", "resolved", raw.replies[0].created_at),)
    assert (raw.reviewed_commit, raw.last_commit, raw.base) == (first, second, team.base)
    assert (raw.approved_after, raw.settled, team.read().rejected) == (True, False, {"not_on_code": 1})


def test_a_remark_outside_the_diff_shows_the_lines_above_it(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 30)
    team.remark(first, first, 2, path="b.py")
    team.remark(first, first, None, "Split this file.")
    team.remark(first, first, 99, "There is no such line.")
    team.remark(first, first, 3, "Or file.", path="../outside.py")
    team.merge(first)
    hunks = {raw.body: raw.hunk for raw in team.read().raws if raw.path != "b.py"}
    assert hunks["Please rename this."] == "@@ -24,7 +24,7 @@\n" + "\n".join(f" line {n}" for n in range(24, 31))
    assert hunks["Split this file."].startswith("@@ -7,7 +7,7 @@ line 6\n")
    assert (hunks["There is no such line."], hunks["Or file."]) == ("", "")
    (other,) = (raw for raw in team.read().raws if raw.path == "b.py")
    assert other.hunk == "@@ -1,2 +1,2 @@\n line 1\n line 2"


def test_a_renamed_file_is_shown_as_its_reviewer_saw_it(team: Team) -> None:
    git(team.folder, "mv", "a.py", "c.py")
    first = team.change(10, path="c.py")
    team.request(first)
    team.remark(first, first, 10, path="c.py")
    git(team.folder, "mv", "c.py", "d.py")
    team.change(10, path="d.py", word="renamed")
    team.merge(first)
    assert team.only().hunk.split("\n")[-2:] == ["-line 10", "+changed 10"]


def test_many_notes_stand_in_folders(team: Team) -> None:
    """Git spreads a notes tree over folders as it grows, and not evenly."""
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10)
    team.merge(first)
    for ref in ("discuss", "reviews"):
        text = git(team.folder, "notes", f"--ref=devtools/{ref}", "show", first)
        blob = git(team.folder, "hash-object", "-w", "--stdin", stdin=text.encode())
        inner = git(team.folder, "mktree", stdin=f"100644 blob {blob}\t{first[4:]}\n".encode())
        middle = git(team.folder, "mktree", stdin=f"040000 tree {inner}\t{first[2:4]}\n".encode())
        rows = f"040000 tree {middle}\t{first[:2]}\n100644 blob {blob}\tREADME\n"
        tree = git(team.folder, "mktree", stdin=rows.encode())
        head = git(team.folder, "commit-tree", "-m", "notes", tree)
        git(team.folder, "update-ref", f"refs/notes/devtools/{ref}", head)
        assert git(team.folder, "notes", f"--ref=devtools/{ref}", "show", first) == text
    assert team.only().line == 10


def test_a_pushed_over_branch_keeps_the_commit_that_was_reviewed(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10)
    git(team.folder, "update-ref", "refs/devtools/archives/reviews", first)
    git(team.folder, "checkout", "-q", "main")
    team.change(1, path="b.py")
    team.branch()
    last = team.change(10, word="renamed")
    team.request(first, alias=last)
    git(team.folder, "checkout", "-q", "main")
    git(team.folder, "merge", "-q", "--ff-only", "feature")
    git(team.folder, "branch", "-D", "feature")
    raw = team.only()
    assert (raw.reviewed_commit, raw.last_commit) == (first, last)
    assert raw.hunk.endswith("-line 10\n+changed 10")


def test_a_commit_that_is_not_here_is_counted(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, "d" * 40, 10)
    team.remark(first, "no commit", 11)
    team.remark(first, first[:12], 12)
    team.merge(first)
    assert team.only().reviewed_commit == first
    assert team.read().rejected == {"reviewed_commit_missing": 2}


def test_without_a_merge_commit_the_next_review_ends_this_one(team: Team) -> None:
    git(team.folder, "checkout", "-q", "main")
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10)
    last = team.change(10, word="renamed")
    following = team.change(20)
    team.request(following)
    team.remark(following, following, 20)
    team.change(1)
    raws = {raw.line: raw for raw in team.read().raws}
    assert (raws[10].last_commit, raws[20].last_commit) == (last, git(team.folder, "rev-parse", "main"))


def test_what_is_committed_long_after_the_last_word_belongs_to_nobody(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(team.folder, "checkout", "-q", "main")
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10)
    monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", "2026-01-03T00:00:00Z")
    team.change(10, word="renamed")
    assert team.only().last_commit == first


@pytest.mark.parametrize(
    ("target", "merged", "reason"),
    [
        ("refs/heads/main", False, "review_not_submitted"), ("", True, "review_abandoned"),
        ("refs/heads/gone", False, None),
    ],
)  # fmt: skip
def test_only_submitted_reviews_are_learned_from(team: Team, target: str, merged: bool, reason: str | None) -> None:
    first = team.change(10)
    team.request(first, targetRef=target)
    team.remark(first, first, 10)
    if merged:
        team.merge(first)
    assert team.read().rejected == ({reason: 1} if reason else {})
    assert len(team.read().raws) == (reason is None)


def test_a_comment_nobody_asked_for_is_counted(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10)
    second = team.change(11)
    team.remark(second, second, 11)
    team.merge(first)
    assert (len(team.read().raws), team.read().rejected) == (1, {"no_review_requested": 1})


def test_a_mirrored_pull_request_is_one_review_with_its_own_number(team: Team) -> None:
    """Its head was pushed over, so that its notes stand on two commits; its lines are one too many."""
    first = team.change(10)
    pulled = {"reviewRef": "refs/pull/12/head", "requester": "wen"}
    team.request(first, **pulled)
    team.remark(first, first, 11, author="mira")
    team.remark(first, first, 11, "Why?", author="wen")
    team.remark(first, first, 20, "And this one?", author="mira@x.org")
    team.branch()
    second = team.change(10, word="renamed")
    git(team.folder, "update-ref", "refs/pull/12/head", second)
    team.request(second, **pulled)
    team.remark(second, first, 11, "Please rename this.\n", author="mira")
    team.say(second, "I addressed all your comments.", "wen")
    git(team.folder, "checkout", "-q", "main")
    git(team.folder, "merge", "-q", "--squash", "feature")
    git(team.folder, "commit", "-q", "-m", "Rename a line (#12)")
    git(team.folder, "branch", "-D", "feature")
    source = team.read()
    remark, other = sorted(source.raws, key=lambda raw: raw.line or 0)
    assert {remark.pull_request, other.pull_request} == {12}
    assert (remark.line, other.line) == (10, 20)
    assert (remark.hunk.split("\n")[-1], [reply.body for reply in remark.replies]) == ("+changed 10", ["Why?"])
    assert (remark.reviewed_commit, remark.last_commit, remark.settled) == (first, second, True)
    assert source.rejected == {"written_again": 1, "not_on_code": 1}


def test_a_login_and_an_address_may_be_one_person(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10, "I should rename this.", author="wen")
    root = team.remark(first, first, 20)
    team.say(first, "Done.", "wen", parent=root)
    team.merge(first)
    raws = {raw.line: raw for raw in team.read().raws}
    assert raws[10].author == raws[10].pull_request_author == "wen"
    assert raws[20].pull_request_author == raws[20].replies[0].author == "wen"


@pytest.mark.parametrize(("author", "bot"), [("style-bot", True), ("ci[bot]", True), ("bot", True), ("talbot", False)])
def test_a_bot_is_known_by_its_name(team: Team, author: str, bot: bool) -> None:
    first = team.change(10)
    team.request(first)
    team.remark(first, first, 10, author=author)
    team.merge(first)
    assert team.only().author_is_bot is bot


def test_an_answer_to_nothing_is_counted(team: Team) -> None:
    first = team.change(10)
    team.request(first)
    root = team.remark(first, first, 10)
    answer = team.say(first, "Why?", "wen@x.org", parent=root)
    team.say(first, "Because.", parent=answer)
    team.say(first, "Lost.", parent="f" * 40)
    team.merge(first)
    assert [reply.body for reply in team.only().replies] == ["Why?", "Because."]
    assert team.read().rejected == {"reply_to_a_remark_not_read": 1}


def test_a_repository_without_notes_is_an_error_that_says_how_to_fetch_them(team: Team) -> None:
    with pytest.raises(InputError, match=r"git fetch origin '\+refs/notes/devtools/\*"):
        team.read()


def test_notes_are_mined_from_the_command_line(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    first = team.change(10, 20)
    team.request(first)
    team.remark(first, first, 10, "Please call it after what it holds.")
    team.remark(first, first, 20, "This name says nothing, use another.")
    team.change(10, word="renamed")
    team.merge(first)
    assert run(["mine", "--notes", "--repo", str(team.folder), "--format", "json", "-q"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["outcomes"] == {"addressed": 1, "ignored": 1}
    assert (report["counts"]["kept"], report["source"]) == (2, "git notes of code")


TEXTS = st.text(max_size=8) | st.sampled_from(["refs/heads/main", "refs/pull/1/head", "@head", "a.py", "../a.py", "^"])
ROWS = st.fixed_dictionaries(
    {
        "timestamp": st.just("1767225660") | TEXTS,
        "author": st.sampled_from(["mira", "wen@x.org"]),
        "description": TEXTS,
    },
    optional={
        **dict.fromkeys(["parent", "original", "requester", "reviewRef", "targetRef", "baseCommit", "alias"], TEXTS),
        "resolved": st.booleans(),
        "location": st.fixed_dictionaries(
            {"commit": st.just("@head") | TEXTS, "path": st.just("a.py") | TEXTS},
            optional={"range": st.fixed_dictionaries({"startLine": st.integers(-1, 50)})},
        ),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_any_notes_are_read(team: Team, rows: list[dict[str, Any]]) -> None:
    head = git(team.folder, "rev-parse", "HEAD")
    for ref in ("discuss", "reviews"):
        text = "\n".join(map(json.dumps, rows)).replace("@head", head).encode()
        blob = git(team.folder, "hash-object", "-w", "--stdin", stdin=text)
        tree = git(team.folder, "mktree", stdin=f"100644 blob {blob}\t{head}\n".encode())
        git(team.folder, "update-ref", f"refs/notes/devtools/{ref}", git(team.folder, "commit-tree", "-m", "n", tree))
    source = team.read()
    assert len(source.raws) + sum(source.rejected.values()) <= len(rows)
