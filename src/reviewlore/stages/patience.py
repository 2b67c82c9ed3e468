"""When to stop training early, and which step was the best: evaluations in, a verdict out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Halt:
    """What the evaluations say: the step with the least loss, and whether enough came after it without a smaller."""

    best_step: int
    stop: bool


def decide_halt(losses: Sequence[tuple[int, float]], patience: int) -> Halt:
    """Return where training was best and whether to stop, from (step, loss on later pull requests) in order.

    The loss decides and not the accuracy: of n pairs, accuracy takes n + 1 values and a remark that flips moves it by
    1/n, so that with the some tens of pairs there are, the best of many looks is the luckiest (its standard error on 50
    pairs is 7 points); the loss weighs how sure the model is of every pair. A loss that is no number is never the best.
    """
    best = min(losses, key=lambda entry: (entry[1] != entry[1], entry[1], entry[0]))[0]
    since = sum(step > best for step, _ in losses)
    return Halt(best, since >= patience)
