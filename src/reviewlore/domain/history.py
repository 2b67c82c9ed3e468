"""What was said in review, and what became of it. Made by `stages/mine.py`, labelled by `stages/outcome`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.people import Role

Outcome = Literal["addressed", "declined", "ignored", "unknown"]
Confidence = Literal["high", "medium", "low"]
Side = Literal["LEFT", "RIGHT"]
AuthorKind = Literal["human", "bot"]
Intent = Literal["suggestion", "question", "statement", "nit", "praise"]
VoteKind = Literal["up", "down", "resolved"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a remark is pinned: a 1-based line of one side of a diff, or a whole file (`line` is None)."""

    path: str
    line: int | None = None
    side: Side = "RIGHT"
    start_line: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer in a review thread; `author` is a pseudonym, `created_at` ISO 8601 in UTC.

    `comment_id` is the forge's, empty where the source does not tell.
    """

    author: str
    body: str
    created_at: str = ""
    comment_id: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's reaction to a remark, or the resolving of its thread (`at` is empty: the forge does not tell when).

    `role` is the person's role in the repository at mining time, None where it could not be told.
    """

    author: str
    kind: VoteKind
    at: str = ""
    role: Role | None = None
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What one of our remarks says of itself; empty or None where it does not tell (older comments name no rule).

    `specialist` is empty for facts; `probability` is rounded to tenths.
    """

    tier: str = ""
    version: str = ""
    rule: str = ""
    specialist: str = ""
    probability: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class OutcomeEvidence:
    """One reason to believe in an outcome; `weight` in 0..1 says how strong it is.

    `by` is the pseudonym of the person whose word or vote it is, empty where it is git's.
    """

    kind: str
    outcome: Outcome
    weight: float
    detail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class RawRemark:
    """One root review comment as a source tells it: real names, unscrubbed, unlabelled. It is never stored.

    `reviewed_commit` is the head the reviewer saw, `last_commit` the pull request's last head before the merge, `base`
    a commit of the branch that was merged into. `author_role` is the role at mining time, None where it is not known;
    `edited_at` when the words were last changed, `hidden` why the forge hides the remark (`spam`, `off-topic`, ...),
    `finding` the id in our own comments' hidden marker, `said` what such a one tells of itself. `approved_after`: its
    author approved the pull request later;
    `settled`: the pull request's author said later in the conversation that the remarks were taken up. `license` is
    what the source says of the text, `imported_*` its own claim of the outcome.
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
    base: str | None = None
    author_role: Role | None = None
    votes: tuple[Vote, ...] = ()
    edited_at: str | None = None
    hidden: str | None = None
    finding: str | None = None
    said: Origin | None = None
    approved_after: bool = False
    settled: bool = False
    license: str | None = None
    intent: Intent | None = None
    imported_outcome: Outcome | None = None
    imported_evidence: str | None = None
    imported_confidence: Confidence | None = None
    source: str = "file"


@dataclass(frozen=True, slots=True)
class Episode:
    """One root review remark with what became of it.

    `id` is `owner/name#pull_request/comment_id`; people are pseudonyms; `hunk` is the diff as the reviewer saw it.
    `author_role` is the role at mining time, `last_commit` the pull request's last head; `code_before` and `code_after`
    are the anchored lines as the reviewer saw them and as they were merged; `finding` is the id of our own comment,
    `said` what that tells of itself.
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
    author_role: Role | None = None
    reviewed_commit: str | None = None
    last_commit: str | None = None
    finding: str | None = None
    said: Origin | None = None
    code_before: str | None = None
    code_after: str | None = None
    source: str = "file"


def people_in(episodes: Iterable[Episode]) -> frozenset[str]:
    """Return the pseudonyms of everybody whose word, code or vote stands in these episodes."""
    found = set[str]()
    for episode in episodes:
        found |= {episode.author, episode.pull_request_author or ""}
        found |= {reply.author for reply in episode.replies} | {item.by for item in episode.evidence}
    return frozenset(found - {""})
