"""What is wrong between a recipe's values that are each fine alone: its sections in, sentences out.

A value that would have no effect is told as one that does harm is: whoever wrote it believes in it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from reviewlore.domain.recipe import Lora, Loss, MadeBase, NamedBase, Run, Stopping, TextBudget, WarmStart

COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CHARACTERS_PER_TOKEN = 4  # code and review remarks measure 3.6 bytes a token with an 8k vocabulary
_SMOOTHED = ("robust", "conservative")


def find_contradictions(parts: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each contradiction in a recipe's sections, by their names; none where all can be used.

    A section that is None could not be read: what depends on it is not told.
    """
    errors = []
    for names, check in _CHECKS:
        sections = [parts[name] for name in names]
        if None not in sections:
            errors += check(*sections)
    return errors


def _check_loss(loss: Loss) -> list[str]:
    errors = []
    if loss.label_smoothing and loss.kind not in _SMOOTHED:
        errors.append(
            'loss.label_smoothing acts with loss.kind = "robust" or "conservative" only, '
            f'not with "{loss.kind}"; set it to 0'
        )
    if loss.evidence == "smoothing" and loss.kind != "conservative":
        errors.append(f'loss.evidence = "smoothing" goes with loss.kind = "conservative" only, not with "{loss.kind}"')
    if loss.kind in _SMOOTHED and not loss.label_smoothing and loss.evidence != "smoothing":
        errors.append(f'loss.kind = "{loss.kind}" without loss.label_smoothing is "sigmoid"; say so, or smooth')
    if loss.method != "dpo" and loss.kind != "sigmoid":
        errors.append(f'loss.kind is of DPO; with loss.method = "{loss.method}" set it to "sigmoid"')
    if loss.length_alpha != 1.0 and loss.method != "dpo":
        errors.append(f'loss.length_alpha is of DPO; with loss.method = "{loss.method}" set it to 1')
    if loss.length_alpha != 1.0 and loss.kind == "sigmoid_norm":
        errors.append('loss.kind = "sigmoid_norm" averages over tokens already; set loss.length_alpha to 1')
    return errors


def _check_run(run: Run, base: MadeBase | NamedBase, warm_start: WarmStart) -> list[str]:
    errors = []
    if run.batch_size % (run.micro_batch * run.processes):
        errors.append(
            f"run.batch_size = {run.batch_size} must be a multiple of run.micro_batch * run.processes = "
            f"{run.micro_batch * run.processes}"
        )
    if run.sharding == "none":
        return errors
    if run.processes == 1:
        errors.append(f'run.sharding = "{run.sharding}" needs run.processes above 1')
    if isinstance(base, NamedBase) and base.quantization != "none":
        errors.append('run.sharding = "fsdp" spreads floats, not base.quantization = "nf4"; use one of them')
    if warm_start.max_steps:
        errors.append('warm_start goes with run.sharding = "none" only: weights are sharded for one trainer')
    return errors


def _check_warm_start(settings: WarmStart) -> list[str]:
    if settings.max_steps and settings.epochs and settings.learning_rate:
        return []
    if settings.max_steps or settings.epochs or settings.learning_rate:
        return ["warm_start needs max_steps, epochs and learning_rate above 0, or all three at 0 to be left out"]
    return []


def _check_stopping(settings: Stopping) -> list[str]:
    errors = []
    if settings.folds == 1:
        errors.append("stopping.folds = 1 leaves nothing to judge by; set it to 0, or to 2 or more")
    if settings.share and not (settings.every or settings.folds):
        errors.append("stopping.share keeps pairs from training that nothing judges; set stopping.every, or share to 0")
    if not settings.share and (settings.every or settings.folds):
        errors.append("stopping.every and stopping.folds need a stopping.share of pull requests to judge by")
    return errors


def _check_text(text: TextBudget) -> list[str]:
    if text.hunk_characters + text.remark_characters <= _CHARACTERS_PER_TOKEN * text.max_tokens:
        return []
    return [
        f"text.max_tokens = {text.max_tokens} is too small for {text.hunk_characters} + {text.remark_characters} "
        f"characters (about {_CHARACTERS_PER_TOKEN} a token)"
    ]


def _check_lora(lora: Lora) -> list[str]:
    errors, targets = [], lora.targets
    if "lm_head" in targets:
        errors.append("lora.targets must not hold lm_head: TRL's DPO trainer would never train it")
    if len(set(targets)) != len(targets):
        errors.append("lora.targets names a layer twice")
    return errors


def _check_base(base: MadeBase | NamedBase, run: Run) -> list[str]:
    if isinstance(base, MadeBase):
        if base.width % (2 * base.heads):
            return [f"base.width = {base.width} must be a multiple of twice base.heads = {base.heads} (rotary halves)"]
        return []
    errors = []
    if not _HUB_NAME.fullmatch(base.id):
        errors.append(f"base.id = {base.id!r} is no hub name (OWNER/NAME); where it lies on disk is configuration")
    if base.revision and not COMMIT.fullmatch(base.revision):
        errors.append("base.revision must be a full commit id (40 hexadecimal digits), or empty until resolved")
    if base.quantization == "nf4" and run.precision == "float32":
        errors.append('base.quantization = "nf4" is rounded to 4 bits; set run.precision to "auto"')
    return errors


_CHECKS: tuple[tuple[tuple[str, ...], Callable[..., list[str]]], ...] = (
    (("loss",), _check_loss),
    (("run", "base", "warm_start"), _check_run),
    (("warm_start",), _check_warm_start),
    (("stopping",), _check_stopping),
    (("text",), _check_text),
    (("lora",), _check_lora),
    (("base", "run"), _check_base),
)
