"""How far mining has read, what it must never read again, and what waits for a person: records of the state branch."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.people import Role

ApprovalState = Literal["waiting", "approved", "refused", "superseded"]


@dataclass(frozen=True, slots=True)
class PassCounts:
    """What a pass over a source did, counted: nothing vanishes without a reason.

    `read` remarks, `kept` of them, `fresh` not known before; `void` counts votes that did not count.
    """

    read: int = 0
    kept: int = 0
    fresh: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    redacted: dict[str, int] = field(default_factory=dict)
    void: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one repository on a forge was read, in the order of its pull requests' last update.

    `after` and `updated_at` are the last place read (`domain.forge.Position`). `complete` is False while a pass is
    under way: `start` then says how it was asked for (empty: go on from last time, `all`, or a time) and `counts` what
    it has done so far, so that a resumed pass tells the whole. Edits up to `settled_at` are known; up to `settling`
    they will be, once the pull requests in `edited` were read again. `read_on` is the day of the last complete
    pass, `tags` are entity tags of answers by address, for conditional requests.
    """

    after: str | None = None
    updated_at: str | None = None
    complete: bool = False
    start: str = ""
    settled_at: str | None = None
    settling: str | None = None
    read_on: str = ""
    edited: tuple[int, ...] = ()
    counts: PassCounts = PassCounts()
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
    `pull_requests` are `owner/name#number`, `comments` episode ids. `key_check` is the token of nobody: it tells
    whether a key is the one that the people's tokens were made with; empty where no person is listed yet.
    """

    people: tuple[str, ...] = ()
    pull_requests: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    key_check: str = ""
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


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a rewriting of the state branch did.

    `before` is the head that was replaced, `head` the one instead (None where nothing was written), `commits` how many
    were made again; `held_by` are other refs of the same repository from which old commits can still be reached.
    """

    before: str | None
    head: str | None
    commits: int = 0
    held_by: tuple[str, ...] = ()
