"""One request for a training run, and what a trained adapter says when it is asked for more than preferences."""

from dataclasses import dataclass

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.recipe import Dialogue, Recipe

JUDGED, SERVED = "judged", "served"


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What is trained on what. `run` names the run below the version's id: `judged`, `served`, or `fold-1` and on.

    `validation` pairs are of later pull requests than `pairs` and say when to stop; they are never those that judge the
    version. `steps` fixes the number of optimizer steps (None: by the recipe).
    """

    recipe: Recipe
    version: str
    run: str
    pairs: tuple[PreferencePair, ...]
    validation: tuple[PreferencePair, ...] = ()
    seed: int = 0
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one run learns from, as text: a `FitRequest` in the form in which the adapter will be asked."""

    recipe: Recipe
    train: tuple[Dialogue, ...]
    validation: tuple[Dialogue, ...] = ()
    seed: int = 0
    steps: int | None = None


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


@dataclass(frozen=True, slots=True)
class Example:
    """A remark of the team with what became of it, as a model is shown it before it is asked about another one."""

    remark: Remark
    addressed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model reads to judge one remark, in tokens, each remark by itself; means over some remarks.

    `prompt` is what it is shown besides the remark, `passes` all tokens of all passes. Both are 0 for what is no model.
    """

    prompt: float = 0.0
    passes: float = 0.0
