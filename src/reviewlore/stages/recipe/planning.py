"""What a checked recipe means for a run: whether it may start, on which base, and how many steps it takes."""

import re
from math import ceil

from reviewlore.domain.recipe import NamedBase, Recipe
from reviewlore.errors import ConfigError
from reviewlore.stages.recipe.checks import COMMIT

_REVISION_LINE = re.compile(r'(?m)^(\s*revision\s*=\s*)"[^"\n]*"')


def check_ready(recipe: Recipe) -> None:
    """Raise ConfigError where a named base model has no pinned revision: what was trained must be repeatable."""
    if isinstance(recipe.base, NamedBase) and not recipe.base.revision:
        raise ConfigError(
            f"Recipe {recipe.name} has no base.revision: the full commit id of {recipe.base.id} that is to be trained "
            "on. Let `reviewlore doctor` resolve and write it, or copy the id from the model's page."
        )


def pin_revision(text: str, revision: str) -> str:
    """Return a recipe's TOML text with `revision` written in; ConfigError where it is no full commit id."""
    if not COMMIT.fullmatch(revision):
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
