"""Commands that build files offer."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.formats.commands import parse_commands

NPM = {"name": "a", "scripts": {"test": "jest", "lint": "eslint ."}}


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("Makefile", "VERSION := 1\n.PHONY: a\n\ntest: build\n\tx\nlint:\n", [("make test", 4), ("make lint", 6)]),
        ("justfile", "set x := 1\n@test target:\n  x\nlint:\n", [("just test", 2), ("just lint", 4)]),
        ("tox.ini", "[tox]\n[testenv]\n[testenv:docs]\n[testenv:py{1,2}]\n", [("tox -e docs", 3)]),
        ("noxfile.py", "import nox\n\n@nox.session(python='3')\n@other\ndef tests(s):\n", [("nox -s tests", 5)]),
        ("package.json", json.dumps(NPM, indent=2), [("npm run test", 4), ("npm run lint", 5)]),
        ("package.json", "{", []),
        ("node_modules/a/package.json", json.dumps(NPM, indent=2), []),
        ("README.md", "test:\n", []),
        (".github/workflows/ci.yml", "", [("ci.yml", 1)]),
    ],
)
def test_commands_with_their_lines(path: str, text: str, found: list[tuple[str, int]]) -> None:
    assert [(command.spelled[0], command.line) for command in parse_commands(path, text)] == found


@pytest.mark.parametrize(
    ("path", "part", "start"),
    [
        ("justfile", "a", ""),
        ("justfile", "a b", ""),
        ("Makefile", "a", ""),
        ("Makefile", "a\n", ""),
        ("noxfile.py", "@nox.session\n", ""),
        ("package.json", "\n", '{"scripts": {"a": "b"}}'),
        ("tox.ini", "[testenv:a", ""),
    ],
)
def test_long_build_files_take_little_time(path: str, part: str, start: str) -> None:
    begun = time.perf_counter()
    assert len(parse_commands(path, start + part * (400_000 // len(part)))) <= 1
    assert time.perf_counter() - begun < 2


def test_many_commands_take_little_time() -> None:
    text = "".join(f"a{number}:\n" for number in range(50_000))
    begun = time.perf_counter()
    assert parse_commands("Makefile", text)[-1].line == 50_000
    assert time.perf_counter() - begun < 2


@given(st.sampled_from(["Makefile", "justfile", "tox.ini", "noxfile.py", "package.json"]), st.text(max_size=200))
def test_any_text_is_read(path: str, text: str) -> None:
    assert all(1 <= command.line <= text.count("\n") + 1 for command in parse_commands(path, text))
