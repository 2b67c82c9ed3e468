"""Many sources at once, in as many processes as there are cores where that is faster. Every result is plain data.

A process that cannot be started or dies costs time: what it had is read in this one.
"""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache
from multiprocessing import get_context
from zlib import crc32

from reviewlore.architecture.reading import Parse, read_source
from reviewlore.domain.source import ParsedModule, SkipReason
from reviewlore.formats.sources import decode_source, encode_source

Source = tuple[str, bytes]
Read = tuple[ParsedModule | SkipReason, bytes]
MakeParse = Callable[[], Parse]
# Places in a chunk, and what one process says of them.
_Share = tuple[list[int], Future[list[bytes]]]

# Starting processes and loading the grammars in them takes as long as reading some hundred files.
WORTH_PROCESSES = 500
_CHUNK_BYTES = 500_000
_CHUNK_FILES = 64
_AHEAD = 6  # chunks a process has waiting: enough that its share of them keeps it busy, little enough to hold


def read_many(
    sources: Iterable[Source], total: int, make_parse: MakeParse, processes: int | None = None
) -> Iterator[Read]:
    """Yield what each source says, and that as bytes for a shelf, in order; `make_parse` is a module-level function."""
    count = _cores() if processes is None else processes
    if count < 2 or total < WORTH_PROCESSES:
        yield from (_read(source, _parse_here(make_parse)) for source in sources)
        return
    waiting: deque[tuple[list[Source], list[_Share]]] = deque()
    with ExitStack() as stack:
        # Not forked: this process may hold threads, and pipes to git that a copy must not use.
        context = get_context("spawn")
        # Without collecting cycles, of which reading makes none: that goes through all that is remembered.
        pools = [stack.enter_context(ProcessPoolExecutor(1, context, gc.disable)) for _ in range(count)]
        try:
            for chunk in _chunks(sources):
                waiting.append((chunk, _submit(pools, make_parse, chunk)))
                if len(waiting) >= count * _AHEAD:
                    yield from _collect(*waiting.popleft(), make_parse)
            while waiting:
                yield from _collect(*waiting.popleft(), make_parse)
        finally:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)


def _submit(pools: Sequence[ProcessPoolExecutor], make_parse: MakeParse, chunk: list[Source]) -> list[_Share]:
    """Give each process its paths: all versions of a file to one, which knows most of what the next one says."""
    places: list[list[int]] = [[] for _ in pools]
    for place, (path, _) in enumerate(chunk):
        places[crc32(path.encode("utf-8", "surrogatepass")) % len(pools)].append(place)
    shares: list[_Share] = []
    for pool, own in zip(pools, places, strict=True):
        with suppress(BrokenExecutor, RuntimeError, OSError):
            shares.append((own, pool.submit(_read_chunk, make_parse, [chunk[place] for place in own])))
    return shares


def _collect(chunk: list[Source], shares: list[_Share], make_parse: MakeParse) -> Iterator[Read]:
    found: dict[int, bytes] = {}
    for places, future in shares:
        with suppress(BrokenExecutor, OSError):
            found.update(zip(places, future.result(), strict=True))
    for place, source in enumerate(chunk):
        data = found.get(place)
        entry = None if data is None else decode_source(data)
        yield (entry, data) if data is not None and entry is not None else _read(source, _parse_here(make_parse))


def _read_chunk(make_parse: MakeParse, chunk: list[Source]) -> list[bytes]:
    return [_read(source, _parse_here(make_parse))[1] for source in chunk]


@cache
def _parse_here(make_parse: MakeParse) -> Parse:
    return make_parse()


def _read(source: Source, parse: Parse) -> Read:
    entry = read_source(*source, parse)
    return entry, encode_source(entry)


def _chunks(sources: Iterable[Source]) -> Iterator[list[Source]]:
    chunk: list[Source] = []
    size = 0
    for source in sources:
        chunk.append(source)
        size += len(source[1])
        if size > _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
