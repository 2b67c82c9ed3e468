"""How a remark came to count: from one comment to the pairs, datasets and versions it stands in, and who looked.

Made by `flows/trace.py` and `flows/log.py`, shown by `formats/lineage.py`. People are pseudonyms; none of it is stored.
"""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import AuthorKind, Confidence, Intent, Outcome, OutcomeEvidence
from reviewlore.domain.model import AuditEntry, DatasetManifest, RegistryEntry, VersionManifest, VersionState
from reviewlore.domain.people import Role

PairSide = Literal["chosen", "rejected", "both"]


@dataclass(frozen=True, slots=True)
class PairCount:
    """In how many pairs of one kind a remark stands on one side, by split; on both where a pair is made of it alone."""

    kind: str
    side: PairSide
    train: int = 0
    test: int = 0


@dataclass(frozen=True, slots=True)
class TracedVersion:
    """A version that was trained on a dataset, and how it stands in the registry (None: it is no longer there)."""

    id: str
    state: VersionState | None
    decided_at: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TracedDataset:
    """One dataset and whether a remark was among the episodes it was made from; None where that cannot be told.

    `pairs` are counted for the newest dataset and the one of the version in force; None: not counted, `note` says why.
    """

    id: str
    created_at: str
    contains: bool | None
    newest: bool = False
    versions: tuple[TracedVersion, ...] = ()
    pairs: tuple[PairCount, ...] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RemarkTrace:
    """A mined remark, what became of it and why, and what was learned from it."""

    id: str
    repository: str
    pull_request: int
    path: str
    line: int | None
    created_at: str
    author: str
    author_kind: AuthorKind
    author_role: Role | None
    intent: Intent
    concern: str
    language: str | None
    source: str
    url: str | None
    excerpt: str
    replies: int
    outcome: Outcome
    confidence: Confidence
    evidence: tuple[OutcomeEvidence, ...] = ()
    finding: str | None = None
    datasets: tuple[TracedDataset, ...] = ()


@dataclass(frozen=True, slots=True)
class CitedPrecedent:
    """A remark that one of our comments named as said before, as the comment has it; `url` may be empty."""

    pull_request: int
    path: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SaidComment:
    """What one of our comments says of itself: in its hidden last line, and in the small print above it.

    `run` is the id of the run that wrote it, empty where that is not told; `precedents` are those it names.
    """

    finding: str
    tier: str = ""
    version: str = ""
    confidence: float | None = None
    run: str = ""
    precedents: tuple[CitedPrecedent, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """One place where a finding was posted. `account` is a bot's name, or a person's pseudonym.

    Only a bot's comment is known to be ours: a person can copy our hidden line (`by_bot` False).
    """

    said: SaidComment
    repository: str
    pull_request: int
    path: str
    line: int | None
    url: str
    created_at: str
    account: str
    by_bot: bool
    in_summary: bool = False
    run_url: str = ""


@dataclass(frozen=True, slots=True)
class VersionLineage:
    """What a version rests on: recipe, code, dataset and its pairs. `state` None: the registry does not know it."""

    id: str
    tier: str
    state: VersionState | None
    created_at: str = ""
    recipe: str = ""
    base_model: str = ""
    code_commit: str = ""
    dataset: str = ""
    dataset_episodes: int = 0
    pairs: dict[str, int] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class PrecedentTrace:
    """A precedent that was named, and the remark it is (None: it is not, or no longer, on the state branch)."""

    cited: CitedPrecedent
    episode: str | None
    outcome: Outcome | None = None
    pairs: int | None = None


@dataclass(frozen=True, slots=True)
class FindingTrace:
    """One of our own findings: where it was said and by which version, what that rests on, and what people answered."""

    finding: str
    postings: tuple[Posting, ...] = ()
    versions: tuple[VersionLineage, ...] = ()
    precedents: tuple[PrecedentTrace, ...] = ()
    dismissals: tuple[FeedbackSignal, ...] = ()
    mined: tuple[RemarkTrace, ...] = ()
    acceptances: tuple[FeedbackSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer to `trace`: a mined remark, one of our findings, or both where ours was mined."""

    asked: str
    remark: RemarkTrace | None = None
    finding: FindingTrace | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the audit log as people read it; `about` says how it touches the person asked for, if one was."""

    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, object]
    hash: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """The audit log, checked, or the part of it that touched one person's data.

    `remarks` are the person's own, `mentions` remarks of others in which the person answered, decided or was answered;
    `untold` are datasets of which it cannot be told what they were made from.
    """

    entries: int
    lines: tuple[LogLine, ...]
    person: str = ""
    remarks: int = 0
    mentions: int = 0
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayedFile:
    """A file of a version: the SHA-256 that the manifest has, and that of the repetition (empty: it made none)."""

    name: str
    recorded: str
    made: str


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """Something that may change what a training makes, as it was recorded and as it is here (empty: not there)."""

    name: str
    recorded: str
    here: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A training that was repeated: whether every file came out the same, and what is different here all the same.

    `notes` are about the data that it was repeated on.
    """

    version: str
    same: bool
    files: tuple[ReplayedFile, ...]
    changed: tuple[ChangedSetting, ...]
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionTrace:
    """All that a version rests on, and what was decided about it; nobody's words are in it.

    `dataset` is None where its manifest is no longer there. `repeatable` says whether its pairs still come out the
    same, from the episodes or from those of the commit that recorded them; of the dataset's episodes `episodes_left`
    are still there (None: history does not tell). `ancestors` are the versions it took over from, nearest first;
    `decisions` the entries of the audit log about it, oldest first.
    """

    manifest: VersionManifest
    standing: RegistryEntry
    dataset: DatasetManifest | None
    repeatable: bool
    episodes_left: int | None
    ancestors: tuple[TracedVersion, ...] = ()
    decisions: tuple[AuditEntry, ...] = ()
