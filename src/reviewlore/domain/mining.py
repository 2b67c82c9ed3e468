"""How far mining has read, what it must never read again, and what waits for a person: records of the state branch."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.people import Role

ApprovalState = Literal["waiting", "approved", "refused"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one repository on a forge was read, in the order of its pull requests' last update.

    `after` and `updated_at` are the last place read (`domain.forge.Position`). `complete` is False while a pass is
    under way: the counts then say what it has done so far, so that a resumed pass tells the whole. `tags` are the
    entity tags of the last answers by address, for conditional requests.
    """

    after: str | None = None
    updated_at: str | None = None
    complete: bool = False
    read: int = 0
    fresh: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    redacted: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursors:
    """`cursor.json`: the cursor of each repository, by its name on the forge."""

    repositories: dict[str, Cursor] = field(default_factory=dict)
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Suppressions:
    """`suppressions.json`: what was forgotten or opted out of, so that mining does not bring it back.

    `people` are keyed tokens of their own (`stages.redact.suppression_token`), which stand nowhere else on the branch;
    `pull_requests` are `owner/name#number`, `comments` episode ids.
    """

    people: tuple[str, ...] = ()
    pull_requests: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Approval:
    """One thing that policy wants a person to allow: a dataset, before anything is trained on it.

    `role` is the least role that may decide; `decided_by` a pseudonym.
    """

    dataset: str
    role: Role
    asked_at: str
    state: ApprovalState = "waiting"
    decided_by: str = ""
    decided_at: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """`approvals.json`: oldest first."""

    requests: tuple[Approval, ...] = ()
    schema: int = 1
