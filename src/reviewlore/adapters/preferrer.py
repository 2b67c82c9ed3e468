"""A trained adapter on its base model, asked how much it prefers a remark.

In: an adapter's verified files. Out: a `Preferrer`. It writes nothing: answers are `writer`'s.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from reviewlore.adapters import sharing
from reviewlore.adapters.bases import (
    Base,
    encode_prompt,
    encode_remark,
    exact_arithmetic,
    make_base,
    open_named,
    quiet_libraries,
    use_bfloat16,
)
from reviewlore.adapters.lora import attach
from reviewlore.adapters.prefix_cache import PrefixCache, ReadPrompt
from reviewlore.adapters.runs import first_line, require_model_extra
from reviewlore.adapters.weights import BASE_WEIGHTS, TOKENIZER, VerifiedAdapter, made_revision
from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.errors import StateError

_PACK = 512  # tokens of remarks read at once
_KEPT = 1 << 29  # bytes of prompts kept: ten or more of 1,000 tokens by a model of half a billion parameters


class Preferrer:
    """An adapter on its base, ready to say how much training raised the probability of a remark.

    Prompts read last are kept as they were read, so the model's weights must not change.
    """

    def __init__(self, base: Base, model: Any, recipe: Recipe) -> None:
        self.recipe = recipe
        self._base = base
        self._model, self._device = model.eval(), model.device
        self._shares: bool | None = None  # whether this model's prompts can be shared; not known before the first
        self._prefixes = PrefixCache(_KEPT)

    def score(self, rows: Sequence[tuple[str, str]]) -> list[float]:
        """Return the reward of each (prompt, remark) that the recipe's method learns by, higher is better.

        Of DPO and KTO the implicit reward (Rafailov et al. 2023, equation 5): beta times the log-probability of the
        remark's tokens under the adapter minus under the base; averaged over tokens where the recipe's loss is
        (`sigmoid_norm`), else summed. Of ORPO, which has no reference, beta times the average log-probability of its
        tokens under the adapter: the odds that its loss compares (Hong et al. 2024, equation 4) rise with that.

        After a warm start it is the base, too, and not what the warm start made of it, which DPO's loss refers to: a
        server and a state branch hold one adapter. So a score has a share of how the team writes in it.

        Remarks on one prompt are scored together, with the prompt read once, and not again while it is among the last
        ones; what else is scored moves a remark's log-probability by 1e-3 at most (in float32).
        """
        import torch

        most = self.recipe.text.max_tokens
        prompts: dict[str, list[int]] = defaultdict(list)
        for index, (prompt, _) in enumerate(rows):
            prompts[prompt].append(index)
        rewards = [0.0] * len(rows)
        self._wake()
        with quiet_libraries(), exact_arithmetic(self.recipe.run.threads), torch.inference_mode():
            for prompt, members in prompts.items():
                shared = encode_prompt(self._base, prompt, most) or [self._base.end]  # something has to come first
                remarks = [encode_remark(self._base, rows[index][1], most) for index in members]
                ratios = self._log_probabilities(shared, remarks, adapted=True)
                if self.recipe.loss.method != "orpo":
                    reference = self._log_probabilities(shared, remarks, adapted=False)
                    ratios = [ours - theirs for ours, theirs in zip(ratios, reference, strict=True)]
                for index, ratio in zip(members, ratios, strict=True):
                    rewards[index] = self._reward(ratio)
        return rewards

    def weigh(self, prompt: list[int], answers: Sequence[list[int]], *, adapted: bool = True) -> list[Any]:
        """Return, for each answer to one prompt, the log-probabilities (nats) of its tokens as a float32 tensor.

        All are tokens; they are those of the adapter, or (`adapted` False) of its base. The prompt is read once.
        """
        import torch

        shared = prompt or [self._base.end]
        self._wake()
        with quiet_libraries(), exact_arithmetic(self.recipe.run.threads), torch.inference_mode():
            return self._log_probabilities(shared, answers, adapted=adapted)

    @property
    def base(self) -> Base:
        """The base model and its tokenizer."""
        return self._base

    @property
    def model(self) -> Any:
        """The base model with the adapter on it, where it computes."""
        self._wake()
        return self._model

    def rest(self) -> None:
        """Leave the accelerator to a training: the model waits in the machine's memory until it is asked again."""
        self._prefixes = PrefixCache(_KEPT)
        self._model.to("cpu")

    def _wake(self) -> None:
        """Put the model back; never in inference mode, whose tensors cannot be moved out of it again."""
        if self._model.device != self._device:
            self._model.to(self._device)

    def _reward(self, ratio: Any) -> float:
        loss = self.recipe.loss
        averaged = loss.kind == "sigmoid_norm" or loss.method == "orpo"
        return float(loss.beta * (ratio.mean() if averaged else ratio.sum()))

    def _log_probabilities(self, prompt: list[int], remarks: Sequence[list[int]], *, adapted: bool) -> list[Any]:
        """Return, for each remark on a prompt, the log-probabilities of its tokens (float32, one a token)."""
        longest = len(prompt) + max(map(len, remarks))
        with nullcontext() if adapted else self._model.disable_adapter():
            if sharing.exceeds_window(self._model.config, longest) or not self._can_share(prompt, remarks):
                return [self._alone(prompt, remark) for remark in remarks]
            reader = tuple(self._model.active_adapters) if adapted else ()
            read = self._prefixes.find(reader, prompt)
            if read is None:
                read = self._read(prompt)
                self._prefixes.keep(reader, prompt, read)
            return self._together(read, len(prompt), remarks)

    def _can_share(self, prompt: list[int], remarks: Sequence[list[int]]) -> bool:
        """Whether this kind of model gives the same together as alone: tried once, on a piece of the first prompt."""
        if self._shares is None:
            most = sharing.TRIED
            piece = prompt[-most:]
            two = [(piece + remark)[-most:] for remark in (remarks[0], remarks[-1])]  # never of one token only
            self._shares = sharing.takes_masks(self._model.config) and sharing.agree(
                lambda: self._together(self._read(piece), len(piece), two),
                lambda: [self._alone(piece, remark) for remark in two],
                bfloat16=self._bfloat16,
            )
        return self._shares

    def _alone(self, prompt: list[int], remark: list[int]) -> Any:
        logits = self._forward(prompt + remark[:-1], use_cache=False, logits_to_keep=len(remark)).logits[0]
        return _choose(logits, remark)

    def _read(self, prompt: list[int]) -> ReadPrompt:
        read = self._forward(prompt, use_cache=True, logits_to_keep=1)
        return ReadPrompt(read.past_key_values, read.logits[0, -1:])

    def _together(self, read: ReadPrompt, prompt: int, remarks: Sequence[list[int]]) -> list[Any]:
        """Read remarks beside each other after a prompt of `prompt` tokens: each sees the prompt and itself.

        Packing as in tree attention (SpecInfer, Miao et al. 2024, section 4.2); positions restart after the prompt.
        """
        import torch

        first = read.first
        found: list[Any] = []
        for pack in _packs(remarks):
            bodies = [remark[:-1] for remark in pack]  # what follows the last token is not asked
            rows = first.new_zeros((0, first.shape[1]))
            if any(bodies):
                mask, positions = _beside(bodies, prompt)
                tokens = [token for body in bodies for token in body]
                options = {"attention_mask": mask.to(first.device), "position_ids": positions.to(first.device)}
                rows = self._forward(tokens, use_cache=True, past_key_values=read.cache, **options).logits[0]
                read.rewind(len(tokens))
            parts = rows.split([len(body) for body in bodies])
            found += [_choose(torch.cat([first, part]), remark) for part, remark in zip(parts, pack, strict=True)]
        return found

    def _forward(self, tokens: list[int], **options: Any) -> Any:
        import torch

        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16):
            return self._model(input_ids=torch.tensor([tokens], device=self._device), **options)

    @property
    def _bfloat16(self) -> bool:
        return use_bfloat16(self.recipe.run.precision)


def _choose(logits: Any, remark: list[int]) -> Any:
    """Return the log-probabilities of a remark's tokens; logits have one row a token."""
    import torch

    scores = logits.float().log_softmax(-1)
    return scores.gather(1, torch.tensor(remark, device=scores.device).unsqueeze(1)).squeeze(1)


def _packs(remarks: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Cut remarks into packs of a bounded number of tokens: logits take memory, one row of the vocabulary a token."""
    pack: list[list[int]] = []
    size = 0
    for remark in remarks:
        if pack and size + len(remark) > _PACK:
            yield pack
            pack, size = [], 0
        pack.append(remark)
        size += len(remark)
    if pack:
        yield pack


def _beside(bodies: Sequence[list[int]], prompt: int) -> tuple[Any, Any]:
    """Return what each token of the remarks may see (bool, 1 x 1 x tokens x (prompt + tokens)), and its position."""
    import torch

    blocks = [torch.ones(len(body), len(body), dtype=torch.bool).tril() for body in bodies]
    own = torch.block_diag(*blocks).bool()
    mask = torch.cat([torch.ones(len(own), prompt, dtype=torch.bool), own], dim=1)
    positions = torch.cat([torch.arange(prompt, prompt + len(body)) for body in bodies])
    return mask[None, None], positions[None]


def load_preferrer(adapter: VerifiedAdapter, base_folder: Path | None = None) -> Preferrer:
    """Return a verified adapter on its base; StateError where its weights do not fit, MissingExtra without torch."""
    require_model_extra()
    with quiet_libraries():
        import torch

        settings = adapter.recipe.base
        base = reopen_base(adapter, base_folder)
        model = attach(base.model, adapter)
        if torch.cuda.is_available() and not isinstance(settings, MadeBase):
            model = model.to("cuda")
        return Preferrer(base, model, adapter.recipe)


def reopen_base(adapter: VerifiedAdapter, folder: Path | None) -> Base:
    """Return the base an adapter was trained on: made anew from its files, or opened by name (see `open_named`)."""
    settings = adapter.recipe.base
    if isinstance(settings, MadeBase):
        return _reopen_made(settings, adapter)
    return open_named(settings, folder, precision=adapter.recipe.run.precision)


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
