"""The runner's git repositories: brings commits that are missing, and keeps the state branch in step with its remote.

Runs `git fetch`, `git init` and `git push` with fixed arguments; full ids and fixed ref names only. The token goes to
git through the environment of that one process, so that it is in no argument list, file or message.
"""

import base64
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import REF, GitStore
from reviewlore.domain.mining import Rewritten
from reviewlore.errors import InputError, RefusedError, StorageError
from reviewlore.ports import Rewriting, Store

_TIMEOUT = 300
_LONG_TIMEOUT = 3600  # the first fetch of all pull requests of a large repository
_ATTEMPTS = 5
_MOST_FETCHES = 32
_POLL = 0.2
_PROTOCOLS = {"https": "https", "http": "http:https"}
_WITHHELD = ("GIT_", "INPUT_", "REVIEWLORE_")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# Whole words only: a commit id, which git names too, may hold 403.
_DENIED = re.compile(
    r"\b(?:401|403|denied|not granted|protected branch|authentication failed|could not read username)\b", re.IGNORECASE
)
# A branch ruleset, a protected branch, or a server that takes no pushes over a branch; a lease that was lost is none.
_RULED = re.compile(r"rule violations|force-push|\(non-fast-forward\)|hook declined", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remote:
    """One repository on the forge, and the token to reach it with.

    `url` is its whole address where that is not told by server and name.
    """

    server_url: str
    repository: str
    token: str
    url: str = ""

    @property
    def address(self) -> str:
        """The address that git fetches from and pushes to."""
        return self.url or f"{self.server_url}/{self.repository}.git"

    def environ(self) -> dict[str, str]:
        """Return the environment of a git process: no prompt, no system settings, the token as a header."""
        found = {name: value for name, value in os.environ.items() if not name.startswith(_WITHHELD)}
        found |= {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
        # Others start a program that the address names; and no redirect leads from https to less, or to a file.
        found["GIT_ALLOW_PROTOCOL"] = _PROTOCOLS.get(urlsplit(self.address).scheme, "file")
        if self.token and self.server_url.startswith("http"):
            basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
            # The empty value takes away the token that a checkout may have left: servers refuse two of them.
            values = ("", f"AUTHORIZATION: basic {basic}")
            found["GIT_CONFIG_COUNT"] = str(len(values))
            for number, value in enumerate(values):
                found[f"GIT_CONFIG_KEY_{number}"] = f"http.{self.server_url}/.extraheader"
                found[f"GIT_CONFIG_VALUE_{number}"] = value
        return found


def fetch_pull(repo: GitRepo, remote: Remote, number: int, base: str, head: str) -> None:
    """Bring the two commits of a pull request into a clone; InputError where they cannot be had.

    The head is fetched by the pull request's own ref, which a fork's deletion does not remove. No work tree changes.
    """
    wrong = [commit for commit in (base, head) if not _OBJECT_ID.fullmatch(commit)]
    if wrong:
        raise InputError(f"{wrong[0]!r} is no commit id, as pull request {number} should have. Look at what named it.")
    if not repo.contains(base):
        run_git(repo.git_dir, remote, "fetch", "--no-tags", "--quiet", remote.address, base)
    if not repo.contains(head):
        run_git(repo.git_dir, remote, "fetch", "--no-tags", "--quiet", remote.address, f"refs/pull/{number}/head")
    missing = [commit for commit in (base, head) if not repo.contains(commit)]
    if missing:
        raise InputError(
            f"{remote.repository} has no commit {missing[0][:12]} for pull request {number}, or it was pushed over. "
            "Run again; check out with `fetch-depth: 0`."
        )


def fetch_pulls(repo: GitRepo, remote: Remote) -> None:
    """Bring the heads of all pull requests in one fetch, as `refs/reviewlore/pull/*`; InputError where that fails.

    With them git itself says what became of a remark's lines, without a request for each file. No work tree changes.
    """
    span = "+refs/pull/*/head:refs/reviewlore/pull/*"
    run_git(repo.git_dir, remote, "fetch", "--no-tags", "--quiet", remote.address, span, timeout=_LONG_TIMEOUT)


def fetch_commits(repo: GitRepo, remote: Remote, commits: Sequence[str]) -> None:
    """Bring commits by their ids, as far as the forge still has them: those that were pushed over, above all.

    Git refuses a whole fetch for one commit that is gone, so a refused one is halved; not without end.
    """
    waiting = [tuple(commit for commit in commits if _OBJECT_ID.fullmatch(commit))]
    for _ in range(_MOST_FETCHES):
        if not waiting:
            return
        part = waiting.pop(0)
        try:
            if part:
                run_git(
                    repo.git_dir,
                    remote,
                    "fetch",
                    "--no-tags",
                    "--quiet",
                    remote.address,
                    *part,
                )
        except InputError:
            half = len(part) // 2
            waiting += [part[:half], part[half:]] if half else []


class RemoteStore:
    """The state branch of a repository on the forge, through a bare clone on this machine: `ports.Store`.

    Compare-and-swap reaches to the remote: what somebody else pushed first is fetched, and the change is made again.
    """

    def __init__(self, folder: Path, remote: Remote, ref: str = REF) -> None:
        self._remote, self._folder, self._ref = remote, folder, ref
        if not (folder / "HEAD").exists():
            run_git(Path.cwd(), remote, "init", "--bare", "--quiet", str(folder), inside=False)
        self._fetch()
        self._local = GitStore(GitRepo(folder), ref)

    def head(self) -> str | None:
        """Return the id of the branch's commit, or None before the first write."""
        return self._local.head()

    def read(self, path: str) -> bytes | None:
        """Return one file of the branch, or None."""
        return self._local.read(path)

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        """Return the sorted paths of the branch that start with `prefix`."""
        return self._local.paths(prefix)

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        """Return the paths that start with `prefix`, each with the id of its blob."""
        return self._local.ids(prefix)

    def when_added(self, path: str) -> Store | None:
        """Return the branch as it was in the commit that first had a path, or None."""
        return self._local.when_added(path)

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        """Change the branch here and on the remote in one commit; see `ports.Store`."""
        for _ in range(_ATTEMPTS):
            before = self._local.head()
            commit = self._local.update(change, message, now)
            if commit is None or self._arrived(commit, before, force=False):
                return commit
        raise StorageError(self._restless())

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        """Make the branch's history again here and on the remote, over nothing but the head that was read.

        See `ports.Store`. RefusedError also where a rule of the forge forbids to push over the branch.
        """
        for _ in range(_ATTEMPTS):
            before = self._local.head()
            done = self._local.rewrite(plan, now, dry_run=dry_run)
            if done.head is None or self._arrived(done.head, before, force=True):
                return done
        raise StorageError(self._restless())

    def _arrived(self, commit: str, before: str | None, *, force: bool) -> bool:
        """Push a commit; False where somebody else wrote first: then theirs is here, to begin again from."""
        refused = self._push(commit, before, force=force)
        if refused is None:
            return True
        self._reset(before)
        if _DENIED.search(refused) or (force and _RULED.search(refused)):
            rule = " and allow it to push over the branch" if force else ""
            raise RefusedError(
                f"{self._remote.repository} does not let this token write {self._ref}: {refused}. "
                f"Give the job `contents: write`{rule}, or write to a state repository with a token of its own."
            )
        self._fetch()
        return self._local.head() == commit  # it had arrived, and only the answer was lost

    def _restless(self) -> str:
        return (
            f"{self._ref} of {self._remote.repository} kept changing while it was written ({_ATTEMPTS} attempts). "
            "Nothing was lost; run again."
        )

    def _fetch(self) -> None:
        """Take over the remote's branch; before its first write there is none, and an empty state is the truth."""
        listed = run_git(self._folder, self._remote, "ls-remote", "--quiet", self._remote.address, self._ref)
        here = run_git(self._folder, self._remote, "for-each-ref", "--format=%(objectname)\t%(refname)", self._ref)
        if listed.strip() and listed != here:
            span = f"+{self._ref}:{self._ref}"
            run_git(self._folder, self._remote, "fetch", "--no-tags", "--quiet", self._remote.address, span)

    def _push(self, commit: str, before: str | None, *, force: bool) -> str | None:
        """Push, over the head that was read and no other where `force` is set; None where it arrived, else the reason.

        https://git-scm.com/docs/git-push#Documentation/git-push.txt---force-with-leaseltrefnamegtltexpectgt
        """
        lease = (f"--force-with-lease={self._ref}:{before or ''}",) if force else ()
        try:
            run_git(
                self._folder, self._remote, "push", "--quiet", *lease, self._remote.address, f"{commit}:{self._ref}"
            )
        except InputError as error:
            return str(error.__cause__ or error)
        return None

    def _reset(self, before: str | None) -> None:
        arguments = (self._ref, before) if before else ("-d", self._ref)
        run_git(self._folder, self._remote, "update-ref", *arguments)


class _GitFailedError(Exception):
    """What git said last."""


def run_git(
    folder: Path, remote: Remote, *arguments: str, inside: bool = True, timeout: int = _TIMEOUT,
    stopped: threading.Event | None = None,
) -> str:  # fmt: skip
    """Run git and return its output; InputError with git's last words, without the token, or where `stopped` is set."""
    where = ("--git-dir", str(folder)) if inside else ()
    # Hooks of whoever prepared the machine have no business in a robot's fetch or push.
    command = ["git", *where, "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        done = _attend(command, remote.environ(), timeout, stopped)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"git {arguments[0]} did not finish ({type(error).__name__})"
        raise InputError(f"{reason}. Check that git is installed and {remote.server_url} can be reached.") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        told = (line for line in lines if "rejected" in line or "denied" in line)
        said = next(told, next((line for line in lines if line.startswith("fatal: ")), lines[-1]))
        said = said.replace(remote.token, "[redacted]") if remote.token else said
        said = said.strip().rstrip(".")
        message = f"git {arguments[0]} failed for {remote.repository}: {said}. Check the token and its scope."
        raise InputError(message) from _GitFailedError(said.strip())
    return done.stdout.decode("utf-8", "replace")


def _attend(
    command: Sequence[str], environ: Mapping[str, str], timeout: float, stopped: threading.Event | None
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end; TimeoutExpired where its time is up or it is `stopped`.

    One that can be stopped is a group of its own, so that what it started ends with it.
    """
    deadline = time.monotonic() + timeout
    with subprocess.Popen(
        command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=stopped is not None,
    ) as process:  # fmt: skip
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    said, failed = process.communicate(timeout=_POLL)
                    return subprocess.CompletedProcess(command, process.returncode, said, failed)
                if (stopped is not None and stopped.is_set()) or time.monotonic() > deadline:
                    raise subprocess.TimeoutExpired(command, timeout)
        finally:
            if process.poll() is None and stopped is not None:
                os.killpg(process.pid, signal.SIGKILL)
            elif process.returncode is None:
                process.kill()
