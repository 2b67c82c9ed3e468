"""What was trained, how it was judged, and what is in force: datasets, versions, evaluation, gate, registry, audit."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.finding import Tier
from reviewlore.domain.mining import PassCounts
from reviewlore.domain.voice import Voice

VersionState = Literal["candidate", "canary", "active", "retired", "rejected"]
GateVerdict = Literal["promote", "refuse"]
Demand = Literal["beat", "beat_beyond_chance", "not_worse_beyond_chance"]


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

    `name` is a version id or a baseline's name; `overall` is the mean over the kinds with enough pairs.
    """

    name: str
    tier: Tier | Literal["baseline"]
    by_kind: dict[str, Interval]
    overall: Interval
    milliseconds_per_remark: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All tiers and baselines on the same held-out later pull requests of one dataset."""

    dataset: str
    scores: tuple[TierScore, ...]
    pairs: dict[str, int]
    pull_requests: int
    seed: int


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
    """What the gate said of a candidate, in one sentence a maintainer can check against the numbers."""

    verdict: GateVerdict
    reason: str
    candidate: str
    incumbent: str | None
    difference: Interval | None = None


@dataclass(frozen=True, slots=True)
class DatasetManifest:
    """What one dataset is: its sources, what was kept and dropped and why, its splits and the policy in force.

    `id` is the SHA-256 of its pairs; rows are rebuilt from the episodes that are not dated after `snapshot` (empty:
    all of them).
    `pairs` and `unused_pairs` count by `kind/split`; the latter are of kinds that policy does not train on.
    `longer_chosen` is how often the longer of two remarks is the chosen one, `largest_share` the largest reviewer's
    part of the chosen remarks, `capped` how many people's word was weighed down, `marked` remarks taken for a bot's.
    `forgotten_at` is when something it held was forgotten, empty where nothing was. `voice` is how the team speaks.
    """

    id: str
    created_at: str
    sources: tuple[str, ...]
    episodes: int
    kept: int
    dropped: dict[str, int]
    pairs: dict[str, int]
    splits: dict[str, int]
    split_at: dict[str, str]
    policy: dict[str, str]
    seed: int
    duplicates: int = 0
    contradictions: int = 0
    snapshot: str = ""
    extra_kinds: tuple[str, ...] = ()
    evaluation_repositories: tuple[str, ...] = ()
    unused_pairs: dict[str, int] = field(default_factory=dict)
    longer_chosen: float = 0.5
    largest_share: float = 0.0
    capped: int = 0
    marked: dict[str, int] = field(default_factory=dict)
    forgotten_at: str = ""
    voice: Voice = field(default_factory=Voice)
    schema: int = 1


@dataclass(frozen=True, slots=True)
class VersionManifest:
    """The lineage of one trained version (ranker or adapter): everything needed to answer for it, or to repeat it.

    `files` maps a file name to its SHA-256; `log` is the training log (step, loss, reward margin, accuracy);
    `fingerprint` is the structure of the code that it was trained for.
    """

    id: str
    tier: Tier
    created_at: str
    recipe: str
    recipe_settings: dict[str, str]
    dataset: str
    base_model: str | None
    base_revision: str | None
    packages: dict[str, str]
    code_commit: str
    seed: int
    parent: str | None
    files: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)
    log: tuple[dict[str, float], ...] = ()
    seconds: float = 0.0
    hardware: str = ""
    fingerprint: MapFingerprint = field(default_factory=MapFingerprint)
    schema: int = 1


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One version's standing: its state, who decided and why.

    `forgotten_at` is when something it learned from was forgotten, empty where nothing was.
    """

    id: str
    tier: Tier
    state: VersionState
    decided_by: str
    decided_at: str
    reason: str
    forgotten_at: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """All versions, oldest first, and what was active before, most recent last."""

    entries: tuple[RegistryEntry, ...] = ()
    previous: tuple[str, ...] = ()
    schema: int = 1


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the append-only, hash-chained log: pseudonyms and hashes only."""

    at: str
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What one run of mining did; `counts` are of the whole pass, where it was interrupted and resumed.

    `dataset` is None and `stopped` the reason where the pass is not through yet. `expired` counts episodes that were
    older than policy allows, `forgotten` those that the forge no longer has, `reread` pull requests that were read
    again because a comment had been edited. `commit` is None where nothing changed, or for a dry run. `note` is what it
    led to beyond the data.
    """

    source: str
    counts: PassCounts
    episodes: int
    dataset: DatasetManifest | None
    commit: str | None
    expired: int = 0
    forgotten: int = 0
    reread: int = 0
    requests: int = 0
    stopped: str = ""
    dry_run: bool = False
    note: str = ""
