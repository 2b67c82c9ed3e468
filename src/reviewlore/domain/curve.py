"""How the embedded ranker gets better with more pull requests, and what twice as many would bring."""

from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.evaluation import Interval

Outlook = Literal["likely", "unlikely", "unclear"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The ranker trained on a share of the pull requests: how many, how many pairs, its accuracy on the later ones.

    Numbers are means over `trials`, which drew different pull requests; the interval is of the mean.
    """

    share: float
    pull_requests: float
    pairs: float
    accuracy: Interval
    trials: int


@dataclass(frozen=True, slots=True)
class CurveFit:
    """A power law through the points: accuracy = `ceiling` - `slope` * pull requests ** -`exponent`."""

    ceiling: float
    slope: float
    exponent: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Points from few to all pull requests, all judged on the same later ones, and what is expected of twice as many.

    `accuracy` of a point is the mean over kinds of pairs. `gain` is twice the pull requests minus all of today's, by
    the fit, with a bootstrap interval over the judging pull requests and the draws. `outlook` says what that means:
    `likely` to help (the whole interval above zero), `unlikely` (all of it below one point), or `unclear`.
    """

    points: tuple[CurvePoint, ...]
    fit: CurveFit
    doubled: Interval
    gain: Interval
    outlook: Outlook
    judged_pairs: int
    judged_pull_requests: int
    seed: int

    @property
    def told(self) -> str:
        """The outlook in one sentence."""
        gain = self.gain
        by = f"{100 * gain.accuracy:+.1f} points (95 % interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
        return {
            "likely": f"Twice the pull requests are likely to help the ranker: {by}.",
            "unlikely": f"Twice the pull requests are unlikely to help the ranker: {by}.",
            "unclear": f"Whether twice the pull requests would help the ranker cannot be told: {by}.",
        }[self.outlook]
