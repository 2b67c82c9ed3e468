"""A hosted repository: its past for mining, what is asked before acting, what is said, and what is run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from reviewlore.domain.forge import (
    CommentKind,
    HistoryPage,
    IssueComment,
    NewCheck,
    NewReview,
    Position,
    Posted,
    PostedReview,
    PullRequest,
    Reaction,
    Standing,
    ThreadComment,
)
from reviewlore.domain.people import Role


class ForgeHistory(Protocol):
    """The past of one hosted repository, read in whole pages for mining; never a request per pull request or comment.

    Every method may raise BudgetError once the requests that were allowed are used up, before one more is sent.
    """

    @property
    def repository(self) -> str:
        """`owner/name` as the forge spells it now, whatever it was asked for by."""
        ...

    def merged(self, start: Position) -> Iterator[HistoryPage]:
        """Yield merged pull requests behind a position, whole, the least recently updated first.

        One that is updated while it is read comes again at the end; none is left out.
        """
        ...

    def pulls(self, numbers: Sequence[int]) -> Iterator[HistoryPage]:
        """Yield the merged ones of these pull requests, whole, as they are now."""
        ...

    def touched(self, since: str) -> frozenset[int]:
        """Return the pull requests of which a review comment was written or edited since (ISO 8601 in UTC)."""
        ...

    def writers(self) -> frozenset[str] | None:
        """Return the logins (lower case) of all who may write, or None where this token may not list them."""
        ...

    def role(self, login: str) -> Role | None:
        """Return one person's role; `none` for a stranger, None where this token may not ask or gets no answer."""
        ...

    def tags(self) -> dict[str, str]:
        """Return the entity tags of the answers so far by address, to ask for news only the next time."""
        ...

    def requests_used(self) -> int:
        """Return how many requests were sent so far, repeated ones included."""
        ...


class Forge(Protocol):
    """What is asked of a forge about one pull request before acting on it."""

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now; InputError where there is none."""
        ...

    def open_pulls(self, head_repository: str, branch: str) -> tuple[PullRequest, ...]:
        """Return the open pull requests whose head is a branch (a stranger's word) of a repository (`owner/name`)."""
        ...

    def role(self, login: str) -> Role:
        """Return a person's role in the repository; `none` for a stranger, and whenever it cannot be told."""
        ...

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment; InputError where there is none."""
        ...

    def dated_comment(self, comment: int) -> ThreadComment:
        """Return one review comment with when its words were changed (`edited_at`); InputError where there is none."""
        ...

    def standing(self, number: int, marker: str) -> Standing:
        """Return a pull request as it is now with what `posted` returns, at once; InputError where there is none."""
        ...

    def posted(self, number: int, marker: str) -> Posted:
        """Return what this identity itself has posted on a pull request with `marker` in the text."""
        ...


class ForgeAccount(Protocol):
    """Whose token this is, and what that person may do."""

    @property
    def repository(self) -> str:
        """`owner/name` as the forge spells it now."""
        ...

    @property
    def login(self) -> str:
        """The name of the token's owner."""
        ...

    def role(self, login: str) -> Role:
        """Return a person's role in the repository; `none` for a stranger, and whenever it cannot be told."""
        ...


class ForgeComments(Protocol):
    """What was said on a hosted repository, by anybody, to find one comment again."""

    @property
    def repository(self) -> str:
        """`owner/name` as the forge spells it now."""
        ...

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment; InputError where there is none."""
        ...

    def issue_comment(self, comment: int) -> IssueComment:
        """Return one comment of a conversation; InputError where there is none."""
        ...

    def recent_threads(self) -> Iterator[ThreadComment]:
        """Yield the review comments of all pull requests, newest first, a page a request as they are taken."""
        ...

    def recent_talk(self) -> Iterator[IssueComment]:
        """Yield the conversation comments of all pull requests and issues, newest first, likewise."""
        ...


class ForgeVoice(Protocol):
    """What is said to a forge. No call is ever repeated by itself: after an error, ask `posted` before trying again.

    RefusedError where the token may not write, ForgeError where it cannot be told whether the words arrived.
    """

    def post_review(self, number: int, review: NewReview) -> PostedReview:
        """Post one review with all its comments, or nothing: InputError names the anchor the forge refused."""
        ...

    def post_comment(self, number: int, body: str) -> IssueComment:
        """Post one comment in the conversation."""
        ...

    def edit_comment(self, comment: int, body: str) -> IssueComment:
        """Replace the text of one conversation comment."""
        ...

    def tidy(self, comments: Sequence[str], threads: Sequence[str]) -> tuple[str, ...]:
        """Minimise own comments as outdated and resolve own threads, by the forge's names; return those refused."""
        ...

    def reply(self, number: int, comment: int, body: str) -> ThreadComment:
        """Answer in a review thread, given the id of its first comment."""
        ...

    def react(self, kind: CommentKind, comment: int, reaction: Reaction) -> None:
        """Add a reaction to a conversation comment (`issue`) or a review comment (`review`); twice is once."""
        ...


class ForgeRuns(Protocol):
    """The forge's checks and workflows."""

    def conclude_check(self, check: NewCheck) -> int:
        """Record a finished check run on a commit and return its id."""
        ...

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by its file name on a branch; InputError where there is none of that name or branch."""
        ...
