"""A recipe's TOML text -> a checked `Recipe`, and back to tables and flat text.

Every error of a file is reported at once, with the nearest name for an unknown key.
It knows no file and no model; whether a base model exists is the trainer's business.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reviewlore.config.toml import load_toml, shown_value
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
from reviewlore.domain.visible import visible_line
from reviewlore.errors import ConfigError
from reviewlore.stages.recipe.checks import find_contradictions

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
    "warm_start.learning_rate": (0.0, 0.1),
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


def parse_recipe(text: str, name: str) -> Recipe:
    """Return the recipe of a TOML text; ConfigError that lists everything wrong with it."""
    try:
        tables = load_toml(text)
    except ValueError as error:
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
    errors += find_contradictions(parts)
    if not errors:
        return Recipe(name=name, summary=str(summary), **parts)
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


def _base_kind(recipe: Recipe) -> str:
    return "made" if isinstance(recipe.base, MadeBase) else "named"


def _read_base(table: Any, errors: list[str]) -> Any:
    kind = table.get("kind") if isinstance(table, dict) else None
    if not isinstance(kind, str) or kind not in _BASES:
        errors.append(f"base.kind must be one of {', '.join(_BASES)}, not {shown_value(kind)}")
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
    problem = _find_fault(key, hint, value)
    return (float(value) if hint is float and not problem else value), problem


def _find_fault(key: str, hint: Any, number: Any) -> str | None:
    """Return what is wrong with a number, or None."""
    if isinstance(number, bool) or not isinstance(number, (int, float) if hint is float else int):
        return f"{key} must be {'a number' if hint is float else 'a whole number'}, not {shown_value(number)}"
    low, high = _LIMITS[key]
    return None if low <= number <= high else f"{key} = {shown_value(number)} lies outside {low:g} to {high:g}"


def _unknown(prefix: str, table: Mapping[str, Any], known: Any) -> list[str]:
    errors = []
    for key in table:
        if key not in known:
            near = get_close_matches(key, list(known), n=1)
            errors.append(
                f"{prefix}{visible_line(str(key))} is unknown" + (f"; did you mean {prefix}{near[0]}?" if near else "")
            )
    return errors
