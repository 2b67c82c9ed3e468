"""What a review wants to say, and why it says or does not say it. Made by `stages/review/`, shown by `formats/`."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from reviewlore.domain.architecture import Evidence, Severity
from reviewlore.domain.history import Anchor, Outcome
from reviewlore.domain.usage import Coverage, Usage
from reviewlore.domain.voice import Voice

Tier = Literal["embedded", "prompt", "adapter"]
Source = Literal["architecture", "generated", "foreign"]
Specialist = Literal["architecture", "refactoring", "testing", "debugging", "documentation"]
PrecedentKind = Literal["episode", "rule", "decision"]

SPECIALISTS: tuple[Specialist, ...] = get_args(Specialist)
UNCHANGED = "unchanged_since_last_review"  # why a finding is not said, or a file not shown to a model again


@dataclass(frozen=True, slots=True)
class Precedent:
    """What this team said, taught or decided on similar code; evidence under a finding, never a finding.

    A past remark (`episode`) has its pull request and outcome. A taught `rule` has its id as `episode`, a `decision` (a
    section of a document of the base commit) its path with the heading, besides `heading` and `line`; both have pull
    request 0 and outcome `unknown`.
    """

    episode: str
    pull_request: int
    path: str
    excerpt: str
    outcome: Outcome
    similarity: float
    url: str | None = None
    kind: PrecedentKind = "episode"
    heading: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One candidate comment: what (`title`), why, what to do (`advice`), on what evidence.

    `score` is the ranker's answer to "would this team stand by it", higher is better, `probability` the calibrated
    chance that it is addressed (None: nothing to calibrate by), `measured` whether that was found on remarks like this
    one and may be told, or is a guess that only ranks; `margin` the preference margin of an adapter (None: none in
    force). `suggestion` replaces the anchored lines (None: nothing is proposed; empty: they are deleted).
    `specialist` is whose remark it is, `id` the stable fingerprint.
    """

    id: str
    rule: str
    source: Source
    anchor: Anchor
    hunk: str
    title: str
    why: str
    advice: str
    severity: Severity
    confidence: float
    score: float = 0.0
    inferred: bool = False
    evidence: tuple[Evidence, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    specialist: Specialist = "architecture"
    suggestion: str | None = None
    probability: float | None = None
    measured: bool = False
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that is not said, with the snake_case reason."""

    id: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """A version that judged, by its id, and its tier."""

    version: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class Review:
    """The result of one review: what is said, what is not and why, and who says it.

    `coverage` and `usage` tell what a model was shown and what that cost, both empty where none was asked; `voice` is
    how this team speaks. `diagram` is Mermaid text of the imports between packages that the change adds or removes,
    empty where there is none, or too much to draw. `tier` is the model's where one wrote, else that of the version that
    judged, `judged_by`. `specialists` are the versions that judged the findings of a specialist in place of `version`.
    """

    repository: str
    base: str
    head: str
    tier: Tier
    version: str
    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    files_reviewed: int = 0
    files_skipped: dict[str, int] = field(default_factory=dict)
    diagram: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    usage: Usage = field(default_factory=Usage)
    voice: Voice = field(default_factory=Voice)
    judged_by: Tier = "embedded"
    specialists: dict[str, JudgedBy] = field(default_factory=dict)

    def tier_of(self, finding: Finding) -> Tier:
        """Return whose words a finding is in: the model's where one wrote it, else of the version that judged."""
        if finding.source == "generated":
            return self.tier
        own = self.specialists.get(finding.specialist)
        return own.tier if own else self.judged_by

    def version_of(self, finding: Finding) -> str:
        """Return the version that judged a finding."""
        own = self.specialists.get(finding.specialist)
        return own.version if own else self.version
