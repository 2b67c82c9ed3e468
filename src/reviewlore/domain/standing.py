"""How the data stands, and what is advised: what `status --data` shows. Made by `flows/data.py`; nothing is stored."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.balance import DataReport
from reviewlore.domain.drift import AgedVersion
from reviewlore.domain.mining import Approval
from reviewlore.domain.model import DatasetManifest

AdviceAction = Literal["mine", "approve", "settle", "index", "retrain", "rule", "prompt", "nothing"]


@dataclass(frozen=True, slots=True)
class Advice:
    """The one thing to do now, why, and what to type for it (empty: nothing is to be typed)."""

    action: AdviceAction
    reason: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one repository on a forge was read; `updated_at` is the last update of the last pull request read."""

    repository: str
    complete: bool
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class ConcernRate:
    """How many of people's remarks about one concern were acted on, of those with a known outcome; and one of them."""

    concern: str
    judged: int
    addressed: int
    example: str


@dataclass(frozen=True, slots=True)
class Trained:
    """What was last trained: the version in force (or else the last one tried) and the data behind it.

    `fresh` is how many remarks there are now beyond its dataset's, `on_newest` whether any version was trained on the
    newest dataset, `forgotten` whether something it learned from was forgotten since. `aged` says how far the code
    has moved since, where that is known.
    """

    version: str
    tier: str
    in_force: bool
    episodes: int
    fresh: int
    on_newest: bool
    forgotten: bool = False
    aged: AgedVersion | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the advice rests on. Times are ISO 8601 in UTC; counts are of what is stored now.

    `shortage` says what is missing for a training, `unusable` why the newest dataset cannot be used as it is; both are
    empty where nothing is wrong. `repository` has the most remarks. `concerns` and `dismissed` (by reason) are of
    the `window_days` up to the last remark; `dismissed_example` is a finding dismissed for the commonest reason.
    From `drift_threshold` on (0..1) the code has moved too far for what was learned.
    """

    now: str
    episodes: int = 0
    readings: tuple[Reading, ...] = ()
    mined_at: str = ""
    contradictions: int = 0
    approval: Approval | None = None
    shortage: str = ""
    unusable: str = ""
    trained: Trained | None = None
    concerns: tuple[ConcernRate, ...] = ()
    dismissed: dict[str, int] = field(default_factory=dict)
    dismissed_example: str = ""
    window_days: int = 0
    repository: str = ""
    drift_threshold: float = 1.0


@dataclass(frozen=True, slots=True)
class DataStatus:
    """Everything `status --data` tells. Months are `2026-01`; `suppressions` counts people, pull requests, comments."""

    standing: Standing
    advice: Advice
    outcomes: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    repositories: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    dataset: DatasetManifest | None = None
    report: DataReport | None = None
    suppressions: dict[str, int] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    notes: tuple[str, ...] = ()
