"""One training run: a lesson in, an adapter's files and their record out.

It decides nothing: which pairs, whether there are enough of them and
what becomes of the adapter are for others. A run that is interrupted goes on where its folder says.
"""

import gc
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reviewlore.adapters import weights
from reviewlore.adapters.bases import exact_arithmetic, quiet_libraries, use_bfloat16
from reviewlore.adapters.checkpoints import RunFolder, open_run_folder
from reviewlore.adapters.following import (
    BEST,
    WEIGHTS,
    adapter_bytes,
    find_losses,
    make_keeper,
    read_log,
    tell_progress,
)
from reviewlore.adapters.launch import check_devices, run_processes
from reviewlore.adapters.lora import lora_config
from reviewlore.adapters.machine import package_versions, processor_name
from reviewlore.adapters.preference import make_trainer
from reviewlore.adapters.preparing import Prepared, prepare
from reviewlore.adapters.runs import is_out_of_memory, plain_errors, require_model_extra, too_large
from reviewlore.adapters.sharing import SLOWER
from reviewlore.domain.recipe import MadeBase, Recipe, TrainedAdapter
from reviewlore.domain.training import Lesson
from reviewlore.errors import RefusedError
from reviewlore.formats import records
from reviewlore.ports import Console
from reviewlore.stages.batching import plan_batches
from reviewlore.stages.patience import decide_halt
from reviewlore.stages.recipe import check_ready, plan_steps, recipe_tables

FINISHED = "finished"
_RECORD = "record.json"
_MEMORY = "memory"  # notes how many pairs at once the memory allowed


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works: `folder` holds its checkpoints (None: nothing outlives it), `base` a named base model.

    `environ` is all that further processes of the run get to know of this one's environment.
    """

    folder: Path | None = None
    base: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)


def train_adapter(
    lesson: Lesson, console: Console, place: Place | None = None
) -> tuple[TrainedAdapter, dict[str, bytes]]:
    """Train a LoRA adapter (TRL, PEFT) and return the record of the run and the adapter's files.

    With `precision = "float32"` on a CPU the same lesson gives the same bytes, however often the run was interrupted.
    A run that is finished already is not run again. Pairs of `lesson.validation`, an even sample where they are many,
    say when to stop; without `stopping.every` they only end the log.

    Raises ConfigError (no revision, recipe too large for the memory), RefusedError (no dialogue, or another process at
    work), MissingExtra, InputError (no base model), StorageError (disk full), DeviceError (accelerator lost).
    """
    place = place or Place()
    check_ready(lesson.recipe)
    if not lesson.train:
        raise RefusedError(f"Recipe {lesson.recipe.name} got no training pair. Mine more pull requests first.")
    require_model_extra()
    check_devices(lesson.recipe)
    with plain_errors(place.folder), open_run_folder(place.folder, hash_lesson(lesson), console) as folder:
        if folder.kept(FINISHED) is None:
            _free_memory()  # of what was asked before
            _fit_into_memory(lesson, folder, console, place)
            _free_memory()  # for who asks the new one
        files = folder.kept(FINISHED) or {}
    record = records.decode(files.pop(_RECORD), TrainedAdapter, _RECORD)
    return record, files


def hash_lesson(lesson: Lesson) -> str:
    """Return what stands for all that decides what a run makes: its checkpoints are of use to no other."""
    dialogues = [asdict(each) for each in (*lesson.train, *lesson.validation)]
    told = [recipe_tables(lesson.recipe), len(lesson.train), dialogues, lesson.seed, lesson.steps]
    content = json.dumps([told, package_versions(), processor_name()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def run_lesson(lesson: Lesson, recipe: Recipe, folder: RunFolder, console: Console, base_folder: Path | None) -> None:
    """Train in this process, and leave the finished adapter in the folder; `recipe`: the lesson's, as memory allows."""
    begin = time.monotonic()
    with quiet_libraries(), exact_arithmetic(recipe.run.threads):
        checkpoint = folder.last_checkpoint()
        earlier = float(folder.facts(checkpoint).get("seconds", 0.0)) if checkpoint else 0.0
        prepared = prepare(lesson, recipe, folder, console, base_folder)
        steps = lesson.steps or plan_steps(recipe, len(lesson.train))
        order = plan_batches(prepared.rows, recipe.run.batch_size, steps * recipe.run.batch_size, lesson.seed)
        pairs = len(set(order))
        if pairs < len(lesson.train):
            console.say(f"{pairs} of {len(lesson.train)} pairs fit into {steps} steps")
        with tell_progress(console, steps) as progress:
            keeper = make_keeper(folder, recipe, earlier)
            trainer = make_trainer(lesson, recipe, prepared, order, folder, [progress, keeper])
            if slower := SLOWER.get(getattr(trainer, "reading", "")):
                console.warn(slower)
            if checkpoint:
                console.say(f"Taken up at step {checkpoint.rpartition('-')[2]} of {steps}.")
            trainer.train(resume_from_checkpoint=str(folder.path / checkpoint) if checkpoint else None)
            _evaluate_last(trainer, lesson)
        contents = _files(lesson, prepared, trainer, folder)
    seconds = round(earlier + time.monotonic() - begin, 2)
    record = _record(recipe, prepared, trainer, contents)
    resumed = int(checkpoint.rpartition("-")[2]) if checkpoint else 0
    record = replace(record, seconds=seconds, pairs=pairs, resumed_at=resumed)
    folder.keep(FINISHED, {**contents, _RECORD: records.encode(record)})


def _fit_into_memory(lesson: Lesson, folder: RunFolder, console: Console, place: Place) -> None:
    """Run a lesson, with fewer pairs at once where they do not fit into the memory, until they do.

    As many pairs make an optimizer step as before, so that only rounding tells the two apart.
    """
    run = lesson.recipe.run
    micro = int(folder.facts(_MEMORY).get("micro_batch", run.micro_batch))
    while True:
        recipe = replace(lesson.recipe, run=replace(run, micro_batch=micro))
        try:
            if run.processes == 1:
                return run_lesson(lesson, recipe, folder, console, place.base)
            return run_processes(lesson, recipe, folder, console, place.base, place.environ)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if micro == 1:
                raise too_large(recipe) from error
        micro = _halve(micro, run.batch_size // run.processes)
        folder.keep(_MEMORY, {}, {"micro_batch": micro})
        console.warn(f"The memory is too short; from now on {micro} of {run.batch_size} pairs are computed at once.")
        _free_memory()


def _halve(micro: int, batch: int) -> int:
    """Return the largest number of pairs at once, at most half as many, that divides a process's part of a batch."""
    return next(size for size in range(micro // 2, 0, -1) if batch % size == 0)


def _free_memory() -> None:
    """Let go of models that nobody uses: their trainers refer to themselves, and an accelerator holds few of them."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _evaluate_last(trainer: Any, lesson: Lesson) -> None:
    """Judge the last step too, unless it was, or the training ended before its time."""
    losses = find_losses(trainer.state.log_history)
    stopped = trainer.state.global_step < trainer.state.max_steps
    if lesson.validation and not stopped and (not losses or losses[-1][0] != trainer.state.global_step):
        trainer.evaluate()


def _files(lesson: Lesson, prepared: Prepared, trainer: Any, folder: RunFolder) -> dict[str, bytes]:
    """Return the adapter's files, with the weights of the best step."""
    judged = bool(find_losses(trainer.state.log_history))  # the best weights were kept when they were
    if judged:
        best = folder.kept(f"{BEST}{_best_step(trainer)}")
    else:
        best = {WEIGHTS: adapter_bytes(trainer.model, bfloat16=use_bfloat16(lesson.recipe.run.precision))}
    base = prepared.base
    config = {**lora_config(lesson.recipe.lora).to_dict(), "base_model_name_or_path": base.id}
    config |= {"target_modules": sorted(lesson.recipe.lora.targets), "inference_mode": True}
    return {
        **prepared.files,
        weights.ADAPTER_WEIGHTS: (best or {}).get(WEIGHTS, b""),
        weights.ADAPTER_CONFIG: (json.dumps(config, indent=1, sort_keys=True) + "\n").encode(),
        weights.SETTINGS: weights.render_settings(lesson.recipe, base.id, base.revision),
    }


def _best_step(trainer: Any) -> int:
    losses = find_losses(trainer.state.log_history)
    return decide_halt(losses, 1).best_step if losses else int(trainer.state.global_step)


def _record(recipe: Recipe, prepared: Prepared, trainer: Any, contents: Mapping[str, bytes]) -> TrainedAdapter:
    import torch

    accelerated = torch.cuda.is_available() and not isinstance(recipe.base, MadeBase)
    return TrainedAdapter(
        files=weights.hash_files(contents),
        log=(*prepared.log, *read_log(trainer.state.log_history)),
        seconds=0.0,
        packages=package_versions(),
        hardware=str(torch.cuda.get_device_name()) if accelerated else processor_name(),
        base_model=prepared.base.id,
        base_revision=prepared.base.revision,
        steps=int(trainer.state.global_step),
        pairs=len(prepared.rows),
        cut=prepared.cut,
        best_step=_best_step(trainer),
        micro_batch=recipe.run.micro_batch,
        peak_mib=round(torch.cuda.max_memory_allocated() / (1 << 20), 1) if accelerated else None,
        phases=prepared.phases,
    )
