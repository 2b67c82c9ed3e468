"""One pull request in a place of its own: a forge's git, a runner's clone, a state branch with a past, and an event.

In: two commits of a repository. Out: the environment of a runner that reviews what lies between them, and the answers
that the contract-checked fake GitHub gives to that run. The settings are a commit on top of the base; the head is
merged with it, so that the change, the pull request's own commits and the history below are the real ones.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tests.github.fake import FakeGitHub, start_fake
from tests.github.faults import Reply
from tests.github.speech import Speech

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.history import Anchor, Episode
from reviewlore.flows.state import episode_files

NAME = "octo/reviewed"
_NOW = "2026-01-01T00:00:00Z"
_CONCERNS = ("architecture", "testing", "naming", "documentation", "error_handling", "other")
_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"), ("DATE", _NOW))
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where one pull request is reviewed: the folder, its number, its commits, and how many files it changes."""

    folder: Path
    number: int
    base: str
    head: str
    files: int

    @property
    def clone(self) -> Path:
        """The runner's clone."""
        return self.folder / "clone"

    def environ(self, address: str, token: str) -> dict[str, str]:
        """Return the environment of the runner's step that reviews, with GitHub at `address`."""
        # Python keeps what it compiled, as it does wherever a wheel was installed.
        foreign = ("GITHUB_", "INPUT_", "PYTHONDONTWRITE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_SERVER_URL": (self.folder / "server").as_uri(),
            "GITHUB_API_URL": address,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_WORKSPACE": str(self.clone),
            "GITHUB_RUN_ID": "1",
            "RUNNER_TEMP": str(self.folder),
            "INPUT_MODE": "review",
            "INPUT_GITHUB_TOKEN": token,
            "OMP_NUM_THREADS": "1",
        }


def make_site(folder: Path, source: Path, base: str, head: str, settings: str, episodes: int) -> Site:
    """Lay out the pull request `base`..`head` of a clone; the state branch gets so many invented episodes."""
    served = folder / "server" / f"{NAME}.git"
    _git(folder, "clone", "--quiet", "--bare", "--shared", str(source), str(served))
    base, head = (_git(served, "rev-parse", "--verify", f"{name}^{{commit}}") for name in (base, head))
    start = _git(served, "merge-base", base, head)
    onto = _with_settings(served, start, settings, "-p", start)
    merged = _with_settings(served, head, settings, "-p", head, "-p", onto)
    for ref, commit in (("refs/heads/main", onto), ("refs/heads/change", merged), ("refs/pull/7/head", merged)):
        _git(served, "update-ref", ref, commit)
    _git(served, "symbolic-ref", "HEAD", "refs/heads/main")
    repo = GitRepo(served)
    files = episode_files(islice(invent_past(repo, start), episodes))
    GitStore(repo).update(lambda _: files, lambda: "Invent a past", _NOW)
    _git(folder, "clone", "--quiet", "--no-checkout", "--shared", str(served), str(folder / "clone"))
    _git(folder / "clone", "fetch", "--quiet", "origin", merged)
    changed = len(_git(served, "diff", "--name-only", onto, merged).splitlines())
    return Site(folder, 7, onto, merged, changed)


def invent_past(repo: GitRepo, commit: str, seed: int = 1) -> Iterator[Episode]:
    """Yield remarks with invented words on real hunks of the past, newest first; every second one was acted on."""
    rng = random.Random(seed)
    speech = Speech(rng)
    hunks = ((file.path, hunk) for patch in repo.patches(commit) for file in patch.files for hunk in file.hunks)
    for number, (path, hunk) in enumerate(hunks, 1):
        head = f"@@ -{hunk.old_start},{hunk.old_length} +{hunk.new_start},{hunk.new_length} @@ {hunk.section}"
        yield Episode(
            id=f"{NAME}#{number // 5 + 1}/{number}",
            repository=NAME,
            pull_request=number // 5 + 1,
            comment_id=str(number),
            author=f"person{rng.randrange(40)}",
            author_kind="human",
            pull_request_author=f"person{rng.randrange(40)}",
            anchor=Anchor(path, max(1, hunk.new_start)),
            hunk="\n".join((head, *hunk.text.split("\n")[:40])),
            body=speech.remark(),
            created_at=f"2025-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00Z",
            outcome="addressed" if number % 2 else "ignored",
            concern=_CONCERNS[number % len(_CONCERNS)],
            url=f"https://github.com/{NAME}/pull/{number // 5 + 1}#discussion_r{number}",
        )


def record(site: Site) -> tuple[dict[str, list[Any]], str]:
    """Review once with the true fake behind it; return its answers by what was asked, and what the run printed."""
    with start_fake() as fake:
        heard = _listen(fake)
        fake.add_repo(NAME, site.folder / "server" / f"{NAME}.git")
        pull = fake.open_pull(NAME, "main", "change", "Change", login="alice", number=site.number)
        token = fake.workflow_token(NAME)
        sides = {"head": pull.head_sha, "base": pull.base_sha}
        about = {side: {"ref": side, "sha": sha, "repo": {"full_name": NAME}} for side, sha in sides.items()}
        told = {"number": site.number, "state": "open", "draft": False, "locked": False, **about}
        whole = {"full_name": NAME, "default_branch": "main"}
        event = {"action": "opened", "number": site.number, "pull_request": told, "repository": whole}
        (site.folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
        said = run(site.environ(fake.base, token))
    return {asked: [status, headers, text] for asked, (status, headers, text) in heard.items()}, said


def run(environ: Mapping[str, str]) -> str:
    """Run the action's step once and return what it printed; SystemExit where it fails."""
    command = [sys.executable, "-m", "reviewlore", "action"]
    done = subprocess.run(command, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise SystemExit(f"The review ended with status {done.returncode}:\n{said}")
    return said


def _listen(fake: FakeGitHub) -> dict[str, tuple[int, dict[str, str], str]]:
    """Keep every answer of the fake, by method and address."""
    heard: dict[str, tuple[int, dict[str, str], str]] = {}
    handle = fake.handle

    def listening(method: str, url: str, headers: dict[str, str], raw: bytes) -> Reply:
        reply = handle(method, url, headers, raw)
        heard[f"{method} {url}"] = (reply.status, dict(reply.headers), reply.encoded().decode())
        return reply

    fake.handle = listening  # type: ignore[method-assign]
    return heard


def _with_settings(served: Path, commit: str, settings: str, *parents: str) -> str:
    """Return a commit of the same tree with the settings in it."""
    environment = {"GIT_INDEX_FILE": str(served / "settings-index")}
    blob = _git(served, "hash-object", "-w", "--stdin", given=settings)
    _git(served, "read-tree", commit, more=environment)
    _git(served, "update-index", "--add", "--cacheinfo", f"100644,{blob},.reviewlore.toml", more=environment)
    tree = _git(served, "write-tree", more=environment)
    return _git(served, "commit-tree", tree, *parents, "-m", "Configure the review")


def _git(folder: Path, *arguments: str, given: str = "", more: Mapping[str, str] | None = None) -> str:
    command = ["git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", *arguments]
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environment = {**os.environ, **_IDENTITY, **plain, **(more or {})}
    done = subprocess.run(command, input=given.encode(), stdout=subprocess.PIPE, check=True, env=environment)
    return done.stdout.decode("utf-8", "replace").strip()
