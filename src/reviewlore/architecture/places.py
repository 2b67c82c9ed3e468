"""What a path says about a file's part in a repository: test, vendored, its folder and stem. Strings only."""

import re

from reviewlore.domain.source import Language, language_of

_TEST_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "__mocks__", "testdata", "e2e"})
_JS_TEST = re.compile(r".*[._-](test|spec|e2e|stories)\.[cm]?[jt]sx?")
# What the test runners of each language collect by default: pytest, go test, JUnit with Surefire, Jest and Vitest.
_TEST_NAME: dict[Language, re.Pattern[str]] = {
    "python": re.compile(r"test_.*\.py|.*_test\.py"),
    "typescript": _JS_TEST,
    "javascript": _JS_TEST,
    "go": re.compile(r".*_test\.go"),
    "java": re.compile(r"Test.*\.java|.*(Test|Tests|TestCase|IT)\.java"),
    "rust": re.compile(r"tests?\.rs|.*_tests?\.rs"),
}
# Configuration of tools that happens to be written in the language: `vite.config.ts`, `build.rs`, `.eslintrc.js`.
_TOOLING = re.compile(r"(^|/)(\.[\w.-]+\.[cm]?js|[\w.-]+\.config\.[cm]?[jt]s|build\.rs|[Gg]ulpfile\.js|Gruntfile\.js)$")
_GENERATED = re.compile(r".*\.pb(\.\w+)?\.go|.*(\.gen|_generated)\.(go|rs)|zz_generated.*\.go|.*_pb2(_grpc)?\.pyi?")
_VENDORED = frozenset({"vendor", "_vendor", "vendored", "_vendored", "third_party", "extern", "node_modules"})
_CHANGELOGS = frozenset({"changelog", "changes", "history", "news", "releases", "release_notes", "release-notes"})
_ASIDE = frozenset(
    {"doc", "docs", "examples", "example", "bench", "benchmarks", "scripts", "tools", "sample", "samples"}
)


def folder_of(path: str) -> str:
    """Return the folder of a path, empty for the top."""
    return path.rpartition("/")[0]


def related(one: str, other: str) -> bool:
    """Whether one folder is the other or contains it."""
    return one == other or not one or not other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def top_of(path: str) -> str:
    """Return the topmost folder of a path, empty for a file at the top."""
    return path.partition("/")[0] if "/" in path else ""


def stem_of(path: str) -> str:
    """Return the file's name without folder and last suffix; a package's `__init__.py` has its folder's name."""
    folder, _, name = path.rpartition("/")
    if name == "__init__.py":
        return folder.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def is_test(path: str) -> bool:
    """Whether a path belongs to the tests: by folder, or by the file names that the language's test runners expect."""
    *folders, name = path.split("/")
    top = folders[:1] == ["t"]  # where Perl's prove looks, and git and celery keep theirs
    return top or not _TEST_FOLDERS.isdisjoint(folders) or is_test_module(path) or name == "conftest.py"


def is_test_module(path: str) -> bool:
    """Whether a test runner would take this file by its name, wherever it lies: `test_*.py`, `*.spec.ts`."""
    name = path.rpartition("/")[2]
    language = language_of(path)
    return language is not None and _TEST_NAME[language].fullmatch(name) is not None


def is_vendored(path: str) -> bool:
    """Whether a path lies in a copy of somebody else's code, about which nobody here wants remarks."""
    return not _VENDORED.isdisjoint(path.split("/")[:-1])


def is_prose(path: str) -> bool:
    """Whether a file is written for people: documentation by its suffix."""
    return path.lower().endswith((".md", ".rst", ".txt", ".adoc")) and "requirements" not in path.lower()


def is_generated(path: str) -> bool:
    """Whether a tool writes this file: lock files, and code by the names that protoc and Go's generators give."""
    name = path.rpartition("/")[2]
    return name.endswith((".lock", "-lock.json", "-lock.yaml", ".sum")) or _GENERATED.fullmatch(name) is not None


def is_changelog(path: str) -> bool:
    """Whether a file tells what changed, by its name."""
    return is_prose(path) and stem_of(path).lower() in _CHANGELOGS


def is_aside(path: str) -> bool:
    """Whether a path is documentation, an example, a benchmark or a script: code that nothing else rests on."""
    return not _ASIDE.isdisjoint(path.split("/")[:-1])


def is_product(path: str) -> bool:
    """Whether a source file is part of what the repository ships."""
    aside = path in ("setup.py", "conftest.py", "noxfile.py", "tasks.py") or _TOOLING.search(path) is not None
    return language_of(path) is not None and not (is_test(path) or is_vendored(path) or is_aside(path) or aside)
