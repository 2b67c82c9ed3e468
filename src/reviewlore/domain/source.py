"""What one source file says, whatever its language and wherever it lies. Made by the grammars in `adapters/`."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["python", "typescript", "javascript", "go", "java", "rust"]
Syntax = Language | Literal["tsx"]
ImportKind = Literal["runtime", "conditional", "lazy", "type_only"]
DefinitionKind = Literal["function", "class", "method"]
# The kinds that run when their module is loaded; lazy imports run later, those that only types need never.
AT_LOAD: frozenset[ImportKind] = frozenset({"runtime", "conditional"})
SkipReason = Literal["too_large", "not_utf8", "unsupported_language", "unreadable"]

_LANGUAGES: dict[str, Language] = {
    "py": "python",
    "ts": "typescript",
    "tsx": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "js": "javascript",
    "jsx": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "go": "go",
    "java": "java",
    "rs": "rust",
}


def language_of(path: str) -> Language | None:
    """Return the language of a path by its suffix, or None where no grammar reads it."""
    return _LANGUAGES.get(path.rpartition(".")[2]) if "." in path.rpartition("/")[2] else None


def syntax_of(path: str) -> Syntax | None:
    """Return what a path's content is read as: files of one syntax and content say the same, wherever they lie."""
    return "tsx" if path.endswith(".tsx") and language_of(path) else language_of(path)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a tree: its repository path and the id of its blob."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name of an import statement and its 1-based line; `alias` is the local name; `*` is a name of its own.

    In Go, where imports name no names, these are the names the file uses of the package.
    """

    name: str
    line: int
    alias: str


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """One import as written: `module` is what it names, `names` what it takes from there (none: the module itself).

    `module` is spelled as in its language: `a.b` after `level` leading dots (Python), a specifier (`./a`, `@org/a`), an
    import path (Go), `a.b.C` (Java), `crate::a::b` (Rust). `kind` tells imports that only types need, those inside
    functions (lazy) and those under a condition or in a `try` at module level from the rest (runtime). `reexported`
    where the importer offers the names to others as its own (`export … from`, `pub use`, `__all__`).
    """

    module: str
    level: int
    names: tuple[ImportedName, ...]
    line: int
    kind: ImportKind
    reexported: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, type or method that is not nested in a function; `owner` is a method's type.

    Every kind of type (class, interface, struct, enum, trait, record) is a `class`. `parameters` are spelled as in
    Python's `inspect`: `a`, `b=` (has a default or is optional), `/`, `*`, `*args` (any number), `**kwargs`. `derived`
    says that the type (for a method: its type) has bases, or for a method a decorated type, so that somebody else may
    have chosen a name. `bases` and `decorators` (annotations, attributes) are dotted names as written, without
    arguments. `body` is the first line of the body, after all parameters. `cyclomatic` counts the paths (McCabe 1976),
    `cognitive` the effort of reading them (SonarSource 2017); both 0 for types. `sketch` holds the smallest hashes of
    the body's normalised token windows (winnowing, Schleimer 2003), empty for bodies too short to compare. `docstyle`
    is the markup its documentation tells of parameters and results in (`google`, `numpy`, `sphinx`, `epytext`), empty
    where it has none or the language has one only.
    """

    kind: DefinitionKind
    name: str
    line: int
    end_line: int
    owner: str | None = None
    parameters: tuple[str, ...] = ()
    derived: bool = False
    decorated: bool = False
    body: int = 0
    public: bool = True
    documented: bool = False
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    cyclomatic: int = 0
    cognitive: int = 0
    sketch: tuple[int, ...] = ()
    docstyle: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call by a dotted name as written (`run`, `self.run`, `core.run`; other callees are left out).

    `positional` and `keywords` are its arguments, `spread` says that more may hide in `*args` or `**kwargs`. `bound` is
    the module-level name the result is assigned to.
    """

    name: str
    line: int
    positional: int = 0
    keywords: tuple[str, ...] = ()
    spread: bool = False
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """One raised or thrown error class, dotted as written, and its 1-based line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class ParsedModule:
    """What one source file says, whatever its path; `broken` where the parser had to skip over syntax errors.

    `assigned` are the names bound by assignment at module level, `docstrings` the first and last lines of strings that
    stand alone as a statement. `package` is what the file says it belongs to (Java, Go). `offered` are the names it
    declares as its own public ones (`__all__`, `export`), where it says so. `referenced` are the types it names without
    importing them one by one, each with its first line, where the language allows that (Java).
    """

    imports: tuple[ImportStatement, ...]
    definitions: tuple[Definition, ...]
    assigned: frozenset[str]
    lines: int
    broken: bool = False
    docstrings: tuple[tuple[int, int], ...] = ()
    language: Language = "python"
    package: str = ""
    calls: tuple[Call, ...] = ()
    raised: tuple[Raised, ...] = ()
    offered: frozenset[str] = frozenset()
    documented: bool = False
    referenced: tuple[ImportedName, ...] = ()
