"""Build files to the commands they offer people: Makefiles, justfiles, tox, nox, package.json. Text in, records out.

Reads declarations only, by their lines; what a build file computes at run time is not seen.
"""

import json
import re
from collections.abc import Callable, Iterator

from reviewlore.domain.pipeline import Command

_TARGET = re.compile(r"^([A-Za-z][\w.-]*)\s*:(?![=:])", re.MULTILINE)
_RECIPE = re.compile(r"^@?([A-Za-z][\w-]*+)[^:=\n]*+:(?!=)", re.MULTILINE)
_TESTENV = re.compile(r"^\[testenv:([^\]\n{}]+)\]", re.MULTILINE)
_SESSION = re.compile(r"^@nox\.session[^\n]*+\n(?:@[^\n]*+\n){0,20}+def ([A-Za-z]\w*)\(", re.MULTILINE)
_SCRIPT = re.compile(r'^[ \t]*+"([^"\n]{1,80})"\s*+:\s*+"', re.MULTILINE)
_MAX_CHARACTERS = 500_000


def is_build_file(path: str) -> bool:
    """Whether a path is a build file that this module reads, or a workflow of GitHub Actions."""
    return _reader(path) is not None or is_workflow(path)


def parse_commands(path: str, text: str) -> tuple[Command, ...]:
    """Return what a build file lets people run, in the order of its lines, each once; nothing of other files.

    A workflow is one command, spelled by its file name, as badges and documents name it.
    """
    if is_workflow(path):
        return (Command(path, 1, (path.rpartition("/")[2],)),)
    read = _reader(path)
    found: dict[tuple[str, ...], Command] = {}
    if read and len(text) <= _MAX_CHARACTERS:
        line, done = 1, 0
        for offset, spelled in read(text):  # in the order of the text
            line, done = line + text.count("\n", done, offset), offset
            found.setdefault(spelled, Command(path, line, spelled))
    return tuple(found.values())


def _make(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for match in _TARGET.finditer(text):
        yield match.start(), (f"make {match[1]}",)


def _just(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for match in _RECIPE.finditer(text):
        yield match.start(), (f"just {match[1]}",)


def _tox(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for match in _TESTENV.finditer(text):
        name = match[1].strip()
        yield match.start(), (f"tox -e {name}", f"tox run -e {name}", f"tox -e={name}")


def _nox(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for match in _SESSION.finditer(text):
        yield match.start(1), tuple(f"nox {option} {match[1]}" for option in ("-s", "-e", "--session", "--sessions"))


def _npm(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        scripts = json.loads(text).get("scripts")
    except (ValueError, AttributeError, RecursionError):
        return
    names = {name for name in scripts if isinstance(name, str)} if isinstance(scripts, dict) else set()
    start = text.find('"scripts"')
    for match in _SCRIPT.finditer(text, max(start, 0)):
        if match[1] in names:
            names.discard(match[1])
            yield (
                match.start(1),
                tuple(f"{tool} {match[1]}" for tool in ("npm run", "yarn", "yarn run", "pnpm", "pnpm run")),
            )


_READERS: dict[str, Callable[[str], Iterator[tuple[int, tuple[str, ...]]]]] = {
    "Makefile": _make,
    "GNUmakefile": _make,
    "makefile": _make,
    "justfile": _just,
    "Justfile": _just,
    "tox.ini": _tox,
    "noxfile.py": _nox,
    "package.json": _npm,
}


def _reader(path: str) -> Callable[[str], Iterator[tuple[int, tuple[str, ...]]]] | None:
    return None if "node_modules" in path.split("/") else _READERS.get(path.rpartition("/")[2])


def is_workflow(path: str) -> bool:
    """Whether a path is a workflow of GitHub Actions."""
    return path.startswith(".github/workflows/") and path.endswith((".yml", ".yaml"))
