"""A small repository on the fake for the tests of the adapters: `octo/demo` with one open pull request from a fork."""

from pathlib import Path

from tests.github.fake import FakeGitHub

from reviewlore.adapters.github import Patience

NAME = "octo/demo"
QUICK = Patience(retries=2, max_wait=2, secondary_wait=0.05, backoff=0, timeout=5, between_writes=None)
MARKER = "<!-- lore:1 -->"


def build(fake: FakeGitHub, folder: Path) -> FakeGitHub:
    """`octo/demo` with an open pull request 1 by a fork's owner, who may only read."""
    fake.add_repo(NAME, folder / "demo.git")
    base = fake.commit(NAME, "main", {"a.py": "x = 1\ny = 2\nz = 3\n"}, "Start")
    fake.commit(NAME, "feat", {"a.py": "x = 1\ny = 5\nz = 3\n"}, "Change", parent=base)
    fake.open_pull(NAME, "main", "feat", "Raise y", login="alice", fork="alice/demo", labels=["size/S"])
    fake.set_role(NAME, "carol", "write")
    return fake


def merge(fake: FakeGitHub, number: int) -> None:
    """Add a merged pull request that costs no git: history is read from what GitHub says alone."""
    sha = fake.repos[NAME].pulls[1].head_sha
    fake.open_pull(NAME, "main", "feat", f"Pull {number}", number=number, head_sha=sha, base_sha=sha)
    fake.merge_pull(NAME, number, merge_commit=sha)
