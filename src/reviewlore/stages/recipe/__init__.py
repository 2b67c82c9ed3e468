"""Recipes: `reading` makes them of TOML text, `recorded` of what was recorded.

`checks` finds contradictions, `planning` says what a run by one does.
"""

from reviewlore.stages.recipe.planning import check_ready, find_shortage, pin_revision, plan_steps
from reviewlore.stages.recipe.reading import parse_recipe, recipe_from_mapping, recipe_settings, recipe_tables
from reviewlore.stages.recipe.recorded import complete_tables, recorded_recipe

__all__ = [
    "check_ready",
    "complete_tables",
    "find_shortage",
    "parse_recipe",
    "pin_revision",
    "plan_steps",
    "recipe_from_mapping",
    "recipe_settings",
    "recipe_tables",
    "recorded_recipe",
]
