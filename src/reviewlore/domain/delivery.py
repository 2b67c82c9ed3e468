"""One webhook delivery of the forge, as the App's queue keeps it from its arrival to its end."""

from dataclasses import dataclass
from typing import Literal

# waiting -> running -> done | waiting (again, later) | dead; `superseded` where a later delivery made it needless.
DeliveryState = Literal["waiting", "running", "done", "superseded", "dead"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrived, signed and worth doing: `id` is GitHub's `X-GitHub-Delivery`, the same when it is sent again.

    `event` is the name of the event, `payload` the very bytes that were signed; `repository` is `owner/name`,
    `installation` the number of the App's installation, `subject` what it is about within the repository (`pull/7`;
    empty: the repository), `received_at` ISO 8601 in UTC. `replaces`: it makes earlier ones of the same event and
    subject that still wait needless, where earlier is told by `happened_at` (ISO 8601 in UTC as the forge says it;
    empty: by their arrival), for deliveries may overtake each other. `background`: nobody waits for it, so that it may
    take long; it goes in a lane of its own within its repository, beside what somebody waits for.
    """

    id: str
    event: str
    repository: str
    installation: int
    subject: str
    payload: bytes
    received_at: str
    replaces: bool = False
    happened_at: str = ""
    background: bool = False


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A delivery with how it stands; `attempts` counts the times it was begun, `said` is why it ended or waits."""

    delivery: Delivery
    state: DeliveryState
    attempts: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The App may no longer act: for these repositories of an installation, or for all of it where it names none."""

    installation: int
    repositories: tuple[str, ...]
    reason: str
