"""The App's world in memory: installations, clones and jobs that do as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reviewlore.domain.app import AppJob, Grant, JobReport
from reviewlore.ports.app import Clones, Installations, Jobs


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
    """Every repository has a clone, unless there is a `failure`."""

    failure: Exception | None = None

    @contextmanager
    def hold(self, grant: Grant) -> Iterator[str]:
        if self.failure is not None:
            raise self.failure
        yield f"/clones/{grant.repository_id}.git"


@dataclass
class FakeJobs(Jobs):
    """Ends as `ending` says; keeps the jobs in the order in which they began, and which ran at once."""

    ending: Callable[[AppJob], JobReport] = lambda _: JobReport("ended", 0, "success")
    ran: list[AppJob] = field(default_factory=list)
    overlapped: bool = False
    _running: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, job: AppJob, grant: Grant, clone: str) -> JobReport:
        with self._lock:
            self.overlapped |= job.repository in self._running
            self._running.add(job.repository)
            self.ran.append(job)
        try:
            return self.ending(job)
        finally:
            with self._lock:
                self._running.discard(job.repository)

    def interrupt(self) -> None:
        """Nothing runs long enough to be ended."""
