"""What a repository is, structurally, at one commit, and what a change does to it. Made by `architecture/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["info", "warning", "error"]
ImportKind = Literal["runtime", "type_only", "lazy"]
DefinitionKind = Literal["function", "class", "method"]
ContractKind = Literal["layers", "forbidden", "independence"]
SkipReason = Literal["too_large", "not_utf8", "unsupported_language", "unreadable"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a tree: its repository path and the id of its blob."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class Change:
    """One commit of the history: who (pseudonym or name hash is not needed here) changed which paths, and when."""

    commit: str
    committed_at: int
    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One checkable observation under a fact or finding: a sentence, and where to look."""

    text: str
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One structural difference between base and head that somebody may want to talk about.

    `kind` is a snake_case rule name (`new_cycle`, `layer_crossed`, `test_partner_missing`); `line` is a 1-based line of
    the head's file that lies in the diff, or None where the fact belongs to the whole file. `fingerprint` stays the
    same when lines move. `confidence` in 0..1.
    """

    kind: str
    path: str
    line: int | None
    title: str
    why: str
    advice: str
    severity: Severity
    confidence: float
    fingerprint: str
    evidence: tuple[Evidence, ...] = ()
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name of an import statement and its 1-based line; `alias` is the local name; `*` is a name of its own."""

    name: str
    line: int
    alias: str


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """`from <level dots><module> import <names>`, or `import <module>` where `names` is empty.

    `kind` tells imports under `if TYPE_CHECKING:` (type_only) and inside functions (lazy) from the rest (runtime).
    """

    module: str
    level: int
    names: tuple[ImportedName, ...]
    line: int
    kind: ImportKind


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, class or method that is not nested in a function; `owner` is a method's class.

    `parameters` are spelled as in `inspect`: `a`, `b=` (has a default), `/`, `*`, `*args`, `**kwargs`. `derived` says
    that the class (for a method: its class) has base classes, or for a method a decorated class, so that somebody else
    may have chosen a name. `body` is the first line of the body, after all parameters.
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

    @property
    def public(self) -> bool:
        """Whether neither the name nor its class is private by its leading underscore."""
        return not self.name.startswith("_") and not (self.owner or "").startswith("_")


@dataclass(frozen=True, slots=True)
class ParsedModule:
    """What one source file says, whatever its path; `broken` where the parser had to skip over syntax errors.

    `assigned` are the names bound by assignment at module level, `docstrings` the first and last lines of strings that
    stand alone as a statement.
    """

    imports: tuple[ImportStatement, ...]
    definitions: tuple[Definition, ...]
    assigned: frozenset[str]
    lines: int
    broken: bool = False
    docstrings: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """One source file in its repository: dotted name, path, blob id, and what it says."""

    name: str
    path: str
    blob: str
    parsed: ParsedModule

    @property
    def is_package(self) -> bool:
        """Whether this is the `__init__` of a package."""
        return self.path.rsplit("/", 1)[-1] == "__init__.py"


@dataclass(frozen=True, slots=True)
class ImportEdge:
    """One import of an internal module: both ends are paths, `line` is the importer's, `name` what was imported."""

    importer: str
    imported: str
    line: int
    kind: ImportKind
    name: str


@dataclass(frozen=True, slots=True)
class ExternalImport:
    """One import of something outside the repository: `target` is the dotted name as written."""

    importer: str
    target: str
    line: int
    kind: ImportKind


@dataclass(frozen=True, slots=True)
class ArchitectureMap:
    """A repository at one commit: its modules by path, who imports whom, and what could not be read.

    `files` are all paths of the tree (also those that are not source); `skipped` counts source files by reason;
    `broken` are the paths that have syntax errors and are therefore only partly known.
    """

    modules: Mapping[str, Module] = field(default_factory=dict)
    edges: tuple[ImportEdge, ...] = ()
    external: tuple[ExternalImport, ...] = ()
    files: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=dict)
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: the modules (with all below them) that share it; `independent` ones must not know each other."""

    members: tuple[str, ...]
    independent: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A rule about imports and where it is declared.

    layers: `layers` from top to bottom, imports point downwards. forbidden: `sources` must not import `targets`.
    independence: `sources` must not import each other. `ignored` pairs (importer, imported) may hold `*` and `**`.
    """

    kind: ContractKind
    name: str
    origin: str
    layers: tuple[Layer, ...] = ()
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    ignore_type_only: bool = False
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What one change does to the architecture: the facts, the two maps they rest on, and what could not be judged."""

    facts: tuple[Fact, ...]
    base: ArchitectureMap
    head: ArchitectureMap
    contracts: tuple[Contract, ...] = ()
    notes: tuple[str, ...] = ()
