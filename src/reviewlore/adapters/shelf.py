"""Adapter of the `Shelf` port: one SQLite file in the repository's git directory (standard library's sqlite3).

Whatever goes wrong with it (damaged, locked, read-only, disk full) costs time, never a result: it is told in `problem`
and nothing is kept from then on. Several processes may use it at once. Nothing executable is ever stored.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reviewlore.adapters.sqlite_file import discard, is_damaged

FILE = Path("reviewlore", "shelf.sqlite3")
_FORMAT = 1
_MOST_BYTES = 512_000_000  # all sources of a hundred thousand commits; a full shelf loses what was not used for longest
_AT_ONCE = 500  # below the least limit on variables that SQLite is built with (999)
_PATIENCE = 2.0  # seconds to wait for another process that writes
_TABLE = """
CREATE TABLE IF NOT EXISTS kept (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (kind, name)
)
"""


class SqliteShelf:
    """What was computed from git objects, in one file that may be deleted at any time."""

    def __init__(self, folder: Path, most_bytes: int = _MOST_BYTES, patience: float = _PATIENCE) -> None:
        """`folder` is the git directory; nothing is opened or made before first use. `patience` is in seconds."""
        self.path = folder / FILE
        self._most_bytes = most_bytes
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._problem = ""

    @property
    def problem(self) -> str:
        """Why nothing is kept, in one sentence; empty where all is well."""
        return self._problem

    def get(self, kind: str, names: Sequence[str]) -> dict[str, bytes]:
        """Return what is kept under these names of a kind."""
        found: dict[str, bytes] = {}
        with self._guarded() as connection:
            for start in range(0, len(names), _AT_ONCE):
                some = names[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = connection.execute(
                    f"SELECT id, name, value FROM kept WHERE kind = ? AND name IN ({marks})",  # noqa: S608 - only marks
                    (kind, *some),
                ).fetchall()
                found.update((name, bytes(value)) for _, name, value in rows)
                self._renew(connection, [number for number, _, _ in rows])
        return found

    def put(self, kind: str, entries: Mapping[str, bytes]) -> None:
        """Keep these under their names, all or none, in place of what was there."""
        if not entries:
            return
        with self._guarded() as connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = ((kind, name, value) for name, value in entries.items())
            connection.executemany("INSERT OR REPLACE INTO kept (kind, name, value) VALUES (?, ?, ?)", rows)
            self._make_room(connection)
            connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection; an error ends what is done with it, and the use of the shelf."""
        connection = sqlite3.connect(":memory:") if self._problem else self._open()
        if self._problem:  # a caller need not know: nothing is found, and what is put is forgotten
            connection.execute(_TABLE)
        try:
            yield connection
        except (sqlite3.Error, OverflowError) as error:
            self._give_up(error)
        finally:
            if connection is not self._connection:
                connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Nothing is begun for us: one transaction is one statement, or what stands between BEGIN and COMMIT.
            connection = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)
            self._connection = connection
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found not in (0, _FORMAT):
                connection.execute("DROP TABLE IF EXISTS kept")
            if found != _FORMAT:
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
            connection.execute(_TABLE)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            return sqlite3.connect(":memory:")
        return connection

    def _renew(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        """Let what was used outlive what was not: where room gets scarce, used rows of the older half become new.

        A row that is used every time is so moved once in half a shelf's worth of new ones, not at each use.
        """
        if _size(connection) <= self._most_bytes // 2:
            return
        first, last = connection.execute("SELECT min(id), max(id) FROM kept").fetchone()
        aged = [number for number in numbers if number < first + (last - first) // 2]
        if aged:
            connection.execute("BEGIN IMMEDIATE")
            move = "UPDATE kept SET id = (SELECT max(id) + 1 FROM kept) WHERE id = ?"
            connection.executemany(move, ((number,) for number in aged))
            connection.execute("COMMIT")

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Remove the rows put or used longest ago until a fifth of the room is free."""
        size = _size(connection)
        if size <= self._most_bytes:
            return
        first, last = connection.execute("SELECT min(id), max(id) FROM kept").fetchone()
        while size > self._most_bytes * 4 // 5 and first <= last:
            first += max(1, (last - first) // 10)
            connection.execute("DELETE FROM kept WHERE id < ?", (first,))
            size = _size(connection)

    def _give_up(self, error: Exception) -> None:
        """Say why, and remove a file that is no database any more, so that the next run begins anew."""
        self.close()
        damaged = is_damaged(error)
        if damaged:
            discard(self.path)
        self._problem = f"What was read is not kept for the next run: {self.path}: {str(error).rstrip('.')}." + (
            " It was damaged and is begun anew next time." if damaged else ""
        )


def _size(connection: sqlite3.Connection) -> int:
    """Return the bytes in use; pages of removed rows are used again, the file itself does not shrink."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
