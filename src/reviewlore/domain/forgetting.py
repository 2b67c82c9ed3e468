"""What can be forgotten, and what forgetting did. Nothing here is stored: `domain/mining.py` has what is remembered."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.mining import Rewritten

ForgetKind = Literal["author", "pull_request", "comment", "expired"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by login, the pseudonym that stands in what is stored, and the token that stands in the list.

    `key_check` is the token of nobody, made with the same key.
    """

    login: str
    pseudonym: str
    token: str
    key_check: str = ""


@dataclass(frozen=True, slots=True)
class NamedPull:
    """One pull request by its name, `owner/name#number`."""

    repository: str
    number: int

    @property
    def name(self) -> str:
        """The name, as it stands in the list."""
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True, slots=True)
class NamedComment:
    """One comment by its id on the forge; `pull` says of which pull request, None: of any; `url` is as it was given.

    `repository` (`owner/name`) limits it to one repository, empty: any.
    """

    comment_id: str
    pull: NamedPull | None = None
    url: str = ""
    repository: str = ""

    @property
    def name(self) -> str:
        """The name, as it stands in the list: an episode's id where the pull request is known."""
        return f"{self.pull.name}/{self.comment_id}" if self.pull else self.url or self.comment_id


@dataclass(frozen=True, slots=True)
class OlderThan:
    """All that was made before a time (ISO 8601 in UTC)."""

    limit: str


Target = Person | NamedPull | NamedComment | OlderThan


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What forgetting did, or would do.

    `found` counts what was stored, over all commits: `remarks`, `replies`, `authorships` (of the pull request a remark
    is about), `evidence`, `signals`, `names` (files that carried the pseudonym elsewhere) and `unreadable` (damaged
    lines of older commits that named it). `items` are the ids of what goes or changes, told on a dry run only.
    `datasets` and `versions` held it and are marked; `active` is the version in force where it is one of them.
    `suppressed`: it is on the list of what is not mined again; `listed_before`: it was already.
    """

    kind: ForgetKind
    dry_run: bool
    rewritten: Rewritten
    found: dict[str, int] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    active: str = ""
    suppressed: bool = False
    listed_before: bool = False
