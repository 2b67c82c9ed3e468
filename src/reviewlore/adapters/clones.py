"""Clones of repositories for the App's jobs (`ports.app.Clones`): bare, one a repository, in a folder of their own.

In: a repository and a token. Out: a folder with its branches as `refs/remotes/origin/*`. Folders are named by GitHub's
number of a repository, so that no name can lead elsewhere and a renaming changes nothing. Those least recently used
are removed where they take too much room.
"""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reviewlore.adapters.checkout import Remote, run_git
from reviewlore.domain.app import Grant
from reviewlore.errors import ForgeError, InputError, StorageError

_FETCH_SECONDS = 1800  # the first one of a large repository
_UNUSED_DAYS = 30
_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
# Collected in the foreground: what git leaves running behind itself would hold locks while the job works.
_SETTINGS = {"gc.autoDetach": "false", "maintenance.autoDetach": "false", "core.logAllRefUpdates": "false"}


class CloneShelf:
    """Adapter of the `Clones` port, for the threads of one process; two repositories do not wait for each other."""

    def __init__(self, folder: Path, server_url: str, most_bytes: int) -> None:
        self._folder, self._server_url, self._most_bytes = folder, server_url, most_bytes
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(".*.partial"):  # by a process that ended in the middle of a first fetch
            shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def hold(self, grant: Grant) -> Iterator[str]:
        """Keep a repository's clone, with its branches as they are now, during the block."""
        name = f"{grant.repository_id}.git"
        remote = Remote(self._server_url, grant.repository, grant.token)
        with self._lock:
            self._held[name] = self._held.get(name, 0) + 1
        try:
            self._bring(self._folder / name, remote)
            yield str(self._folder / name)
        finally:
            with self._lock:
                self._held[name] -= 1
                if not self._held[name]:
                    del self._held[name]
            self.trim()

    def trim(self) -> None:
        """Remove clones that nobody holds: unused for a month, and the least recently used where all are too large."""
        with self._lock:
            found = sorted((_used_at(path), path) for path in self._folder.glob("*.git"))
            sizes = {path: _size(path) for _, path in found}
            total, oldest = sum(sizes.values()), time.time() - _UNUSED_DAYS * 86_400
            for used, path in found:
                if path.name not in self._held and (total > self._most_bytes or used < oldest):
                    shutil.rmtree(path, ignore_errors=True)
                    total -= sizes[path]

    def _bring(self, path: Path, remote: Remote) -> None:
        try:
            if path.exists():
                _unlock(path)
                _update(path, remote)
            else:
                self._make(path, remote)
            os.utime(path)
        except InputError as error:  # the token is good: it is the network, or GitHub
            raise ForgeError(str(error)) from error
        except OSError as error:
            why = f"{path} cannot be written: {error.strerror}. Free some space or check permissions."
            raise StorageError(why) from error

    def _make(self, path: Path, remote: Remote) -> None:
        """Clone beside the place and rename, so that a clone is whole or not there."""
        partial = path.with_name(f".{path.stem}-{secrets.token_hex(8)}.partial")
        try:
            run_git(self._folder, remote, "init", "--bare", "--quiet", "--template=", str(partial), inside=False)
            for name, value in _SETTINGS.items():
                run_git(partial, remote, "config", name, value)
            _update(partial, remote)
            partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _update(path: Path, remote: Remote) -> None:
    run_git(path, remote, "config", "remote.origin.url", remote.address)  # it tells the repository's name
    fetch = ("fetch", "--no-tags", "--quiet", "--prune", remote.address, _BRANCHES)
    run_git(path, remote, *fetch, timeout=_FETCH_SECONDS)


def _unlock(path: Path) -> None:
    """Remove locks that a killed git left; one delivery of a repository runs at a time, so nobody holds them."""
    for place in (path, path / "objects" / "info"):
        for lock in place.glob("*.lock"):
            lock.unlink(missing_ok=True)
    for lock in (path / "refs").rglob("*.lock"):
        lock.unlink(missing_ok=True)


def _used_at(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _size(path: Path) -> int:
    """Return the bytes of all files below a folder; what is removed meanwhile counts for nothing."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - a clone has thousands of files
    return total
