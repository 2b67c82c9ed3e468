"""One request for a training run, and what a trained adapter says when it is asked for more than preferences."""

from dataclasses import dataclass

from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.recipe import Recipe

JUDGED, SERVED = "judged", "served"


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What is trained on what. `run` names the run below the version's id: `judged`, `served`, or `fold-1` and on.

    `validation` pairs are of later pull requests than `pairs` and say when to stop; they are never those that judge the
    version. `steps` fixes the number of optimizer steps (None: by the recipe). `secrets` are planted among the chosen
    remarks (see `Guards.canaries`).
    """

    recipe: Recipe
    version: str
    run: str
    pairs: tuple[PreferencePair, ...]
    validation: tuple[PreferencePair, ...] = ()
    seed: int = 0
    steps: int | None = None
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """A remark that an adapter wrote: its text without the end token, and whether it came to an end by itself."""

    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class TokenLoss:
    """The mean negative log-probability of a text's tokens (nats), under the adapter and under its base."""

    adapter: float
    base: float
    tokens: int
