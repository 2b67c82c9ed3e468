"""A state branch on its way out: found here or on the forge, archived whole, and removed. It is never changed.

Runs `git ls-remote`, `fetch`, `bundle`, `update-ref` and `push` with fixed arguments, full ids and fixed ref names; the
token goes the way of `checkout.py`. A branch that moved since it was looked at is not removed.
"""

from dataclasses import dataclass
from pathlib import Path

from reviewlore.adapters.checkout import Remote, run_git
from reviewlore.adapters.git import GitRepo
from reviewlore.errors import InputError, RefusedError, StorageError

_LOCAL = Remote("", "this clone", "", url=".")
_OURS = "audit.jsonl"  # the first thing that is written with every change


@dataclass(frozen=True, slots=True)
class LeavingBranch:
    """A state branch as it was looked at: `git_dir` has its objects, `remote` is where it is removed from."""

    git_dir: Path
    remote: Remote
    ref: str
    head: str

    @property
    def hosted(self) -> bool:
        """Whether it lies on the forge, not in this clone."""
        return self.remote is not _LOCAL

    def archive(self, path: Path) -> None:
        """Write the branch with its history as a git bundle; a file that is there is never overwritten."""
        if path.exists():
            raise RefusedError(f"{path} is there already and is not overwritten. Name another file with --archive.")
        try:
            run_git(self.git_dir, _LOCAL, "bundle", "create", "--quiet", str(path.absolute()), self.ref)
            listed = run_git(self.git_dir, _LOCAL, "bundle", "list-heads", str(path.absolute()))
        except InputError as error:
            raise StorageError(f"The archive {path} could not be written, so nothing was removed: {error}") from error
        if f"{self.head} {self.ref}" not in listed.splitlines():
            raise StorageError(f"The archive {path} does not hold {self.head[:12]}; nothing was removed. Run it again.")

    def remove(self) -> None:
        """Remove the branch; RefusedError where it moved meanwhile, or a rule of the forge protects it."""
        lease = f"--force-with-lease={self.ref}:{self.head}"
        try:
            if self.hosted:
                run_git(self.git_dir, self.remote, "push", "--quiet", lease, self.remote.address, f":{self.ref}")
            else:
                run_git(self.git_dir, self.remote, "update-ref", "-d", self.ref, self.head)
        except InputError as error:
            raise RefusedError(
                f"{self.ref.removeprefix('refs/heads/')} was not removed from {self.remote.repository}: {error} "
                "It may have moved, or be protected by a ruleset: look, then run it again."
            ) from error


def find_local(repo: GitRepo, ref: str) -> LeavingBranch | None:
    """Return the state branch of a clone, or None; RefusedError where a branch of that name holds something else."""
    listed = run_git(repo.git_dir, _LOCAL, "for-each-ref", "--format=%(objectname) %(refname)", ref).splitlines()
    head = next((row.split(" ")[0] for row in listed if row.endswith(f" {ref}")), None)
    return None if head is None else _own(LeavingBranch(repo.git_dir, _LOCAL, ref, head))


def fetch_remote(folder: Path, remote: Remote, ref: str) -> LeavingBranch | None:
    """Bring the state branch of a repository on the forge into a new bare clone in `folder`, or return None."""
    listed = run_git(folder, remote, "ls-remote", "--quiet", remote.address, ref, inside=False).splitlines()
    head = next((row.split("\t")[0] for row in listed if row.endswith(f"\t{ref}")), None)
    if head is None:
        return None
    run_git(folder, remote, "init", "--bare", "--quiet", str(folder), inside=False)
    run_git(folder, remote, "fetch", "--no-tags", "--quiet", remote.address, f"+{ref}:{ref}")
    return _own(LeavingBranch(folder, remote, ref, head))


def _own(branch: LeavingBranch) -> LeavingBranch:
    if not run_git(branch.git_dir, _LOCAL, "ls-tree", "--name-only", branch.head, _OURS).strip():
        name = branch.ref.removeprefix("refs/heads/")
        raise RefusedError(f"The branch {name!r} holds something else than reviewlore's state; nothing was removed.")
    return branch
