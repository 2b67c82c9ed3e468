"""What the files of SQLite that may be lost at any time have in common: a damaged one is told apart, and removed."""

import contextlib
import sqlite3
from pathlib import Path


def is_damaged(error: Exception) -> bool:
    """Whether a file is no database any more; a locked, full or read-only one still is."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def discard(path: Path) -> None:
    """Remove a file with what SQLite keeps beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()
