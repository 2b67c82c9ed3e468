import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import reviewlore
from reviewlore.adapters.grammars import Grammars, code_files, hash_code, make_parse
from reviewlore.adapters.grammars.pool import WORTH_PROCESSES, read_many
from reviewlore.architecture.reading import Parse
from reviewlore.domain.source import ParsedModule
from reviewlore.formats.sources import decode_source

PACKAGE = Path(reviewlore.__file__).parent
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


def test_any_change_of_the_code_that_reads_is_another_version(tmp_path: Path) -> None:
    copies = [tmp_path / f"{number}.py" for number, _ in enumerate(code_files())]
    for copy, path in zip(copies, code_files(), strict=True):
        copy.write_bytes(path.read_bytes())
    seen = {hash_code(copies)}
    for copy in copies:
        copy.write_bytes(copy.read_bytes() + b"#")
        seen.add(hash_code(copies))
    assert len(seen) == len(copies) + 1
    assert hash_code(code_files()) == Grammars().version


def test_all_code_that_reads_is_part_of_the_version() -> None:
    """Whatever of ours the grammars import, at any remove, may change what they read."""
    names = {"reviewlore." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in code_files()}
    names = {name.removesuffix(".__init__") for name in names}
    imported = {name for path in code_files() for name in imported_by(path)}
    # Protocols and messages say how to ask, not what is read.
    assert imported - names <= {"reviewlore.ports", "reviewlore.errors"}


def imported_by(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reviewlore."):
            inside = PACKAGE.joinpath(*node.module.split(".")[1:])
            for alias in node.names:
                found = inside.is_dir() and ((inside / f"{alias.name}.py").exists() or (inside / alias.name).is_dir())
                yield f"{node.module}.{alias.name}" if found else node.module
