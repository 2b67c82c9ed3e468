"""Recipes as they were recorded -> checked `Recipe`s: flat and as text by a manifest, or as tables of an older form."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from reviewlore.domain.recipe import MadeBase, NamedBase, Recipe
from reviewlore.stages.recipe.reading import recipe_from_mapping

# What the first recipes did not say: what every run did then. Evidence decided how often a pair was drawn.
_UNSAID: Mapping[str, Mapping[str, Any]] = {
    "base": {"chat": False, "quantization": "none"},
    "lora": {"variant": "lora"},
    "warm_start": {"max_steps": 0, "epochs": 0.0, "learning_rate": 0.0},
    "loss": {"method": "dpo", "length_alpha": 1.0, "evidence": "weight"},
    "run": {"checkpoint_every": 0, "gradient_checkpointing": False, "processes": 1, "sharding": "none"},
    "stopping": {"every": 0, "patience": 1, "share": 0.0, "least_pairs": 1, "folds": 0},
    "guards": {
        "forgetting": 100.0, "canaries": 0, "exposure": 64.0, "length_correlation": 1.0, "valid": 0.0, "duplicates": 1.0
    },
}  # fmt: skip


def complete_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's tables in the present form, what the first form left unsaid filled in; nothing is checked."""
    found = dict(tables)
    for section, values in _UNSAID.items():
        said = found.get(section, {})
        if isinstance(said, dict) and not (section == "base" and said.get("kind") == "made"):
            found[section] = {**values, **said}
    run = found.get("run")
    if isinstance(run, dict) and "batch_size" in run:
        found["run"] = {"micro_batch": run["batch_size"], **run}
    return found


def recorded_recipe(settings: Mapping[str, str], name: str, summary: str) -> Recipe:
    """Return the recipe of `recipe_settings`; ConfigError where a value is missing, or means nothing any more.

    Keys of no section of a recipe (`prompts.sha256`) are not its values, and are left out.
    """
    sections = {key: kind for key, kind in get_type_hints(Recipe).items() if isinstance(kind, type)}
    sections["base"] = MadeBase if settings.get("base.kind") == "made" else NamedBase
    tables: dict[str, Any] = {"summary": summary}
    for key, text in settings.items():
        section, _, field = key.partition(".")
        if field and hasattr(sections.get(section), "__dataclass_fields__"):
            hint = get_type_hints(sections[section]).get(field)
            tables.setdefault(section, {})[field] = _value(hint, text)
    return recipe_from_mapping(tables, name)


def _value(hint: Any, text: str) -> Any:
    """Return a text as a value of a type; a text that is none stays one, which the check of recipes then tells."""
    if get_origin(hint) is tuple:
        return text.split(",")
    if hint is bool:
        return {"True": True, "False": False}.get(text, text)
    if hint not in (int, float) or get_args(hint):
        return text
    try:
        return float(text) if hint is float else int(text)
    except ValueError:
        return text
