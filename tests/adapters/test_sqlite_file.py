"""A file of SQLite that may be lost: damaged or merely not to be used now, and removed with all that belongs to it."""

import sqlite3
from pathlib import Path

import pytest

from reviewlore.adapters.sqlite_file import discard, is_damaged


def fault(path: Path) -> sqlite3.Error:
    with sqlite3.connect(path, timeout=0) as connection, pytest.raises(sqlite3.Error) as caught:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    return caught.value


def test_what_is_no_database_is_damaged_and_what_is_locked_is_not(tmp_path: Path) -> None:
    (tmp_path / "torn").write_bytes(b"no database at all " * 100)
    assert is_damaged(fault(tmp_path / "torn"))
    holder = sqlite3.connect(tmp_path / "held", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert not is_damaged(fault(tmp_path / "held"))
    holder.close()
    assert not is_damaged(OSError("disk full"))


def test_a_file_is_removed_with_its_companions_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-wal", "a.db-shm", "a.db-journal", "a.db-else", "b.db"):
        (tmp_path / name).touch()
    discard(tmp_path / "a.db")
    discard(tmp_path / "missing.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db-else", "b.db"]
