"""The trainer of one run's preferences: a recipe and token rows in, TRL's trainer with its settings out.

Owns trl with `shared_prefix` and `unpaired`, imported on first use.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewlore.adapters.bases import use_bfloat16, uses_cpu
from reviewlore.adapters.checkpoints import RunFolder
from reviewlore.adapters.preparing import Prepared, tokenize
from reviewlore.domain.recipe import Recipe
from reviewlore.domain.training import Lesson

_EVALUATED = 128  # pairs an evaluation; more would take longer than the steps between two of them
_KEPT_CHECKPOINTS = 2  # the last, and the one before it: a run may be killed while the last is written


def make_trainer(
    lesson: Lesson,
    recipe: Recipe,
    prepared: Prepared,
    order: Sequence[int],
    folder: RunFolder,
    callbacks: Sequence[Any],
) -> Any:
    """Return the trainer, ready to run; `order` says which row is learned when, batch by batch."""
    from transformers import PrinterCallback

    from reviewlore.adapters.shared_prefix import make_preference_trainer
    from reviewlore.adapters.unpaired import make_unpaired_trainer

    judged = lesson.validation[:: 1 + len(lesson.validation) // _EVALUATED]
    arguments = _settings(lesson, recipe, len(order), len(prepared.rows))
    make = make_unpaired_trainer if recipe.loss.method == "kto" else make_preference_trainer
    trainer = make(
        prepared.base,
        prepared.model,
        recipe,
        prepared.rows,
        order,
        evaluation=[tokenize(prepared.base, each, recipe) for each in judged],
        arguments=_arguments(recipe, arguments, folder.path),
        callbacks=callbacks,
        reference_cache=folder.cache,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _settings(lesson: Lesson, recipe: Recipe, count: int, rows: int) -> dict[str, Any]:
    """Return the settings that depend on the lesson: `count` pairs are seen, of `rows` different ones."""
    looks = recipe.stopping.every if lesson.validation and lesson.steps is None else 0
    steps = count // recipe.run.batch_size
    return {
        "max_steps": steps,
        "warmup_steps": round(recipe.run.warmup_share * steps),
        "eval_strategy": "steps" if looks else "no",
        "eval_steps": looks or None,
        "precompute_ref_log_probs": count >= rows,  # else rows would be read that are never learned
        "seed": lesson.seed,
        "data_seed": lesson.seed,
    }


def _arguments(recipe: Recipe, settings: dict[str, Any], folder: Path) -> Any:
    """Return TRL's settings; where they differ from its defaults, the reason stands beside them."""
    from trl import DPOConfig, KTOConfig

    run = recipe.run
    return (KTOConfig if recipe.loss.method == "kto" else DPOConfig)(
        output_dir=str(folder),
        learning_rate=run.learning_rate,
        per_device_train_batch_size=run.micro_batch,
        per_device_eval_batch_size=run.micro_batch,
        gradient_accumulation_steps=run.batch_size // (run.micro_batch * run.processes),
        max_length=None,  # tokens are within the budget already; TRL would cut the end, where the remark is
        gradient_checkpointing=run.gradient_checkpointing and run.sharding == "none",  # on by default
        bf16=use_bfloat16(run.precision),  # on by default, also where it is emulated
        logging_steps=run.log_every,
        logging_first_step=True,
        train_sampling_strategy="sequential",  # the order is ours
        save_strategy="steps" if run.checkpoint_every else "no",
        save_steps=_save_every(recipe) or 1,
        save_total_limit=_KEPT_CHECKPOINTS,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,  # warns without a GPU
        ddp_find_unused_parameters=False,  # every adapter weight takes part in every step
        use_cpu=uses_cpu(recipe),
        **_sharding(recipe),
        **settings,
    )


def _sharding(recipe: Recipe) -> dict[str, Any]:
    """Return what spreads weights over processes (FSDP 2), layer by layer; it has a checkpointing of its own."""
    if recipe.run.sharding == "none":
        return {}
    return {"fsdp": True, "fsdp_config": {"version": 2, "activation_checkpointing": recipe.run.gradient_checkpointing}}


def _save_every(recipe: Recipe) -> int:
    """Return after how many steps a checkpoint is kept: where something is logged, as sums between are not saved."""
    log, save = recipe.run.log_every, recipe.run.checkpoint_every
    return -(-save // log) * log
