"""The trainer behind `shared_prefix`: TRL's `DPOTrainer`, told how to read a batch and what to lose by it.

Owns trl with `trainer`, imported on first use. What it overrides: the collator, the loss, the reference, and the moment
at which metrics become numbers.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewlore.adapters.bases import Base
from reviewlore.adapters.completion_head import TokenScores, add_completion_head
from reviewlore.adapters.objectives import length_factors, odds_ratio_losses, preference_losses
from reviewlore.adapters.pair_reader import PairReader, find_pair, make_row
from reviewlore.adapters.prefix_trees import tabulate
from reviewlore.adapters.reference import fetch_reference, hash_parameters, reference_key
from reviewlore.domain.recipe import Recipe
from reviewlore.stages.batching import PairTokens, plan_batches

if TYPE_CHECKING:
    from trl import DPOTrainer as Stock
else:
    Stock = object

_COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids", "weight", "smoothing", "ref_chosen_logps", "ref_rejected_logps")


@functools.cache
def trainer_class() -> Any:
    """Return the class; made on first use, since it needs trl."""
    from trl import DPOTrainer

    class SharedPrefixDPOTrainer(_SharedPrefix, DPOTrainer):  # type: ignore[misc]
        """TRL's trainer, with `_SharedPrefix` before it."""

    return SharedPrefixDPOTrainer


class _SharedPrefix(Stock):  # type: ignore[misc]
    """What differs from TRL's trainer; see `shared_prefix.make_preference_trainer`."""

    def __init__(
        self,
        base: Base,
        model: Any,
        recipe: Recipe,
        arguments: Any,
        *,
        data: tuple[Any, Sequence[int], Any],
        callbacks: list[Any],
        cache: Path | None,
    ) -> None:
        self.recipe, self.base, self._cache = recipe, base, cache
        rows, order, held_out = data
        precompute = arguments.precompute_ref_log_probs and recipe.loss.method == "dpo"
        arguments.precompute_ref_log_probs = False  # done below, once a row and not once a step
        add_completion_head(model.get_base_model())
        self.reader = PairReader(base, recipe.loss.label_smoothing, arguments.pad_to_multiple_of or 1)
        super().__init__(
            model=model,
            args=arguments,
            data_collator=self.reader.collate,
            train_dataset=rows.select(order),
            eval_dataset=held_out,
            processing_class=base.tokenizer,
            callbacks=callbacks,
        )
        if _is_fresh(self.model):
            self.model.delete_adapter("ref")  # TRL's copy: the base without an adapter is the same, and cheaper
        if self.is_fsdp_enabled:
            keep_sums_exact(self.accelerator.state.fsdp_plugin)
        if arguments.bf16:
            keep_inputs_short(self.model)
        self._settle_reading(find_pair(rows[order[0]]))
        # Sharded weights are not laid out before training begins: their reference is computed step by step.
        self.precompute_ref_logps = precompute and not self.is_fsdp_enabled
        if self.precompute_ref_logps:
            self.train_dataset = self._precompute_ref_logps(rows, "train", 0).select(order)
            if held_out is not None:
                self.eval_dataset = self._precompute_ref_logps(held_out, "eval", 0)

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset  # tokens already; TRL would read control tokens that a diff spells out, and drop long prompts

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = list(_COLUMNS)

    def _get_train_sampler(self, *_: Any) -> Any:
        from torch.utils.data import SequentialSampler

        return SequentialSampler(self.train_dataset)  # the order is planned: pairs on one prompt follow each other

    def _settle_reading(self, pair: PairTokens) -> None:
        """Find out how this model is read: in one process, since sharded weights may be nowhere else yet."""
        from accelerate.utils import broadcast_object_list

        was = self.model.training
        self.model.eval()
        if self.accelerator.is_main_process:
            self.reader.settle(self.model, pair, self.accelerator, experts=self.aux_loss_enabled)
        found = [self.reader.reading]
        broadcast_object_list(found, from_process=0)
        self.reader.reading = found[0]
        self.model.train(was)

    @property
    def reading(self) -> str:
        """How pairs are read; see `Reading`."""
        return self.reader.reading

    def _sums(self, values: Any, batch: Mapping[str, Any], alpha: float = 1.0) -> tuple[Any, Any]:
        """Return the sums of one value a token over each pair's chosen and rejected remark."""
        import torch

        table = tabulate(values, dict(batch))
        sides = batch["chosen"], batch["rejected"]
        if alpha == 1.0:
            total = table.sum(1)
            return total[sides[0]], total[sides[1]]
        ranks = torch.arange(table.shape[1], device=table.device)
        own, other = (batch["lengths"][side] for side in sides)
        first = (table[sides[0]] * length_factors(ranks, own, other, alpha)).sum(1)
        return first, (table[sides[1]] * length_factors(ranks, other, own, alpha)).sum(1)

    def _reference(self, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the reference's log-probabilities of a batch's pairs: kept ones, or by a forward pass of their own."""
        import torch
        from trl.trainer.utils import use_adapter

        if "ref_chosen_logps" in batch:
            return batch["ref_chosen_logps"], batch["ref_rejected_logps"]
        plain = self.accelerator.unwrap_model(self.model)
        name = "ref" if "ref" in plain.peft_config else None
        with torch.no_grad(), use_adapter(plain, adapter_name=name), self.accelerator.autocast():
            scores = self.reader.read(self.model, batch)
        return self._sums(scores.log_probs, batch, self.recipe.loss.length_alpha)

    def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int) -> Any:
        """Return a dataset with the reference's log-probabilities as columns; `name` and `batch_size` are TRL's.

        Each process computes its share of the rows, and keeps it as a file of its own.
        """
        from accelerate.utils import gather_object

        pairs = [find_pair(row) for row in dataset]
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        share = pairs[rank::processes]
        key = reference_key(share, *self._reference_parts())
        values = fetch_reference(self._cache, key, len(share), lambda: self._compute_reference(share))
        sides: tuple[list[float], list[float]] = ([0.0] * len(pairs), [0.0] * len(pairs))
        for owner, found in gather_object([(rank, [each.tolist() for each in values])]):
            for side, numbers in zip(sides, found, strict=True):
                side[owner::processes] = numbers
        dataset = dataset.add_column("ref_chosen_logps", sides[0])
        return dataset.add_column("ref_rejected_logps", sides[1])

    def _reference_parts(self) -> tuple[str, ...]:
        """Return what the reference's values depend on besides the tokens."""
        named = list(self.model.named_parameters())
        weights = self.base.revision or hash_parameters(each for each in named if ".lora_" not in each[0])
        start = hash_parameters((name, each) for name, each in named if ".ref." in name)
        precision = f"{self.base.model.dtype} {self.args.bf16} {self.args.fp16}"
        return self.base.id, weights, start, precision, str(self.recipe.loss.length_alpha)

    def _compute_reference(self, pairs: Sequence[PairTokens]) -> tuple[Any, Any]:
        """Return the reference's summed log-probabilities of all pairs (float32, on the CPU)."""
        import torch

        size = self.args.per_device_train_batch_size
        order = plan_batches(pairs, size, len(pairs), self.args.seed)
        was = self.model.training
        self.model.eval()
        found = []
        for begin in range(0, len(order), size):
            batch = self.reader.collate([make_row(pairs[index]) for index in order[begin : begin + size]])
            found.append(torch.stack(self._reference(self._prepare_inputs(batch))))
        self.model.train(was)
        values = torch.empty(2, len(pairs))
        values[:, torch.tensor(order)] = torch.cat(found, dim=1).float().cpu()
        return values[0].clone(), values[1].clone()

    def _compute_loss(self, model: Any, inputs: Mapping[str, Any], return_outputs: bool) -> Any:
        """Return the average loss of a micro-batch's pairs, each times its weight, and note TRL's metrics."""
        loss = self.recipe.loss
        scores = self.reader.read(model, inputs)
        chosen, rejected = self._sums(scores.log_probs, inputs, loss.length_alpha)
        lengths = inputs["lengths"][inputs["chosen"]], inputs["lengths"][inputs["rejected"]]
        if loss.method == "orpo":
            chosen, rejected = chosen / lengths[0].clamp(min=1), rejected / lengths[1].clamp(min=1)
            ratios = chosen, rejected
            losses = odds_ratio_losses(loss, chosen, rejected)
        else:
            reference = self._reference(inputs)
            ratios = chosen - reference[0], rejected - reference[1]
            losses = preference_losses(loss, *ratios, lengths, inputs["smoothing"])
        total = (losses * inputs["weight"]).mean()
        if scores.auxiliary is not None:
            total = total + self.router_aux_loss_coef * scores.auxiliary
        self._note_metrics(inputs, scores, (chosen, rejected), ratios)
        return (total, scores) if return_outputs else total

    def _note_metrics(self, batch: Mapping[str, Any], scores: TokenScores, logps: Any, ratios: Any) -> None:
        """Keep what TRL logs of a micro-batch, as tensors: numbers are made of them when they are logged."""
        import torch

        mode = "train" if self.model.training else "eval"
        with torch.no_grad():
            sums = [sum_ for values in scores[1:4] for sum_ in self._sums(values, batch)]
            sums += [batch["lengths"][batch[side]].float() for side in ("chosen", "rejected")]
            rewards = [self.recipe.loss.beta * each for each in ratios]
            sums += [*rewards, *logps, (rewards[0] > rewards[1]).float(), torch.ones_like(rewards[0])]
            totals = torch.stack([each.detach().float().sum() for each in sums] + [batch["tokens"].float()])
            totals = self.accelerator.gather(totals[None]).sum(0)
            for name, value in _metrics(totals).items():
                self._metrics[mode][name].append(value)
            if mode == "train":
                self._total_train_tokens += totals[-1]
            self._metrics[mode]["num_tokens"] = [self._total_train_tokens]

    def log(self, logs: dict[str, float], *rest: Any) -> None:
        """Log as TRL does, after the kept tensors have become numbers."""
        mode = "train" if self.model.training else "eval"
        for values in self._metrics[mode].values():
            values[:] = [float(value) for value in values]
        super().log(logs, *rest)


def _metrics(totals: Any) -> dict[str, Any]:
    """Return TRL's metrics of a batch from its sums, in the order of `_note_metrics`; all of them stay tensors."""
    entropy, more_entropy, logits, more_logits, top, _, tokens, more_tokens = totals[:8]
    chosen, rejected, chosen_logps, rejected_logps, right, pairs = totals[8:14]
    return {
        "entropy": (entropy + more_entropy) / (tokens + more_tokens),
        "logits/chosen": logits / tokens,
        "logits/rejected": more_logits / more_tokens,
        "mean_token_accuracy": top / tokens,
        "rewards/chosen": chosen / pairs,
        "rewards/rejected": rejected / pairs,
        "rewards/accuracies": right / pairs,
        "rewards/margins": (chosen - rejected) / pairs,
        "logps/chosen": chosen_logps / pairs,
        "logps/rejected": rejected_logps / pairs,
    }


def keep_sums_exact(plugin: Any) -> None:
    """Let FSDP leave what a model returns, and the sums of its gradients, in float32.

    Accelerate would round both to what is computed in: log-probabilities are differences of large numbers, and an
    adapter's gradients are small enough to be sent whole.
    """
    import torch

    policy = plugin.mixed_precision_policy
    if policy is not None:
        plugin.mixed_precision_policy = replace(policy, output_dtype=None, reduce_dtype=torch.float32)


def keep_inputs_short(model: Any) -> None:
    """Let adapters take bfloat16 as it comes under autocast.

    PEFT would make float32 of each input, of which autocast makes bfloat16 again: two copies of the same values.
    """
    for module in model.modules():
        if hasattr(module, "cast_input_dtype_enabled"):
            module.cast_input_dtype_enabled = False


def _is_fresh(model: Any) -> bool:
    """Whether an adapter changes nothing yet: the second factor of each of its products is zero."""
    return not any(bool(each.any()) for name, each in model.named_parameters() if ".lora_B.default" in name)
