"""What was trained and what is in force: datasets, versions, registry, audit."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.finding import Tier
from reviewlore.domain.mining import PassCounts
from reviewlore.domain.people import Role
from reviewlore.domain.voice import Voice

VersionState = Literal["candidate", "canary", "active", "retired", "rejected"]


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
class Spent:
    """What all runs of one training took. Energy, cost and memory are None where they were not measured or priced.

    `runs` are seconds by the run's name, `phases` of a run by its and the phase's name (`judged/warm_start`). `cost` is
    in the currency of the configured price an hour. `energy_wh` is what was measured of `energy_parts`: watt-hours by
    counter; nothing is estimated for a part that has none.
    """

    seconds: float = 0.0
    runs: dict[str, float] = field(default_factory=dict)
    energy_wh: float | None = None
    cost: float | None = None
    peak_mib: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    energy_parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionManifest:
    """The lineage of one trained version (ranker or adapter): everything needed to answer for it, or to repeat it.

    `files` maps a file name to its SHA-256; `log` is the training log (step, loss, reward margin, accuracy);
    `fingerprint` is the structure of the code that it was trained for. `specialist` is whose remarks it was trained on
    (empty: everybody's). `replay` has what a repetition is told by beyond recipe, seed and dataset: the recipe's
    sentence, and the steps that each run took. `policy` is the policy in force when it was trained (`training.…`) and
    when its data was kept (`data.…`). `hashes` are SHA-256 of what shaped it beside files and dataset: `recipe` (its
    values), `recipe_file` (its text), `prompts`, `data_policy`, `training_policy`. `documents` are the files that tell
    of it and are never loaded to judge by: its card. `not_learned` says of which slices
    there was too little to claim them.
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
    specialist: str = ""
    spent: Spent = field(default_factory=Spent)
    replay: dict[str, str] = field(default_factory=dict)
    policy: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    not_learned: tuple[str, ...] = ()
    schema: int = 1


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One version's standing: its state, who decided and why.

    `forgotten_at` is when something it learned from was forgotten, empty where nothing was. `specialist` is whose
    remarks it judges (empty: everybody's); one version of each may be active. `share` is the percentage of pull
    requests that a canary judges. `waits_for` is the role whose word a promotion waits for, empty where none.
    """

    id: str
    tier: Tier
    state: VersionState
    decided_by: str
    decided_at: str
    reason: str
    forgotten_at: str = ""
    specialist: str = ""
    share: int = 0
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """All versions, oldest first, and what was active before, most recent last."""

    entries: tuple[RegistryEntry, ...] = ()
    previous: tuple[str, ...] = ()
    schema: int = 1


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """What becomes of a version that passed the gate.

    It judges `canary_share` percent of the pull requests until its trial is over (0: all at once), and waits before
    that until somebody with the role `approval` allows it (`none`: nobody has to).
    """

    canary_share: int = 0
    approval: Role = "none"


AT_ONCE = PromotionPolicy()


@dataclass(frozen=True, slots=True)
class Policies:
    """What the settings want a person's word on: the role that has to allow a dataset, and what a promotion takes."""

    dataset: Role = "none"
    promotion: PromotionPolicy = AT_ONCE


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
