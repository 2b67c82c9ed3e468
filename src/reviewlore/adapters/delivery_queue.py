"""Adapter of the ports of `ports/deliveries.py`: one SQLite file in a folder of its own.

In: deliveries and what became of them. Out: which one is next. Whatever a call reported as kept is on the disk
(write-ahead log, synchronised at each commit); a call that failed kept nothing. It holds what strangers sent, so
the file is its owner's alone and a payload is removed as soon as it is not needed.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO

from reviewlore.adapters.delivery_table import (
    BEGIN,
    COLUMNS,
    FORMAT,
    NEEDLESS,
    NEXT,
    count,
    expire,
    insert,
    make_table,
    read,
    seconds,
    storable,
    waiting_since,
)
from reviewlore.domain.delivery import Delivery, DeliveryState, QueuedDelivery, Withdrawal
from reviewlore.errors import InputError, RefusedError, StateError, StorageError
from reviewlore.ports.deliveries import Taken

FILE = "deliveries.sqlite3"
_LOCK = "serving.lock"
_PATIENCE = 5.0  # seconds to wait for another process that writes, such as `serve --requeue`
_MOST_OPEN = 20_000  # deliveries that wait or run; half of them are more than a busy organisation sends in a day
_MOST_OF_ONE = 2_500  # of them one repository's, so that nobody can fill the queue for all others
_MOST_BYTES = 2_000_000_000
_MOST_ATTEMPTS = 5


class SqliteDeliveryQueue:
    """Deliveries in one file, for several threads and for processes that look at it meanwhile."""

    def __init__(
        self,
        folder: Path,
        *,
        make: bool = True,
        most_open: int = _MOST_OPEN,
        most_of_one: int = _MOST_OF_ONE,
        most_bytes: int = _MOST_BYTES,
        most_attempts: int = _MOST_ATTEMPTS,
    ) -> None:
        """Open the file, or `make` it. StorageError where that fails, StateError where a newer version made it.

        At most `most_open` deliveries wait or run, `most_of_one` of them for one repository and half of them for one
        installation, in a file of at most `most_bytes`; one that was begun `most_attempts` times and put back is dead.
        """
        self.path = folder / FILE
        self._most_open, self._most_of_one, self._most_attempts = most_open, most_of_one, most_attempts
        self._lock = Lock()
        self._alone: IO[bytes] | None = None
        if not make and not self.path.exists():
            raise InputError(f"There are no deliveries at {folder}. Name the folder that the server was started with.")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._prepare(most_bytes)
        except (sqlite3.Error, OSError) as error:
            raise _told(self.path, error) from error

    def put(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        """Keep deliveries with one commit, which is what makes a burst fast; see the port."""
        if not deliveries:
            return []
        try:
            with self._transaction() as connection:
                newest = max(seconds(each.received_at) for each in deliveries)
                expire(connection, newest)
                return [self._put(connection, each) for each in deliveries]
        except _FullError:
            if len(deliveries) == 1:
                return ["full"]
        return [taken for each in deliveries for taken in self.put((each,))]  # the small ones may fit

    def withdraw(self, withdrawal: Withdrawal) -> int:
        """Mark what waits and may no longer be worked on as superseded, and return how many."""
        told, number, names = withdrawal.reason, withdrawal.installation, withdrawal.repositories
        with self._transaction() as connection:
            if not names:
                return connection.execute(f"{NEEDLESS} AND installation = ?", (told, number)).rowcount
            statement = f"{NEEDLESS} AND installation = ? AND repository = ?"
            return sum(connection.execute(statement, (told, number, name)).rowcount for name in names)

    def check(self) -> None:
        """Write to the disk; StorageError where that fails."""
        with self._transaction() as connection:
            connection.execute("UPDATE pulse SET beat = beat + 1")

    def claim(self, now: str, *, background: bool = True) -> QueuedDelivery | None:
        """Mark the delivery whose turn it is as running and return it; None where none may run."""
        with self._transaction() as connection:
            found = connection.execute(NEXT, {"now": seconds(now), "background": background}).fetchone()
            if found is None:
                return None
            row = connection.execute(BEGIN, found).fetchone()
            (payload,) = connection.execute("SELECT payload FROM payloads WHERE id = ?", row[:1]).fetchone()
        return read(row, payload)

    def finish(self, delivery: str, state: DeliveryState, said: str = "", *, not_before: str = "") -> DeliveryState:
        """Say how the work on a running delivery ended, and return the state it is in now."""
        later = seconds(not_before) if not_before else 0.0
        with self._transaction() as connection:
            row = connection.execute(
                "UPDATE deliveries SET said = ?, not_before = ?, "
                "state = CASE WHEN ? = 'waiting' AND attempts >= ? THEN 'dead' ELSE ? END "
                "WHERE id = ? AND state = 'running' RETURNING state",
                (storable(said), later, state, self._most_attempts, state, delivery),
            ).fetchone()
        if row is None:
            raise _not_so(delivery, "running")
        ended: DeliveryState = row[0]
        return ended

    def release(self, delivery: str) -> None:
        """Put a running delivery back as if it had not been begun."""
        statement = (
            "UPDATE deliveries SET state = 'waiting', attempts = attempts - 1 WHERE id = ? AND state = 'running'"
        )
        with self._transaction() as connection:
            changed = connection.execute(statement, (delivery,)).rowcount
        if not changed:
            raise _not_so(delivery, "running")

    def recover(self) -> int:
        """Put back what was running when the last process ended; RefusedError where another process works here."""
        self._hold()
        with self._transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET state = 'dead', said = 'The server ended whenever it was begun.' "
                "WHERE state = 'running' AND attempts >= ?",
                (self._most_attempts,),
            )
            return connection.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'running'").rowcount

    def counts(self) -> Mapping[DeliveryState, int]:
        """Return how many deliveries are in each state, zeros included."""
        with self._guarded() as connection:
            return count(connection)

    def waiting_since(self) -> Mapping[bool, str]:
        """Return when the oldest that waits came, by whether it is of the background."""
        with self._guarded() as connection:
            return waiting_since(connection)

    def listed(self, state: DeliveryState, limit: int) -> Sequence[QueuedDelivery]:
        """Return deliveries in a state, the newest first, without their payloads."""
        statement = f"SELECT {COLUMNS} FROM deliveries WHERE state = ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
        with self._guarded() as connection:
            rows = connection.execute(statement, (state, limit)).fetchall()
        return [read(row, b"") for row in rows]

    def requeue(self, delivery: str) -> None:
        """Let a dead delivery wait again, behind all others."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, not_before = 0, "
                "seq = (SELECT max(seq) FROM deliveries) + 1 WHERE id = ? AND state = 'dead'",
                (storable(delivery),),
            ).rowcount
        if not changed:
            raise _not_so(delivery, "dead")

    def close(self) -> None:
        """Let go of the file, and of the right to work it off."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()
        if self._alone is not None:
            self._alone.close()

    def _prepare(self, most_bytes: int) -> None:
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # a payload that is removed is overwritten
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute(f"PRAGMA max_page_count = {max(1, most_bytes // size)}")
        with self._transaction():
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found == 0:
                make_table(connection)
            elif found != FORMAT:
                raise StateError(
                    f"{self.path} was written by another version (format {found}, this one reads {FORMAT}). "
                    "Use that version, or name another folder."
                )

    def _put(self, connection: sqlite3.Connection, delivery: Delivery) -> Taken:
        digest = hashlib.sha256(delivery.payload).digest()  # the id is a header, which no signature covers
        known = connection.execute(
            "SELECT seq, state FROM deliveries WHERE id = ? OR digest = ?", (delivery.id, digest)
        ).fetchall()
        if any(state in ("waiting", "running", "done") for _, state in known):
            return "again"
        if self._is_full(connection, delivery):
            return "full"
        connection.executemany("DELETE FROM deliveries WHERE seq = ?", ((seq,) for seq, _ in known))
        insert(connection, delivery, digest)
        return "taken"

    def _is_full(self, connection: sqlite3.Connection, delivery: Delivery) -> bool:
        """Whether there is no room left for a delivery: nobody fills the queue for all others.

        An installation may hold as many as are still free, so that there is room left whoever fills it (dynamic queue
        length thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
        """
        everything = "SELECT count(*) FROM deliveries INDEXED BY {} WHERE state IN ('waiting', 'running')"
        (all_open,) = connection.execute(everything.format("open_ones")).fetchone()
        of_these = f"{everything.format('open_ones')} AND repository = ?"
        (of_this,) = connection.execute(of_these, (delivery.repository,)).fetchone()
        of_owners = f"{everything.format('shares')} AND installation = ?"
        (of_owner,) = connection.execute(of_owners, (delivery.installation,)).fetchone()
        return bool(of_owner >= self._most_open - all_open or of_this >= self._most_of_one)

    def _hold(self) -> None:
        """Become the only process that works the queue off, until this one ends, however it ends."""
        try:
            import fcntl
        except ImportError:  # Windows has none; there, two servers on one folder are the operator's own care
            return
        try:
            self._alone = (self.path.parent / _LOCK).open("ab")
            fcntl.flock(self._alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(
                f"Another server works off the deliveries in {self.path.parent}. Stop it first, or name another folder."
            ) from error
        except OSError as error:
            raise _told(self.path, error) from error

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise _told(self.path, error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection within one transaction, of which an error leaves nothing."""
        with self._guarded() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite ends some by itself, as where the disk is full
                    connection.execute("ROLLBACK")
                raise


class _FullError(StorageError):
    """There is no room on the disk, or in what of it the queue may use."""


def _not_so(delivery: str, state: str) -> InputError:
    return InputError(f"No delivery {delivery[:80]!r} is {state}.")


def _told(path: Path, error: Exception) -> StorageError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return _FullError(f"There is no room left for deliveries at {path}. Free some; nothing was half-written.")
    return StorageError(f"The deliveries cannot be kept at {path}: {error}. Nothing was half-written.")
