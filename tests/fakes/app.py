"""The App's world in memory: installations, clones and jobs that do as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reviewlore.domain.app import AppJob, Grant, JobReport
from reviewlore.domain.delivery import DeliveryState
from reviewlore.ports.app import Clones, Installations, Jobs
from reviewlore.ports.deliveries import DeliveryMeter


@dataclass
class FakeInstallations(Installations):
    """Gives a token for anything, or raises `failure`; keeps which are out."""

    failure: Exception | None = None
    out: list[str] = field(default_factory=list)

    def grant(self, job: AppJob) -> Grant:
        if self.failure is not None:
            raise self.failure
        self.out.append(f"token-{job.delivery}")
        return Grant(job.repository, job.repository_id, self.out[-1])

    def revoke(self, grant: Grant) -> None:
        self.out.remove(grant.token)


@dataclass
class FakeClones(Clones):
    """Every repository has clones, unless there is a `failure`; keeps whether two jobs had the same."""

    failure: Exception | None = None
    shared: bool = False
    _held: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def hold(self, grant: Grant, *, background: bool = False) -> Iterator[str]:
        if self.failure is not None:
            raise self.failure
        clone = f"/clones/{grant.repository}{'-background' if background else ''}.git"
        with self._lock:
            self.shared |= clone in self._held
            self._held.add(clone)
        try:
            yield clone
        finally:
            with self._lock:
                self._held.discard(clone)


@dataclass
class FakeJobs(Jobs):
    """Ends as `ending` says; keeps the jobs in the order in which they began."""

    ending: Callable[[AppJob], JobReport] = lambda _: JobReport("ended", 0, "success")
    ran: list[AppJob] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, job: AppJob, grant: Grant, clone: str) -> JobReport:
        with self._lock:
            self.ran.append(job)
        return self.ending(job)


@dataclass
class FakeMeter(DeliveryMeter):
    """Keeps what was counted of the work."""

    counted: list[tuple[str, str, str]] = field(default_factory=list)

    def answered(self, event: str, answer: str, seconds: float) -> None:
        raise AssertionError("nothing answers here")

    def worked(self, event: str, state: DeliveryState, end: str, seconds: float) -> None:
        assert seconds >= 0
        self.counted.append((event, state, end))
