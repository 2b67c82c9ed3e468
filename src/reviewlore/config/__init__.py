"""Settings: the text of `.reviewlore.toml` (from the base commit, never from the pull request) in, a typed record out.

Unknown keys and wrong types are errors, all of them at once, with the nearest known name. Everything has a default.
"""

from reviewlore.config.parse import FILE, parse_settings
from reviewlore.config.settings import (
    ArchitectureSettings,
    ContractSettings,
    LearnSettings,
    MinimumSettings,
    ModelSettings,
    RecipeSettings,
    ReviewSettings,
    Settings,
    StateSettings,
)

__all__ = [
    "FILE",
    "ArchitectureSettings",
    "ContractSettings",
    "LearnSettings",
    "MinimumSettings",
    "ModelSettings",
    "RecipeSettings",
    "ReviewSettings",
    "Settings",
    "StateSettings",
    "parse_settings",
]
