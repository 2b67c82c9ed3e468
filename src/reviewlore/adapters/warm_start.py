"""Supervised fine-tuning of an adapter on chosen remarks, before it learns preferences.

In: an adapted model and token rows. Out: the same model, changed in place, and the log. TRL trains, on tokens alone: it
is given no text.
"""

import random
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reviewlore.adapters.bases import Base, use_bfloat16, uses_cpu
from reviewlore.domain.recipe import Recipe
from reviewlore.ports import Console

if TYPE_CHECKING:
    from reviewlore.stages.batching import PairTokens

_IGNORED = -100  # the label of a token that is read and not learned
_Row = dict[str, Any]
T = TypeVar("T")


def warm_start(
    base: Base, model: Any, recipe: Recipe, rows: Sequence["PairTokens"], *, seed: int, folder: Path, console: Console
) -> tuple[dict[str, float], ...]:
    """Teach an adapted model the chosen remarks of pairs, in place, and return the log (`step`, `sft_loss`).

    Each (prompt, chosen remark) is learned once a pass, however many pairs it stands in, and only its remark's tokens
    count. Its weight is the largest of its pairs' and multiplies its loss, unless the recipe's evidence does nothing:
    drawing rows by weight instead would leave some out and repeat others, which learns them by rote. Nothing happens
    where the recipe has no steps for it. On a CPU in float32 the same arguments give the same bits.
    """
    chosen = _choose(rows, weighted=recipe.loss.evidence != "none")
    steps = plan_warm_start(recipe, len(chosen))
    if not steps:
        return ()
    from transformers import PrinterCallback

    console.say(f"Warm start: {steps} steps on {len(chosen)} chosen remarks")
    log: list[dict[str, float]] = []
    trainer = _trainer_class()(
        model=model,
        args=_arguments(recipe, steps, seed, folder),
        train_dataset=_dataset(draw_passes(chosen, steps * recipe.run.batch_size, seed)),
        data_collator=_Collator(base.pad),
        processing_class=base.tokenizer,
        callbacks=[_keeps(log)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    # In bfloat16 the model's `forward` is wrapped in place; preferences are learned from the model as it was given.
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return tuple(log)


def plan_warm_start(recipe: Recipe, remarks: int) -> int:
    """Return the number of optimizer steps on so many different remarks: the smaller of `max_steps` and `epochs`."""
    settings = recipe.warm_start
    return min(settings.max_steps, ceil(settings.epochs * remarks / recipe.run.batch_size))


def _choose(rows: Sequence["PairTokens"], *, weighted: bool) -> list[_Row]:
    """Return each prompt with each of its chosen remarks once; the mean of their weights is 1, or all are."""
    heaviest: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    for row in rows:
        key = (row.prompt, row.chosen)
        heaviest[key] = max(row.weight if weighted else 1.0, heaviest.get(key, 0.0))
    mean = sum(heaviest.values()) / max(1, len(heaviest))
    return [
        {
            "input_ids": [*prompt, *remark],
            "labels": [_IGNORED] * len(prompt) + list(remark),
            "weight": weight / mean,
        }
        for (prompt, remark), weight in heaviest.items()
    ]


def draw_passes(rows: Sequence[T], count: int, seed: int) -> list[T]:
    """Return `count` rows: passes over all of them, each in an order of its own."""
    randomness = random.Random(seed)  # noqa: S311 - reproducible, not secret
    order: list[T] = []
    while len(order) < count:
        order += randomness.sample(rows, len(rows))
    return order[:count]


def _dataset(rows: Sequence[_Row]) -> Any:
    from datasets import Dataset

    return Dataset.from_list(list(rows))


def _arguments(recipe: Recipe, steps: int, seed: int, folder: Path) -> Any:
    """Return TRL's settings; where they differ from its defaults, the reason stands beside them."""
    from trl import SFTConfig

    run = recipe.run
    return SFTConfig(
        output_dir=str(folder),
        dataset_kwargs={"skip_prepare_dataset": True},  # rows are tokens, and nothing of them may be cut or dropped
        max_length=None,  # they are within the budget already
        remove_unused_columns=False,  # it would drop the weights
        learning_rate=recipe.warm_start.learning_rate,
        max_steps=steps,
        per_device_train_batch_size=run.micro_batch,
        gradient_accumulation_steps=run.batch_size // (run.micro_batch * run.processes),
        warmup_steps=round(run.warmup_share * steps),
        gradient_checkpointing=run.gradient_checkpointing,
        bf16=use_bfloat16(run.precision),  # on by default, also where it is emulated
        logging_steps=run.log_every,
        logging_first_step=True,
        train_sampling_strategy="sequential",  # the order is ours
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,  # warns without a GPU
        use_cpu=uses_cpu(recipe),
        seed=seed,
        data_seed=seed,
    )


class _Collator:
    """Rows to one batch: padded on the right, with a weight a row."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[_Row]) -> dict[str, Any]:
        import torch

        def padded(values: Sequence[Sequence[int]], filler: int) -> Any:
            tensors = [torch.tensor(value) for value in values]
            return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=filler)

        return {
            "input_ids": padded([row["input_ids"] for row in rows], self._pad),
            "attention_mask": padded([[1] * len(row["input_ids"]) for row in rows], 0),
            "labels": padded([row["labels"] for row in rows], _IGNORED),
            "weight": torch.tensor([row["weight"] for row in rows]),
        }


def _trainer_class() -> Any:
    """Return TRL's SFTTrainer with a weight for each row of a batch."""
    from trl import SFTTrainer

    class WeightedSFTTrainer(SFTTrainer):  # type: ignore[misc]
        """Multiplies the log-probabilities of a row's tokens by its weight, before TRL adds them up."""

        def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
            weight = inputs.pop("weight")

            def weighted(**given: Any) -> Any:
                outputs = model(**given)
                outputs.log_probs = outputs.log_probs * weight.unsqueeze(1)
                return outputs

            return super().compute_loss(weighted, inputs, *arguments, **options)

    return WeightedSFTTrainer


def _keeps(log: list[dict[str, float]]) -> Any:
    """Return a callback that puts every logged loss into the list."""
    from transformers import TrainerCallback

    class Keeper(TrainerCallback):  # type: ignore[misc]
        def on_log(self, _: Any, state: Any, __: Any, logs: dict[str, float], **___: Any) -> None:
            if "loss" in logs:
                log.append({"step": float(state.global_step), "sft_loss": float(logs["loss"])})

    return Keeper()
