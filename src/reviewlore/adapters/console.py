"""Progress told on standard error: a story on a terminal, plain lines in a log. Owns rich. It never prints results.

Telling never fails the work: a closed pipe, a full disk or a character the terminal lacks is passed over.
"""

import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from reviewlore.domain.visible import visible, visible_line

if TYPE_CHECKING:
    from rich.console import Console as _Terminal
    from rich.progress import Progress

T = TypeVar("T")

_EVERY = 5.0  # seconds between two lines of progress in a log
_WIDTH = 96


class QuietConsole:
    """Says nothing but warnings, which go to standard error as they are."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = _Forgiving(stream or sys.stderr or StringIO())

    def step(self, title: str, text: str = "") -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        self._stream.write(f"warning: {visible_line(text)}\n")
        self._stream.flush()

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass the items through."""
        yield from items


class RichConsole:
    """Tells steps, lines and progress to people: with rich on a terminal, as plain lines elsewhere (CI logs).

    rich itself honours NO_COLOR, FORCE_COLOR and TERM=dumb (rich documentation, "Environment variables").
    """

    def __init__(self, stream: TextIO | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._stream = _Forgiving(stream or sys.stderr or StringIO())  # sys.stderr is None where it was closed
        self._monotonic = monotonic
        self._terminal: _Terminal | None = _terminal(self._stream) if self._stream.isatty() else None
        self._progress: Progress | None = None
        self._steps = 0

    def step(self, title: str, text: str = "") -> None:
        """Announce a step of the story: a numbered heading, and what it does in one paragraph."""
        self._steps += 1
        self._print(f"\n{self._steps}. {visible_line(title)}", "bold cyan")
        if text:
            paragraphs = visible(text).split("\n")
            self._print("\n".join(textwrap.fill(part, _WIDTH, break_on_hyphens=False) for part in paragraphs))

    def say(self, text: str) -> None:
        """Tell one line, or a text with its own line ends."""
        self._print(visible(text))

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        self._print(f"warning: {visible_line(text)}", "yellow")

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through: with a bar and the time left on a terminal, else with a line every few seconds."""
        size = len(items) if total is None and isinstance(items, Sized) else total
        name = visible_line(label)
        return self._plain(items, name, size) if self._terminal is None else self._bar(items, name, size)

    def _print(self, text: str, style: str = "") -> None:
        if self._terminal is None:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        else:
            self._terminal.print(text, style=style or None, markup=False, highlight=False, emoji=False)

    def _plain(self, items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
        started = told = self._monotonic()
        done = 0
        of = "" if total is None else f" of {total}"
        for item in items:
            yield item
            done += 1
            now = self._monotonic()
            if now - told >= _EVERY and done != total:
                told = now
                left = "" if total is None else f", about {_duration((now - started) * (total - done) / done)} left"
                self._print(f"{label}: {done}{of}{left}")
        if done:
            self._print(
                f"{label}: {done}{of if done != total else ''} done in {_duration(self._monotonic() - started)}"
            )

    def _bar(self, items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
        outer = self._progress is None
        progress = self._progress = self._progress or _progress(self._terminal)
        if outer:
            progress.start()
        task = progress.add_task(label, total=total)
        try:
            for item in items:
                yield item
                progress.advance(task)
        finally:
            if outer:
                progress.stop()
                self._progress = None
            else:
                progress.remove_task(task)


class _Forgiving:
    """A text stream that drops what it cannot write, and writes what its encoding lacks as an escape."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: the stream was closed
            self._stream.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        try:
            return self._stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        return self._stream.fileno()


def _terminal(stream: Any) -> "_Terminal":
    from rich.console import Console as Terminal

    terminal = Terminal(file=stream, highlight=False, markup=False, emoji=False)
    terminal.width = min(terminal.width, _WIDTH)
    return terminal


def _progress(terminal: "_Terminal | None") -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left", style="dim"),
        TimeRemainingColumn(),
        console=terminal,
        redirect_stdout=False,  # results go to standard output, whatever is being told here
    )


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
