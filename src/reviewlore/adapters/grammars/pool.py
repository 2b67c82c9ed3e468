"""Many sources at once, in as many processes as there are cores where that is faster. Every result is plain data.

A process that cannot be started or dies costs time: what it had is read in this one.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from reviewlore.architecture.reading import Parse, read_source
from reviewlore.domain.source import ParsedModule, SkipReason
from reviewlore.formats.sources import decode_source, encode_source

Source = tuple[str, bytes]
Read = tuple[ParsedModule | SkipReason, bytes]
MakeParse = Callable[[], Parse]

# Starting processes and loading the grammars in them takes as long as reading some hundred files.
WORTH_PROCESSES = 500
_CHUNK_BYTES = 500_000
_CHUNK_FILES = 64
_AHEAD = 3  # chunks a process has waiting: enough to keep it busy, little enough to hold


def read_many(
    sources: Iterable[Source], total: int, make_parse: MakeParse, processes: int | None = None
) -> Iterator[Read]:
    """Yield what each source says, and that as bytes for a shelf, in order; `make_parse` is a module-level function."""
    count = _cores() if processes is None else processes
    if count < 2 or total < WORTH_PROCESSES:
        yield from (_read(source, _parse_here(make_parse)) for source in sources)
        return
    waiting: deque[tuple[list[Source], Future[list[bytes]] | None]] = deque()
    # Not forked: this process may hold threads, and pipes to git that a copy must not use.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        try:
            for chunk in _chunks(sources):
                waiting.append((chunk, _submit(pool, make_parse, chunk)))
                if len(waiting) >= count * _AHEAD:
                    yield from _collect(*waiting.popleft(), make_parse)
            while waiting:
                yield from _collect(*waiting.popleft(), make_parse)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, make_parse: MakeParse, chunk: list[Source]) -> Future[list[bytes]] | None:
    try:
        return pool.submit(_read_chunk, make_parse, chunk)
    except (BrokenExecutor, RuntimeError, OSError):
        return None


def _collect(chunk: list[Source], future: Future[list[bytes]] | None, make_parse: MakeParse) -> Iterator[Read]:
    try:
        packed = future.result() if future else []
    except (BrokenExecutor, OSError):
        packed = []
    if len(packed) != len(chunk):
        yield from (_read(source, _parse_here(make_parse)) for source in chunk)
        return
    for source, data in zip(chunk, packed, strict=True):
        entry = decode_source(data)
        yield (entry, data) if entry is not None else _read(source, _parse_here(make_parse))


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
