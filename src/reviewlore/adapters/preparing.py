"""What preferences are learned on: a base model opened or made, adapted, and warmed up; its token rows.

In: a lesson and the run's folder. Out: a `Prepared`. What took time is kept in the folder, and read from there when the
run is taken up. Owns torch and safetensors with `trainer`.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewlore.adapters import weights
from reviewlore.adapters.bases import (
    REMARK_SHARE,
    Base,
    encode,
    encode_prompt,
    encode_remark,
    make_base,
    make_tokenizer,
    open_named,
    save_base,
    use_bfloat16,
)
from reviewlore.adapters.checkpoints import RunFolder
from reviewlore.adapters.following import WEIGHTS, adapter_bytes
from reviewlore.adapters.lora import adapt, check_size
from reviewlore.adapters.warm_start import draw_passes, warm_start
from reviewlore.domain.recipe import Dialogue, MadeBase, Recipe
from reviewlore.domain.training import Lesson
from reviewlore.ports import Console
from reviewlore.stages.batching import PairTokens

_BASE, _WARM = "base", "warm-start"
_LOG = "log.json"


@dataclass(slots=True)
class Prepared:
    """A base with a trainable adapter, and what it is trained on.

    `files` are those of a made base, kept beside the adapter; `log` is the warm start's; `cut` counts the rows of
    which a prompt or a remark had more tokens than the budget. `phases` are seconds of making the base and of the warm
    start, where they were not taken from the run's folder.
    """

    base: Base
    model: Any
    rows: list[PairTokens]
    files: dict[str, bytes]
    log: tuple[dict[str, float], ...] = ()
    cut: dict[str, int] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)


def prepare(lesson: Lesson, recipe: Recipe, folder: RunFolder, console: Console, base_folder: Path | None) -> Prepared:
    """Return the adapted model that is to learn preferences; `recipe` is the lesson's, as memory allows it."""
    begin = time.monotonic()
    base, files = _open_base(lesson, folder, console, base_folder)
    phases = {"base": round(time.monotonic() - begin, 2)}
    cut = {"prompt_tokens": 0, "remark_tokens": 0}
    rows = [tokenize(base, each, recipe, cut) for each in lesson.train]
    model = adapt(base, recipe, seed=lesson.seed)
    check_size(model, recipe, bfloat16=use_bfloat16(recipe.run.precision))
    found = folder.kept(_WARM)
    if found is not None:
        load_adapter(model, found[WEIGHTS])
        return Prepared(base, model, rows, files, tuple(json.loads(found[_LOG])), cut, phases)
    begin = time.monotonic()
    log = warm_start(base, model, recipe, rows, seed=lesson.seed, folder=folder.path / "partial-sft", console=console)
    if log:
        phases["warm_start"] = round(time.monotonic() - begin, 2)
        folder.keep(_WARM, {WEIGHTS: adapter_bytes(model), _LOG: json.dumps(log).encode()})
    return Prepared(base, model, rows, files, log, cut, phases)


def tokenize(base: Base, dialogue: Dialogue, recipe: Recipe, cut: dict[str, int] | None = None) -> PairTokens:
    """Return a dialogue's tokens, those that `Preferrer.score` would read; what had to be cut is counted in `cut`."""
    limit = recipe.text.max_tokens
    prompt, chosen = encode(base, dialogue.prompt, dialogue.chosen, limit)
    rejected = encode_remark(base, dialogue.rejected, limit)
    if cut is not None:
        cut["prompt_tokens"] += len(prompt) == limit - limit // REMARK_SHARE
        cut["remark_tokens"] += chosen[-1] != base.end or rejected[-1] != base.end
    other = tuple(encode_prompt(base, dialogue.rejected_prompt, limit)) if dialogue.rejected_prompt else None
    return PairTokens(tuple(prompt), tuple(chosen), tuple(rejected), dialogue.weight, other)


def load_adapter(model: Any, data: bytes) -> None:
    """Put adapter weights, as `adapter_bytes` gave them, back into a model."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load

    set_peft_model_state_dict(model, load(data))


def _open_base(
    lesson: Lesson, folder: RunFolder, console: Console, base_folder: Path | None
) -> tuple[Base, dict[str, bytes]]:
    """Return the recipe's base and its files; a made one is warmed up once, and its files go with the adapter.

    They are kept, not made again: they depend on every training text, every version and the processor, and are small.
    """
    settings = lesson.recipe.base
    if not isinstance(settings, MadeBase):
        return open_named(settings, base_folder, precision=lesson.recipe.run.precision), {}
    files = folder.kept(_BASE)
    if files is None:
        texts = [text for each in lesson.train for text in (each.prompt, each.chosen, each.rejected)]
        tokenizer = make_tokenizer(texts, settings.vocabulary)
        base = make_base(settings, tokenizer, lesson.seed, lesson.recipe.text.max_tokens)
        _warm_up(base, settings, lesson, console)
        files = {weights.TOKENIZER: tokenizer, weights.BASE_WEIGHTS: save_base(base)}
        folder.keep(_BASE, files)
    else:
        base = make_base(settings, files[weights.TOKENIZER], lesson.seed, lesson.recipe.text.max_tokens)
        _load_base(base, files[weights.BASE_WEIGHTS])
    base.id, base.revision = f"made:{lesson.recipe.name}", weights.made_revision(files[weights.BASE_WEIGHTS])
    return base, files


def _load_base(base: Base, data: bytes) -> None:
    from safetensors.torch import load

    # The output layer shares the embedding's weights, so it is not among them.
    base.model.load_state_dict(load(data), strict=False)


def _warm_up(base: Base, settings: MadeBase, lesson: Lesson, console: Console) -> None:
    """Teach a made base to continue its training texts (prompt and chosen remark), for a fixed number of steps."""
    import torch

    model, size = base.model.train(), lesson.recipe.run.batch_size
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.warm_up_rate, weight_decay=0.0)
    order = draw_passes(lesson.train, max(1, settings.warm_up_steps) * size, lesson.seed)
    steps = range(settings.warm_up_steps)
    for step in console.track(steps, "Warming up the base model", settings.warm_up_steps):
        batch = order[step * size : (step + 1) * size]
        tokens = [encode(base, each.prompt, each.chosen, lesson.recipe.text.max_tokens) for each in batch]
        ids = [torch.tensor(prompt + remark) for prompt, remark in tokens]
        rows = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=base.pad)
        loss = model(input_ids=rows, labels=rows.masked_fill(rows == base.pad, -100), use_cache=False).loss
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = settings.warm_up_rate * (1 - step / settings.warm_up_steps)
        optimizer.step()
        optimizer.zero_grad()
