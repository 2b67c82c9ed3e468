"""Token rows of preference pairs, and the order in which they are computed together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PairTokens:
    """One preference as tokens: `chosen` is preferred to `rejected` after `prompt`, with `weight` in (0, 1]."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    weight: float = 1.0
