"""Settings: the text of `.reviewlore.toml` (from the base commit, never from the pull request) in, a typed record out.

Unknown keys and wrong types are errors, all of them at once, with the nearest known name. Everything has a default.
"""

from reviewlore.config.lock import LOCK_FILE, Lock, parse_lock, render_lock
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
    TrainSettings,
)

__all__ = [
    "FILE",
    "LOCK_FILE",
    "ArchitectureSettings",
    "ContractSettings",
    "LearnSettings",
    "Lock",
    "MinimumSettings",
    "ModelSettings",
    "RecipeSettings",
    "ReviewSettings",
    "Settings",
    "StateSettings",
    "TrainSettings",
    "parse_lock",
    "parse_settings",
    "render_lock",
]
