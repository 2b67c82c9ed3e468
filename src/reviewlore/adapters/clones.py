"""Clones of repositories for the App's jobs (`ports.app.Clones`): bare, in a folder of their own.

In: a repository and a token. Out: a folder with its branches as `refs/remotes/origin/*`. Folders are named by GitHub's
number of a repository, so that no name can lead elsewhere and a renaming changes nothing. A repository that is learned
from has a second one, which jobs in the background work on. Those least recently used are removed where all take too
much room.
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
from reviewlore.errors import ForgeError, InputError, StoppedError, StorageError

_FETCH_SECONDS = 900  # the first one of a large repository; with the longest job, a token's hour
_UNUSED_DAYS = 30
_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
# Written anew before each use: a job may write the clone, and git starts what settings name. Garbage is collected in
# the foreground, since what git leaves running behind itself would hold locks; packs are mapped within a job's memory.
_CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = true
\tlogAllRefUpdates = false
\tpackedGitLimit = 1g
\tpackedGitWindowSize = 64m
[gc]
\tautoDetach = false
[maintenance]
\tautoDetach = false
[remote "origin"]
\turl = "{address}"
"""
# By these a repository leads git to settings, objects, programs or another history. Where a log of a branch lies, git
# goes on with it, whatever the settings say.
_LEADING_ELSEWHERE = (
    *("commondir", "gitdir", "config.worktree", "worktrees", "modules", "hooks", "info/attributes", "info/grafts"),
    *("objects/info/alternates", "objects/info/http-alternates", "logs", "refs/replace", "shallow"),
)


class CloneShelf:
    """Adapter of the `Clones` port, for the threads of one process; two repositories do not wait for each other."""

    def __init__(self, folder: Path, server_url: str, most_bytes: int) -> None:
        self._stopped = threading.Event()
        self._folder, self._server_url, self._most_bytes = folder, server_url, most_bytes
        self._lock = threading.Lock()
        self._held: set[str] = set()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(".*.partial"):  # by a process that ended in the middle of a first fetch
            shutil.rmtree(left, ignore_errors=True)

    def interrupt(self) -> None:
        """End every git that fetches, and each later one: the server stops."""
        self._stopped.set()

    @contextmanager
    def hold(self, grant: Grant, *, background: bool = False) -> Iterator[str]:
        """Keep a repository's clone, with its branches as they are now, during the block. See `ports.app.Clones`."""
        name = f"{grant.repository_id}{'-background' if background else ''}.git"
        remote = Remote(self._server_url, grant.repository, grant.token)
        with self._lock:
            if name in self._held:  # as where a repository was renamed and deliveries of both names wait
                raise StorageError(f"Another job works on clone {name} of {grant.repository}. Try again later.")
            self._held.add(name)
        try:
            self._bring(self._folder / name, remote)
            yield str(self._folder / name)
        finally:
            with self._lock:
                self._held.remove(name)
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
            if path.exists() and not _is_plain(path):
                shutil.rmtree(path)
            if path.exists():
                _unlock(path)
                _settle(path, remote)
                self._update(path, remote)
            else:
                self._make(path, remote)
            os.utime(path)
        except InputError as error:
            if self._stopped.is_set():
                raise StoppedError(str(error)) from error
            # The token is good: it is the network, or GitHub.
            raise ForgeError(str(error)) from error
        except OSError as error:
            why = f"{path} cannot be written: {error.strerror}. Free some space or check permissions."
            raise StorageError(why) from error

    def _make(self, path: Path, remote: Remote) -> None:
        """Clone beside the place and rename, so that a clone is whole or not there."""
        partial = path.with_name(f".{path.stem}-{secrets.token_hex(8)}.partial")
        try:
            run_git(self._folder, remote, "init", "--bare", "--quiet", "--template=", str(partial), inside=False)
            _settle(partial, remote)
            self._update(partial, remote)
            partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _update(self, path: Path, remote: Remote) -> None:
        fetch = ("fetch", "--no-tags", "--quiet", "--prune", remote.address, _BRANCHES)
        run_git(path, remote, *fetch, timeout=_FETCH_SECONDS, stopped=self._stopped)


def _settle(path: Path, remote: Remote) -> None:
    """Give a clone settings that are ours alone; the address tells jobs the repository's name."""
    for name in _LEADING_ELSEWHERE:
        found = path / name
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
    quoted = remote.address.replace("\\", "\\\\").replace('"', '\\"')
    fresh = path / f"config.{secrets.token_hex(8)}"
    fresh.write_text(_CONFIG.format(address=quoted), encoding="utf-8")
    fresh.replace(path / "config")


def _is_plain(path: Path) -> bool:
    """Whether all below a folder is files and folders: git writes through a link, and waits at a pipe for ever."""
    with os.scandir(path) as entries:
        return all(
            _is_plain(Path(each.path)) if each.is_dir(follow_symlinks=False) else each.is_file(follow_symlinks=False)
            for each in entries
        )


def _unlock(path: Path) -> None:
    """Remove locks that a killed git left; one job at a time works on a clone, so nobody holds them."""
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
