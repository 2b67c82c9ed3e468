"""What git and the map say of a base commit, kept on the shelf: the next review of a change to it does not ask again.

A commit's id fixes all of it, so nothing is ever out of date; what stands on the shelf and is damaged is made anew. In
a shallow clone nothing is kept: where its history ends may change.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeVar

from reviewlore.architecture.conventions import Convention, mine_conventions
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import ArchitectureMap, Change, Contract, Landed
from reviewlore.domain.patch import CommitPatch
from reviewlore.flows.contracts import read_contracts
from reviewlore.formats.records import decode_kept, encode_kept
from reviewlore.ports import Parsers, Repo, Shelf

T = TypeVar("T")


class _Rules(NamedTuple):
    """Contracts, and what is to be told of those that were not read."""

    contracts: tuple[Contract, ...]
    notes: tuple[str, ...]


# Another number in a kind whenever the same commit may be read differently.
_HISTORY, _MAINLINE, _PATCHES = "history 1", "mainline 1", "patches 1"
_HABITS, _CONTRACTS = "habits 1", "contracts 1"


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


def read_rules(
    repo: Repo, tree: ArchitectureMap, commit: str, settings: ArchitectureSettings, known: tuple[Parsers, Shelf | None]
) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return what `flows.contracts.read_contracts` does of a commit's map under some settings."""
    grammar, shelf = known
    name = f"{commit} {sha256(repr(settings).encode()).hexdigest()[:16]}"
    kind = f"{_CONTRACTS} {grammar.version}"
    return _keep(shelf, kind, name, _Rules, lambda: _Rules(*read_contracts(repo, commit, tree, settings)))


def _keep(shelf: Shelf | None, kind: str, name: str, record: type[T], make: Callable[[], T]) -> T:
    found = decode_kept(shelf.get(kind, [name]).get(name), record) if shelf else None
    if found is None:
        found = make()
        data = encode_kept(found)
        if shelf and data:
            shelf.put(kind, {name: data})
    return found
