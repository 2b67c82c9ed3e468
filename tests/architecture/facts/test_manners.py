"""Names that something else than taste has given are no breach of a habit; each language has its own."""

import dataclasses

import pytest
from tests.architecture.facts.changes import Files, change_of

from reviewlore.architecture.conventions import mine_conventions
from reviewlore.architecture.facts.manners import find_broken_names

CLASSES = {"app/classes.py": "".join(f"class Some{n}Thing: ...\n" for n in range(30))}
PAGES = {f"pages/some-{chr(97 + n)}.tsx": "export const x = 1;\n" for n in range(26)}
GO = {f"net/some{chr(65 + n)}x.go": "package net\n" for n in range(26)}


def broken(before: Files, after: Files) -> list[str]:
    change = change_of(before, after)
    return [
        fact.title for fact in find_broken_names(dataclasses.replace(change, conventions=mine_conventions(change.base)))
    ]


@pytest.mark.parametrize("base", ["Structure", "ctypes.Union", "BigEndianStructure"])
def test_types_of_another_language_keep_their_names(base: str) -> None:
    assert broken(CLASSES, {"app/win.py": f"class LARGE_INTEGER({base}): ...\n"}) == []
    assert broken(CLASSES, {"app/win.py": "class LARGE_INTEGER(Base): ...\n"}) != []


def test_types_of_another_language_make_no_habit() -> None:
    foreign = "".join(f"class A_{n}(Structure): ...\n" for n in range(30))
    assert broken({"app/win.py": foreign}, {"app/new.py": "class Some: ...\n"}) == []


@pytest.mark.parametrize("name", ["_app", "[id]", "$slug", "+page", "index", "_some-page"])
def test_file_names_that_a_framework_reads_are_no_breach(name: str) -> None:
    assert broken(PAGES, {f"pages/{name}.tsx": "export const x = 1;\n"}) == []
    assert broken(PAGES, {"pages/SomePage.tsx": "export const x = 1;\n"}) != []


def test_the_platform_in_a_go_file_s_name_is_no_style() -> None:
    for name in ("poll_linux", "someWhat_windows_amd64", "raw_arm64"):
        assert broken(GO, {f"net/{name}.go": "package net\n"}) == []
    assert broken(GO, {"net/some_what.go": "package net\n"}) != []


def test_habits_of_one_language_say_nothing_of_another() -> None:
    snakes = {"app/a.py": "".join(f"def do_it_{n}(): ...\n" for n in range(60))}
    assert broken(snakes, {"app/a.js": "export function doIt() { return 1; }\n"}) == []
    assert broken(snakes, {"app/b.py": "def doIt(): ...\n"}) != []
