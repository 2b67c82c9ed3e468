"""A bare git repository behind the fake: commits, trees and patches come from git itself, so they cannot drift from it.

In: revisions and files to commit. Out: commit ids, changed files with patches, blobs. It keeps no state of its own.
"""

import functools
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# GitHub leaves `patch` out of binary and of too large files, and lists no more than 3,000 files.
MAX_PATCH = 500_000
MAX_FILES = 3_000
STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
# Nobody's git settings reach the repositories of a test.
IDENTITY = {
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_COMMITTER_NAME": "A U Thor",
    "GIT_COMMITTER_EMAIL": "author@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class GitError(Exception):
    """git refused: unknown revision, missing path, conflict."""


@dataclass(frozen=True)
class ChangedFile:
    path: str
    previous: str | None
    status: str
    blob: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True)
class CommitInfo:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    message: str


class BareRepository:
    """One bare repository on disk; made on first use where the folder is not there."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            self.path.mkdir(parents=True)
            self.run("init", "--quiet", "--bare", "--initial-branch=main", ".")
        self._changes = functools.cache(self._read_changes)

    def run(self, *arguments: str, stdin: bytes = b"", date: str | None = None) -> bytes:
        """Run one git command here and return its standard output; GitError where it fails."""
        if any("\0" in argument for argument in arguments):
            raise GitError("a NUL is no part of any name")
        dates = {} if date is None else {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        command = ["git", "-C", str(self.path), *arguments]
        environment = {**os.environ, **IDENTITY, **dates}
        done = subprocess.run(command, check=False, input=stdin, capture_output=True, env=environment)
        if done.returncode:
            raise GitError(done.stderr.decode("utf8", "replace").strip())
        return done.stdout

    def text(self, *arguments: str) -> str:
        return self.run(*arguments).decode("utf8", "replace")

    def rev(self, name: str) -> str:
        """Return the full id of a revision's commit."""
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()

    def commit(
        self, branch: str, files: Mapping[str, str | bytes | None], message: str, date: str, parent: str | None = None
    ) -> str:
        """Commit files (None removes) onto a branch, starting it at `parent` where it is new; return the commit id."""
        seconds = int(datetime.fromisoformat(date).timestamp())
        person = f"{IDENTITY['GIT_AUTHOR_NAME']} <{IDENTITY['GIT_AUTHOR_EMAIL']}> {seconds} +0000"
        stream = [f"commit refs/heads/{branch}\ncommitter {person}\n".encode(), _data(message.encode())]
        start = f"refs/heads/{branch}^0" if self._has(branch) else parent
        if start is not None:
            stream.append(f"from {start}\n".encode())
        for path, content in files.items():
            name = f'"{_quoted(path)}"'.encode()
            if content is None:
                stream.append(b"D " + name + b"\n")
            else:
                data = content.encode() if isinstance(content, str) else content
                stream.append(b"M 100644 inline " + name + b"\n" + _data(data))
        self.run("fast-import", "--quiet", "--force", stdin=b"".join(stream))
        return self.rev(branch)

    def merge(self, base: str, head: str, message: str, date: str, squash: bool = False) -> str:
        """Merge a commit into a branch without a work tree and return the merge commit's id."""
        target = self.rev(base)
        tree = self.text("merge-tree", "--write-tree", target, head).splitlines()[0]
        parents = ["-p", target] if squash else ["-p", target, "-p", head]
        sha = self.run("commit-tree", tree, *parents, "-m", message, date=date).decode().strip()
        self.point(f"refs/heads/{base}", sha)
        return sha

    def point(self, ref: str, sha: str) -> None:
        self.run("update-ref", ref, sha)

    def merge_base(self, one: str, other: str) -> str:
        return self.text("merge-base", one, other).strip()

    def changes(self, base: str, head: str) -> tuple[ChangedFile, ...]:
        """Return the changed files from the merge base of two commit ids to the second."""
        return self._changes(self.merge_base(base, head), head)[:MAX_FILES]

    def commits(self, base: str, head: str) -> list[CommitInfo]:
        """Return the commits of `head` that `base` has not, oldest first."""
        return [self.info(sha) for sha in self.text("rev-list", "--reverse", f"{base}..{head}").split()]

    def info(self, sha: str) -> CommitInfo:
        shown = self.text("show", "-s", "--format=%T%n%P%n%an%n%ae%n%ad%n%B", "--date=format:%Y-%m-%dT%H:%M:%SZ", sha)
        tree, parents, author, email, date, message = shown.split("\n", 5)
        return CommitInfo(sha, tree, tuple(parents.split()), author, email, date, message.rstrip("\n"))

    def blob(self, revision: str, path: str) -> bytes:
        return self.run("cat-file", "blob", f"{self.rev(revision)}:{path}")

    def _has(self, branch: str) -> bool:
        try:
            return bool(self.rev(f"refs/heads/{branch}"))
        except GitError:
            return False

    def _read_changes(self, base: str, head: str) -> tuple[ChangedFile, ...]:
        raw = self.text("diff", "--raw", "-z", "-M", "--abbrev=40", base, head).split("\0")[:-1]
        patches = re.split(r"(?m)^diff --git ", self.text("diff", "-M", "--full-index", base, head))[1:]
        files, fields = [], iter(raw)
        for patch, meta in zip(patches, fields, strict=False):
            _, _, old, new, letter = meta.split(" ")
            first = next(fields)
            path = next(fields) if letter[0] in "RC" else first
            files.append(_changed(path, first if letter[0] in "RC" else None, letter[0], (old, new), patch))
        return tuple(files)


def hunk_lines(patch: str) -> list[tuple[set[int], set[int]]]:
    """Return the LEFT and RIGHT line numbers of each hunk of a file's patch, context lines included."""
    found: list[tuple[set[int], set[int]]] = []
    old = new = 0
    for line in patch.split("\n"):
        header = HUNK.match(line)
        if header:
            old, new = int(header[1]), int(header[2])
            found.append((set(), set()))
        elif found and line[:1] in {"-", " ", "+"}:
            if line[0] in "- ":
                found[-1][0].add(old)
                old += 1
            if line[0] in "+ ":
                found[-1][1].add(new)
                new += 1
    return found


def hunk_until(patch: str, line: int, side: str) -> str:
    """Return the hunk of a patch from its header to one line, as GitHub keeps it beside a review comment."""
    kept: list[str] = []
    old = new = 0
    for text in patch.split("\n"):
        header = HUNK.match(text)
        if header:
            old, new, kept = int(header[1]), int(header[2]), [text]
            continue
        kept.append(text)
        if (side == "LEFT" and text[:1] in {"-", " "} and old == line) or (
            side == "RIGHT" and text[:1] in {"+", " "} and new == line
        ):
            return "\n".join(kept)
        old += text[:1] in {"-", " "}
        new += text[:1] in {"+", " "}
    return ""


def _changed(path: str, previous: str | None, letter: str, blobs: tuple[str, str], patch: str) -> ChangedFile:
    body = patch.partition("\n@@ ")[2].rstrip("\n")
    lines = ("@@ " + body).split("\n") if body else []
    additions, deletions = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    shown = "\n".join(lines) if body and len(body) <= MAX_PATCH else None
    blob = blobs[0] if letter == "D" else blobs[1]
    return ChangedFile(path, previous, STATUS[letter], blob, additions, deletions, shown)


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


def _quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
