"""Two versions on one change: what each says of the same candidates, and why not. Made by `flows/comparing.py`."""

from dataclasses import dataclass, field

from reviewlore.domain.finding import Finding, Tier
from reviewlore.domain.usage import Coverage, Usage


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one version makes of one candidate.

    `place` is its number in what that version says, from 1 on (None: not said, for `reason`); `rank` its place by score
    among all candidates; `score` and `probability` are those of a finding (a chance that nothing measured is None).
    """

    rank: int
    score: float
    probability: float | None = None
    place: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ComparedFinding:
    """One candidate with the verdicts of both versions; its words are those of whoever says it, the first before all.

    Score, probability and margin of `finding` itself are of one version only: the verdicts have both.
    """

    finding: Finding
    first: Verdict
    second: Verdict


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """A version: how many findings it says, what it drops by reason, and the notes that only its review has."""

    version: str
    tier: Tier
    said: int
    dropped: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions (`first` is in force) on the change from the merge base `base` to `head`.

    `both` is what both say, `only_first` and `only_second` what one says, each in the order of who says it; `neither`
    what both drop for different reasons. `candidates` counts what was judged.
    """

    repository: str
    base: str
    head: str
    first: ComparedVersion
    second: ComparedVersion
    candidates: int
    both: tuple[ComparedFinding, ...] = ()
    only_first: tuple[ComparedFinding, ...] = ()
    only_second: tuple[ComparedFinding, ...] = ()
    neither: tuple[ComparedFinding, ...] = ()
    notes: tuple[str, ...] = ()
    files_reviewed: int = 0
    files_skipped: dict[str, int] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    usage: Usage = field(default_factory=Usage)
