"""A recipe as a manifest recorded it, flat and as text -> the same checked `Recipe`: what a repetition trains by."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from reviewlore.domain.recipe import MadeBase, NamedBase, Recipe
from reviewlore.stages.recipe.reading import recipe_from_mapping


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
