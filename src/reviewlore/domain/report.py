"""What one HTML report shows. Filled by `flows/`, drawn by `adapters/pages.py`; every part may be missing."""

from dataclasses import dataclass, field

from reviewlore.domain.architecture import Fact
from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.card import Judged
from reviewlore.domain.evaluation import Evaluation, GateDecision
from reviewlore.domain.federation import Federation
from reviewlore.domain.finding import Review
from reviewlore.domain.model import AuditEntry, DatasetManifest, Registry, VersionManifest
from reviewlore.domain.online import OnlineMetrics
from reviewlore.domain.overview import Overview
from reviewlore.domain.shadow import ShadowTotals


@dataclass(frozen=True, slots=True)
class ReviewedChange:
    """The change under review: what its author wrote about it, and its unified diff (`git diff` output).

    `body` is GitHub Markdown; `number` and `url` are None for a local branch.
    """

    title: str
    body: str = ""
    author: str = ""
    diff: str = ""
    base_ref: str = ""
    head_ref: str = ""
    number: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MapReport:
    """What is told of an architecture: `picture` and `organisation` are whole SVG elements, which hold no script.

    With a change, `base` is the merge base it starts at, `facts` what it does, `picture` the map with it, and
    `unjudged` says what could not be told of it. `organisation` is empty where there are no cards of other
    repositories.
    """

    overview: Overview
    picture: str
    base: str = ""
    facts: tuple[Fact, ...] = ()
    unjudged: tuple[str, ...] = ()
    organisation: str = ""
    federation: Federation = field(default_factory=Federation)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one report can tell; a part that is None or empty is left out, or said to be missing.

    `created_at` is ISO 8601 in UTC; `outcomes` counts kept episodes by outcome; `pairs` counts preference pairs by
    kind and then by split; `decisions` are the gate's, latest last; `versions` the lineage of what was trained;
    `audit` is the tail of the log, oldest first; `notes` are sentences for the reader, shown first; `architecture` is
    what the repository is like; `calibrations` what the scores of the version in force are worth; `online` what became
    of our own remarks, `shadow` of those that were kept back; `judged` how versions were judged, by their ids.
    """

    title: str
    repository: str
    created_at: str
    change: ReviewedChange | None = None
    review: Review | None = None
    evaluation: Evaluation | None = None
    decisions: tuple[GateDecision, ...] = ()
    dataset: DatasetManifest | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, dict[str, int]] = field(default_factory=dict)
    versions: tuple[VersionManifest, ...] = ()
    registry: Registry | None = None
    audit: tuple[AuditEntry, ...] = ()
    notes: tuple[str, ...] = ()
    architecture: MapReport | None = None
    calibrations: Calibrations | None = None
    online: OnlineMetrics = field(default_factory=OnlineMetrics)
    shadow: ShadowTotals = field(default_factory=ShadowTotals)
    judged: dict[str, Judged] = field(default_factory=dict)
