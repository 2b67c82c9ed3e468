import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reviewlore.adapters.shelf import FILE, SqliteShelf


def test_what_was_put_is_found_again_by_the_next_run(tmp_path: Path) -> None:
    first = SqliteShelf(tmp_path)
    assert first.get("source", ["a"]) == {}
    first.put("source", {"a": b"1", "b": b"\0\xff"})
    first.put("other", {"a": b"2"})
    assert SqliteShelf(tmp_path).get("source", ["b", "a", "c"]) == {"a": b"1", "b": b"\0\xff"}
    assert SqliteShelf(tmp_path).get("other", ["a", "b"]) == {"a": b"2"}
    assert first.problem == ""


def test_a_name_keeps_what_was_put_last(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {"a": b"1"})
    shelf.put("k", {"a": b"2"})
    shelf.put("k", {})
    assert shelf.get("k", ["a"]) == {"a": b"2"}


def test_more_names_than_a_statement_takes(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    entries = {str(number): str(number).encode() for number in range(2345)}
    shelf.put("k", entries)
    assert shelf.get("k", [*entries, "none"]) == entries


def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {})
    assert not (tmp_path / FILE).exists()
    shelf.get("k", ["a"])
    assert (tmp_path / FILE).exists()


def test_a_full_shelf_loses_the_oldest(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path, most_bytes=400_000)
    for number in range(100):
        shelf.put("k", {str(number): bytes(10_000)})
    kept = sorted(map(int, shelf.get("k", [str(number) for number in range(100)])))
    assert kept == list(range(kept[0], 100))
    assert 20 <= len(kept) <= 40
    assert (tmp_path / FILE).stat().st_size < 700_000
    assert shelf.problem == ""


def test_what_is_used_outlives_what_is_not(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path, most_bytes=400_000)
    shelf.put("k", {"used": b"1" * 5000, "unused": b"2" * 5000})
    for number in range(200):
        shelf.put("k", {str(number): bytes(10_000)})
        assert shelf.get("k", ["used"]) == {"used": b"1" * 5000}
    assert shelf.get("k", ["unused"]) == {}
    assert (tmp_path / FILE).stat().st_size < 700_000
    assert shelf.problem == ""


def test_a_shelf_that_cannot_be_written_is_still_read(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path, most_bytes=100_000)
    shelf.put("k", {str(number): bytes(2000) for number in range(40)})
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")  # readers are let in, writers are not
        reader = SqliteShelf(tmp_path, most_bytes=100_000, patience=0.05)
        assert reader.get("k", ["0", "39"]) == {"0": bytes(2000), "39": bytes(2000)}
        reader.put("k", {"new": b""})
        assert "locked" in reader.problem
    other.close()


def test_it_may_be_deleted_between_runs(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {"a": b"1"})
    shelf.close()
    (tmp_path / FILE).unlink()
    assert SqliteShelf(tmp_path).get("k", ["a"]) == {}


@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be taken for one" * 40, b""])
def test_a_damaged_file_is_told_and_begun_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_bytes(damage)
    shelf = SqliteShelf(tmp_path)
    assert shelf.get("k", ["a"]) == {}
    shelf.put("k", {"a": b"1"})
    assert ("begun anew" in shelf.problem) == bool(damage)
    again = SqliteShelf(tmp_path)
    again.put("k", {"a": b"1"})
    assert again.get("k", ["a"]) == {"a": b"1"}
    assert again.problem == ""


def test_pages_damaged_in_the_middle_are_no_error(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    entries = {str(number): bytes(2000) for number in range(300)}
    shelf.put("k", entries)
    shelf.close()
    path = tmp_path / FILE
    data = bytearray(path.read_bytes())
    data[8192 : len(data) // 2] = b"\xa5" * (len(data) // 2 - 8192)
    path.write_bytes(data)
    found = SqliteShelf(tmp_path)
    assert found.get("k", list(entries)).keys() <= entries.keys()
    assert SqliteShelf(tmp_path).get("k", ["0"]).keys() <= {"0"}


def test_a_format_of_another_version_is_emptied(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {"a": b"1"})
    shelf.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert SqliteShelf(tmp_path).get("k", ["a"]) == {}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "reviewlore").write_text("a file")
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {"a": b"1"})
    assert shelf.get("k", ["a"]) == {}
    assert shelf.problem.startswith("What was read is not kept for the next run: ")
    assert (tmp_path / "reviewlore").read_text() == "a file"


def test_a_shelf_that_another_process_locked_costs_only_the_keeping(tmp_path: Path) -> None:
    SqliteShelf(tmp_path).put("k", {"a": b"1"})
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        shelf = SqliteShelf(tmp_path, patience=0.05)
        shelf.put("k", {"b": b"2"})
        assert "locked" in shelf.problem
        assert shelf.get("k", ["a"]) == {}
    other.close()
    assert SqliteShelf(tmp_path).get("k", ["a", "b"]) == {"a": b"1"}


def test_a_full_disk_keeps_all_or_nothing(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    shelf.put("k", {"a": b"1"})
    assert shelf._connection is not None
    shelf._connection.execute("PRAGMA max_page_count = 12")
    shelf.put("k", {str(number): bytes(4000) for number in range(50)})
    assert "full" in shelf.problem
    assert SqliteShelf(tmp_path).get("k", ["a", "0", "1"]) == {"a": b"1"}


def test_several_processes_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from reviewlore.adapters.shelf import SqliteShelf\n"
        "shelf = SqliteShelf(Path(sys.argv[1]))\n"
        "for number in range(20): shelf.put('k', {f'{sys.argv[2]}-{number}': b'x' * 1000})\n"
        "sys.exit(shelf.problem or 0)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)]) for number in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    names = [f"{one}-{number}" for one in range(3) for number in range(20)]
    assert len(SqliteShelf(tmp_path).get("k", names)) == 60
