"""The state branch of another repository, read for a version that is pinned; it is fetched where it is not here yet.

In: an address, a branch. Out: a store that is only read. Nothing of it is checked out, run or merged: it lies in a bare
clone of its own beside the repository's objects.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from reviewlore.adapters.checkout import Remote, RemoteStore, run_git
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.errors import StateError
from reviewlore.ports import Store

_FOLDER = "reviewlore-locked"
_MEBIBYTE = 1 << 20
_MOST_FILE = 1024 * _MEBIBYTE  # the largest file of a version that is ever read
_MOST_RECORD = 16 * _MEBIBYTE  # manifests and the registry


def open_locked(git_dir: Path, remote: Remote, branch: str, version: str, is_here: Callable[[Store], bool]) -> Store:
    """Return the store on a branch of a remote repository that holds a version (empty: any).

    What was fetched before is used where `is_here` says so of it, without a network. InputError where the branch cannot
    be fetched, StateError where a file of the version is larger than any that we write.
    """
    ref = f"refs/heads/{branch}"
    name = hashlib.sha256(f"{remote.address} {ref}".encode()).hexdigest()[:16]
    folder = git_dir / _FOLDER / f"{name}.git"
    if (folder / "HEAD").exists():
        kept = GitStore(GitRepo(folder), ref)
        if kept.head() is not None and _fits(folder, remote, ref, version) and is_here(kept):
            return kept
    folder.parent.mkdir(exist_ok=True)
    store = RemoteStore(folder, remote, ref)
    if store.head() is not None and not _fits(folder, remote, ref, version):
        raise StateError(
            f"{branch} of {remote.address} holds a file that is too large to be one of version {version} "
            f"(over {_MOST_FILE // _MEBIBYTE} MiB, or over {_MOST_RECORD // _MEBIBYTE} MiB for a manifest or the "
            "registry). Nothing of it is read; look at who wrote it."
        )
    return store


def _fits(folder: Path, remote: Remote, ref: str, version: str) -> bool:
    """Whether every file that a version may be read from has a size that one of ours can have."""
    listed = run_git(folder, remote, "ls-tree", "-r", "-l", "-z", ref, "--", f"adapters/{version}", "registry.json")
    for row in filter(None, listed.split("\0")):
        meta, path = row.split("\t", 1)
        size = meta.split()[3]
        record = path == "registry.json" or path.endswith("/manifest.json")
        if not size.isdigit() or int(size) > (_MOST_RECORD if record else _MOST_FILE):
            return False
    return True
