"""The file of the index of precedents: its tables, how it is opened, and rows to records and back. No policy."""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from reviewlore.adapters.terms import TOKENIZER
from reviewlore.domain.retrieval import Passage

_FORMAT = 2  # of the tables, of `split_terms` and of how passages are cut: another one makes the file anew
_TABLES = f"""
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, content TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
    excerpt TEXT NOT NULL, pull_request INTEGER NOT NULL, outcome TEXT NOT NULL, concern TEXT NOT NULL,
    repository TEXT NOT NULL, url TEXT, heading TEXT NOT NULL, line INTEGER, paths TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX passage_source ON passage (source);
CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{TOKENIZER}');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
CREATE TABLE term (term TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE vector (model TEXT, hash TEXT, value BLOB NOT NULL, PRIMARY KEY (model, hash)) WITHOUT ROWID;
PRAGMA user_version = {_FORMAT};
"""
# What a query's words are stemmed to: FTS5 tells it only of what it holds.
_ASKED = f"""
CREATE VIRTUAL TABLE temp.asked USING fts5(text, tokenize='{TOKENIZER}');
CREATE VIRTUAL TABLE temp.asked_terms USING fts5vocab(temp, asked, instance);
"""
COLUMNS = "kind, name, path, excerpt, pull_request, outcome, concern, repository, url, heading, line, paths, hash"


def make_tables(path: Path | None, patience: float) -> sqlite3.Connection:
    """Open a file, or memory, with all tables; a file of another format is emptied first."""
    # Nothing is begun for us: one transaction is one statement, or what stands between BEGIN and COMMIT.
    connection = sqlite3.connect(path or ":memory:", timeout=patience, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete = ON")  # what was forgotten does not stay in pages that are free
        connection.execute("PRAGMA temp_store = MEMORY")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found != _FORMAT:
            with transaction(connection):
                (found,) = connection.execute("PRAGMA user_version").fetchone()
                if found != _FORMAT:
                    for name in ("vocabulary", "words", "source", "passage", "term", "vector"):
                        connection.execute(f"DROP TABLE IF EXISTS {name}")
                    for statement in filter(str.strip, _TABLES.split(";\n")):
                        connection.execute(statement)
        connection.executescript(_ASKED)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def wipe(connection: sqlite3.Connection) -> None:
    """Let go of words that no passage has any more: FTS5 keeps them, marked as removed, until its segments merge."""
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def hash_of(passage: Passage) -> str:
    """Return what the vector of a passage is kept by: equal words, equal hash."""
    return hashlib.sha256(said_in(passage).encode("utf-8", "replace")).hexdigest()


def said_in(passage: Passage) -> str:
    """Return the words that are embedded."""
    return f"{passage.heading} {passage.excerpt}".strip()


def row_of(passage: Passage) -> tuple[object, ...]:
    """Return the values of a passage in the order of `COLUMNS`."""
    return (
        passage.kind, passage.id, passage.path, passage.excerpt, passage.pull_request, passage.outcome,
        passage.concern, passage.repository, passage.url, passage.heading, passage.line, json.dumps(passage.paths),
        hash_of(passage),
    )  # fmt: skip


def passage_of(row: Sequence[object]) -> Passage:
    """Return the passage of a row of `COLUMNS`, without the text it is found by."""
    kind, name, path, excerpt, number, outcome, concern, repository, url, heading, line, paths, _ = row
    return Passage(
        kind, name, path, "", excerpt, number, outcome, concern, repository, url, heading, line,  # type: ignore[arg-type]
        tuple(json.loads(paths)),  # type: ignore[arg-type]
    )  # fmt: skip
