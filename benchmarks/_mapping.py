"""One measurement of maps in a fresh process: `KIND REPOSITORY COMMIT...` in, one JSON object out.

Seconds of wall time and of processor time (this process, its workers and git), and the largest memory: what this
process held at most, and for each worker and git what the largest of them held at most, which no sum can exceed.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tree_sitter
import tree_sitter_python

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.grammars.python import PythonGrammar
from reviewlore.adapters.shelf import SqliteShelf
from reviewlore.architecture.building import difference
from reviewlore.architecture.reading import read_source
from reviewlore.domain.source import language_of
from reviewlore.flows.mapping import Mapper, maps_along

Figures = dict[str, float]


def cold(repo: GitRepo, commit: str) -> Figures:
    """One map from nothing, and raw parsing of the same Python sources, which no map can be faster than."""
    found = _timed(lambda: Mapper(repo, Grammars()).map(commit))
    blobs = sorted({file.blob for file in repo.files(commit) if language_of(file.path) == "python"})
    sources = [content for _, content in repo.blobs(blobs)]
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    started = time.process_time()
    for source in sources:
        parser.parse(source)
    return found | {"raw_cpu": time.process_time() - started}


def warm(repo: GitRepo, base: str, head: str) -> Figures:
    """The two maps of a pull request whose base was mapped by an earlier run; and reading its changed sources alone."""
    with tempfile.TemporaryDirectory() as folder:
        Mapper(repo, Grammars(), shelf=SqliteShelf(Path(folder))).map(base)
        grammars = Grammars()
        grammars.parse("warm.py", b"import os\n")  # a grammar is compiled once a process
        mapper = Mapper(repo, grammars, shelf=SqliteShelf(Path(folder)))
        started = time.perf_counter(), time.process_time()
        mapper.map(base)
        mapper.map(head)
        ended = time.perf_counter(), time.process_time()
    trees = [{file.path: file.blob for file in repo.files(commit)} for commit in (base, head)]
    changes = {path: blob for path, blob in difference(*trees).items() if blob and language_of(path)}
    contents = dict(repo.blobs(set(changes.values())))
    parse = PythonGrammar().parse  # which remembers nothing of these files
    reading = time.perf_counter(), time.process_time()
    for path, blob in changes.items():
        read_source(path, contents[blob], parse)
    read = time.perf_counter(), time.process_time()
    return {
        "files": len(changes),
        "seconds": ended[0] - started[0],
        "cpu": ended[1] - started[1],
        "parsing": read[0] - reading[0],
        "parsing_cpu": read[1] - reading[1],
    }


def history(repo: GitRepo, commit: str) -> Figures:
    """The maps of every commit that is reachable from one."""
    return _timed(lambda: sum(1 for _ in maps_along(repo, Grammars(), commit)))


def _timed(work: Callable[[], object]) -> Figures:
    started, cpu = time.perf_counter(), processor_seconds()
    result = work()
    seconds = time.perf_counter() - started
    for worker in multiprocessing.active_children():
        worker.join()
    used = processor_seconds() - cpu
    own, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    helpers = len(os.sched_getaffinity(0)) + 1
    count = float(result) if isinstance(result, int) else 1.0
    return {"seconds": seconds, "cpu": used, "peak_mib": (own + helpers * theirs) / 1024, "count": count}


def processor_seconds() -> float:
    """Return what this process used, and those that it waited for."""
    own, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


if __name__ == "__main__":
    kind, folder, *commits = sys.argv[1:]
    print(json.dumps({"cold": cold, "warm": warm, "history": history}[kind](GitRepo(folder), *commits)))
