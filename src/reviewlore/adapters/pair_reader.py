"""Dataset rows of token pairs -> batches -> log-probabilities, in the cheapest way that is right for a model.

It knows neither a loss nor a trainer.
"""

import functools
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Literal

from reviewlore.adapters import sharing
from reviewlore.adapters.bases import Base
from reviewlore.adapters.completion_head import TokenScores, can_use_head
from reviewlore.adapters.prefix_trees import make_row_batch, make_tree_batch, see, tabulate
from reviewlore.adapters.tree_attention import attend_piecewise
from reviewlore.stages.batching import PairTokens

# Remarks on one prompt share it ("trees"), each is a padded row of its own ("rows"), or such a row through the model's
# own output layer at every position ("logits": scaled logits, experts with a loss of their own, unknown architectures).
Reading = Literal["trees", "rows", "logits"]


class PairReader:
    """Collates rows (as TRL names their columns) and reads them by a model with a completion head."""

    def __init__(self, base: Base, smoothing: float, multiple: int) -> None:
        self.reading: Reading = "trees"
        self._base, self._smoothing, self._multiple = base, smoothing, multiple
        self._experts = False

    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the tensors of a batch (see `make_tree_batch`) and its pairs' `weight` and `smoothing`."""
        import torch

        pairs = [find_pair(each) for each in examples]
        longest = max(len(pair.prompt) + max(len(pair.chosen), len(pair.rejected)) for pair in pairs)
        shared = self.reading == "trees" and not sharing.exceeds_window(self._config(), longest)
        batch = (make_tree_batch if shared else make_row_batch)(pairs, self._base.pad, self._multiple)
        batch["shared"] = shared
        batch["weight"] = torch.tensor([each.get("weight", 1.0) for each in examples])
        batch["smoothing"] = torch.tensor([each.get("smoothing", self._smoothing) for each in examples])
        if "ref_chosen_logps" in examples[0]:
            for name in ("ref_chosen_logps", "ref_rejected_logps"):
                batch[name] = torch.tensor([each[name] for each in examples])
        return batch

    def read(self, model: Any, batch: Mapping[str, Any]) -> TokenScores:
        """Return the scores of a batch's asked tokens by one forward pass."""
        seen = batch["trees"] >= 0
        named = {"attention_mask": see(batch["trees"], batch["branches"]) if batch["shared"] else seen.long()}
        if batch["shared"]:
            named["position_ids"] = batch["position_ids"]
        if self.reading == "logits":
            named |= {"own_head": False, **({"output_router_logits": True} if self._experts else {})}
        asked = {"places": batch["places"], "targets": batch["targets"]}
        on_cpu = batch["input_ids"].device.type == "cpu"
        piecewise = batch["shared"] and on_cpu and not self._base.model.is_gradient_checkpointing
        with attend_piecewise(self._config(), batch["pieces"]) if piecewise else nullcontext():
            return TokenScores(*model(input_ids=batch["input_ids"], **asked, **named))

    def settle(self, model: Any, pair: PairTokens, accelerator: Any, *, experts: bool) -> None:
        """Take the cheapest way that gives this model's own log-probabilities on pieces of one pair.

        With `experts`, their balance is a part of the loss, and everything has to be read as it is given.
        """
        import torch
        from accelerate.utils import send_to_device

        self._experts = experts
        device = self._base.model.device  # weights that are to be sharded are not on the accelerator yet
        bfloat16 = accelerator.mixed_precision == "bf16"
        tried = [make_row(each) for each in _pieces(pair, sharing.TRIED)]

        def score(way: Reading) -> list[Any]:
            self.reading = way
            batch = send_to_device(self.collate(tried), device)
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                table = tabulate(self.read(model, batch).log_probs, batch)
            return [table[batch["chosen"]], table[batch["rejected"]]]

        ways: list[Reading] = []
        if can_use_head(self._base.model) and not experts:
            ways = ["trees", "rows"] if sharing.takes_masks(self._config()) else ["rows"]
        plain = functools.cache(functools.partial(score, "logits"))
        fine = (way for way in ways if sharing.agree(functools.partial(score, way), plain, bfloat16=bfloat16))
        self.reading = next(fine, "logits")

    def _config(self) -> Any:
        return self._base.model.config.get_text_config()


def find_pair(row: Mapping[str, Any]) -> PairTokens:
    """Return a dataset row's tokens."""
    return PairTokens(tuple(row["prompt_ids"]), tuple(row["chosen_ids"]), tuple(row["rejected_ids"]))


def make_row(pair: PairTokens) -> dict[str, Any]:
    """Return a pair's tokens as a dataset row."""
    return {"prompt_ids": pair.prompt, "chosen_ids": pair.chosen, "rejected_ids": pair.rejected}


def _pieces(pair: PairTokens, most: int) -> list[PairTokens]:
    """Return pieces of a pair to try a model on: one long tree, and two short ones that share a row."""
    first = (pair.prompt + pair.chosen)[-most:]
    second = (pair.rejected + pair.prompt)[-most:]
    short = most // 4
    return [
        PairTokens(pair.prompt[-most:], first, second),
        PairTokens(pair.prompt[-short:], first[:short], second[:short]),
        PairTokens(pair.prompt[1 - short :], second[:short], first[:short]),
    ]
