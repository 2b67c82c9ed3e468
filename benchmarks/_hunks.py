"""Commit subjects against hunks: one contestant's turn over one file of documents and queries, in its own process.

In: a JSON file ({"documents": [[path, text], ...], "queries": [[subject, [relevant documents]], ...]}). Out: one JSON
object: milliseconds and processor milliseconds a query, rank and recall, seconds to index, bytes, peak memory.
"""

import json
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._weigh import peak_megabytes

from reviewlore.adapters.index import FILE, SqliteIndex
from reviewlore.domain.retrieval import Passage, Passages, Scope

_FIRST = 10
_WORD = re.compile(r"\w+")
Search = Callable[[str], list[int]]


def measure(name: str, file: Path) -> dict[str, float]:
    """Index the documents, ask all queries, and weigh what that took."""
    data = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        search, size = CONTESTANTS[name](data["documents"], Path(folder))
        indexed = time.perf_counter() - started
        milliseconds, processor, ranks = [], [], []
        for subject, relevant in data["queries"]:
            wall, cpu = time.perf_counter(), time.process_time()
            found = search(subject)
            milliseconds.append((time.perf_counter() - wall) * 1000)
            processor.append((time.process_time() - cpu) * 1000)
            wanted = set(relevant)
            ranks.append(next((place for place, each in enumerate(found, 1) if each in wanted), 0))
        return {
            "query_ms_median": round(statistics.median(milliseconds), 3),
            "query_ms_p95": round(_share(milliseconds, 0.95), 3),
            "query_cpu_ms_median": round(statistics.median(processor), 3),
            "mrr_at_10": round(statistics.mean(1 / rank if rank else 0.0 for rank in ranks), 4),
            "recall_at_10": round(statistics.mean(rank > 0 for rank in ranks), 4),
            "index_seconds": round(indexed, 3),
            "megabytes": round(size() / 2**20, 2),
            "peak_mib": round(peak_megabytes(), 1),
        }


def _ours(documents: list[tuple[str, str]], folder: Path) -> tuple[Search, Callable[[], int]]:
    index = SqliteIndex(folder)
    passages = tuple(
        Passage("rule", str(n), "", f"{path} {text}", text[:200]) for n, (path, text) in enumerate(documents)
    )
    index.update({"documents": "1"}, lambda _: Passages(passages))
    index = SqliteIndex(folder)  # as the next run finds it
    index.update({"documents": "1"}, lambda _: Passages())
    return (
        lambda text: [int(hit.passage.id) for hit in index.search(text, _FIRST, Scope())],
        lambda: (folder / FILE).stat().st_size,
    )


def _plain(documents: list[tuple[str, str]], folder: Path) -> tuple[Search, Callable[[], int]]:
    """FTS5 as it comes: no stemming, no stop words, every word of the query."""
    path = folder / "plain.sqlite3"
    database = sqlite3.connect(path)
    database.execute("CREATE VIRTUAL TABLE document USING fts5(text)")
    with database:
        rows = ((number, f"{path} {text}") for number, (path, text) in enumerate(documents))
        database.executemany("INSERT INTO document (rowid, text) VALUES (?, ?)", rows)

    def search(text: str) -> list[int]:
        words = dict.fromkeys(word.lower() for word in _WORD.findall(text))
        query = " OR ".join(f'"{word}"' for word in words)
        statement = f"SELECT rowid FROM document WHERE document MATCH ? ORDER BY rank LIMIT {_FIRST}"
        return [row for (row,) in database.execute(statement, (query,))] if words else []

    return search, lambda: path.stat().st_size


CONTESTANTS = {"ours": _ours, "plain": _plain}


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
