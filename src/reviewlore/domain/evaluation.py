"""How versions are judged: accuracies with intervals, comparisons, guards, and what the gate said."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.finding import Tier

GateVerdict = Literal["promote", "refuse"]
Demand = Literal["beat", "beat_beyond_chance", "not_worse_beyond_chance", "not_inferior"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % bootstrap interval and the number of pairs it rests on."""

    accuracy: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class TierScore:
    """One ranker's or baseline's preference accuracy by pair kind, macro over repositories, on held-out later pairs.

    `name` is a version id or a baseline's name; `overall` is the mean over the kinds with enough pairs. `slices` are of
    all kinds together, by `language:…` and `specialist:…`. `prompt_tokens` is the mean length of what a model is shown
    besides the remark (0: it is no model), `cost_per_thousand` what judging a thousand remarks costs at the configured
    prices (None: no price is known, or it is no model).
    """

    name: str
    tier: Tier | Literal["baseline"]
    by_kind: dict[str, Interval]
    overall: Interval
    milliseconds_per_remark: float = 0.0
    slices: dict[str, Interval] = field(default_factory=dict)
    prompt_tokens: float = 0.0
    cost_per_thousand: float | None = None


@dataclass(frozen=True, slots=True)
class GuardResult:
    """One thing a version must not do: what was measured and the limit; `value` is None where it was not measured.

    `broken` refuses the version whatever it prefers; `told` says in one sentence what the value means.
    """

    name: str
    value: float | None
    limit: float
    broken: bool
    told: str


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How a candidate behaves beyond preferring the right remark; None: not measured, or it does not apply.

    `length_correlation` is Spearman's of score and length of remark; `silence` the share of held-out remarks below the
    threshold of the target precision that were indeed not addressed; `calibration_error` and `auc` are of held-out
    remarks of people. Of what it writes: `valid` is the share that can be used, `duplicates` the share that repeat
    another. `forgetting` is the perplexity of held-out code over the base's, `exposure` the bits by which planted
    secrets are more exposed than others.
    """

    length_correlation: float | None = None
    silence: Interval | None = None
    calibration_error: float | None = None
    auc: float | None = None
    valid: float | None = None
    duplicates: float | None = None
    forgetting: float | None = None
    exposure: float | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All tiers and baselines on the same held-out later pull requests of one dataset.

    `diagnostics` and `guards` are of the version `subject` (empty: of none). `notes` say what was judged on fewer pairs
    than there are, and what was not judged or measured at all.
    """

    dataset: str
    scores: tuple[TierScore, ...]
    pairs: dict[str, int]
    pull_requests: int
    seed: int
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    guards: tuple[GuardResult, ...] = ()
    subject: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate beside one rival on the same pairs: `difference` is candidate minus rival, paired, over all kinds.

    `demand` says what the candidate has to show: be better, be better with 95 % confidence, or not be worse with 95 %
    confidence.
    """

    rival: TierScore
    difference: Interval
    demand: Demand
    incumbent: bool = False


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What the gate said of a candidate, in one sentence a maintainer can check against the numbers.

    `migration` says from which base model to which the candidate would lead, empty where the base stays. `win` names a
    win beyond quality: the same with a much shorter prompt.
    """

    verdict: GateVerdict
    reason: str
    candidate: str
    incumbent: str | None
    difference: Interval | None = None
    migration: str = ""
    win: str = ""
