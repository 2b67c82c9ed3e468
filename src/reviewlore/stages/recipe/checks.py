"""What is wrong between a recipe's values that are each fine alone: a recipe in, sentences out.

A value that would have no effect is told as one that does harm is: whoever wrote it believes in it.
"""

import re

from reviewlore.domain.recipe import Loss, MadeBase, NamedBase, Recipe, Stopping, WarmStart

COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CHARACTERS_PER_TOKEN = 4  # code and review remarks measure 3.6 bytes a token with an 8k vocabulary
_SMOOTHED = ("robust", "conservative")


def find_contradictions(recipe: Recipe) -> list[str]:
    """Return a sentence for each contradiction; none where the recipe can be used."""
    return [
        *_check_loss(recipe.loss),
        *_check_run(recipe),
        *_check_warm_start(recipe.warm_start),
        *_check_stopping(recipe.stopping),
        *_check_text(recipe),
        *_check_lora(recipe),
        *_check_base(recipe),
    ]


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


def _check_run(recipe: Recipe) -> list[str]:
    errors, run = [], recipe.run
    if run.batch_size % (run.micro_batch * run.processes):
        errors.append(
            f"run.batch_size = {run.batch_size} must be a multiple of run.micro_batch * run.processes = "
            f"{run.micro_batch * run.processes}"
        )
    if run.sharding == "none":
        return errors
    if run.processes == 1:
        errors.append(f'run.sharding = "{run.sharding}" needs run.processes above 1')
    if isinstance(recipe.base, NamedBase) and recipe.base.quantization != "none":
        errors.append('run.sharding = "fsdp" spreads floats, not base.quantization = "nf4"; use one of them')
    if recipe.warm_start.max_steps:
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


def _check_text(recipe: Recipe) -> list[str]:
    text = recipe.text
    if text.hunk_characters + text.remark_characters <= _CHARACTERS_PER_TOKEN * text.max_tokens:
        return []
    return [
        f"text.max_tokens = {text.max_tokens} is too small for {text.hunk_characters} + {text.remark_characters} "
        f"characters (about {_CHARACTERS_PER_TOKEN} a token)"
    ]


def _check_lora(recipe: Recipe) -> list[str]:
    errors, targets = [], recipe.lora.targets
    if "lm_head" in targets:
        errors.append("lora.targets must not hold lm_head: TRL's DPO trainer would never train it")
    if len(set(targets)) != len(targets):
        errors.append("lora.targets names a layer twice")
    return errors


def _check_base(recipe: Recipe) -> list[str]:
    base = recipe.base
    if isinstance(base, MadeBase):
        if base.width % (2 * base.heads):
            return [f"base.width = {base.width} must be a multiple of twice base.heads = {base.heads} (rotary halves)"]
        return []
    errors = []
    if not _HUB_NAME.fullmatch(base.id):
        errors.append(f"base.id = {base.id!r} is no hub name (OWNER/NAME); where it lies on disk is configuration")
    if base.revision and not COMMIT.fullmatch(base.revision):
        errors.append("base.revision must be a full commit id (40 hexadecimal digits), or empty until resolved")
    if base.quantization == "nf4" and recipe.run.precision == "float32":
        errors.append('base.quantization = "nf4" is rounded to 4 bits; set run.precision to "auto"')
    return errors
