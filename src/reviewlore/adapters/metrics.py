"""What the App counts, as Prometheus reads it: events in, text out; with the process's own memory, time and files.

Labels are names that this program chose; no word of a stranger, a repository or a person is in them. Owns
prometheus_client.
"""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from reviewlore.domain.delivery import DeliveryState
from reviewlore.ports.deliveries import DeliveryLedger
from reviewlore.ports.machine import Clock

# Seconds. The forge gives up after ten; a good answer takes a hundredth.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# A job that looks and says nothing takes a second or two; the longest, with its first fetch, an hour.
_WORK_BUCKETS = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self, ledger: DeliveryLedger, clock: Clock) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "reviewlore_webhook_answers", "Answers to requests for deliveries.", ["event", "answer"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "reviewlore_webhook_seconds", "Seconds until a request for a delivery was answered.", buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._work = Counter(
            "reviewlore_work", "Pieces of work on deliveries: the delivery's state then, and how its process ended.",
            ["event", "state", "end"], registry=self._registry,
        )  # fmt: skip
        self._work_seconds = Histogram(
            "reviewlore_work_seconds", "Seconds that a piece of work on a delivery took.", ["event"],
            buckets=_WORK_BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(_Depths(ledger, clock))
        ProcessCollector(registry=self._registry)

    def answered(self, event: str, answer: str, seconds: float) -> None:
        """Count one answer to a request for a delivery, and how long it took to give."""
        self._answers.labels(event, answer).inc()
        self._seconds.observe(seconds)

    def worked(self, event: str, state: DeliveryState, end: str, seconds: float) -> None:
        """Count one piece of work on a delivery: its state then, how its job's process ended, and how long it took."""
        self._work.labels(event, state, end).inc()
        self._work_seconds.labels(event).observe(seconds)

    def render(self) -> tuple[bytes, str]:
        """Return all there is to see, and its type; StorageError where the queue cannot be read."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _Depths(Collector):
    """How many deliveries are in each state and how long the oldest waits, read when asked for.

    Dead ones wait for an operator; `background` is what nobody waits for.
    """

    def __init__(self, ledger: DeliveryLedger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is collected without reading it, for the registry."""
        yield self._depths()
        yield self._ages()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the queue."""
        depths, ages = self._depths(), self._ages()
        for state, count in self._ledger.counts().items():
            depths.add_metric([state], count)
        yield depths
        oldest, now = self._ledger.waiting_since(), datetime.fromisoformat(self._clock.now())
        for background in (False, True):
            since = datetime.fromisoformat(oldest[background]) if background in oldest else now
            ages.add_metric([str(background).lower()], max(0.0, (now - since).total_seconds()))
        yield ages

    @staticmethod
    def _depths() -> GaugeMetricFamily:
        return GaugeMetricFamily("reviewlore_deliveries", "Deliveries in the queue by their state.", labels=["state"])

    @staticmethod
    def _ages() -> GaugeMetricFamily:
        told = "Seconds since the oldest delivery that waits came."
        return GaugeMetricFamily("reviewlore_oldest_waiting_seconds", told, labels=["background"])
