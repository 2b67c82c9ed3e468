"""How names are formed: identifiers, modules and tests in, the name of a style out. Strings and parsed files only."""

import re

from reviewlore.architecture.places import is_test_module, top_of
from reviewlore.domain.architecture import Module
from reviewlore.domain.source import Definition, Language, language_of

_STYLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("snake_case", re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")),
    ("CapWords", re.compile(r"[A-Z][A-Za-z0-9]*")),
    ("camelCase", re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)+")),
    ("UPPER_CASE", re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+")),
)
_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
# What the go command takes for the platform a file is for (https://pkg.go.dev/cmd/go, "Build constraints").
_GO_PLATFORM = re.compile(
    r"(_(aix|android|darwin|dragonfly|freebsd|illumos|ios|js|linux|netbsd|openbsd|plan9|solaris|unix|wasip1|windows))?"
    r"(_(386|amd64|arm|arm64|loong64|mips|mips64|mips64le|mipsle|ppc64|ppc64le|riscv64|s390x|wasm))?$"
)
# Bases whose subclasses describe what another language has named (https://docs.python.org/3/library/ctypes.html).
_FOREIGN = frozenset(
    {"Structure", "Union", "BigEndianStructure", "LittleEndianStructure", "BigEndianUnion", "LittleEndianUnion"}
)
_ONE_WORD = re.compile(r"[a-z][a-z0-9]*")
_ECMASCRIPT: frozenset[Language] = frozenset({"javascript", "typescript"})
_JS_TESTS = frozenset({"describe", "it", "test", "suite"})
_JS_MARK = re.compile(r".+[._-](test|spec|e2e)\.[cm]?[jt]sx?")
_JS_FOLDERS = frozenset({"__tests__", "test", "tests", "e2e", "spec"})
_JAVA_TESTS = frozenset({"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"})
# The compiler's own, and those of tokio, async-std, rstest, test-case, test-log, quickcheck and wasm-bindgen.
_RUST_TESTS = frozenset({"test", "bench", "rstest", "test_case", "quickcheck", "wasm_bindgen_test"})
_JAVA_SUFFIX = re.compile(r".+?(TestCase|Tests|Test|IT)\.java")
# Names that a language gives: JavaScript's constructors, Go's and everybody's entry points.
_GIVEN = frozenset({"constructor", "init", "main"})


def style_of(name: str) -> str:
    """Return the naming style of an identifier, without its leading underscores; empty for what has no style."""
    bare = name.strip("_")
    return next((style for style, pattern in _STYLES if pattern.fullmatch(bare)), "other") if bare else ""


def definition_style(language: Language, definition: Definition) -> str:
    """Return the style of a definition's name as its language's people speak of it; empty for what shows none.

    A single lower-case word is snake_case in Python and Rust and camelCase elsewhere. In Go, where case says what is
    exported, both are MixedCaps (https://go.dev/doc/effective_go#mixed-caps); in JavaScript, a capitalised function is
    a component or constructor.
    """
    style = style_of(definition.name.strip("$#") if language in _ECMASCRIPT else definition.name)
    if definition.kind == "class" or language in ("python", "rust"):
        return "MixedCaps" if language == "go" and style in ("CapWords", "camelCase") else style
    if style == "snake_case" and _ONE_WORD.fullmatch(definition.name.strip("_$#")):
        style = "camelCase"
    if language == "go" and style in ("CapWords", "camelCase"):
        return "MixedCaps"
    return "" if language in _ECMASCRIPT and style == "CapWords" else style


def module_style(path: str) -> str:
    """Return the style of a module's file name, empty where it shows none or its language prescribes it."""
    stem = path.rpartition("/")[2].partition(".")[0]
    language = language_of(path)
    if language in ("java", "rust") or stem == "__init__":
        return ""
    if language == "python":
        return style_of(stem)
    if language == "go":
        stem = _GO_PLATFORM.sub("", stem)
    bare = stem.lstrip("_")  # `_app.tsx`: a mark that frameworks read
    return "" if _ONE_WORD.fullmatch(bare) else "kebab-case" if _KEBAB.fullmatch(bare) else style_of(bare)


def holds_tests(module: Module) -> bool:
    """Whether a file defines tests in pytest's or unittest's sense, whatever the file is called."""
    definitions = module.parsed.definitions
    in_class = any(
        d.kind == "method" and d.name.startswith("test") and "test" in (d.owner or "").lower() for d in definitions
    )
    return in_class or any(d.kind == "function" and d.name.startswith("test_") for d in definitions)


def defines_tests(module: Module) -> bool:
    """Whether a file defines tests that its language's usual runners know, and could as well lie elsewhere.

    Go and Rust prescribe where tests are: their files are none.
    """
    parsed = module.parsed
    if parsed.language == "python":
        return holds_tests(module)
    if parsed.language == "java":
        return any(mark.rpartition(".")[2] in _JAVA_TESTS for entry in parsed.definitions for mark in entry.decorators)
    return parsed.language in _ECMASCRIPT and any(call.name.partition(".")[0] in _JS_TESTS for call in parsed.calls)


def is_inline_test(definition: Definition) -> bool:
    """Whether a function is a test that stands beside the code it tests, as Rust's `#[test]` ones do."""
    return any(mark.rpartition("::")[2] in _RUST_TESTS for mark in definition.decorators)


def style_of_test(path: str) -> str:
    """Return how a file with tests is called: `test_*.py`, `*.spec.*`, `*Test.java`, else `other`."""
    name, language = path.rpartition("/")[2], language_of(path)
    if language in _ECMASCRIPT:
        mark = _JS_MARK.fullmatch(name)
        return f"*.{mark[1]}.*" if mark else "other"
    if language == "java":
        suffix = _JAVA_SUFFIX.fullmatch(name)
        return f"*{suffix[1]}.java" if suffix else "Test*.java" if name.startswith("Test") else "other"
    if not is_test_module(path):
        return "other"
    return "test_*.py" if name.startswith("test_") else "*_test.py"


def place_of_test(path: str) -> str:
    """Return where a file with tests lies: a topmost folder (Python), a folder of tests, or `beside the code`.

    Empty for Java, whose build tools prescribe it.
    """
    language = language_of(path)
    if language == "java":
        return ""
    if language in _ECMASCRIPT:
        return next((part for part in path.split("/")[:-1] if part in _JS_FOLDERS), "beside the code")
    return top_of(path)


def named_freely(definition: Definition) -> bool:
    """Whether the author chose this name: overrides and hooks of frameworks are named by somebody else."""
    given = definition.name.startswith("__") or definition.name in _GIVEN
    return not (definition.derived or definition.decorated or given)


def names_foreign(definition: Definition) -> bool:
    """Whether a class stands for a type of another language, which has named it."""
    return any(base.rpartition(".")[2] in _FOREIGN for base in definition.bases)
