"""How sources become records in bulk, and where what was computed from git objects is kept between runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from reviewlore.domain.source import ParsedModule, SkipReason
from reviewlore.ports.code import Grammar


class Parsers(Grammar, Protocol):
    """The grammars of all languages, for many sources at once."""

    @property
    def version(self) -> str:
        """Another one whenever the same source may be read differently."""
        ...

    def read_many(
        self, sources: Iterable[tuple[str, bytes]], total: int
    ) -> Iterator[tuple[ParsedModule | SkipReason, bytes]]:
        """Yield what each of `total` sources (path, content) says, and that as bytes to keep, in the order given."""
        ...


class Shelf(Protocol):
    """What was computed from git objects, kept on this machine between runs; losing it costs time only."""

    @property
    def problem(self) -> str:
        """Why nothing is kept, in one sentence; empty where all is well."""
        ...

    def get(self, kind: str, names: Sequence[str]) -> dict[str, bytes]:
        """Return what is kept under these names of a kind; what is not there is left out."""
        ...

    def put(self, kind: str, entries: Mapping[str, bytes]) -> None:
        """Keep these under their names; the oldest of all kinds make room. Never raises: see `problem`."""
        ...
