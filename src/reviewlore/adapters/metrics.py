"""What the App counts, as Prometheus reads it: events in, text out. Owns prometheus_client.

Labels are names that this program chose; no word of a stranger, a repository or a person is in them.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from reviewlore.ports.deliveries import DeliveryLedger

# Seconds. The forge gives up after ten; a good answer takes a hundredth.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self, ledger: DeliveryLedger) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "reviewlore_webhook_answers", "Answers to requests for deliveries.", ["event", "answer"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "reviewlore_webhook_seconds", "Seconds until a request for a delivery was answered.", buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._registry.register(_Depths(ledger))

    def answered(self, event: str, answer: str, seconds: float) -> None:
        """Count one answer to a request for a delivery, and how long it took to give."""
        self._answers.labels(event, answer).inc()
        self._seconds.observe(seconds)

    def render(self) -> tuple[bytes, str]:
        """Return all there is to see, and its type; StorageError where the queue cannot be read."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _Depths(Collector):
    """How many deliveries are in each state, read when asked for; dead ones wait for an operator."""

    def __init__(self, ledger: DeliveryLedger) -> None:
        self._ledger = ledger

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is collected without reading it, for the registry."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the queue."""
        family = self._family()
        for state, count in self._ledger.counts().items():
            family.add_metric([state], count)
        yield family

    @staticmethod
    def _family() -> GaugeMetricFamily:
        return GaugeMetricFamily("reviewlore_deliveries", "Deliveries in the queue by their state.", labels=["state"])
