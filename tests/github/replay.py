"""Real reviews on the fake GitHub: recorded pull requests and threads on top of their repository's own git history.

In: recorded rows of review comments, and a clone that holds the pull requests' commits. Out: a repository
on the fake whose base, head and merge commits are the true ones. The rows are never stored: they belong to others.
"""

import gzip
import hashlib
import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.github.fake import FakeGitHub
from tests.github.state import Pull, ReviewComment

PULLS, COMMENTS = "pull-requests-dev.jsonl.gz", "review-comments-dev.jsonl.gz"
_TAIL = 3  # lines of a hunk that must stand in the file for a commit to be the one that was reviewed
_TRIED = 60  # commits of one pull request
_LEAST = 3  # remarks from which on we take a reviewer for somebody with write access: rows do not tell roles
Row = dict[str, Any]


@dataclass
class Replayed:
    """What was loaded; `found` counts how a remark's commit was found (`pushed_over`: git has none that fits)."""

    name: str
    merged: int = 0
    unmerged: int = 0
    replies: int = 0
    writers: int = 0
    found: Counter[str] = field(default_factory=Counter)
    rows: dict[int, Row] = field(default_factory=dict)  # by the id of the remark on the fake


def read_rows(folder: Path, name: str) -> tuple[list[Row], list[Row]]:
    """Return the pull requests and the remarks of one repository."""
    return _rows(folder / PULLS, name), _rows(folder / COMMENTS, name)


def load(fake: FakeGitHub, folder: Path, clone: Path, pulls: Sequence[Row], comments: Sequence[Row]) -> Replayed:
    """Add the repository of these rows to the fake; its bare repository, `OWNER/NAME.git` in `folder`, borrows objects.

    A pull request whose base or head the clone lacks is left out; one without a merge commit is closed, not merged.
    """
    name = pulls[0]["repo"]
    return Loader(fake, name, borrow(folder, clone, name)).run(pulls, comments)


def borrow(folder: Path, clone: Path, name: str) -> Path:
    """Make the bare repository of a name in a folder, as the fake's git server has it, with the objects of a clone."""
    bare = folder / f"{name}.git"
    bare.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", "--shared", str(clone), str(bare)], check=True)
    return bare


class Loader:
    """Adds recorded pull requests to a repository on the fake, all at once or one after the other."""

    def __init__(self, fake: FakeGitHub, name: str, bare: Path) -> None:
        self.fake, self.done = fake, Replayed(name)
        self.repo = fake.add_repo(name, bare, default=_text(bare, "symbolic-ref", "--short", "HEAD").strip())
        self.git = _Objects(bare)

    def run(self, pulls: Sequence[Row], comments: Sequence[Row]) -> Replayed:
        """Add all whose commits are here, and end."""
        talk: dict[int, list[Row]] = defaultdict(list)
        for row in comments:
            talk[row["pr_number"]].append(row)
        self.give_roles(comments)
        for row in pulls:
            if self.has(row):
                self.add(row, sorted(talk[row["pr_number"]], key=lambda each: str(each["created_at"])))
        self.git.close()
        return self.done

    def has(self, row: Row) -> bool:
        """Whether base and head of a pull request are in the clone."""
        return all(self.git.commit_time(row[part]) is not None for part in ("base_sha", "head_sha"))

    def give_roles(self, comments: Sequence[Row]) -> None:
        """Let those who said much write."""
        said = Counter(row["author"] for row in comments if row["author_role"] != "BOT")
        on = defaultdict(set)
        for row in comments:
            on[row["author"]].add(row["pr_number"])
        for person, count in said.items():
            if person and count >= _LEAST and len(on[person]) > 1:
                self.fake.set_role(self.done.name, person, "write")
                self.done.writers += 1

    def add(self, row: Row, talk: Sequence[Row]) -> None:
        """Add one pull request as it ended, with its threads, oldest remark first."""
        name, number = self.done.name, row["pr_number"]
        self.repo.git.point(f"refs/pull/{number}/head", row["head_sha"])
        first = datetime.fromisoformat(min((each["created_at"] for each in talk), default=row["first_comment_at"]))
        pull = self.fake.open_pull(
            name, self.repo.default, f"change-{number}", row["title"] or f"Pull request {number}", row["pr_author"],
            number=number, head_sha=row["head_sha"], base_sha=row["base_sha"],
            created_at=_stamp(first - timedelta(minutes=1)),
        )  # fmt: skip
        commits = self.git.commits(row["base_sha"], row["head_sha"])
        for remark in talk:
            self._thread(remark, commits)
        self._close(row, pull)

    def _close(self, row: Row, pull: Pull) -> None:
        said, at = pull.updated_at, self.git.commit_time(row["merge_sha"])
        if at is None:
            self.fake.close_pull(self.done.name, pull.number)
            self.done.unmerged += 1
        else:
            merged = max(_stamp(datetime.fromtimestamp(at, UTC)), pull.created_at)
            self.fake.merge_pull(self.done.name, pull.number, merged_at=merged, merge_commit=row["merge_sha"])
            self.done.merged += 1
        pull.updated_at = max(said, pull.closed_at or "")

    def _thread(self, row: Row, commits: Sequence[tuple[str, int]]) -> None:
        commit, how = self.reviewed(row, commits)
        self.done.found[how] += 1
        root = self._say(
            row, row["path"], commit=commit, side=row["side"], line=row["line"], diff_hunk=row["diff_hunk"]
        )
        self.done.rows[root.id] = row
        for reply in row["replies"]:
            told = reply | {"pr_number": row["pr_number"]}
            self._say(told, "", commit=commit, in_reply_to=root.id, diff_hunk=root.diff_hunk)
            self.done.replies += 1

    def _say(self, row: Row, path: str, **more: Any) -> ReviewComment:
        login = row["author"]
        if login and (row.get("author_role") == "BOT" or login.startswith("bot-")):
            login += "[bot]"
        known = row["comment_id"]
        more |= {"id": known if isinstance(known, int) else next(self.fake.ids)}
        more |= {"created_at": _stamp(datetime.fromisoformat(row["created_at"]))}
        return self.fake.add_review_comment(self.done.name, row["pr_number"], path, row["body"], login, **more)

    def reviewed(self, row: Row, commits: Sequence[tuple[str, int]]) -> tuple[str, str]:
        """Return the commit a remark was made on: as recorded, else the one whose file has the hunk's last lines.

        The newest one before the remark is the likeliest. Where none fits, the branch was pushed over since, and the
        forge names a commit that git no longer has.
        """
        if row.get("original_commit"):
            return row["original_commit"], "recorded"
        said = datetime.fromisoformat(row["created_at"]).timestamp()
        before = [sha for sha, at in reversed(commits) if at <= said]
        after = [sha for sha, at in commits if at > said]
        if row["side"] == "LEFT" or row["line"] is None:
            return (before or after or [_lost(row)])[0], "newest_before"
        for sha in (before + after)[:_TRIED]:
            if self.git.has_lines(sha, row["path"], row["line"], _tail(row["diff_hunk"])):
                return sha, "newest_before" if before and sha == before[0] else "other_commit"
        return _lost(row), "pushed_over"


class _Objects:
    """Reads a repository's objects through one git process."""

    def __init__(self, bare: Path) -> None:
        self._bare = bare
        command = ["git", "-C", str(bare), "cat-file", "--batch"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        self._process.communicate()

    def commits(self, base: str, head: str) -> list[tuple[str, int]]:
        """The commits of a pull request with their times, oldest first."""
        rows = _text(self._bare, "log", "--reverse", "--topo-order", "--format=%H %ct", f"{base}..{head}").split("\n")
        return [(sha, int(at)) for sha, _, at in (row.partition(" ") for row in rows if row)]

    def commit_time(self, sha: str | None) -> int | None:
        data = self._read(sha) if sha else None
        if data is None:
            return None
        line = next(row for row in data.split(b"\n") if row.startswith(b"committer "))
        return int(line.rsplit(b" ", 2)[1])

    def has_lines(self, sha: str, path: str, line: int, tail: list[str]) -> bool:
        data = self._read(f"{sha}:{path}")
        rows = [] if data is None else data.decode("utf-8", "replace").split("\n")
        return bool(tail) and rows[max(0, line - len(tail)) : line] == tail

    def _read(self, name: str) -> bytes | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(name.encode() + b"\n")
        stdin.flush()
        head = stdout.readline().split()
        return stdout.read(int(head[-1]) + 1)[:-1] if len(head) == 3 and head[-1].isdigit() else None


def _rows(path: Path, name: str) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["repo"] == name]


def _tail(hunk: str) -> list[str]:
    """The last lines of a hunk as they stand in the new file."""
    return [row[1:] for row in hunk.split("\n")[1:] if row[:1] in {" ", "+"}][-_TAIL:]


def _lost(row: Row) -> str:
    return hashlib.sha1(f"{row['repo']}#{row['pr_number']}/{row['comment_id']}".encode()).hexdigest()


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(bare: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(bare), *arguments], check=True, capture_output=True, text=True, errors="replace"
    ).stdout
