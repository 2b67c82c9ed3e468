"""How many optimizer steps a run takes where another run found the number: steps and sizes in, steps out. Pure.

What early stopping finds is a number of passes over the data (Prechelt 1998, "Early Stopping - But When?"): a run on
more pairs takes more steps to see each as often. So steps are scaled by the number of pairs.
"""

from collections.abc import Sequence
from statistics import median


def scale_steps(steps: int, pairs: int, to_pairs: int, most: int) -> int:
    """Return the steps in which `to_pairs` are seen as often as `pairs` were in `steps`; 1 to `most`."""
    return min(most, max(1, round(steps * to_pairs / pairs)))


def agree_on_steps(found: Sequence[tuple[int, int]], pairs: int, most: int) -> int:
    """Return the steps for a run on all pairs from those of the folds, each as (best step, pairs it was fitted on).

    The median of the passes: one fold that stopped at once, or never, does not move it.
    """
    passes = median(steps / fitted for steps, fitted in found)
    return min(most, max(1, round(passes * pairs)))
