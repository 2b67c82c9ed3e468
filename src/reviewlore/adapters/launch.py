"""Several processes for one run: a lesson and the run's folder in; the finished run in the folder, or an error, out.

They are started by torch's own launcher with the variables they are handed and none of ours, tell what they do as JSON
lines, and end when we do: their standard input closes then.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from reviewlore import errors
from reviewlore.adapters.checkpoints import RunFolder
from reviewlore.domain.recipe import Dialogue, MadeBase, Recipe
from reviewlore.domain.training import Lesson
from reviewlore.errors import ConfigError, ReviewloreError
from reviewlore.ports import Console
from reviewlore.stages.recipe import recipe_from_mapping, recipe_tables

LESSON = "lesson"
_FILE = "lesson.json"
_MODULE = "reviewlore.adapters.training_process"
_ONE_MACHINE = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}  # else gloo asks for the host's name


def run_processes(
    lesson: Lesson, recipe: Recipe, folder: RunFolder, console: Console, base: Path | None, environ: Mapping[str, str]
) -> None:
    """Train in as many processes as the recipe says and leave the finished adapter in the folder.

    MemoryError where one of them had too little, RuntimeError with the words of a library's error, our errors as they
    are.
    """
    folder.drop(LESSON)
    folder.keep(LESSON, {_FILE: write_lesson(lesson, recipe, base)})
    process = _start(recipe.run.processes, folder, environ)
    failures: list[dict[str, str]] = []
    try:
        assert process.stdout is not None
        _listen(process.stdout, console, failures)
        code = process.wait()
    finally:
        _end(process)
    folder.drop(LESSON)
    if code:
        raise _find_error(failures, code)


def write_lesson(lesson: Lesson, recipe: Recipe, base: Path | None) -> bytes:
    """Return a lesson as JSON; `recipe` is the lesson's, as memory allows it."""
    told = {
        "recipe": lesson.recipe.name,
        "tables": recipe_tables(lesson.recipe),
        "micro_batch": recipe.run.micro_batch,
        "train": [asdict(each) for each in lesson.train],
        "validation": [asdict(each) for each in lesson.validation],
        "seed": lesson.seed,
        "steps": lesson.steps,
        "base": str(base.resolve()) if base else None,
    }
    return json.dumps(told).encode()


def read_lesson(folder: RunFolder) -> tuple[Lesson, int, Path | None]:
    """Return the lesson of a folder, the pairs at once, and where the base lies."""
    told = json.loads((folder.kept(LESSON) or {})[_FILE])
    recipe = recipe_from_mapping(told["tables"], told["recipe"])
    train, validation = (tuple(Dialogue(**each) for each in told[name]) for name in ("train", "validation"))
    lesson = Lesson(recipe, train, validation, told["seed"], told["steps"])
    return lesson, told["micro_batch"], Path(told["base"]) if told["base"] else None


def check_devices(recipe: Recipe) -> None:
    """Raise ConfigError where the processes of a recipe do not fit the GPUs that this machine shows."""
    import torch

    count, processes = torch.cuda.device_count(), recipe.run.processes
    if isinstance(recipe.base, MadeBase) or count in (0, processes):
        return
    if processes == 1:
        raise ConfigError(
            f"This machine shows {count} GPUs, and recipe {recipe.name} uses one: set run.processes = {count} to share "
            "the work among them, or CUDA_VISIBLE_DEVICES=0 to leave the others alone."
        )
    if processes > count:
        raise ConfigError(
            f"Recipe {recipe.name} wants {processes} processes, one a GPU, and this machine shows {count}: "
            f"set run.processes = {count}."
        )


def _start(processes: int, folder: RunFolder, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the launcher: -I and the root folder keep what lies around, which a stranger may have written, from it."""
    launcher = [
        *(sys.executable, "-I", "-m", "torch.distributed.run", f"--nproc-per-node={processes}"),
        *("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1", "--no-python"),
    ]
    worker = [sys.executable, "-I", "-m", _MODULE, str(folder.path.resolve()), folder.key]
    return subprocess.Popen(
        [*launcher, *worker],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(sys.prefix).anchor,
        env={**_ONE_MACHINE, **environ},
        start_new_session=True,  # an interruption of ours is not theirs: they are ended by us
    )


def _listen(lines: IO[bytes], console: Console, failures: list[dict[str, str]]) -> None:
    """Pass on what the processes tell until they have ended."""
    tracked: dict[str, Iterator[int]] = {}
    for line in lines:
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            continue  # a library's own words
        if "failure" in told:
            failures.append(told)
        elif "track" in told:
            tracked[told["track"]] = console.track(range(told["total"]), told["track"], told["total"])
            next(tracked[told["track"]], None)
        elif "done" in told:
            next(tracked.get(told["done"], iter(())), None)
        else:
            (console.warn if "warn" in told else console.say)(told.get("warn") or told.get("say", ""))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the processes: the launcher is asked first, since it ends the others; they end by themselves without it."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _find_error(failures: list[dict[str, str]], code: int) -> Exception:
    """Return the error that ended the run: a process that only lost touch with the failed one says nothing new."""
    by_kind = {failure["failure"]: failure["message"] for failure in reversed(failures)}
    if "memory" in by_kind:
        return MemoryError(by_kind["memory"])
    for kind, message in by_kind.items():
        found = getattr(errors, kind, None)
        if isinstance(found, type) and issubclass(found, ReviewloreError):
            return found(message)
    telling = [
        message for message in by_kind.values() if "gloo" not in message.lower() and "nccl" not in message.lower()
    ]
    words = (telling or list(by_kind.values()) or [f"nccl or gloo: the processes ended with exit code {code}"])[0]
    return RuntimeError(words)
