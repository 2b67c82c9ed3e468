"""What a forge says: pull requests, review comments, reviews, threads; and what is said to it.

Made by `adapters/github.py` from the forge's answers; logins are still the real ones (pseudonyms are made later).
Times are ISO 8601 in UTC as the forge gives them; an author of None is a deleted account.
"""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.history import Anchor, Side

Reaction = Literal["+1", "-1", "laugh", "confused", "hooray", "heart", "rocket", "eyes"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"]
CommentKind = Literal["issue", "review"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request. `head_repository` is None where the fork was deleted; `merge_commit` only once merged."""

    number: int
    title: str
    body: str
    author: str | None
    author_is_bot: bool
    state: Literal["open", "closed"]
    draft: bool
    merged: bool
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repository: str | None
    labels: tuple[str, ...]
    merge_commit: str | None
    created_at: str
    updated_at: str
    merged_at: str | None
    url: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Reacted:
    """One person's reaction to a comment, and when it was given."""

    login: str
    reaction: Reaction
    at: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """One review comment on code, as the forge lists it: the root of a thread, or a reply (`in_reply_to`).

    `line` is the place in the diff of `commit` (None once outdated), `original_line` the place the reviewer saw in
    `original_commit`. `reactions` counts by content, without saying whose; `reacted` says whose, where it was asked.
    `edited_at` is when the words were last changed, `hidden` the reason the forge hides it for (both None: not).
    """

    id: int
    in_reply_to: int | None
    review: int | None
    pull_request: int
    path: str
    line: int | None
    original_line: int | None
    side: Side
    start_line: int | None
    original_start_line: int | None
    diff_hunk: str
    body: str
    author: str | None
    author_is_bot: bool
    author_association: str
    created_at: str
    updated_at: str
    original_commit: str
    commit: str
    url: str
    reactions: dict[str, int] = field(default_factory=dict)
    whole_file: bool = False
    reacted: tuple[Reacted, ...] = ()
    edited_at: str | None = None
    hidden: str | None = None


@dataclass(frozen=True, slots=True)
class IssueComment:
    """One comment in the conversation of a pull request or issue (`number`), not on code."""

    id: int
    number: int
    body: str
    author: str | None
    author_is_bot: bool
    author_association: str
    created_at: str
    updated_at: str
    url: str
    reactions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostedReview:
    """One review as submitted: its verdict, its summary text and the commit it was made on."""

    id: int
    pull_request: int
    author: str | None
    author_is_bot: bool
    state: ReviewState
    body: str
    commit: str | None
    submitted_at: str | None
    url: str


@dataclass(frozen=True, slots=True)
class ReviewThread:
    """One review thread: its comments, the root first, and who resolved it. Never without a root."""

    comments: tuple[ThreadComment, ...]
    resolved: bool = False
    resolved_by: str | None = None
    resolved_by_bot: bool = False
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class MergedPull:
    """A merged pull request with all that was said on it: threads, reviews and the conversation, each oldest first."""

    pull: PullRequest
    threads: tuple[ReviewThread, ...]
    reviews: tuple[PostedReview, ...]
    conversation: tuple[IssueComment, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """How far the merged pull requests of a repository were read, in the order of their last update.

    `updated_at` is the last update of the last one read; `after` the forge's own mark of that place, which it may
    refuse one day: then the place is found again by the time. Both None: from the beginning.
    """

    after: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some merged pull requests, whole, and the position behind them; `last` where there are no more for now."""

    pulls: tuple[MergedPull, ...]
    position: Position
    last: bool = False


@dataclass(frozen=True, slots=True)
class OwnThread:
    """A review thread that this identity began, and what this identity may do about it.

    `node` and `comment_node` are the forge's names of the thread and of its first comment, `comment`. `answers` counts
    the comments after the first, `reactions` those to the first, whoever gave them; `outdated`: its lines are gone.
    """

    node: str
    comment_node: str
    comment: ThreadComment
    answers: int = 0
    reactions: int = 0
    resolved: bool = False
    outdated: bool = False
    may_resolve: bool = False
    may_minimise: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What this identity has already said on one pull request, of what carries the marker.

    `comments` are all its review comments, `threads` those of its threads that begin with one.
    """

    reviews: tuple[PostedReview, ...] = ()
    comments: tuple[ThreadComment, ...] = ()
    summaries: tuple[IssueComment, ...] = ()
    threads: tuple[OwnThread, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A pull request as it is now, with what this identity (`login`) has said on it; `repository` is `owner/name`."""

    repository: str
    login: str
    pull: PullRequest
    posted: Posted = field(default_factory=Posted)


@dataclass(frozen=True, slots=True)
class NewComment:
    """An inline comment to post; the anchor must lie in the pull request's diff."""

    anchor: Anchor
    body: str


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review to post on one commit: always a comment, never an approval or a request for changes."""

    commit: str
    body: str
    comments: tuple[NewComment, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckNote:
    """One remark of a check run that the forge shows beside a line of the new code."""

    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class NewCheck:
    """A finished check run to record on one commit; `summary` is Markdown."""

    name: str
    commit: str
    conclusion: Conclusion
    title: str
    summary: str
    details_url: str | None = None
    notes: tuple[CheckNote, ...] = ()
