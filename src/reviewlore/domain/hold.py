"""Who trains on a state branch, as it is written there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingHold:
    """Who trains on a state branch: `id` tells two runs apart, `beat_at` is when the run was last heard of."""

    id: str
    version: str
    actor: str
    started_at: str
    beat_at: str
    schema: int = 1
