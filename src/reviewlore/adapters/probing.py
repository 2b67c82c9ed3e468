"""A trained adapter asked for more than preferences: how it predicts texts, and what it writes. It judges nothing.

Owns torch and transformers with `bases` and `preferrer`, imported on first use.
"""

from collections.abc import Iterator, Mapping, Sequence

from reviewlore.adapters.bases import (
    REMARK_SHARE,
    encode_prompt,
    encode_remark,
    exact_arithmetic,
    quiet_libraries,
    use_bfloat16,
)
from reviewlore.adapters.preferrer import Preferrer
from reviewlore.dialogue import render_prompt, render_remark
from reviewlore.domain.recipe import PromptContext
from reviewlore.domain.training import Completion, TokenLoss

_AT_ONCE = 8  # remarks written beside each other


class AdapterProbe:
    """Adapter of the `Probe` port over an adapter in memory."""

    def __init__(self, preferrer: Preferrer, templates: Mapping[str, str]) -> None:
        self._preferrer, self._templates = preferrer, templates

    def losses(self, texts: Sequence[str]) -> tuple[TokenLoss, ...]:
        """Return how well each text is predicted, from its first token on, up to the recipe's number of tokens.

        An empty text has no tokens and no loss.
        """
        base = self._preferrer.base
        most = self._preferrer.recipe.text.max_tokens
        found = []
        for text in texts:
            tokens = base.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"][:most]
            means = [self._loss(tokens, adapted) if tokens else 0.0 for adapted in (True, False)]
            found.append(TokenLoss(means[0], means[1], len(tokens)))
        return tuple(found)

    def completions(self, context: PromptContext, remarks: Sequence[str]) -> tuple[float, ...]:
        """Return the summed log-probability of each remark on a hunk, its end included, under the adapter."""
        base, text = self._preferrer.base, self._preferrer.recipe.text
        prompt = encode_prompt(base, render_prompt(self._templates, context, text), text.max_tokens)
        rows = [encode_remark(base, render_remark(remark, text), text.max_tokens) for remark in remarks]
        return tuple(float(row.sum()) for row in self._preferrer.weigh(prompt, rows))

    def write(self, contexts: Sequence[PromptContext], tokens: int) -> tuple[Completion, ...]:
        """Return the remark that the adapter writes on each hunk, greedily, of at most so many tokens.

        A remark gets no more than its share of the recipe's tokens, as in training.
        """
        base, text = self._preferrer.base, self._preferrer.recipe.text
        prompts = [
            encode_prompt(base, render_prompt(self._templates, each, text), text.max_tokens) for each in contexts
        ]
        most = min(tokens, text.max_tokens // REMARK_SHARE)
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        found: dict[int, Completion] = {}
        for batch in _batches(order):
            answers = self._generate([prompts[index] for index in batch], most)
            found.update(zip(batch, map(self._decode, answers), strict=True))
        return tuple(found[index] for index in range(len(prompts)))

    def _loss(self, tokens: list[int], adapted: bool) -> float:
        (row,) = self._preferrer.weigh([], [tokens], adapted=adapted)
        return float(-row.mean())

    def _generate(self, prompts: Sequence[list[int]], most: int) -> list[list[int]]:
        """Write after prompts of about one length, padded on the left, where the padding is masked out."""
        import torch
        from transformers import GenerationConfig

        base, model, recipe = self._preferrer.base, self._preferrer.model, self._preferrer.recipe
        width = max(map(len, prompts))
        rows = torch.tensor([[base.pad] * (width - len(prompt)) + prompt for prompt in prompts], device=model.device)
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=rows.device)
        greedy = GenerationConfig(
            do_sample=False, num_beams=1, max_new_tokens=most, eos_token_id=base.end, pad_token_id=base.pad
        )
        with (
            quiet_libraries(),
            exact_arithmetic(recipe.run.threads),
            torch.inference_mode(),
            torch.autocast(model.device.type, torch.bfloat16, enabled=use_bfloat16(recipe.run.precision)),
        ):
            written = model.generate(input_ids=rows, attention_mask=mask, generation_config=greedy)
        return [row[width:].tolist() for row in written]

    def _decode(self, answer: list[int]) -> Completion:
        base = self._preferrer.base
        ended = base.end in answer
        said = answer[: answer.index(base.end)] if ended else answer
        return Completion(base.tokenizer.decode(said, skip_special_tokens=True).strip(), ended)


def _batches(order: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), _AT_ONCE):
        yield order[start : start + _AT_ONCE]
