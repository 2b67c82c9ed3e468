"""What the App does about one delivery: which job, what its token may, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.delivery import DeliveryState

AppMode = Literal["review", "command", "learn"]
Level = Literal["read", "write"]
JobEnd = Literal["ended", "timed_out", "killed", "interrupted"]


@dataclass(frozen=True, slots=True)
class AppJob:
    """One run of the action for a delivery; `permissions` is all that its token may, `attempt` counts from 1.

    `repository` is `owner/name` as the payload says it, `repository_id` GitHub's number of it, which no renaming
    changes (0: the payload has none). `background`: it may run beside another job of its repository.
    """

    delivery: str
    event: str
    repository: str
    repository_id: int
    installation: int
    mode: AppMode
    permissions: Mapping[str, Level]
    payload: bytes
    attempt: int
    background: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A token for one repository, `owner/name` as it is called now; the token is in no text that is made of this."""

    repository: str
    repository_id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobReport:
    """How a job's process ended; `conclusion` and `skip_reason` are the action's outputs, empty where it set none."""

    end: JobEnd
    exit_code: int = 0
    conclusion: str = ""
    skip_reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery: its state, why, and how many seconds it waits where it is to be tried again.

    `end` is how its job's process ended; `none`: there was no process.
    """

    state: DeliveryState
    said: str
    wait: float = 0.0
    end: JobEnd | Literal["none"] = "none"
