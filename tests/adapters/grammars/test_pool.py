import os
from collections.abc import Iterator

import pytest

from reviewlore.adapters.grammars import Grammars, make_parse
from reviewlore.adapters.grammars.pool import WORTH_PROCESSES, read_many
from reviewlore.architecture.reading import Parse
from reviewlore.domain.source import ParsedModule
from reviewlore.formats.sources import decode_source

SOURCES = [(f"m{number}.py", f"import m{number + 1}\n".encode()) for number in range(WORTH_PROCESSES + 30)]
SOURCES[7] = ("x.py", b"\xff\xfe\xfd")
SOURCES[9] = ("notes", b"")


def dying_parse() -> Parse:
    """A parser that ends every process but the one it was made for."""
    here = int(os.environ["REVIEWLORE_TEST_PROCESS"])

    def parse(path: str, source: bytes):
        if os.getpid() != here:
            os._exit(1)
        return make_parse()(path, source)

    return parse


def test_processes_read_what_one_process_reads_in_the_same_order() -> None:
    alone = [entry for entry, _ in read_many(SOURCES, len(SOURCES), make_parse, 1)]
    many = list(read_many(SOURCES, len(SOURCES), make_parse, 2))
    assert [entry for entry, _ in many] == alone
    assert [decode_source(data) for _, data in many] == alone
    assert alone[7] == "not_utf8"
    assert alone[9] == "unsupported_language"
    assert isinstance(alone[0], ParsedModule)


def test_few_sources_are_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWLORE_TEST_PROCESS", str(os.getpid()))
    assert len(list(read_many(SOURCES[:5], 5, dying_parse, 8))) == 5


def test_processes_that_die_leave_their_work_to_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWLORE_TEST_PROCESS", str(os.getpid()))
    found = [entry for entry, _ in read_many(SOURCES, len(SOURCES), dying_parse, 2)]
    assert found == [entry for entry, _ in read_many(SOURCES, len(SOURCES), make_parse, 1)]


def test_sources_are_asked_for_as_they_are_needed() -> None:
    asked = []

    def sources() -> Iterator[tuple[str, bytes]]:
        for number in range(6000):
            asked.append(number)
            yield "a.py", b"import os\n"

    reading = read_many(sources(), 6000, make_parse, 2)
    next(reading)
    assert 0 < len(asked) < 1000
    reading.close()


def test_the_version_is_one_name_for_one_code() -> None:
    assert Grammars().version == Grammars(1).version
    assert len(Grammars().version) == 12
