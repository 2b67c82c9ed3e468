"""Training on remarks one by one, each desirable or not: TRL's KTO trainer with a weight for each remark.

In: an adapted model, a recipe and token pairs, of which each side is a remark on its own prompt. Out: a trainer. TRL is
given tokens and no text.
"""

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewlore.adapters.bases import Base
from reviewlore.adapters.objectives import scale_weights
from reviewlore.domain.recipe import Recipe
from reviewlore.stages.batching import PairTokens

if TYPE_CHECKING:
    from trl import KTOConfig

_COLUMNS = ("prompt_ids", "completion_ids", "KL_completion_ids", "label", "weight")
_Row = dict[str, Any]


def make_unpaired_trainer(  # noqa: PLR0913 - the same shape as `make_preference_trainer`
    base: Base,
    model: Any,
    recipe: Recipe,
    rows: Sequence[PairTokens],
    order: Sequence[int],
    *,
    evaluation: Sequence[PairTokens],
    arguments: "KTOConfig",
    callbacks: Sequence[Any],
    reference_cache: Path | None = None,
) -> Any:
    """Return a trainer of an adapted PEFT `model` by KTO (Ethayarajh et al. 2024) on the remarks of `rows`, in `order`.

    Both remarks of a pair are learned in one batch, the chosen as desirable and the other as not, so that there are as
    many of each. A pair's weight multiplies the loss of both. The reference is the model as it stands, and its
    divergence is estimated from the batch's remarks after prompts that they do not belong to; as these change with the
    batch, nothing of it is kept in `reference_cache`.
    """
    from datasets import Dataset

    size = arguments.per_device_train_batch_size
    weights = scale_weights(recipe.loss, [row.weight for row in rows])
    judged = [_judge(row, weight) for row, weight in zip(rows, weights, strict=True)]
    held_out = [_judge(row, 1.0) for row in evaluation]
    arguments = copy.copy(arguments)
    arguments.beta, arguments.precompute_ref_log_probs = recipe.loss.beta, False
    arguments.per_device_train_batch_size *= 2  # remarks, of as many pairs as fit at once
    arguments.per_device_eval_batch_size *= 2
    return _trainer_class()(
        model=model,
        args=arguments,
        data_collator=_collator(base.pad),
        train_dataset=Dataset.from_list(_batches([judged[index] for index in order], size)),
        eval_dataset=Dataset.from_list(_batches(held_out, size)) if held_out else None,
        processing_class=base.tokenizer,
        callbacks=list(callbacks),
    )


def _judge(row: PairTokens, weight: float) -> tuple[_Row, _Row]:
    """Return a pair's remarks, the desirable one first."""
    other = row.prompt if row.rejected_prompt is None else row.rejected_prompt
    sides = ((row.prompt, row.chosen, True), (other, row.rejected, False))
    chosen, rejected = (
        {"prompt_ids": list(prompt), "completion_ids": list(remark), "label": label, "weight": weight}
        for prompt, remark, label in sides
    )
    return chosen, rejected


def _batches(pairs: Sequence[tuple[_Row, _Row]], size: int) -> list[_Row]:
    """Return the remarks of all pairs, those of `size` pairs together, each with one to estimate the divergence by.

    That is the next remark of its batch that belongs to another prompt; TRL takes the one before, which stands on the
    same prompt where a batch holds several remarks of one hunk.
    """
    found = []
    for begin in range(0, len(pairs), size):
        members = pairs[begin : begin + size]
        batch = [chosen for chosen, _ in members] + [rejected for _, rejected in members]
        for at, row in enumerate(batch):
            following = batch[at + 1 :] + batch[:at]
            strange = (each for each in following if each["prompt_ids"] != row["prompt_ids"])
            found.append({**row, "KL_completion_ids": next(strange, following[0])["completion_ids"]})
    return found


def _collator(pad: int) -> Any:
    """Return TRL's collator of token rows, with their weights."""
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

    collate = DataCollatorForUnpairedPreference(pad_token_id=pad)

    def weighted(rows: Sequence[_Row]) -> dict[str, Any]:
        import torch

        return {**collate(list(rows)), "weight": torch.tensor([row["weight"] for row in rows])}

    return weighted


@functools.cache
def _trainer_class() -> Any:
    """Return the class; made on first use, since it needs trl."""
    from trl import KTOTrainer

    class WeightedKTOTrainer(KTOTrainer):  # type: ignore[misc]
        """TRL's trainer, told that its datasets are tokens already and that remarks have weights."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset  # TRL would read control tokens that a diff spells out

        def _set_signature_columns_if_needed(self) -> None:
            self._signature_columns = list(_COLUMNS)

        def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool) -> Any:
            weight, desirable = inputs.pop("weight"), inputs["label"].bool()
            # TRL multiplies the losses of either side by one number, and as well by one for each remark.
            self.desirable_weight, self.undesirable_weight = weight[desirable], weight[~desirable]
            return super()._compute_loss(model, inputs, return_outputs)

    return WeightedKTOTrainer
