"""What a score is worth: the chance of being addressed, as found on remarks that were held out.

Made by `ranking/calibration.py`, stored with the version, drawn in the report. Numbers only, no words of anybody.
"""

from dataclasses import dataclass
from typing import Literal

Audience = Literal["people", "bots"]


@dataclass(frozen=True, slots=True)
class HeldOutRemark:
    """A remark that was not trained on: its score, and whether it was addressed.

    `group` is what it shares with others (a pull request, or a repository): a group is never on both sides when the
    calibration itself is judged.
    """

    score: float
    addressed: bool
    group: str


@dataclass(frozen=True, slots=True)
class Bin:
    """Remarks of about the same probability: how many, the mean of what was predicted, the share addressed."""

    count: int
    predicted: float
    addressed: float


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The lowest score at which the share addressed, of all held-out remarks from it on, is at least `precision`.

    `probability` is that score calibrated, `count` how many remarks reach it, `reached` the share of them addressed,
    `low` the lower end of that share's 95 % Wilson interval, `recall` the share of all addressed ones that are kept.
    """

    precision: float
    score: float
    probability: float
    count: int
    reached: float
    low: float
    recall: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(addressed | score) = 1 / (1 + exp(-(slope * score + intercept))), and how well that holds.

    `bins`, `error` (expected calibration error) and `brier` are cross-fitted: each group's remarks are predicted by a
    fit on the others. `auc` is the area under the ROC curve of the scores themselves (0.5: the scores tell nothing).
    """

    slope: float
    intercept: float
    count: int
    groups: int
    addressed: float
    error: float
    brier: float
    auc: float
    bins: tuple[Bin, ...] = ()
    points: tuple[OperatingPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibrations:
    """One calibration for the remarks of people and one for those of machines; None where there were too few.

    `version` is whose scores they are for: a version's id, or `prior`. `borrowed` says that `people` or `bots` are not
    of this version's own remarks but of the shipped prior's.
    """

    version: str
    people: Calibration | None = None
    bots: Calibration | None = None
    borrowed: tuple[Audience, ...] = ()
    schema: int = 1


UNCALIBRATED = Calibrations("")


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What became of one rule's own findings so far: how many were posted and settled, how many of them addressed."""

    rule: str
    posted: int
    addressed: int
