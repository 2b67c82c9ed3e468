"""The state branch: an orphan branch of a git repository, changed by compare-and-swap. Owns GitPython with `git.py`.

One commit per change. Objects are written first and the ref moves last, in one step, so that an interruption, a full
disk or a second writer leaves the branch as it was. No identity, hook or signing key of the user takes part.
"""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from git import Repo as _Repo
from git.exc import GitCommandError
from gitdb.base import IStream
from gitdb.exc import BadObject

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.git_run import name_repository
from reviewlore.adapters.rewriting import Rewriter, object_id
from reviewlore.domain.mining import Rewritten
from reviewlore.errors import ConfigError, StateError, StorageError
from reviewlore.ports import Rewriting, Store

REF = "refs/heads/reviewlore/state"
_ATTEMPTS = 5
_NAME = "reviewlore"
_EMAIL = "reviewlore@users.noreply.github.com"
_LOCKED = ", and if no other git process is at work, remove that file first."


class GitStore:
    """Adapter of the `Store` port over one branch of a local (work or bare) repository."""

    def __init__(self, repo: GitRepo, ref: str = REF) -> None:
        self._git_dir = repo.git_dir
        self._repo = _Repo(repo.git_dir)
        name_repository(self._repo)
        self.ref = ref
        self._latest = _Snapshot(self._repo, None)

    def head(self) -> str | None:
        """Return the id of the branch's commit, or None before the first write."""
        with suppress(ValueError, OSError):  # no such branch, or something is wrong with it: below git tells which
            name, kind = map(_text, self._repo.git.get_object_data(self.ref)[:2])  # looked up anew each time
            if kind == "commit":
                return name
        try:
            listed = str(self._repo.git.for_each_ref("--format=%(objectname) %(refname)", self.ref)).splitlines()
        except GitCommandError as error:
            raise StorageError(
                f"The branch {self.ref} cannot be looked up: {_reason(error)}. Mend it, retry."
            ) from error
        # A pattern also stands for the branches below it.
        return next((row.split(" ")[0] for row in listed if row.endswith(f" {self.ref}")), None)

    def read(self, path: str) -> bytes | None:
        """Return one file of the branch, or None."""
        return self._present().read(path)

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        """Return the sorted paths of the branch that start with `prefix`."""
        return self._present().paths(prefix)

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        """Return the paths that start with `prefix`, each with the id of its blob."""
        return self._present().ids(prefix)

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        """Apply `change` in one commit by compare-and-swap; None where nothing changes. See `ports.Store`."""
        for _ in range(_ATTEMPTS):
            snapshot = self._present()
            head = snapshot.head()
            files = {path: data for path, data in change(snapshot).items() if snapshot.read(path) != data}
            if not files:
                return None
            self._refuse_foreign(head)
            commit = self._write(head, files, message(), now)
            if self._swap(head, commit):
                return commit
        raise StorageError(self._restless())

    def when_added(self, path: str) -> Store | None:
        """Return the branch as it was in the commit that first had a path, or None."""
        head = self.head()
        if head is None:
            return None
        try:
            # No rename is looked for: a copy of an old manifest is still a new dataset.
            added = str(self._repo.git.log("--diff-filter=A", "--no-renames", "--format=%H", head, "--", path)).split()
        except GitCommandError as error:
            raise StateError(_damaged("its history", head)) from error
        return _Snapshot(self._repo, added[-1]) if added else None

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        """Make the whole history again by compare-and-swap; see `ports.Store`.

        Afterwards no entry of the branch's reflog leads to the old commits; their objects stay until git prunes them.
        """
        for _ in range(_ATTEMPTS):
            snapshot = self._present()
            head = snapshot.head()
            self._refuse_foreign(head)
            rewriter = Rewriter(plan, self._load, object_id if dry_run else self._save, f"{_NAME} <{_EMAIL}>")
            tip = rewriter.run(self._commits(head)) if head else None
            top = snapshot if dry_run or tip == head else _Snapshot(self._repo, tip)
            files = {path: data for path, data in plan.close(top).items() if top.read(path) != data}
            if dry_run:
                return Rewritten(head, None, len(rewriter.changed), self._holders(rewriter))
            new = self._write(tip, files, plan.message(), now) if files else tip
            if new is None:
                return Rewritten(None, None)
            if new == head or self._swap(head, new):
                self._empty_reflog()
                return Rewritten(head, None if new == head else new, len(rewriter.changed), self._holders(rewriter))
        raise StorageError(self._restless())

    def _commits(self, head: str) -> list[str]:
        try:
            return str(self._repo.git.rev_list("--topo-order", "--reverse", head)).split()
        except GitCommandError as error:
            raise StateError(_damaged("its history", head)) from error

    def _load(self, name: str) -> bytes:
        try:
            content: bytes = self._repo.git.get_object_data(name)[3]
        except (ValueError, BadObject) as error:
            raise StateError(_damaged("its history", name)) from error
        return content

    def _save(self, kind: str, data: bytes) -> str:
        try:
            stored = self._repo.odb.store(IStream(kind, len(data), BytesIO(data)))
        except (GitCommandError, OSError) as error:
            raise StorageError(self._unwritable(error)) from error
        return str(stored.hexsha.decode())

    def _empty_reflog(self) -> None:
        """Make the branch's own log forget where it was; also when nothing else was left to do."""
        try:
            self._repo.git.reflog("expire", "--expire=all", "--expire-unreachable=all", self.ref)
        except GitCommandError as error:
            raise StorageError(
                f"The branch {self.ref} was made again, but its reflog could not be emptied: {_reason(error)}. "
                "Check permissions, then run the command again."
            ) from error

    def _holders(self, rewriter: Rewriter) -> tuple[str, ...]:
        """Return the other refs that lead to a commit that was made again: those that contain the first of them."""
        if not rewriter.changed:
            return ()
        found = str(self._repo.git.for_each_ref("--format=%(refname)", f"--contains={rewriter.changed[0]}"))
        return tuple(name for name in found.split() if name != self.ref)

    def _present(self) -> "_Snapshot":
        """Return the files at the branch's commit of this moment; a commit's listing is read once."""
        head = self.head()
        if self._latest.head() != head:
            self._latest = _Snapshot(self._repo, head)
        return self._latest

    def _refuse_foreign(self, head: str | None) -> None:
        """A settings file may name any branch; one that did not begin as ours holds somebody's work."""
        if head is None or self.ref == REF:
            return
        first = str(self._repo.git.log("--max-parents=0", "--format=%ae", head)).splitlines()
        if _EMAIL not in first:
            name = self.ref.removeprefix("refs/heads/")
            raise ConfigError(
                f"The branch {name!r} holds something else than reviewlore's state, so nothing was written. "
                "Name another one as `branch` under [state] in .reviewlore.toml."
            )

    def _write(self, head: str | None, files: Mapping[str, bytes | None], message: str, now: str) -> str:
        try:
            with tempfile.TemporaryDirectory(prefix="reviewlore-", dir=self._git_dir) as folder:
                git = self._repo.git
                env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
                git.read_tree(head or "--empty", env=env)
                rows = Path(folder) / "rows"
                rows.write_bytes(self._index_info(files))
                with rows.open("rb") as stream:  # GitPython hands the file itself to git
                    git.update_index("-z", "--index-info", istream=stream, env=env)
                tree = str(git.write_tree(env=env))
                for role in ("AUTHOR", "COMMITTER"):
                    env |= {f"GIT_{role}_NAME": _NAME, f"GIT_{role}_EMAIL": _EMAIL, f"GIT_{role}_DATE": now}
                parents = ("-p", head) if head else ()
                return str(git.commit_tree("--no-gpg-sign", tree, *parents, "-m", message, env=env))
        except (GitCommandError, OSError) as error:
            raise StorageError(self._unwritable(error)) from error

    def _index_info(self, files: Mapping[str, bytes | None]) -> bytes:
        rows = []
        for path, data in sorted(files.items()):
            if data is None:
                rows.append(f"0 {'0' * 40}\t{path}\0")
            else:
                rows.append(f"100644 {self._save('blob', data)}\t{path}\0")
        return "".join(rows).encode()

    def _swap(self, old: str | None, new: str) -> bool:
        try:
            git = self._repo.git(c=["core.hooksPath=/dev/null"])
            git.update_ref("--create-reflog", "-m", "reviewlore", self.ref, new, old or "0" * 40)
        except GitCommandError as error:
            if self.head() != old:
                return False
            raise StorageError(
                f"The branch {self.ref} could not be moved: {_reason(error)}. It is unchanged; run the command again"
                + (_LOCKED if ".lock'" in str(error.stderr) else ".")
            ) from error
        return True

    def _unwritable(self, error: Exception) -> str:
        return (
            f"The state branch {self.ref} could not be written: {_reason(error)}. "
            "It is unchanged; free some space or check permissions, then run the command again."
        )

    def _restless(self) -> str:
        return (
            f"The branch {self.ref} kept changing while it was written ({_ATTEMPTS} attempts). "
            "Nothing was lost; run the command again."
        )


class _Snapshot:
    """The files of the branch at one commit, so that a change is computed from one consistent state."""

    def __init__(self, repo: _Repo, commit: str | None) -> None:
        self._repo, self._commit = repo, commit
        self._blobs: dict[str, str] | None = None

    def head(self) -> str | None:
        return self._commit

    def read(self, path: str) -> bytes | None:
        blob = self._tree().get(path)
        if blob is None:
            return None
        try:
            content: bytes = self._repo.git.get_object_data(blob)[3]
        except (ValueError, BadObject) as error:
            raise StateError(_damaged(path, self._commit)) from error
        return content

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(self.ids(prefix)))

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        return {path: blob for path, blob in self._tree().items() if path.startswith(prefix)}

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        raise StorageError("A snapshot of the state branch is read-only.")

    def when_added(self, path: str) -> Store | None:
        raise StorageError("A snapshot of the state branch has no history.")

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        raise StorageError("A snapshot of the state branch is read-only.")

    def _tree(self) -> dict[str, str]:
        if self._blobs is None:
            blobs: dict[str, str] = {}
            if self._commit is not None:
                try:
                    listing = str(self._repo.git.ls_tree("-r", "-z", "--full-tree", self._commit))
                except GitCommandError as error:
                    raise StateError(_damaged("the list of its files", self._commit)) from error
                for row in filter(None, listing.split("\0")):
                    meta, path = row.split("\t", 1)
                    blobs[path] = meta.split(" ")[2]
            self._blobs = blobs
        return self._blobs


def _text(said: str | bytes) -> str:
    return said.decode() if isinstance(said, bytes) else said


def _damaged(what: str, commit: str | None) -> str:
    return (
        f"The state branch cannot be read: git has no sound object for {what} at {(commit or '')[:12]}. Look "
        "with `git fsck`, then fetch the branch again from a clone that is whole."
    )


def _reason(error: Exception) -> str:
    """Return git's first complaint: what follows it is advice."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    text = str(getattr(error, "stderr", "") or error).strip().removeprefix("stderr:").strip().strip("'\"")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    said = next((line for line in lines if line.startswith(("error:", "fatal:"))), lines[-1])
    return said.rstrip(".'")
