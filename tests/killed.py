"""A training in a process of its own that ends itself by SIGKILL where it is told to, as a runner would end it."""

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from reviewlore.adapters.console import QuietConsole
from reviewlore.domain.training import Lesson
from reviewlore.wiring_secrets import model_environment

PRELOADED = [  # by a process that every training is forked from; by their full names, since libraries import lazily
    "datasets", "peft.tuners.lora.bnb", "transformers.models.llama.modeling_llama", "trl.chat_template_utils",
    "trl.trainer.dpo_trainer", "trl.trainer.sft_trainer", "reviewlore.adapters.trainer",
]  # fmt: skip


@dataclass(frozen=True)
class At:
    """Where a process ends: before item `count` of the work named `label`, or when `path` is opened or renamed."""

    label: str = ""
    count: int = 0
    path: str = ""


class Deadly(QuietConsole):
    """A console under which the process ends when so much of some work is done."""

    def __init__(self, at: At) -> None:
        super().__init__(StringIO())
        self._at = at

    def track(self, items: Iterable[Any], label: str, total: int | None = None) -> Iterator[Any]:
        for number, item in enumerate(items):
            if (label, number) == (self._at.label, self._at.count):
                _die()
            yield item


def run_and_die(lesson: Lesson, folder: Path, at: At) -> int:
    """Train in a process of its own and return its exit code: -9 where it was killed."""
    alone = lesson.recipe.run.processes == 1  # else it only starts others, and needs no library
    context = multiprocessing.get_context("forkserver" if alone else "spawn")
    if alone:
        context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=_train, args=(lesson, folder, at))
    process.start()
    process.join(120)
    assert process.exitcode is not None, "it neither ended nor died"
    return process.exitcode


def _train(lesson: Lesson, folder: Path, at: At) -> None:
    from reviewlore.adapters.trainer import Place, train_adapter

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.rename") and at.path in str(arguments[0]):
            _die()

    gc.freeze()  # see `conftest.settled_imports`
    if at.path:
        sys.addaudithook(watch)
    train_adapter(lesson, Deadly(at), Place(folder, environ=model_environment()))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
