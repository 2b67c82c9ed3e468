"""One timed run of preference training: TRL's own trainer as it comes or tuned, or the one with a shared prefix.

All ways train the same model with the same adapter on the same rows in the same batches. A run begins with one batch of
short pairs, which is not timed: first calls allocate and compile. What is timed goes from the end of that step to the
end of the last: collating, forward and backward passes, metrics, optimizer.
"""

import gc
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import trl.trainer.utils
from benchmarks._made_models import RESERVED, Shape, fill_adapter, make_plain_base, plain_recipe, read_clock
from datasets import Dataset, disable_progress_bars
from peft import get_peft_model
from transformers import PrinterCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer

from reviewlore.adapters.bases import quiet_libraries
from reviewlore.adapters.lora import lora_config
from reviewlore.adapters.shared_prefix import make_preference_trainer
from reviewlore.adapters.shared_trainer import trainer_class
from reviewlore.stages.batching import PairTokens

_SHORT = 8  # tokens of what is not timed
# Mean and deviation of the logarithm of lengths in tokens, as measured on review comments: hunks of median 275 and mean
# 469, remarks of median 23.
_PROMPT, _REMARK = (5.617, 1.033), (3.135, 1.1)


@dataclass(frozen=True)
class Way:
    """How to train. `compact`: the language-model head at completion positions only, which TRL does on GPUs alone."""

    name: str
    ours: bool = False
    compact: bool = True
    checkpointing: bool = False
    precomputed: bool = False


DEFAULTS = Way("stock, as it comes", compact=False, checkpointing=True)
TUNED = Way("stock, tuned")
TUNED_AHEAD = Way("stock, tuned, reference ahead", precomputed=True)
OURS = Way("ours", ours=True)
OURS_AHEAD = Way("ours, reference ahead", ours=True, precomputed=True)


@dataclass(frozen=True)
class Setting:
    """What all ways have in common."""

    shape: Shape
    device: str
    batch: int
    longest: int
    bfloat16: bool
    threads: int = 1
    rate: float = 5e-4
    seed: int = 0


@dataclass(frozen=True)
class Took:
    """Seconds of a run: its timed steps by the device's clock and by the wall, and its pass for the reference ahead."""

    busy: float
    wall: float
    ahead: float
    pairs: int
    losses: list[float] = field(default_factory=list)


def train(setting: Setting, way: Way, rows: Sequence[PairTokens]) -> Took:
    """Train on all rows once, in their order, after one batch that is not timed."""
    gc.collect()
    torch.set_num_threads(setting.threads)
    disable_progress_bars()
    clock = _Clock(setting.device)
    losses: list[Any] = []
    with quiet_libraries(), tempfile.TemporaryDirectory() as folder, _head(compact=way.compact):
        base = make_plain_base(setting.shape, setting.longest, setting.seed)
        make = _ours if way.ours else _stock
        steps = 1 + len(rows) // setting.batch
        with _timed_reference(trainer_class() if way.ours else _TokensGiven, setting.device) as ahead:
            trainer = make(setting, base, [*_short(setting), *rows], _arguments(setting, way, steps, folder), clock)
        trainer.remove_callback(PrinterCallback)
        fill_adapter(trainer.model, setting.seed)
        _keep_losses(trainer, losses)
        trainer.train()
    (busy, wall), pairs = clock.took(), len(rows)
    return Took(busy, wall, sum(ahead), pairs, [float(loss) for loss in losses])


def draw_rows(count: int, prompt: int, completion: int, shape: Shape, *, on_one: int = 1, seed: int = 1) -> list[Any]:
    """Return pairs of random tokens with exact lengths, `on_one` after another on the same prompt."""
    draw = random.Random(seed)
    prompts = [_tokens(draw, prompt, shape) for _ in range(-(-count // on_one))]
    answers = [(_tokens(draw, completion, shape), _tokens(draw, completion, shape)) for _ in range(count)]
    return [PairTokens(prompts[at // on_one], *pair, 1.0) for at, pair in enumerate(answers)]


def draw_mixed(batches: int, batch: int, shape: Shape, most: int, seed: int = 2) -> list[Any]:
    """Return batches of a length-sorted corpus, at even distances, in random order.

    Lengths are log-normal; the corpus is sorted by what stock pads to, the longer sequence of a pair.
    """
    draw = random.Random(seed)
    lengths = []
    for _ in range(64 * batch):
        prompt, *answers = (round(draw.lognormvariate(*each)) for each in (_PROMPT, _REMARK, _REMARK))
        lengths.append((max(4, min(most, prompt)), *(max(2, min(most // 4, answer)) for answer in answers)))
    lengths.sort(key=lambda each: each[0] + max(each[1:]))
    starts = [int((at + 0.5) * 64 / batches) * batch for at in range(batches)]
    draw.shuffle(starts)
    picked = [each for start in starts for each in lengths[start : start + batch]]
    return [PairTokens(*(_tokens(draw, length, shape) for length in each), 1.0) for each in picked]


def _tokens(draw: random.Random, count: int, shape: Shape) -> tuple[int, ...]:
    return tuple(draw.choices(range(RESERVED, shape.vocabulary), k=count))


def _short(setting: Setting) -> list[Any]:
    return draw_rows(setting.batch, _SHORT, _SHORT, setting.shape, seed=3)


def _arguments(setting: Setting, way: Way, steps: int, folder: str) -> DPOConfig:
    return DPOConfig(
        output_dir=folder,
        max_steps=steps,
        per_device_train_batch_size=setting.batch,
        gradient_checkpointing=way.checkpointing,
        bf16=setting.bfloat16,
        precompute_ref_log_probs=way.precomputed,
        learning_rate=setting.rate,
        lr_scheduler_type="constant",
        max_length=None,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        train_sampling_strategy="sequential",
        dataloader_pin_memory=False,
        use_cpu=setting.device == "cpu",
        seed=setting.seed,
    )


def _stock(setting: Setting, base: Any, rows: Sequence[Any], arguments: DPOConfig, clock: "_Clock") -> DPOTrainer:
    columns = ("prompt_ids", "chosen_ids", "rejected_ids")
    dataset = Dataset.from_list(
        [dict(zip(columns, map(list, (row.prompt, row.chosen, row.rejected)), strict=True)) for row in rows]
    )
    return _TokensGiven(
        model=base.model,
        args=arguments,
        train_dataset=dataset,
        processing_class=base.tokenizer,
        peft_config=lora_config(plain_recipe(setting.longest, setting.threads).lora),
        callbacks=[clock],
    )


def _ours(setting: Setting, base: Any, rows: Sequence[Any], arguments: DPOConfig, clock: "_Clock") -> DPOTrainer:
    recipe = plain_recipe(setting.longest, setting.threads)
    cache = Path(arguments.output_dir) / "reference" if arguments.precompute_ref_log_probs else None
    return make_preference_trainer(
        base,
        get_peft_model(base.model, lora_config(recipe.lora)),
        recipe,
        rows,
        range(len(rows)),
        evaluation=(),
        arguments=arguments,
        callbacks=[clock],
        reference_cache=cache,
    )


class _TokensGiven(DPOTrainer):
    """TRL's trainer on rows that are tokens already."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


class _Clock(TrainerCallback):
    """Reads the clock after every optimizer step."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.readings: list[tuple[float, float]] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.readings.append(read_clock(self.device))

    def took(self) -> tuple[float, float]:
        (begin, wall_begin), (end, wall_end) = self.readings[0], self.readings[-1]
        return end - begin, wall_end - wall_begin


@contextmanager
def _timed_reference(trainer: Any, device: str) -> Iterator[list[float]]:
    """Yield the seconds of a trainer class's passes for the reference ahead; both classes make them when made."""
    shipped, spent = trainer._precompute_ref_logps, []

    def timed(*given: Any, **named: Any) -> Any:
        begin = read_clock(device)[0]
        found = shipped(*given, **named)
        spent.append(read_clock(device)[0] - begin)
        return found

    trainer._precompute_ref_logps = timed
    try:
        yield spent
    finally:
        trainer._precompute_ref_logps = shipped


def _keep_losses(trainer: Any, losses: list[Any]) -> None:
    step = trainer.training_step

    def kept(*given: Any, **named: Any) -> Any:
        loss = step(*given, **named)
        losses.append(loss.detach())
        return loss

    trainer.training_step = kept


@contextmanager
def _head(*, compact: bool) -> Iterator[None]:
    """Let TRL's language-model head skip what is no completion on a CPU too; on GPUs it does so by itself."""
    shipped = trl.trainer.utils._use_triton
    if compact:
        trl.trainer.utils._use_triton = lambda _: True
    try:
        yield
    finally:
        trl.trainer.utils._use_triton = shipped
