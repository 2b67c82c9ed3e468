"""One of several processes of a run: the run's folder in, its part of the work done; the first one leaves the result.

Started by `launch` with an environment that holds no secret. It tells what it does as JSON lines, and ends when its
standard input does.
"""

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from reviewlore.adapters.checkpoints import RunFolder
from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.launch import read_lesson
from reviewlore.adapters.runs import first_line, is_out_of_memory
from reviewlore.domain.recipe import MadeBase
from reviewlore.errors import ReviewloreError
from reviewlore.ports import Console

T = TypeVar("T")


class LineConsole:
    """A console that writes what it is told as JSON lines, for the process that started this one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def step(self, title: str, text: str = "") -> None:
        """Announce a step of the story."""
        self.say(f"{title} {text}".strip())

    def say(self, text: str) -> None:
        """Tell one line."""
        self.tell({"say": text})

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        self.tell({"warn": text})

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through while telling how far the work is."""
        listed = list(items)
        self.tell({"track": label, "total": total or len(listed)})
        for item in listed:
            yield item
            self.tell({"done": label})

    def tell(self, message: dict[str, object]) -> None:
        """Write one line, at once."""
        self._stream.write(json.dumps(message).encode() + b"\n")
        self._stream.flush()


def main(path: str, key: str) -> int:
    """Do this process's part of the run in a folder; 1 where it failed, which is told."""
    from accelerate import PartialState

    from reviewlore.adapters.trainer import run_lesson

    teller = LineConsole(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints goes nowhere near the lines
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        lesson, micro, base = read_lesson(RunFolder(Path(path), key))
        first = PartialState(cpu=isinstance(lesson.recipe.base, MadeBase)).is_main_process
        recipe = replace(lesson.recipe, run=replace(lesson.recipe.run, micro_batch=micro))
        console: Console = teller if first else QuietConsole()
        run_lesson(lesson, recipe, RunFolder(Path(path), key, writes=first), console, base)
    except Exception as error:  # noqa: BLE001 - the libraries raise their own
        teller.tell(_describe(error))
        return 1
    return 0


def _describe(error: Exception) -> dict[str, object]:
    if is_out_of_memory(error):
        return {"failure": "memory", "message": first_line(error)}
    if isinstance(error, ReviewloreError):
        return {"failure": type(error).__name__, "message": str(error)}
    return {"failure": "other", "message": f"{type(error).__name__}: {first_line(error)}"}


def _end_with_parent() -> None:
    """Wait until nobody holds our standard input any more, and end at once: whoever wanted the run is gone."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(1)


if __name__ == "__main__":
    status = main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    os._exit(status)  # a process group that failed would wait for the others on the way out
