"""What an interrupted run left behind, to be taken up: parts of a run in one folder, each sealed by its hashes.

In: files, and the key of the run they belong to. Out: the same files. A part that is unfinished, damaged or of another
run is removed when the folder is opened, which is said, and never read.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reviewlore.errors import RefusedError, StorageError
from reviewlore.ports import Console

_SEAL = "seal.json"
_LOCK = "lock"
_CACHE = "reference"  # its files are checked by who reads them
_CHECKPOINT = "checkpoint-"  # the name that transformers gives
_PARTIAL = "partial-"
_UNTRUSTED = ("training_args.bin", "README.md")  # a pickle, and an advertisement: neither is needed to resume
_OTHERS_MAY_WRITE = 0o022


class RunFolder:
    """The parts of one run on this machine. `writes` is False in all but one of several processes."""

    def __init__(self, path: Path, key: str, *, writes: bool = True) -> None:
        self.path, self.key, self._writes = path, key, writes

    @property
    def cache(self) -> Path:
        """Where what can be computed again, and is checked when it is read, is kept."""
        return self.path / _CACHE

    def keep(self, name: str, files: Mapping[str, bytes], facts: Mapping[str, Any] | None = None) -> None:
        """Keep a part: written beside its place first, so that it is there whole or not at all."""
        if not self._writes:
            return
        partial = Path(tempfile.mkdtemp(prefix=f"{_PARTIAL}{name}-", dir=self.path))
        for file, content in files.items():
            (partial / file).write_bytes(content)
        self.seal(partial.name, facts)
        self.drop(name)
        partial.rename(self.path / name)

    def kept(self, name: str) -> dict[str, bytes] | None:
        """Return the files of a part, or None where there is none."""
        folder = self.path / name
        if not (folder / _SEAL).is_file():
            return None
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != _SEAL}

    def facts(self, name: str) -> dict[str, Any]:
        """Return what was noted when a part was sealed; nothing where there is no such part."""
        seal = self.path / name / _SEAL
        facts: dict[str, Any] = json.loads(seal.read_bytes())["facts"] if seal.is_file() else {}
        return facts

    def seal(self, name: str, facts: Mapping[str, Any] | None = None) -> None:
        """Seal a part that somebody else wrote: from now on it counts."""
        if not self._writes:
            return
        folder = self.path / name
        for unwanted in _UNTRUSTED:
            (folder / unwanted).unlink(missing_ok=True)
        seal = {"key": self.key, "files": _hashes(folder), "facts": dict(facts or {})}
        partial = folder / f"{_SEAL}.partial"
        partial.write_text(json.dumps(seal, sort_keys=True), encoding="utf-8")
        partial.rename(folder / _SEAL)

    def drop(self, name: str) -> None:
        """Remove a part; its seal goes first, so that half of it is never taken for the whole."""
        if not self._writes:
            return
        (self.path / name / _SEAL).unlink(missing_ok=True)
        shutil.rmtree(self.path / name, ignore_errors=True)

    def names(self, prefix: str) -> list[str]:
        """Return the sealed parts whose name is a prefix and a number, the largest number first."""
        found = [path.name for path in self.path.iterdir() if path.name.startswith(prefix) and (path / _SEAL).is_file()]
        return sorted(found, key=lambda name: -int(name.removeprefix(prefix)))

    def last_checkpoint(self) -> str | None:
        """Return the name of the latest sealed checkpoint of the preference training, or None."""
        return next(iter(self.names(_CHECKPOINT)), None)

    def sweep(self) -> list[str]:
        """Remove all that is unfinished, damaged or of another run; return what was hoped for, each with the reason."""
        told = []
        for path in sorted(self.path.iterdir()):
            reason = "" if path.name in (_LOCK, _CACHE) else self._find_fault(path)
            if reason:
                if not path.name.startswith(_PARTIAL) and path.name not in _UNTRUSTED:
                    told.append(f"{path.name} ({reason})")
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        return told

    def _find_fault(self, path: Path) -> str:
        """Return why a part cannot be used, or nothing."""
        if path.is_symlink() or not path.is_dir():
            return "not of a run"
        try:
            seal = json.loads((path / _SEAL).read_bytes())
            if seal["key"] != self.key:
                return "of another run"
            return "" if seal["files"] == _hashes(path) else "damaged"
        except FileNotFoundError:
            return "unfinished"
        except (OSError, ValueError, KeyError, TypeError):
            return "damaged"


@contextmanager
def open_run_folder(path: Path | None, key: str, console: Console) -> Iterator[RunFolder]:
    """Give the folder of a run to one process at a time; None: a temporary one, removed afterwards.

    `key` stands for all that decides what the run makes. RefusedError where another process works in the folder,
    StorageError where it is not ours alone: checkpoints are loaded, so nobody else may have written them.
    """
    if path is None:
        with tempfile.TemporaryDirectory(prefix="reviewlore-run-") as temporary:
            yield RunFolder(Path(temporary), key)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_above(path.parent)
    path.mkdir(exist_ok=True, mode=0o700)
    _check_ours(path)
    with _locked(path):
        folder = RunFolder(path, key)
        unusable = folder.sweep()
        if unusable:
            console.warn(f"Left by an earlier run and not used: {', '.join(unusable)}.")
        yield folder


def remove_runs(path: Path) -> None:
    """Remove what all runs of a version left, and the folder above where that was the last version."""
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):  # other versions are there
        path.parent.rmdir()


def forget_runs(root: Path) -> int:
    """Remove what interrupted runs of any version left below a folder, for it holds words; return how many did.

    A folder that somebody named may hold other things: only what is named as a version is removed.
    """
    left = [path for path in root.glob("adapter-*") if path.is_dir() and not path.is_symlink()]
    for path in left:
        remove_runs(path)
    return len(left)


def _check_ours(path: Path) -> None:
    status = path.lstat()
    if path.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        raise StorageError(f"{path} does not belong to who trains, so no run is kept there. Remove it, or set another.")
    if os.name == "posix" and status.st_mode & _OTHERS_MAY_WRITE:
        raise StorageError(
            f"Others may write to {path}, so no run is kept there. Take the right from them (chmod 700)."
        )


def _check_above(path: Path) -> None:
    """Raise StorageError where somebody else could put another folder in the place of one in this folder.

    A folder of everybody's, as /tmp, lets only the owner take a folder in it away (the sticky bit).
    """
    if os.name != "posix":
        return
    status = path.lstat()
    if path.is_symlink() or status.st_uid not in (0, os.getuid()):
        raise StorageError(f"{path} does not belong to who trains, so no run is kept there. Remove it, or set another.")
    if status.st_mode & _OTHERS_MAY_WRITE and not status.st_mode & stat.S_ISVTX:
        raise StorageError(
            f"Others may write to {path}, so no run is kept there. Take the right from them (chmod 700)."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the folder until the end of the block, or of this process: the system lets go of it then."""
    try:
        import fcntl
    except ImportError:  # no such locks on Windows: there the lock on the state branch has to do
        yield
        return
    with (path / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(f"Another process trains in {path}. Wait for it to end.") from error
        yield


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder but the seal, by its path there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise ValueError(name)
        if path.is_file() and not name.startswith(_SEAL):
            with path.open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
