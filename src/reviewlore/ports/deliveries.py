"""Where deliveries wait until they were worked off, whatever happens to the process meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from reviewlore.domain.delivery import Delivery, DeliveryState, QueuedDelivery

# `again` is one that was done or waits already; `full` one that must be sent later.
Taken = Literal["taken", "again", "full"]


class DeliveryQueue(Protocol):
    """A durable queue: what `put` took is on disk when it returns, and each delivery is worked off once.

    One repository has at most one delivery running, and they run in the order of their arrival.
    """

    def put(self, delivery: Delivery) -> Taken:
        """Keep a delivery; one that is known by its id is not kept twice, unless it is dead: then it waits again."""
        ...

    def claim(self, now: str) -> QueuedDelivery | None:
        """Mark the oldest delivery that may run as running and return it; None where none may."""
        ...

    def finish(self, delivery: str, state: DeliveryState, said: str = "", *, not_before: str = "") -> None:
        """Say how the work on a delivery ended; `waiting` puts it back, until `not_before` (ISO 8601 in UTC)."""
        ...

    def recover(self) -> int:
        """Put back what was running when the process ended, and return how many; called once at the start."""
        ...

    def counts(self) -> Mapping[DeliveryState, int]:
        """Return how many deliveries are in each state."""
        ...

    def listed(self, state: DeliveryState, limit: int) -> Sequence[QueuedDelivery]:
        """Return deliveries in a state, the newest first."""
        ...
