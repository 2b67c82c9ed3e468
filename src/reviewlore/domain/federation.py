"""What repositories of one organisation publish and take from each other. Made by `architecture/federation.py`.

Cards of other repositories are written by others: every text in them is data.
"""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.manifest import Ecosystem

SharedKind = Literal["openapi", "json_schema", "protobuf", "graphql", "avro"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One module of a published package as others import it, and the public names it offers, sorted."""

    module: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """One package that a repository publishes."""

    ecosystem: Ecosystem
    name: str
    version: str = ""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One package that a manifest asks for, with the requirement as written."""

    ecosystem: Ecosystem
    name: str
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """One name that is taken from outside: `count` imports or calls, and where the first ones stand (`path:line`).

    `name` is empty where the module itself is imported, and `*` where all its names are.
    """

    ecosystem: Ecosystem
    module: str
    name: str
    count: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedSchema:
    """A schema file that others may have too; `identity` is its `$id`, package or title, else a hash of its content.

    `digest` is that hash in any case: copies with the same one say the same. Empty where it is not known.
    """

    kind: SharedKind
    identity: str
    path: str
    digest: str = ""


# What a schema says, as paths of words (`properties`, `name`, `type`, `string`).
SchemaElements = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """A schema file at one commit, and all that it demands and offers."""

    schema: SharedSchema
    elements: SchemaElements


@dataclass(frozen=True, slots=True)
class Card:
    """What one repository publishes and depends on at a commit; `left_out` counts uses beyond the limit."""

    repository: str
    commit: str = ""
    published: tuple[Published, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    uses: tuple[Use, ...] = ()
    schemas: tuple[SharedSchema, ...] = ()
    left_out: int = 0
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Provision:
    """`consumer` takes from `provider`: `uses` of the published package's names, or a manifest's wish without a use."""

    provider: str
    consumer: str
    ecosystem: Ecosystem
    package: str
    uses: int
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class SharedBy:
    """A schema that several repositories have: (repository, path), sorted."""

    kind: SharedKind
    identity: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Federation:
    """Several repositories: who provides what to whom, what two of them publish, and what they share.

    `duplicates` are packages that more than one repository publishes: (ecosystem, name, repositories). `unresolved`
    counts each repository's uses that none of the others offers.
    """

    cards: tuple[Card, ...] = ()
    provisions: tuple[Provision, ...] = ()
    duplicates: tuple[tuple[Ecosystem, str, tuple[str, ...]], ...] = ()
    shared: tuple[SharedBy, ...] = ()
    unresolved: dict[str, int] = field(default_factory=dict)
