"""The machine we run on: its clock, its console, and the runner that started us."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from reviewlore.domain.events import Annotation
from reviewlore.domain.model import Spent

T = TypeVar("T")


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> str:
        """Return the current time as ISO 8601 in UTC, to the second."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, for durations."""
        ...


class Console(Protocol):
    """Where progress is told; never where results are printed."""

    def step(self, title: str, text: str = "") -> None:
        """Announce a step of the story."""
        ...

    def say(self, text: str) -> None:
        """Tell one line."""
        ...

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        ...

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through while showing how far the work is."""
        ...


class Meter(Protocol):
    """What work takes of this machine."""

    def measure(self, *, accelerator: bool) -> AbstractContextManager[Callable[[], Spent]]:
        """Measure a block; the callable tells what it took (seconds, and energy and memory where they are measured).

        `accelerator` says whether the block works on a GPU.
        """
        ...


class LifeSigns(Protocol):
    """Which trainings of this machine are alive."""

    def shown(self, name: str) -> AbstractContextManager[None]:
        """Show during the block that a training goes on, until this process ends in whatever way."""
        ...

    def has_ended(self, name: str) -> bool:
        """Return whether a training began on this machine and its process is gone; False where that is not known."""
        ...


class Runner(Protocol):
    """The automation that runs us (GitHub Actions): where a run says how it ended."""

    def output(self, name: str, value: str) -> None:
        """Set an output that later steps can read."""
        ...

    def summarize(self, markdown: str) -> None:
        """Add to the summary page of the run."""
        ...

    def annotate(self, annotation: Annotation) -> None:
        """Show one line beside the code and in the log."""
        ...

    def log(self, text: str) -> None:
        """Print text to the log; none of it is read as an instruction to the runner."""
        ...

    def save(self, name: str, data: bytes) -> str:
        """Keep a file beyond this step, outside the checkout, and return its path."""
        ...
