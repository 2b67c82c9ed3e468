"""What git prints of trees, NUL-separated, to records: one commit's tree, and the steps of a history. Pure."""

import re
from collections.abc import Iterable, Iterator

from reviewlore.domain.source import SourceFile
from reviewlore.domain.trees import Listing, Step

_HEADER = re.compile(rb"[0-9a-f]{40}( [0-9a-f]{40})* ?")
_REGULAR = frozenset({b"100644", b"100755"})
_SUBMODULE = b"160000"


def parse_listing(data: bytes) -> Listing:
    """Return what `git ls-tree -r -z` lists; paths keep bytes that are no UTF-8 as surrogates."""
    files, links, submodules = list[SourceFile](), list[str](), list[str]()
    for row in data.split(b"\0"):
        if row:
            meta, path = row.split(b"\t", 1)
            mode, _, blob = meta.split(b" ")
            name = path.decode("utf-8", "surrogateescape")
            if mode in _REGULAR:
                files.append(SourceFile(name, blob.decode("ascii")))
            else:
                (submodules if mode == _SUBMODULE else links).append(name)
    return Listing(tuple(files), tuple(links), tuple(submodules))


def parse_steps(tokens: Iterable[bytes]) -> Iterator[Step]:
    """Yield each commit's step from `--raw --no-abbrev --no-renames --format=%x00%H %P`, split at NULs.

    A path may look like anything but can only follow the row of modes and ids.
    """
    rest = iter(tokens)
    header = b""
    changes: list[tuple[str, str | None]] = []
    for token in rest:
        row = token.removeprefix(b"\n")
        if row.startswith(b":"):
            _, mode, _, blob, _ = row[1:].split(b" ")
            path = next(rest, b"").decode("utf-8", "surrogateescape")
            changes.append((path, blob.decode("ascii") if mode in _REGULAR else None))
        elif _HEADER.fullmatch(row):
            if header:
                yield _step(header, changes)
            header, changes = row, []
    if header:
        yield _step(header, changes)


def _step(header: bytes, changes: list[tuple[str, str | None]]) -> Step:
    commit, *parents = header.decode("ascii").split()
    return Step(commit, tuple(parents), tuple(changes))
