"""The index of precedents: exactly its sources, warm without reading, and never a wrong answer for a bad file."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from reviewlore.adapters.index import FILE, SqliteIndex
from reviewlore.adapters.terms import split_terms
from reviewlore.domain.retrieval import Passage, Passages, Scope
from reviewlore.errors import StateError

ANY = Scope()


def remark(name: str, text: str, **more: object) -> Passage:
    return Passage("episode", name, "src/a.py", text, text[:50], 1, "addressed", **more)  # type: ignore[arg-type]


def fill(index: SqliteIndex, sources: Mapping[str, list[Passage]]) -> list[str]:
    """Bring an index to sources whose contents are their ids; returns the names that were read."""
    asked: list[str] = []

    def read(name: str) -> Passages:
        asked.append(name)
        return Passages(tuple(sources[name]))

    index.update({name: repr(found) for name, found in sources.items()}, read)
    return asked


def names(index: SqliteIndex, text: str, scope: Scope = ANY) -> list[str]:
    return [hit.passage.id for hit in index.search(text, 5, scope)]


ONE = {"2026-01": [remark("a", "loadUser from cache"), remark("b", "nothing alike")]}


def test_identifiers_meet_in_their_words_and_hostile_queries_are_words() -> None:
    index = SqliteIndex()
    fill(index, ONE)
    assert names(index, "load_user") == ["a"]
    for text in ('" OR text MATCH "*', "", "NEAR(a b)", "the of and", "\0", "\ud800", '"""', "x" * 10_000):
        assert names(index, text) == []


def test_a_long_query_counts_by_its_rarest_words() -> None:
    index = SqliteIndex()
    common = [remark(f"c{n}", "shared words of everything") for n in range(3000)]
    fill(index, {"2026-01": [*common, remark("a", "zebra"), remark("b", "a zebra that runs")]})
    assert names(index, "shared words everything zebra")[:2] == ["a", "b"]


def test_what_comes_back_is_what_was_put_in(tmp_path: Path) -> None:
    passages = [
        Passage(
            "episode", "o/r#1/2", "src/ü.py", "closing the crane", "Close the crane.", 1, "addressed", "naming", "o/r",
            "https://github.example/o/r/pull/1#discussion_r2",
        ),
        Passage("rule", "r1", "", "crane rule", "Cranes are closed.", paths=("src/*", "*.py")),
        Passage("decision", "d#h", "docs/adr/1.md", "crane decision", "We close.", heading="Cranes", line=7),
    ]  # fmt: skip
    fill(SqliteIndex(tmp_path), {"x": passages})
    index = SqliteIndex(tmp_path)
    assert fill(index, {"x": passages}) == []
    found = {hit.passage.id: hit for hit in index.search("cranes", 5, ANY)}
    for passage in passages:
        hit = found[passage.id]
        for field in ("kind", "path", "excerpt", "pull_request", "outcome", "concern", "repository", "url", "heading"):
            assert getattr(hit.passage, field) == getattr(passage, field)
        assert (hit.passage.line, hit.passage.paths) == (passage.line, passage.paths)
        assert 0 < hit.similarity <= 1


def test_only_new_sources_are_read_and_old_ones_are_gone(tmp_path: Path) -> None:
    assert fill(SqliteIndex(tmp_path), ONE) == ["2026-01"]
    two = {**ONE, "2026-02": [remark("c", "user of the lighthouse")]}
    index = SqliteIndex(tmp_path)
    assert fill(index, two) == ["2026-02"]
    assert sorted(names(index, "user")) == ["a", "c"]
    changed = {"2026-01": [remark("b", "nothing alike")], "2026-02": two["2026-02"]}
    index = SqliteIndex(tmp_path)
    assert fill(index, changed) == ["2026-01"]
    assert names(index, "user cache") == ["c"]
    assert fill(SqliteIndex(tmp_path), changed) == []


def test_an_index_that_grew_finds_what_a_fresh_one_finds(tmp_path: Path) -> None:
    months = {
        f"2026-{n:02}": [remark(f"{n}/{k}", f"crane {'berth ' * k}ship{n} dock{k}") for k in range(9)]
        for n in range(1, 7)
    }
    grown = SqliteIndex(tmp_path)
    fill(grown, {"2026-01": months["2026-01"], "gone": [remark("g", "crane berth")]})
    fill(grown, dict(list(months.items())[:3]))
    fill(grown, months)
    fresh = SqliteIndex()
    fill(fresh, months)
    for text in ("crane", "ship3 dock4", "berth ship5"):
        assert grown.search(text, 5, ANY) == fresh.search(text, 5, ANY) != ()


def test_words_that_are_gone_are_nowhere_in_the_file(tmp_path: Path) -> None:
    secret = remark("s", "the ONEAPPLEWORD of somebody who opted out, said at length so that pages are filled " * 20)
    rest = [remark(str(n), f"ordinary remark number{n} about berth{n}") for n in range(200)]
    index = SqliteIndex(tmp_path)
    fill(index, {"2026-01": [secret, *rest]})
    assert b"oneappleword" in (tmp_path / FILE).read_bytes().lower()
    fill(index, {"2026-01": rest})
    index.close()
    for left in (tmp_path / FILE).parent.iterdir():
        assert b"oneappleword" not in left.read_bytes().lower()
        assert b"oneapplew" not in left.read_bytes().lower()


def test_remarks_are_of_the_repository_and_the_concern_rules_always(tmp_path: Path) -> None:
    index = SqliteIndex()
    fill(
        index,
        {
            "x": [
                remark("own", "crane", repository="o/r", concern="naming"),
                remark("other", "crane", repository="o/else", concern="naming"),
                remark("local", "crane", repository="folder", concern="testing"),
                Passage("rule", "rule", "", "crane", "crane"),
            ]
        },
    )
    assert sorted(names(index, "crane")) == ["local", "other", "own", "rule"]
    assert sorted(names(index, "crane", Scope(repository="o/r"))) == ["local", "own", "rule"]
    assert sorted(names(index, "crane", Scope(("episode", "rule"), "o/r", "naming"))) == ["own", "rule"]
    assert sorted(names(index, "crane", Scope((), "folder", "naming"))) == ["other", "own", "rule"]
    assert names(index, "crane", Scope(("rule", "decision"))) == ["rule"]


def test_notes_of_sources_are_told_again_by_a_warm_index(tmp_path: Path) -> None:
    for _ in range(2):
        index = SqliteIndex(tmp_path)
        index.update({"x": "1"}, lambda name: Passages(note=f"{name} is half read."))
        assert index.notes == ("x is half read.",)
    index = SqliteIndex(tmp_path)
    fill(index, ONE)
    assert index.notes == ()


def test_what_reading_raises_changes_nothing(tmp_path: Path) -> None:
    fill(SqliteIndex(tmp_path), ONE)

    def read(name: str) -> Passages:
        raise StateError("damaged")

    with pytest.raises(StateError):
        SqliteIndex(tmp_path).update({"2026-02": "1"}, read)
    index = SqliteIndex(tmp_path)
    assert fill(index, ONE) == []
    assert names(index, "user") == ["a"]


def test_the_file_is_nobody_else_s(tmp_path: Path) -> None:
    fill(SqliteIndex(tmp_path), ONE)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_costs_a_note_and_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_bytes(content)
    index = SqliteIndex(tmp_path)
    assert fill(index, ONE) == ["2026-01"]
    assert names(index, "user") == ["a"]
    assert len(index.notes) == 1 and "not kept" in index.notes[0]
    again = SqliteIndex(tmp_path)
    assert fill(again, ONE) == ["2026-01"]
    assert (again.notes, fill(SqliteIndex(tmp_path), ONE)) == ((), [])


def test_a_page_that_is_damaged_is_found_when_searched(tmp_path: Path) -> None:
    big = {"2026-01": [remark(str(n), f"crane berth{n} " * 30) for n in range(300)]}
    fill(SqliteIndex(tmp_path), big)
    path = tmp_path / FILE
    data = bytearray(path.read_bytes())
    data[4096 * 4 :] = b"\x5a" * (len(data) - 4096 * 4)
    path.write_bytes(data)
    index = SqliteIndex(tmp_path)
    fill(index, big)
    assert names(index, "berth7 crane")[:1] == ["7"]
    assert "not kept" in index.notes[0]
    assert fill(SqliteIndex(tmp_path), big) == ["2026-01"]


def test_a_file_that_breaks_between_update_and_search_costs_a_note(tmp_path: Path) -> None:
    big = {"2026-01": [remark(str(n), f"crane berth{n} " * 30) for n in range(300)]}
    fill(SqliteIndex(tmp_path), big)
    index = SqliteIndex(tmp_path)
    assert fill(index, big) == []
    with (tmp_path / FILE).open("r+b") as stream:
        size = (tmp_path / FILE).stat().st_size
        stream.seek(4096 * 2)
        stream.write(b"\x5a" * (size - 4096 * 2))
    assert names(index, "berth7 crane")[:1] == ["7"]
    assert len(index.notes) == 1 and fill(SqliteIndex(tmp_path), big) == ["2026-01"]


def test_a_locked_file_or_folder_costs_a_note(tmp_path: Path) -> None:
    fill(SqliteIndex(tmp_path), ONE)
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        index = SqliteIndex(tmp_path, patience=0.05)
        assert fill(index, ONE) == ["2026-01"]
        assert names(index, "user") == ["a"]
        assert "locked" in index.notes[0]
    other.close()
    assert fill(SqliteIndex(tmp_path), ONE) == []
    (tmp_path / "file").write_text("no folder")
    blocked = SqliteIndex(tmp_path / "file")
    fill(blocked, ONE)
    assert names(blocked, "user") == ["a"] and len(blocked.notes) == 1


def test_a_file_of_another_format_is_made_anew(tmp_path: Path) -> None:
    fill(SqliteIndex(tmp_path), ONE)
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    index = SqliteIndex(tmp_path)
    assert fill(index, ONE) == ["2026-01"]
    assert (names(index, "user"), index.notes) == (["a"], ())


def test_several_processes_fill_one_file(tmp_path: Path) -> None:
    problems: list[object] = []

    def work() -> None:
        index = SqliteIndex(tmp_path, patience=20)
        fill(index, ONE)
        if names(index, "user") != ["a"] or index.notes:
            problems.append(index.notes)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert fill(SqliteIndex(tmp_path), ONE) == []


def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    SqliteIndex(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_importing_it_is_cheap() -> None:
    code = "import sys, reviewlore.adapters.index; print(sum(n in sys.modules for n in ('numpy', 'torch', 'msgspec')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "0\n"


def test_terms_are_the_parts_of_identifiers_without_function_words() -> None:
    assert split_terms("The HTTPServer of load_user, loadUser2 and größe x 42") == [
        "http", "server", "httpserver", "load", "user", "loaduser", "load", "user2", "loaduser2", "größe",
        "42",
    ]  # fmt: skip
