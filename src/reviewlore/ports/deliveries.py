"""Where deliveries wait until they were worked off, whatever happens to the process meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from reviewlore.domain.delivery import Delivery, DeliveryState, QueuedDelivery, Withdrawal

# `again` is one that was done or waits already; `full` one that must be sent later.
Taken = Literal["taken", "again", "full"]


class DeliveryInbox(Protocol):
    """The end of the queue that takes deliveries in: what `put` took is on disk when it returns.

    StorageError where the disk or the file fails; then nothing of that call was kept. Safe to call from any thread.
    """

    def put(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        """Keep deliveries, all with one write to the disk, and say of each how it went, in the order given.

        One that is known, by its id or by its very bytes, is not kept twice; but one that is dead or superseded and is
        sent again waits anew.
        """
        ...

    def withdraw(self, withdrawal: Withdrawal) -> int:
        """Mark what waits and may no longer be worked on as superseded, and return how many."""
        ...

    def check(self) -> None:
        """Write something and take it back; StorageError where nothing can be kept at present."""
        ...


class DeliveryQueue(Protocol):
    """The end that works them off: each delivery once, one at a time for a repository, in the order of their arrival.

    Repositories take turns. One that waits for a later attempt holds back what came after it for its repository. Those
    of the background are a line of their own in each repository, so that nobody waits for them. StorageError where the
    disk or the file fails. Safe to call from any thread.
    """

    def claim(self, now: str, *, background: bool = True) -> QueuedDelivery | None:
        """Mark the delivery whose turn it is as running and return it; None where none may run (`now` in UTC).

        Without `background` only one that somebody waits for.
        """
        ...

    def finish(self, delivery: str, state: DeliveryState, said: str = "", *, not_before: str = "") -> DeliveryState:
        """Say how the work on a running delivery ended, and return the state it is in now.

        `waiting` puts it back, until `not_before` (ISO 8601 in UTC), or makes it dead where it was begun too often.
        InputError where it is not running.
        """
        ...

    def release(self, delivery: str) -> None:
        """Put a running delivery back as if it had not been begun: the server stops. InputError where it is not."""
        ...

    def recover(self) -> int:
        """Put back what was running when the last process ended, and return how many; called once at the start.

        Makes this process the only one that works the queue off: RefusedError where another one does.
        """
        ...


class DeliveryLedger(Protocol):
    """What an operator sees of the queue, and may do."""

    def counts(self) -> Mapping[DeliveryState, int]:
        """Return how many deliveries are in each state, zeros included."""
        ...

    def waiting_since(self) -> Mapping[bool, str]:
        """Return when the oldest that waits came (ISO 8601 in UTC), by whether it is of the background."""
        ...

    def listed(self, state: DeliveryState, limit: int) -> Sequence[QueuedDelivery]:
        """Return deliveries in a state, the newest first, without their payloads."""
        ...

    def requeue(self, delivery: str) -> None:
        """Let a dead delivery wait again, behind all others; InputError where there is no dead one of this id."""
        ...


class DeliveryMeter(Protocol):
    """Counts what comes in and what becomes of it, for whoever watches the server."""

    def answered(self, event: str, answer: str, seconds: float) -> None:
        """Count one answer to a request for a delivery, and how long it took to give."""
        ...

    def worked(self, event: str, state: DeliveryState, end: str, seconds: float) -> None:
        """Count one piece of work on a delivery: its state then, how its job's process ended, and how long it took."""
        ...
