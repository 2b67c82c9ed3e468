"""Preference training in which remarks on one prompt share it: TRL's DPO trainer with another forward pass and loss.

In: a base, its PEFT model, a recipe and token pairs. Out: a trainer. Owns trl and datasets with `trainer`, imported on
first use. It decides neither what is trained on nor where anything is kept.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewlore.adapters.bases import Base
from reviewlore.adapters.objectives import raise_smoothing, scale_weights
from reviewlore.domain.recipe import Recipe
from reviewlore.stages.batching import PairTokens, plan_batches

if TYPE_CHECKING:
    from trl import DPOConfig


def make_preference_trainer(  # noqa: PLR0913 - what a run has decided, of which nothing can be left out
    base: Base,
    model: Any,
    recipe: Recipe,
    rows: Sequence[PairTokens],
    order: Sequence[int],
    *,
    evaluation: Sequence[PairTokens],
    arguments: "DPOConfig",
    callbacks: Sequence[Any],
    reference_cache: Path | None,
) -> Any:
    """Return a trainer of an adapted PEFT `model` by the recipe's loss (DPO or ORPO), on `rows` in this `order`.

    It is a subclass of TRL's `DPOTrainer`: `train`, `evaluate`, checkpoints, callbacks and metrics are TRL's. The loss
    is the recipe's, whatever `arguments` say of one. The reference is the base where the adapter is fresh, else the
    model as it stands; with `arguments.precompute_ref_log_probs` its log-probabilities are computed here and kept in
    `reference_cache`. `trainer.reading` says whether prompts are shared ("trees") or not ("rows", "logits"; what a
    person is told of these is in `sharing.SLOWER`). Raises ValueError for KTO, which has no pairs.
    """
    if recipe.loss.method == "kto":
        raise ValueError("KTO learns from remarks, not from pairs of them.")
    from datasets import Dataset

    from reviewlore.adapters.shared_trainer import trainer_class

    data = Dataset.from_list(_columns(recipe, rows))
    held_out = _columns(recipe, evaluation)
    if held_out:
        size = max(1, arguments.per_device_eval_batch_size)
        held_out = [held_out[index] for index in plan_batches(evaluation, size, len(evaluation), arguments.seed)]
    return trainer_class()(
        base,
        model,
        recipe,
        copy.copy(arguments),
        data=(data, list(order), Dataset.from_list(held_out) if held_out else None),
        callbacks=list(callbacks),
        cache=reference_cache,
    )


def _columns(recipe: Recipe, rows: Sequence[PairTokens]) -> list[dict[str, Any]]:
    """Return rows as TRL names their tokens, with what their weights do."""
    weights = scale_weights(recipe.loss, [row.weight for row in rows])
    return [
        {
            "prompt_ids": list(row.prompt),
            "chosen_ids": list(row.chosen),
            "rejected_ids": list(row.rejected),
            "weight": weight,
            "smoothing": raise_smoothing(recipe.loss, row.weight),
        }
        for row, weight in zip(rows, weights, strict=True)
    ]
