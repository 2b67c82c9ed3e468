"""Takes reviewlore out of a repository: what it wrote there and nobody changed, and where asked its state branch.

The archive comes before the first removal; what cannot be removed from here is said by `formats/installing.py`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from reviewlore.domain.installing import Uninstalled
from reviewlore.flows.init import Folder, find_own


class Leaving(Protocol):
    """A state branch that is to be removed."""

    @property
    def head(self) -> str:
        """The commit it was looked at."""
        ...

    @property
    def hosted(self) -> bool:
        """Whether it lies on the forge, not in this clone."""
        ...

    def archive(self, path: Path) -> None:
        """Write the branch with its history into a file that is not there yet."""
        ...

    def remove(self) -> None:
        """Remove the branch; RefusedError where it moved meanwhile."""
        ...


def uninstall(
    folder: Folder | None, branches: Sequence[Leaving], archive: Path | None, *, dry_run: bool
) -> Uninstalled:
    """Remove what is ours; `folder` None: no work tree, `archive` None: the branches are kept nowhere.

    RefusedError, StorageError: as `Leaving`; nothing was removed where the archive could not be written.
    """
    intact, changed = find_own(folder) if folder is not None else ([], [])
    wanted = _archives(branches, archive)
    if not dry_run:
        for path, branch in wanted:
            branch.archive(path)
        for branch in branches:
            branch.remove()
        if folder is not None:
            for name in intact:
                folder.remove(name)
    names = tuple(str(path) for path, _ in wanted)
    return Uninstalled(tuple(intact), tuple(changed), names, tuple(branch.hosted for branch in branches))


def _archives(branches: Sequence[Leaving], archive: Path | None) -> list[tuple[Path, Leaving]]:
    """Return which branch goes into which file; the same commit is kept once."""
    found: list[tuple[Path, Leaving]] = []
    for branch in branches if archive is not None else ():
        if archive is not None and branch.head not in {kept.head for _, kept in found}:
            found.append((archive.with_stem(f"{archive.stem}-clone") if found else archive, branch))
    return found
