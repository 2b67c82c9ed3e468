"""What every language's resolver takes and gives: one tree's sources in, names and import edges out."""

from collections.abc import Callable, Hashable, Mapping, Set
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import ParsedModule


@dataclass(frozen=True, slots=True)
class Sources:
    """What one language's resolver may look at: its own parsed files by path, all paths, and the manifests."""

    parsed: Mapping[str, ParsedModule]
    files: frozenset[str]
    manifests: tuple[Manifest, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the imports of one file lead to: modules of the repository, and things outside it."""

    edges: tuple[ImportEdge, ...] = ()
    external: tuple[ExternalImport, ...] = ()


class Resolver(Protocol):
    """How the imports of one language find modules in one tree."""

    @property
    def signature(self) -> Hashable:
        """All that a name or resolution rests on beside the file itself: equal signatures resolve a file alike."""
        ...

    def name(self, path: str) -> str:
        """Return what modules of this language call a file of the tree."""
        ...

    def resolve(self, path: str) -> Resolution:
        """Return where the imports of a file of the tree lead."""
        ...


@runtime_checkable
class Follower(Protocol):
    """A resolver that knows its successor: a tree that differs in a few files costs little more than these.

    Languages without one are resolved anew where `signature` differs.
    """

    def follow(self, sources: Sources, changed: Set[str]) -> tuple[Resolver, Set[str] | None]:
        """Return the resolver of a tree that differs from this one's in the `changed` files of the language.

        And the other files whose name or resolution may differ; None: all.
        """
        ...


MakeResolver = Callable[[Sources], Resolver]
