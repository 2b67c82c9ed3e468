"""A trained adapter on its base model, asked how much it prefers a remark.

In: an adapter's verified files. Out: a `Preferrer`. It writes nothing: answers are `writer`'s.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewlore.adapters.bases import (
    Base,
    encode,
    exact_arithmetic,
    first_line,
    make_base,
    open_named,
    quiet_libraries,
    use_bfloat16,
)
from reviewlore.adapters.lora import attach
from reviewlore.adapters.runs import require_model_extra
from reviewlore.adapters.weights import BASE_WEIGHTS, TOKENIZER, VerifiedAdapter, made_revision
from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.errors import StateError


class Preferrer:
    """An adapter on its base, ready to say how much training raised the probability of a remark."""

    def __init__(self, base: Base, model: Any, recipe: Recipe) -> None:
        self.recipe = recipe
        self._base = base
        self._model = model.eval()

    def score(self, rows: Sequence[tuple[str, str]], batch_size: int = 1) -> list[float]:
        """Return DPO's implicit reward (Rafailov et al. 2023, equation 5) of each (prompt, remark), higher is better.

        beta times the log-probability of the remark's tokens under the adapter minus under the base; averaged over
        tokens where the recipe's loss is (`sigmoid_norm`), else summed. With `batch_size` 1 a row's score depends on
        that row alone, to the bit; larger batches are faster on a GPU and differ in the sixth digit.
        """
        import torch

        rewards: list[float] = []
        with quiet_libraries(), exact_arithmetic(self.recipe.run.threads), torch.inference_mode():
            for start in range(0, len(rows), batch_size):
                tokens = [
                    encode(self._base, prompt, remark, self.recipe.text.max_tokens)
                    for prompt, remark in rows[start : start + batch_size]
                ]
                policy = self._log_probabilities(tokens)
                with self._model.disable_adapter():
                    reference = self._log_probabilities(tokens)
                rewards += [self._reward(a, b) for a, b in zip(policy, reference, strict=True)]
        return rewards

    def _reward(self, policy: Any, reference: Any) -> float:
        difference = policy - reference
        total = difference.mean() if self.recipe.loss.kind == "sigmoid_norm" else difference.sum()
        return float(self.recipe.loss.beta * total)

    def _log_probabilities(self, tokens: Sequence[tuple[list[int], list[int]]]) -> list[Any]:
        """Return, for each row, the log-probabilities of its remark's tokens (float32, one a token)."""
        import torch

        longest = max(len(prompt) + len(remark) for prompt, remark in tokens)
        ids = torch.full((len(tokens), longest), self._base.pad)
        mask = torch.zeros_like(ids)
        for row, (prompt, remark) in enumerate(tokens):
            ids[row, : len(prompt) + len(remark)] = torch.tensor(prompt + remark)
            mask[row, : len(prompt) + len(remark)] = 1
        shortest = min(len(prompt) for prompt, _ in tokens)
        device = self._model.device
        with torch.autocast(device.type, torch.bfloat16, enabled=use_bfloat16(self.recipe.run.precision)):
            # Logits are needed from the last prompt token on; before it they would only cost memory.
            logits = self._model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                use_cache=False,
                logits_to_keep=longest - shortest + 1,
            ).logits
        found = []
        for row, (prompt, remark) in enumerate(tokens):
            begin = len(prompt) - shortest
            scores = logits[row, begin : begin + len(remark)].float().log_softmax(-1)
            found.append(scores.gather(1, torch.tensor(remark, device=device).unsqueeze(1)).squeeze(1))
        return found


def load_preferrer(adapter: VerifiedAdapter, base_folder: Path | None = None) -> Preferrer:
    """Return a verified adapter on its base; StateError where its weights do not fit, MissingExtra without torch."""
    require_model_extra()
    with quiet_libraries():
        import torch

        settings = adapter.recipe.base
        base = _reopen_made(settings, adapter) if isinstance(settings, MadeBase) else open_named(settings, base_folder)
        model = attach(base.model, adapter)
        if torch.cuda.is_available() and not isinstance(settings, MadeBase):
            model = model.to("cuda")
        return Preferrer(base, model, adapter.recipe)


def _reopen_made(settings: MadeBase, adapter: VerifiedAdapter) -> Base:
    from safetensors.torch import load

    try:
        base = make_base(settings, adapter.contents[TOKENIZER], 0, adapter.recipe.text.max_tokens)
        tensors = load(adapter.contents[BASE_WEIGHTS])
        result = base.model.load_state_dict(tensors, strict=False)
    except Exception as error:  # the tokenizers library raises bare exceptions
        raise StateError(f"The adapter's base model cannot be loaded: {first_line(error)} Train again.") from error
    # The output layer shares the embedding's weights, so it alone may be missing.
    if result.unexpected_keys or set(result.missing_keys) - {"lm_head.weight"}:
        raise StateError(f"{BASE_WEIGHTS} does not hold the recipe's base model. Train again.")
    base.id, base.revision = adapter.base_model, made_revision(adapter.contents[BASE_WEIGHTS])
    return base
