"""What a repository is, structurally, at one commit, and what a change does to it. Made by `architecture/`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import ImportKind, Language, ParsedModule

Severity = Literal["info", "warning", "error"]
ContractKind = Literal["layers", "forbidden", "independence", "allowed", "boundary"]


@dataclass(frozen=True, slots=True)
class Change:
    """One commit of the history: which paths changed, and when.

    `author` is a hash of the author's mail address, empty for bots: enough to count people, not to name them.
    """

    commit: str
    committed_at: int
    subject: str
    paths: tuple[str, ...]
    author: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """One step of the first-parent line with its whole message: a merged pull request, squashed or not, or a commit."""

    commit: str
    committed_at: int
    subject: str
    body: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a word stands in a file of a tree, as a whole word; `line` is 1-based."""

    word: str
    path: str
    line: int


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
    reexported: bool = False


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
    `broken` are the paths that have syntax errors and are therefore only partly known. `manifests` are sorted by path.
    """

    modules: Mapping[str, Module] = field(default_factory=dict)
    edges: tuple[ImportEdge, ...] = ()
    external: tuple[ExternalImport, ...] = ()
    files: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    manifests: tuple[Manifest, ...] = ()

    @property
    def languages(self) -> Mapping[Language, int]:
        """How many modules each language has, most first."""
        return dict(Counter(module.parsed.language for module in self.modules.values()).most_common())


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: the modules (with all below them) that share it; `independent` ones must not know each other."""

    members: tuple[str, ...]
    independent: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A rule about imports and where it is declared.

    layers: `layers` from top to bottom, imports point downwards. forbidden: `sources` must not import `targets`.
    independence: `sources` must not import each other. allowed: of the repository's own modules, `sources` import only
    `targets` (and themselves). boundary: from outside `sources`, only the `targets` among them may be imported. Each of
    several sources stands for itself, and each module that a wildcard in one fits. How modules are named is said in
    `architecture.members`. `ignored` pairs (importer, imported) mean exactly what they name. An inferred contract has a
    `confidence` of at most 1: the share of what was seen that keeps it.
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
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Survey:
    """What one change does to the architecture: the facts, the two maps they rest on, and what could not be judged."""

    facts: tuple[Fact, ...]
    base: ArchitectureMap
    head: ArchitectureMap
    contracts: tuple[Contract, ...] = ()
    notes: tuple[str, ...] = ()
