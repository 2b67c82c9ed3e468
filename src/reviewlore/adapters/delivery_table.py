"""The table that deliveries lie in, and what is asked of it: a connection of SQLite in, rows changed or read.

Nothing here begins or ends a transaction, or reads a clock: moments are arguments or come with the deliveries.
"""

import sqlite3
from datetime import UTC, datetime
from typing import Any, get_args

from reviewlore.domain.delivery import Delivery, DeliveryState, QueuedDelivery

FORMAT = 1
# GitHub sends a delivery again, when somebody asks for it, within three days. A dead one waits for an operator longer.
_KEPT_SECONDS = 4 * 86_400
_DEAD_KEPT_SECONDS = 30 * 86_400
_LONGEST_SAID = 2_000  # characters
# Payloads lie apart, since SQLite writes a whole row anew for each change of it; triggers remove them with their use.
_TABLES = (
    """
    CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL UNIQUE, event TEXT NOT NULL,
        repository TEXT NOT NULL, installation INTEGER NOT NULL, subject TEXT NOT NULL, received REAL NOT NULL,
        happened REAL NOT NULL, replaces INTEGER NOT NULL, background INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting',
        attempts INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,
        said TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE TABLE payloads (id TEXT PRIMARY KEY, payload BLOB NOT NULL)",
    "CREATE INDEX open_ones ON deliveries (repository, background, seq, state) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX subjects ON deliveries (repository, subject, event, happened, seq) WHERE state = 'waiting'",
    "CREATE INDEX turns ON deliveries (repository, turn)",
    "CREATE INDEX last_turn ON deliveries (turn)",
    "CREATE INDEX ages ON deliveries (received)",
    "CREATE INDEX shares ON deliveries (installation) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX owners_turns ON deliveries (installation, turn)",
    """
    CREATE TRIGGER needless AFTER UPDATE OF state ON deliveries WHEN new.state IN ('done', 'superseded')
    BEGIN DELETE FROM payloads WHERE id = new.id; END
    """,
    "CREATE TRIGGER gone AFTER DELETE ON deliveries BEGIN DELETE FROM payloads WHERE id = old.id; END",
    "CREATE TABLE pulse (beat INTEGER NOT NULL)",
    "INSERT INTO pulse VALUES (0)",
)
_INSERT = """
INSERT INTO deliveries (id, digest, event, repository, subject, installation, received, happened, replaces, background)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# Of the first open delivery of each line, the one whose installation had its last turn longest ago; of those of one
# installation, the one whose repository had. What should wait longer than the longest wait was put back by a clock that
# went wrong: it does not wait for it to be right again.
NEXT = """
WITH heads AS (
    SELECT repository, min(seq) AS seq FROM deliveries WHERE state IN ('waiting', 'running')
    GROUP BY repository, background
)
SELECT deliveries.seq FROM heads JOIN deliveries ON deliveries.seq = heads.seq
WHERE state = 'waiting' AND (not_before <= :now OR not_before > :now + 86400) AND background <= :background
ORDER BY
    (SELECT max(turn) FROM deliveries AS served WHERE served.installation = deliveries.installation),
    (SELECT max(turn) FROM deliveries AS served WHERE served.repository = heads.repository),
    heads.seq
LIMIT 1
"""
COLUMNS = (
    "id, event, repository, installation, subject, received, happened, replaces, background, state, attempts, said"
)
BEGIN = f"""
UPDATE deliveries SET state = 'running', attempts = attempts + 1, turn = (SELECT max(turn) FROM deliveries) + 1
WHERE seq = ? RETURNING {COLUMNS}
"""  # noqa: S608 - no input
NEEDLESS = "UPDATE deliveries SET state = 'superseded', said = ? WHERE state = 'waiting'"
_SAME = "event = ? AND repository = ? AND subject = ?"
_LATEST = (
    f"SELECT seq, happened FROM deliveries WHERE {_SAME} AND state = 'waiting' AND replaces "  # noqa: S608 - no input
    "ORDER BY happened DESC, seq DESC LIMIT 1"
)
_LATER = "A later delivery made it needless."


def make_table(connection: sqlite3.Connection) -> None:
    """Make the table and its indexes in an empty file."""
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def insert(connection: sqlite3.Connection, delivery: Delivery, digest: bytes) -> None:
    """Add a delivery, and leave of all that wait and replace each other only the latest, in the forge's own order."""
    received = seconds(delivery.received_at)
    happened = seconds(delivery.happened_at) if delivery.happened_at else received
    about = (delivery.event, delivery.repository, delivery.subject)
    row = (delivery.id, digest, *about, delivery.installation, received, happened)
    connection.execute("INSERT INTO payloads VALUES (?, ?)", (delivery.id, delivery.payload))
    connection.execute(_INSERT, (*row, delivery.replaces, delivery.background))
    if delivery.replaces:
        latest, moment = connection.execute(_LATEST, about).fetchone()
        connection.execute(f"{NEEDLESS} AND {_SAME} AND seq <> ? AND happened <= ?", (_LATER, *about, latest, moment))


def expire(connection: sqlite3.Connection, now: float) -> None:
    """Remove what ended so long ago that the forge does not send it again, and dead ones that nobody asked for."""
    ended = "DELETE FROM deliveries WHERE received < ? AND state IN ('done', 'superseded')"
    connection.execute(ended, (now - _KEPT_SECONDS,))
    connection.execute("DELETE FROM deliveries WHERE received < ? AND state = 'dead'", (now - _DEAD_KEPT_SECONDS,))


def count(connection: sqlite3.Connection) -> dict[DeliveryState, int]:
    """Return how many deliveries are in each state, zeros included."""
    rows = connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
    return {**dict.fromkeys(get_args(DeliveryState), 0), **dict(rows)}


def waiting_since(connection: sqlite3.Connection) -> dict[bool, str]:
    """Return when the oldest that waits came, by whether it is of the background."""
    oldest = "SELECT background, min(received) FROM deliveries WHERE state = 'waiting' GROUP BY background"
    return {bool(background): _moment(received) for background, received in connection.execute(oldest)}


def read(row: tuple[Any, ...], payload: bytes) -> QueuedDelivery:
    """Return what a row of `COLUMNS` says."""
    (
        identifier,
        event,
        repository,
        installation,
        subject,
        received,
        happened,
        replaces,
        background,
        state,
        attempts,
        said,
    ) = row
    delivery = Delivery(
        identifier,
        event,
        repository,
        installation,
        subject,
        payload,
        _moment(received),
        bool(replaces),
        _moment(happened),
        bool(background),
    )
    return QueuedDelivery(delivery, state, attempts, said)


def seconds(moment: str) -> float:
    """Return a time as seconds, so that times that were written differently compare; without a zone it is UTC."""
    read_moment = datetime.fromisoformat(moment)
    return (read_moment if read_moment.tzinfo else read_moment.replace(tzinfo=UTC)).timestamp()


def storable(text: str) -> str:
    """Return a text that SQLite can hold: half a surrogate pair becomes a question mark."""
    return text[:_LONGEST_SAID].encode("utf-8", "replace").decode("utf-8")


def _moment(since: float) -> str:
    return datetime.fromtimestamp(since, UTC).isoformat()
