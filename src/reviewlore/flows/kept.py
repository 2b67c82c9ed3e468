"""What git and the map say of a base commit, kept on the shelf: the next review of a change to it does not ask again.

A commit's id fixes all of it, so nothing is ever out of date; what stands on the shelf and is damaged is made anew. In
a shallow clone nothing is kept: where its history ends may change.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from reviewlore.architecture.conventions import Convention, mine_conventions
from reviewlore.domain.architecture import ArchitectureMap, Change, Landed
from reviewlore.domain.patch import CommitPatch
from reviewlore.formats.records import decode_kept, encode_kept
from reviewlore.ports import Parsers, Repo, Shelf

T = TypeVar("T")

# Another number in a kind whenever the same commit may be read differently.
_HISTORY, _MAINLINE, _PATCHES, _HABITS = "history 1", "mainline 1", "patches 1", "habits 1"


def read_history(repo: Repo, shelf: Shelf | None, commit: str, limit: int) -> tuple[Change, ...]:
    """Return what `Repo.history` does."""
    kept = None if repo.shallow else shelf
    return _keep(kept, _HISTORY, f"{commit} {limit}", tuple[Change, ...], lambda: repo.history(commit, limit))


def read_mainline(repo: Repo, shelf: Shelf | None, commit: str, limit: int) -> tuple[Landed, ...]:
    """Return what `Repo.mainline` does."""
    kept = None if repo.shallow else shelf
    return _keep(kept, _MAINLINE, f"{commit} {limit}", tuple[Landed, ...], lambda: repo.mainline(commit, limit))


def read_patches(
    repo: Repo, shelf: Shelf | None, commit: str, limit: int, paths: Sequence[str]
) -> tuple[CommitPatch, ...]:
    """Return the last changes to files along the main line, newest first; InputError where an object is missing."""
    name = " ".join([commit, str(limit), *(path.encode("utf-8", "surrogateescape").hex() for path in paths)])

    def read() -> tuple[CommitPatch, ...]:
        return tuple(repo.patches(commit, limit, paths, mainline=True))

    return _keep(None if repo.shallow else shelf, _PATCHES, name, tuple[CommitPatch, ...], read)


def read_conventions(
    tree: ArchitectureMap, commit: str, grammar: Parsers, shelf: Shelf | None
) -> tuple[Convention, ...]:
    """Return the habits of a commit's map."""
    kind = f"{_HABITS} {grammar.version}"
    return _keep(shelf, kind, commit, tuple[Convention, ...], lambda: mine_conventions(tree))


def _keep(shelf: Shelf | None, kind: str, name: str, record: type[T], make: Callable[[], T]) -> T:
    found = decode_kept(shelf.get(kind, [name]).get(name), record) if shelf else None
    if found is None:
        found = make()
        data = encode_kept(found)
        if shelf and data:
            shelf.put(kind, {name: data})
    return found
