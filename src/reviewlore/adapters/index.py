"""Adapter of the `Index` port: SQLite's FTS5 (BM25, Porter stemming) in one file beside the clone.

Sources in, hits out. A warm index answers without reading any source. A file that is damaged, locked or cannot be
written costs time, never a result: the same index is then made in memory, and that is told in `notes`.
"""

import contextlib
import itertools
import math
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlore.adapters.index_file import COLUMNS, make_tables, passage_of, row_of, transaction, wipe
from reviewlore.adapters.sqlite_file import discard, is_damaged
from reviewlore.adapters.terms import split_terms
from reviewlore.domain.retrieval import Hit, Passages, Scope, SourceIds

if TYPE_CHECKING:
    from reviewlore.adapters.embedding import Embedder

FILE = Path("reviewlore", "precedents.sqlite3")
_PATIENCE = 2.0  # seconds to wait for another process that writes
_MOST_PASSAGES = 200_000  # some 200 MB; sources beyond it are left out, and that is told
_MOST_TERMS = 200  # words of a query that are looked up at all
# Of a query the rarest terms are searched, as many as stand in this many passages in all: what a term tells falls with
# the passages that have it, and the time rises with them.
_POSTINGS = 1_500
_FEWEST_TERMS = 2
_COMMON_TERMS = 6  # of the others so many help to put
_REORDERED = 20  # so many of the best hits in order: a look-up for each pair
_RANKED = 50  # hits of BM25 are put in order by us: a model orders them anew, and names decide between equals
_SEARCH = f"""
SELECT words.rowid, -bm25(words), {COLUMNS} FROM words JOIN passage ON passage.id = words.rowid
WHERE words MATCH ?1 AND (?4 = '' OR instr(?4, kind) > 0) AND (kind <> 'episode' OR (
    (?2 = '' OR concern = ?2) AND (repository = ?3 OR instr(repository, '/') = 0 OR instr(?3, '/') = 0)))
ORDER BY words.rank LIMIT ?5
"""  # noqa: S608 - the columns are ours
# Rules and decisions are few; by `words.rank` all that match would be put in order before they are told apart.
_SEARCH_FEW = _SEARCH.replace("words.rank", "2 DESC")


class SqliteIndex:
    """What may be cited, in one file that may be deleted at any time; in memory where no folder is given."""

    def __init__(
        self, folder: Path | None = None, embedder: "Embedder | None" = None, patience: float = _PATIENCE
    ) -> None:
        """`folder` is the git directory; nothing is opened or made before first use. `patience` is in seconds.

        An `embedder` orders the best hits of BM25 anew, by what they mean.
        """
        self.path = folder / FILE if folder else None
        self._embedder = embedder
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._problem = ""
        self._told: tuple[str, ...] = ()
        self._passages = 0
        self._asked: tuple[SourceIds, Callable[[str], Passages]] = ({}, lambda name: Passages())

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be used of the sources, or kept for the next run."""
        return (*self._told, *filter(None, [self._problem, self._embedder.problem if self._embedder else ""]))

    def update(self, sources: SourceIds, read: Callable[[str], Passages]) -> None:
        """Hold exactly these sources; see `ports.Index`. Nothing is written where nothing changed."""
        self._asked = (sources, read)
        try:
            self._update(sources, read)
        except sqlite3.Error as error:
            self._begin_anew(error)

    def search(self, text: str, limit: int, scope: Scope) -> tuple[Hit, ...]:
        """Return the best matches, best first; of a query the rarest words count."""
        try:
            return self._search(text, limit, scope)
        except sqlite3.Error as error:
            self._begin_anew(error)
            return self._search(text, limit, scope)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _search(self, text: str, limit: int, scope: Scope) -> tuple[Hit, ...]:
        connection = self._open()
        terms, common, unknown = self._rarest(connection, text)
        if not terms:
            return ()
        query = " OR ".join(f'"{word}"' for word, _ in terms)
        asked = (query, scope.concern, scope.repository, " ".join(scope.kinds))
        search = _SEARCH_FEW if scope.kinds and "episode" not in scope.kinds else _SEARCH
        rows = connection.execute(search, (*asked, max(limit, _RANKED))).fetchall()
        rows.sort(key=lambda row: (-round(row[1], 9), row[3]))
        more = self._weigh(connection, common, [row[0] for row in rows[:_REORDERED]])
        rows.sort(key=lambda row: (row[0] not in more, -round(row[1] + more.get(row[0], 0.0), 9), row[3]))
        if self._embedder:
            from reviewlore.adapters.embedding import rank_by_meaning

            rows = rank_by_meaning(connection, self._embedder, text, rows)
        rows = rows[:limit]
        said = self._weigh(connection, terms, [row[0] for row in rows])
        whole = sum(self._weight(count) for _, count in terms) + unknown * self._weight(0)
        return tuple(Hit(passage_of(row[2:]), round(said[row[0]] / whole, 6)) for row in rows)

    def _weigh(
        self, connection: sqlite3.Connection, terms: Sequence[tuple[str, int]], rows: Sequence[int]
    ) -> dict[int, float]:
        """Return the weights of the terms that each passage has, added up."""
        found = dict.fromkeys(rows, 0.0)
        marks = ", ".join("?" * len(rows))
        statement = f"SELECT rowid FROM words WHERE words MATCH ? AND rowid IN ({marks})"  # noqa: S608 - only marks
        for word, count in terms:
            for (row,) in connection.execute(statement, (f'"{word}"', *rows)):
                found[row] += self._weight(count)
        return found

    def _weight(self, count: int) -> float:
        """Return what a term tells that `count` passages have: BM25's weight, made positive as Lucene does."""
        return math.log(1 + (self._passages - count + 0.5) / (count + 0.5))

    def _update(self, sources: SourceIds, read: Callable[[str], Passages]) -> None:
        connection = self._open()
        held = dict(connection.execute("SELECT name, content FROM source"))
        if held != dict(sources):
            with transaction(connection):
                self._replace(connection, sources, read)
            if held:
                wipe(connection)
        self._told = tuple(row[0] for row in connection.execute("SELECT note FROM source WHERE note <> '' ORDER BY id"))
        (self._passages,) = connection.execute("SELECT count(*) FROM passage").fetchone()

    def _replace(self, connection: sqlite3.Connection, sources: SourceIds, read: Callable[[str], Passages]) -> None:
        """Bring the tables to what is asked for; another process may have done so meanwhile."""
        held = {name: (number, content) for number, name, content in connection.execute(
            "SELECT id, name, content FROM source")}  # fmt: skip
        gone = [number for name, (number, content) in held.items() if sources.get(name) != content]
        for number in gone:
            connection.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM passage WHERE source = ?)", (number,))
            connection.execute("DELETE FROM passage WHERE source = ?", (number,))
            connection.execute("DELETE FROM source WHERE id = ?", (number,))
        fresh = [name for name, content in sources.items() if held.get(name, (0, None))[1] != content]
        for name in fresh:
            self._add(connection, name, sources[name], read(name))
        if gone or fresh:
            connection.execute("DELETE FROM vector WHERE hash NOT IN (SELECT hash FROM passage)")
            connection.execute("DELETE FROM term")
            connection.execute("INSERT INTO term SELECT term, doc FROM vocabulary")

    def _add(self, connection: sqlite3.Connection, name: str, content: str, passages: Passages) -> None:
        (count,) = connection.execute("SELECT count(*) FROM passage").fetchone()
        found, note = passages.found, passages.note
        if count + len(found) > _MOST_PASSAGES:
            found, note = (), f"{name} is not searched for precedents: {count} passages are the most that fit."
        source = connection.execute(
            "INSERT INTO source (name, content, note) VALUES (?, ?, ?)", (name, content, note)
        ).lastrowid
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM passage").fetchone()
        marks = ", ".join("?" * (3 + COLUMNS.count(",")))
        connection.executemany(
            f"INSERT INTO passage (id, source, {COLUMNS}) VALUES ({marks})",  # noqa: S608 - only marks
            ((row, source, *row_of(passage)) for row, passage in enumerate(found, last + 1)),
        )
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            ((row, " ".join(split_terms(passage.text))) for row, passage in enumerate(found, last + 1)),
        )

    def _rarest(
        self, connection: sqlite3.Connection, text: str
    ) -> tuple[list[tuple[str, int]], list[tuple[str, int]], int]:
        """Return the words of a query to search for, the rarest first, each with how many passages have its stem.

        The second value are the rarest of the others, the third counts the stems that no passage has.
        """
        words = list(dict.fromkeys(split_terms(text)))[:_MOST_TERMS]
        connection.execute("INSERT INTO temp.asked (rowid, text) VALUES (1, ?)", (" ".join(words),))
        stems = connection.execute("SELECT term, min(offset) FROM temp.asked_terms GROUP BY term").fetchall()
        connection.execute("DELETE FROM temp.asked")
        marks = ", ".join("?" * len(stems))
        counts = dict(
            connection.execute(
                f"SELECT term, passages FROM term WHERE term IN ({marks})",  # noqa: S608 - only marks
                [stem for stem, _ in stems],
            ).fetchall()
        )
        known = sorted((counts[stem], words[place]) for stem, place in stems if stem in counts)
        sums = itertools.accumulate(count for count, _ in known)
        cut = max(_FEWEST_TERMS, sum(total <= _POSTINGS for total in sums))
        ranked = [(word, count) for count, word in known]
        return ranked[:cut], ranked[cut:][:_COMMON_TERMS], len(stems) - len(known)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = self._open_file() if self.path and not self._problem else make_tables(None, 0.0)
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
                self._connection = make_tables(None, 0.0)
        return self._connection

    def _open_file(self) -> sqlite3.Connection:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)  # a private repository's words are nobody else's on this machine
        return make_tables(self.path, self._patience)

    def _begin_anew(self, error: sqlite3.Error) -> None:
        """Make the index of the same sources in memory."""
        self._give_up(error)
        self._update(*self._asked)

    def _give_up(self, error: Exception) -> None:
        """Go on in memory, say why, and remove a file that is no database any more, so that the next run begins anew.

        A fault of the index in memory is raised.
        """
        if self._problem or self.path is None:
            raise error
        self.close()
        if is_damaged(error):
            discard(self.path)
        self._problem = f"The index of precedents is not kept for the next run: {self.path}: {str(error).rstrip('.')}."
