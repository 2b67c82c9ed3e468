"""What was said in review, and what became of it. Made by `stages/mine.py`, labelled by `stages/outcome.py`."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["addressed", "declined", "ignored", "unknown"]
Confidence = Literal["high", "medium", "low"]
Side = Literal["LEFT", "RIGHT"]
AuthorKind = Literal["human", "bot"]
Intent = Literal["suggestion", "question", "statement", "nit", "praise"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a remark is pinned: a 1-based line of one side of a diff, or a whole file (`line` is None)."""

    path: str
    line: int | None = None
    side: Side = "RIGHT"
    start_line: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer in a review thread; `author` is a pseudonym, `created_at` ISO 8601 in UTC."""

    author: str
    body: str
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeEvidence:
    """One reason to believe in an outcome; `weight` in 0..1 says how strong it is."""

    kind: str
    outcome: Outcome
    weight: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RawRemark:
    """One root review comment as a source tells it: real names, unscrubbed, unlabelled. It is never stored.

    `reviewed_commit` is the head the reviewer saw, `last_commit` the pull request's last head before the merge.
    `resolved` says whether somebody other than a bot resolved the thread. `imported_*` is the source's own claim.
    """

    repository: str
    pull_request: int
    comment_id: str
    path: str
    hunk: str
    body: str
    author: str | None
    author_is_bot: bool
    pull_request_author: str | None
    created_at: str
    line: int | None = None
    start_line: int | None = None
    side: Side = "RIGHT"
    replies: tuple[Reply, ...] = ()
    language: str | None = None
    url: str | None = None
    reviewed_commit: str | None = None
    last_commit: str | None = None
    resolved: bool | None = None
    intent: Intent | None = None
    imported_outcome: Outcome | None = None
    imported_evidence: str | None = None
    imported_confidence: Confidence | None = None
    source: str = "file"


@dataclass(frozen=True, slots=True)
class Episode:
    """One root review remark with what became of it.

    `id` is `owner/name#pull_request/comment_id`; people are pseudonyms; `hunk` is the diff as the reviewer saw it.
    """

    id: str
    repository: str
    pull_request: int
    comment_id: str
    author: str
    author_kind: AuthorKind
    pull_request_author: str | None
    anchor: Anchor
    hunk: str
    body: str
    created_at: str
    intent: Intent = "statement"
    language: str | None = None
    outcome: Outcome = "unknown"
    confidence: Confidence = "low"
    evidence: tuple[OutcomeEvidence, ...] = ()
    replies: tuple[Reply, ...] = ()
    concern: str = "other"
    url: str | None = None
    author_role: str | None = None
    reviewed_commit: str | None = None
    code_before: str | None = None
    code_after: str | None = None
    source: str = "file"
