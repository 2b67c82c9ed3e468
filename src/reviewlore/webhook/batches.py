"""Many deliveries with one write to the disk: each one's caller waits until its own is kept."""

import asyncio

from reviewlore.domain.delivery import Delivery
from reviewlore.ports.deliveries import DeliveryInbox, Taken

_MOST_AT_ONCE = 64  # deliveries with one write: more would let the first of them wait


class Batches:
    """Writes what comes in while the disk is busy with one write at once by the next: a burst costs few writes."""

    def __init__(self, inbox: DeliveryInbox) -> None:
        self._inbox = inbox
        self._waiting: list[tuple[Delivery, asyncio.Future[Taken]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, delivery: Delivery) -> Taken:
        """Keep a delivery; StorageError where it cannot be."""
        future: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            try:
                taken = await asyncio.to_thread(self._inbox.put, [delivery for delivery, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, and the next batch be written
                for _, future in batch:
                    _end(future, error)
            else:
                for (_, future), each in zip(batch, taken, strict=True):
                    _end(future, each)
        self._writer = None


def _end(future: "asyncio.Future[Taken]", result: "Taken | Exception") -> None:
    if future.done():  # whoever waited was cancelled
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
