"""A recipe's TOML text -> a checked `Recipe`, and what a run by it will do.

Every error of a file is reported at once, with the nearest name for an unknown key.
It knows no file and no model; whether a base model exists is the trainer's business.
"""

import hashlib
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from math import ceil
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reviewlore.domain.recipe import (
    Guards,
    Lora,
    Loss,
    MadeBase,
    Minimum,
    NamedBase,
    Recipe,
    Run,
    Stopping,
    TextBudget,
    WarmStart,
)
from reviewlore.errors import ConfigError

_BASES: dict[str, type] = {"made": MadeBase, "named": NamedBase}
_SECTIONS: dict[str, type] = {
    "text": TextBudget,
    "lora": Lora,
    "warm_start": WarmStart,
    "loss": Loss,
    "run": Run,
    "stopping": Stopping,
    "guards": Guards,
    "minimum": Minimum,
}
_LIMITS: dict[str, tuple[float, float]] = {
    "base.layers": (1, 12),
    "base.width": (16, 768),
    "base.heads": (1, 16),
    "base.vocabulary": (320, 32_000),  # 256 bytes and a few merges at least
    "base.warm_up_steps": (0, 10_000),
    "base.warm_up_rate": (1e-6, 0.1),
    "text.hunk_characters": (64, 100_000),
    "text.remark_characters": (32, 20_000),
    "text.max_tokens": (64, 131_072),
    "lora.rank": (1, 256),
    "lora.alpha": (1, 1024),
    "lora.dropout": (0.0, 0.5),
    "warm_start.max_steps": (0, 1_000_000),
    "warm_start.epochs": (0.0, 100.0),
    "warm_start.learning_rate": (1e-7, 0.1),
    "loss.beta": (1e-3, 10.0),
    "loss.label_smoothing": (0.0, 0.49),  # TRL's `robust` divides by 1 - 2 * label_smoothing
    "loss.length_alpha": (0.0, 1.0),
    "run.learning_rate": (1e-7, 0.1),
    "run.batch_size": (1, 1024),
    "run.micro_batch": (1, 1024),
    "run.max_steps": (1, 1_000_000),
    "run.epochs": (0.01, 100.0),
    "run.warmup_share": (0.0, 0.5),
    "run.threads": (1, 256),
    "run.log_every": (1, 10_000),
    "run.checkpoint_every": (0, 100_000),
    "run.processes": (1, 64),
    "stopping.every": (0, 100_000),
    "stopping.patience": (1, 100),
    "stopping.share": (0.0, 0.5),
    "stopping.least_pairs": (1, 100_000),
    "stopping.folds": (0, 20),
    "guards.forgetting": (1.0, 100.0),
    "guards.canaries": (0, 100),
    "guards.exposure": (0.0, 64.0),
    "guards.length_correlation": (0.0, 1.0),
    "guards.valid": (0.0, 1.0),
    "guards.duplicates": (0.0, 1.0),
    "minimum.pairs": (2, 10_000_000),
    "minimum.pull_requests": (2, 10_000_000),
}
_CHARACTERS_PER_TOKEN = 4  # code and review remarks measure 3.6 bytes a token with an 8k vocabulary
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REVISION_LINE = re.compile(r'(?m)^(\s*revision\s*=\s*)"[^"\n]*"')


def parse_recipe(text: str, name: str) -> Recipe:
    """Return the recipe of a TOML text; ConfigError that lists everything wrong with it."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"Recipe {name} is not valid TOML: {error}.") from error
    return replace(recipe_from_mapping(tables, name), file_sha256=hashlib.sha256(text.encode()).hexdigest())


def recipe_from_mapping(tables: Mapping[str, Any], name: str) -> Recipe:
    """Return the recipe of parsed tables (TOML, or JSON as `recipe_tables` wrote it); ConfigError as `parse_recipe`."""
    errors: list[str] = []
    errors += _unknown("", tables, ("summary", "base", *_SECTIONS))
    summary = tables.get("summary")
    if not isinstance(summary, str) or not summary:
        errors.append("summary is missing: one sentence on what this recipe is for")
    parts = {"base": _read_base(tables.get("base"), errors)}
    parts |= {key: _read_section(key, kind, tables.get(key), errors) for key, kind in _SECTIONS.items()}
    if not errors:
        recipe = Recipe(name=name, summary=str(summary), **parts)
        errors += _contradictions(recipe)
        if not errors:
            return recipe
    listed = "\n".join(f"  - {error}" for error in errors)
    raise ConfigError(f"Recipe {name} cannot be used:\n{listed}")


def recipe_tables(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as nested tables of plain values; `recipe_from_mapping` reads them back."""
    tables = asdict(recipe)
    del tables["name"], tables["file_sha256"]
    tables["base"] = {"kind": _base_kind(recipe), **tables["base"]}
    tables["lora"]["targets"] = list(recipe.lora.targets)
    return tables


def recipe_settings(recipe: Recipe) -> dict[str, str]:
    """Return a recipe's values as flat text, for a manifest: `{"loss.beta": "0.1", …}`."""
    settings = {}
    for section, values in recipe_tables(recipe).items():
        for key, value in values.items() if isinstance(values, dict) else ():
            settings[f"{section}.{key}"] = ",".join(value) if isinstance(value, list) else str(value)
    return settings


def check_ready(recipe: Recipe) -> None:
    """Raise ConfigError where a named base model has no pinned revision: what was trained must be repeatable."""
    if isinstance(recipe.base, NamedBase) and not recipe.base.revision:
        raise ConfigError(
            f"Recipe {recipe.name} has no base.revision: the full commit id of {recipe.base.id} that is to be trained "
            "on. Let `reviewlore doctor` resolve and write it, or copy the id from the model's page."
        )


def pin_revision(text: str, revision: str) -> str:
    """Return a recipe's TOML text with `revision` written in; ConfigError where it is no full commit id."""
    if not _COMMIT.fullmatch(revision):
        raise ConfigError(f"{revision!r} is no full commit id of a model (40 hexadecimal digits).")
    pinned, count = _REVISION_LINE.subn(lambda found: f'{found.group(1)}"{revision}"', text)
    if count != 1:
        raise ConfigError(f"The recipe has {count} revision lines; it needs exactly one to be pinned.")
    return pinned


def find_shortage(recipe: Recipe, pairs: int, pull_requests: int) -> str | None:
    """Return what is missing to train by this recipe, as one sentence, or None where there is enough."""
    minimum = recipe.minimum
    if pairs >= minimum.pairs and pull_requests >= minimum.pull_requests:
        return None
    return (
        f"Recipe {recipe.name} needs at least {minimum.pairs} training pairs from {minimum.pull_requests} pull "
        f"requests; there are {pairs} from {pull_requests}. Mine more pull requests, or use the embedded ranker."
    )


def plan_steps(recipe: Recipe, pairs: int) -> int:
    """Return the number of optimizer steps for a number of training pairs."""
    return min(recipe.run.max_steps, ceil(recipe.run.epochs * pairs / recipe.run.batch_size))


def plan_order(pair_weights: Sequence[float], count: int, seed: int) -> list[int]:
    """Return `count` indices, shuffled, in which a pair stands in proportion to its weight.

    Systematic sampling: a pair with weight w stands floor or ceil of count * w / sum(weights) times, so that no pair
    is left out by bad luck, and stock TRL, which has no weights, honours them.
    """
    randomness = random.Random(seed)  # noqa: S311 - reproducible, not secret
    step = sum(pair_weights) / count
    threshold = step * randomness.random()
    order: list[int] = []
    passed = 0.0
    for index, weight in enumerate(pair_weights):
        passed += weight
        while threshold < passed and len(order) < count:
            order.append(index)
            threshold += step
    order += [len(pair_weights) - 1] * (count - len(order))  # rounding at the very end
    randomness.shuffle(order)
    return order


def _base_kind(recipe: Recipe) -> str:
    return "made" if isinstance(recipe.base, MadeBase) else "named"


def _read_base(table: Any, errors: list[str]) -> Any:
    kind = table.get("kind") if isinstance(table, dict) else None
    if kind not in _BASES:
        errors.append(f"base.kind must be one of {', '.join(_BASES)}, not {kind!r}")
        return None
    return _read_section("base", _BASES[kind], {key: value for key, value in table.items() if key != "kind"}, errors)


def _read_section(section: str, kind: type, table: Any, errors: list[str]) -> Any:
    """Return the section's record, or None after appending what is wrong with it."""
    if not isinstance(table, dict):
        errors.append(f"[{section}] is missing")
        return None
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    found = _unknown(f"{section}.", table, names)
    found += [f"{section}.{name} is missing" for name in names if name not in table]
    values = {}
    for name in names:
        if name in table:
            values[name], problem = _read_value(f"{section}.{name}", hints[name], table[name])
            found += [problem] if problem else []
    errors += found
    return None if found else kind(**values)


def _read_value(key: str, hint: Any, value: Any) -> tuple[Any, str | None]:
    """Return the value as its type wants it, and what is wrong with it."""
    if get_origin(hint) is Literal:
        return value, None if value in get_args(hint) else f"{key} must be one of {', '.join(get_args(hint))}"
    if get_origin(hint) is tuple:
        strings = isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)
        return (tuple(value), None) if strings else (value, f"{key} must be a list of names with at least one entry")
    if hint is bool:
        return value, None if isinstance(value, bool) else f"{key} must be true or false"
    if hint is str:
        return value, None if isinstance(value, str) else f"{key} must be text"
    if isinstance(value, bool) or not isinstance(value, (int, float) if hint is float else int):
        return value, f"{key} must be {'a number' if hint is float else 'a whole number'}, not {value!r}"
    low, high = _LIMITS[key]
    problem = None if low <= value <= high else f"{key} = {value} lies outside {low:g} to {high:g}"
    return (float(value) if hint is float else value), problem


def _unknown(prefix: str, table: Mapping[str, Any], known: Any) -> list[str]:
    errors = []
    for key in table:
        if key not in known:
            near = get_close_matches(key, list(known), n=1)
            errors.append(f"{prefix}{key} is unknown" + (f"; did you mean {prefix}{near[0]}?" if near else ""))
    return errors


def _contradictions(recipe: Recipe) -> list[str]:
    """Return what is wrong between values that are each fine alone."""
    errors = []
    loss, text, run = recipe.loss, recipe.text, recipe.run
    if loss.label_smoothing and loss.kind not in ("robust", "conservative"):
        errors.append(
            'loss.label_smoothing acts with loss.kind = "robust" or "conservative" only, '
            f'not with "{loss.kind}"; set it to 0'
        )
    if loss.evidence == "smoothing" and loss.kind != "conservative":
        errors.append(f'loss.evidence = "smoothing" goes with loss.kind = "conservative" only, not with "{loss.kind}"')
    if loss.method != "dpo" and loss.kind != "sigmoid":
        errors.append(f'loss.kind is of DPO; with loss.method = "{loss.method}" set it to "sigmoid"')
    if run.batch_size % (run.micro_batch * run.processes):
        errors.append(
            f"run.batch_size = {run.batch_size} must be a multiple of run.micro_batch * run.processes = "
            f"{run.micro_batch * run.processes}"
        )
    if run.sharding != "none" and run.processes == 1:
        errors.append(f'run.sharding = "{run.sharding}" needs run.processes above 1')
    if text.hunk_characters + text.remark_characters > _CHARACTERS_PER_TOKEN * text.max_tokens:
        errors.append(
            f"text.max_tokens = {text.max_tokens} is too small for {text.hunk_characters} + {text.remark_characters} "
            f"characters (about {_CHARACTERS_PER_TOKEN} a token)"
        )
    if "lm_head" in recipe.lora.targets:
        errors.append("lora.targets must not hold lm_head: TRL's DPO trainer would never train it")
    if len(set(recipe.lora.targets)) != len(recipe.lora.targets):
        errors.append("lora.targets names a layer twice")
    return errors + _base_contradictions(recipe.base)


def _base_contradictions(base: MadeBase | NamedBase) -> list[str]:
    if isinstance(base, NamedBase):
        errors = []
        if not _HUB_NAME.fullmatch(base.id):
            errors.append(f"base.id = {base.id!r} is no hub name (OWNER/NAME); where it lies on disk is configuration")
        if base.revision and not _COMMIT.fullmatch(base.revision):
            errors.append("base.revision must be a full commit id (40 hexadecimal digits), or empty until resolved")
        return errors
    if base.width % (2 * base.heads):
        return [f"base.width = {base.width} must be a multiple of twice base.heads = {base.heads} (rotary halves)"]
    return []
