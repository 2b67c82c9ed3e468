"""All that is told of a repository's architecture at one commit. Filled by `flows/architecture.py`, shown elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewlore.domain.architecture import Contract, ImportEdge
from reviewlore.domain.layering import Layering
from reviewlore.domain.manifest import Ecosystem
from reviewlore.domain.pipeline import Pipeline
from reviewlore.domain.source import Language

_VERBS = {
    "method": "define",
    "suffix": "end in",
    "folder": "lie in",
    "registered": "are imported by",
    "decorated": "carry",
}


@dataclass(frozen=True, slots=True)
class ContractStanding:
    """A contract and how many imports break it now, with the first of them."""

    contract: Contract
    broken: int
    examples: tuple[ImportEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Hub:
    """A module that many modules meet in: `fan_in` import it, it imports `fan_out`."""

    path: str
    name: str
    fan_in: int
    fan_out: int


@dataclass(frozen=True, slots=True)
class Habit:
    """A convention: `value` holds in `held` of `cases`, in one folder or language (`place`) or everywhere (empty)."""

    kind: str
    place: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComplexityRange:
    """Up to where functions of a language and part (product, test, aside) are ordinary."""

    language: Language
    part: str
    functions: int
    cyclomatic: int
    cognitive: int


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A shipped file that changes often and is complex: commits among those read, its functions' effort in all.

    `people` made these commits, `bus_factor` of them half (see `architecture/ownership.py`); both 0 where unknown.
    """

    path: str
    changes: int
    cognitive: int
    people: int = 0
    bus_factor: int = 0


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who changed a folder: people among the commits read, the first one's share, and how many make half of it up.

    People are counted, never named; `declared` are the owners that CODEOWNERS names for it. The folder is empty for the
    whole repository, `.` for the files at its top.
    """

    folder: str
    people: int
    share: float
    bus_factor: int
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """What the manifests of one ecosystem ask for: (name, requirement as written), without the repository's own."""

    ecosystem: Ecosystem
    packages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MigrationStanding:
    """An old way that gives way to a new one, and how many uses each has now."""

    old: str
    new: str
    commits: int
    old_uses: int
    new_uses: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What a base class or a folder of the repository expects of its users, read off them.

    `users` (subclasses, functions, classes, modules) of `subject` (a class, or a folder) do what `kind` says with
    `value`: define a method, end in a suffix, lie in a folder, are imported by a registry, carry a decorator. `path` is
    where the class is defined, or the folder.
    """

    users: str
    subject: str
    path: str
    kind: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What the users do, as a verb with its object."""
        return f"{_VERBS.get(self.kind, self.kind)} {self.value}"


@dataclass(frozen=True, slots=True)
class Overview:
    """A repository's architecture at `commit`; what is not known is empty, and said in `notes`.

    `files` counts all files, `languages` modules, `product` the shipped ones among them. `cycles` are circles of
    modules by path. `proposal` is the inferred layering as text for the settings, empty where there is none.
    """

    repository: str
    commit: str
    files: int
    languages: Mapping[Language, int]
    product: int
    layering: Layering
    proposal: str
    names: Mapping[str, str] = field(default_factory=dict)
    contracts: tuple[ContractStanding, ...] = ()
    hubs: tuple[Hub, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    habits: tuple[Habit, ...] = ()
    commit_style: tuple[Habit, ...] = ()
    complexity: tuple[ComplexityRange, ...] = ()
    hotspots: tuple[Hotspot, ...] = ()
    owners: tuple[Ownership, ...] = ()
    third_parties: tuple[ThirdParty, ...] = ()
    migrations: tuple[MigrationStanding, ...] = ()
    frameworks: tuple[Demand, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    notes: tuple[str, ...] = ()
