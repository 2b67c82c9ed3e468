"""A `Review`, the parsed diff and what is already posted in; what to post, edit, minimise, resolve and leave out. Pure.

Idempotent: planning again after the plan was carried out gives a plan with nothing to do. Nothing that was posted is
ever deleted, and no inline comment ever reworded: what people have read stays as they read it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.diff import FilePatch
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import IssueComment, NewComment, NewReview, Posted, PullRequest
from reviewlore.domain.history import Anchor
from reviewlore.domain.markers import (
    Memory,
    add_hidden,
    find_marker,
    find_memory,
    find_place,
    memory_marker,
    place_marker,
)
from reviewlore.domain.visible import visible_line
from reviewlore.stages.publish.again import find_unseen
from reviewlore.stages.publish.places import find_anchor, find_place_of, match_posted
from reviewlore.stages.publish.render import (
    fingerprint,
    is_summary,
    render_comment,
    render_review_body,
    render_summary,
)
from reviewlore.stages.publish.tidy import Leave, Minimise, Resolve, decide_threads

MAX_COMMENTS = 20  # GitHub publishes no limit; reviews of 71 comments are known to fail half-way


@dataclass(frozen=True, slots=True)
class Post:
    """A remark is to be posted in the run's one review."""

    finding: str
    comment: NewComment


@dataclass(frozen=True, slots=True)
class Edit:
    """The summary comment is to be posted (`comment` is None) or its text replaced."""

    comment: int | None
    body: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is still to be done, as records; `outside` are findings that only the summary tells."""

    commit: str
    text: str = ""
    posts: tuple[Post, ...] = ()
    summary: Edit | None = None
    minimise: tuple[Minimise, ...] = ()
    resolve: tuple[Resolve, ...] = ()
    leave: tuple[Leave, ...] = ()
    outside: tuple[Finding, ...] = ()

    @property
    def review(self) -> NewReview | None:
        """The one review that carries all new remarks."""
        comments = tuple(post.comment for post in self.posts)
        return NewReview(self.commit, self.text, comments) if comments else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.posts or self.summary or self.minimise or self.resolve)

    @property
    def known(self) -> int:
        """How many findings stand on the pull request already."""
        return sum(each.reason == "already_said" for each in self.leave)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a review is published.

    With `inline` False nothing is pinned to a line (the forge refused the anchors); `clean` takes secrets out of every
    body; `run` is the id of this run; `resolve` asks to resolve our threads whose remark was addressed.
    """

    inline: bool = True
    clean: Callable[[str], str] = str
    run: str = ""
    resolve: bool = False


def plan_publication(
    review: Review, patches: Sequence[FilePatch], posted: Posted, repository_url: str, wishes: Wishes | None = None
) -> Plan:
    """Compare what the review says with what stands on the pull request.

    A finding whose anchor is not a line of the diff, or that is above the limit, goes to the summary. One that somebody
    deleted from the pull request is not said again.
    """
    draft = _Draft(review, {patch.path: patch for patch in patches}, posted, repository_url, wishes or Wishes())
    return draft.plan()


def find_summary(posted: Posted) -> IssueComment | None:
    """Return our summary comment."""
    return next((each for each in posted.summaries if is_summary(each.body)), None)


def recall(posted: Posted) -> Memory:
    """Return what is known of earlier reviews; where the summary was deleted, what our own reviews tell."""
    summary = find_summary(posted)
    memory = find_memory(summary.body) if summary is not None else Memory()
    heads = dict.fromkeys(filter(None, (find_marker("review", each.body) for each in posted.reviews)))
    return replace(memory, reviews=max(memory.reviews, len(heads)))


def find_obstacle(pull: PullRequest, head: str, was_draft: bool = True) -> str | None:
    """Return why nothing may be posted for a review of `head` on the pull request as it is now, or None."""
    if pull.state != "open":
        return "pull_request_closed"
    if pull.locked:
        return "pull_request_locked"
    if pull.head_sha != head:
        return "head_moved"
    return "draft" if pull.draft and not was_draft else None


def render_plan(plan: Plan) -> str:
    """Return a plan as text, one action a line, for the log of a run that acts or only says what it would do."""
    places = [(post, post.comment.anchor) for post in plan.posts]
    rows = [f"post {visible_line(anchor.path)}:{anchor.line} ({post.finding})" for post, anchor in places]
    if plan.summary is not None:
        what = "post the summary" if plan.summary.comment is None else f"edit the summary {plan.summary.comment}"
        rows.append(f"{what} ({len(plan.outside)} explained there)" if plan.outside else what)
    rows += [f"minimise {each.finding}" for each in plan.minimise]
    rows += [f"resolve {each.finding}" for each in plan.resolve]
    rows += [f"leave {each.finding} ({each.reason})" for each in plan.leave]
    return "\n".join(rows) or "nothing to do"


def plan_edit(old: IssueComment | None, body: str) -> Edit | None:
    """Return what makes a summary say `body`; None where it does."""
    if old is not None and old.body.replace("\r\n", "\n").rstrip() == body.rstrip():
        return None
    return Edit(old.id if old else None, body)


class _Draft:
    """One planning: which findings stand, which are new and where, and what that makes of the summary."""

    def __init__(
        self, review: Review, patches: Mapping[str, FilePatch], posted: Posted, repository_url: str, wishes: Wishes
    ) -> None:
        self.review, self.patches, self.posted = review, patches, posted
        self.url, self.wishes, self.memory = repository_url, wishes, recall(posted)
        findings = list({fingerprint(finding): finding for finding in review.findings}.values())
        self.said = match_posted(findings, posted.comments, patches)
        self.deleted = self._deleted([each for each in findings if fingerprint(each) not in self.said])
        self.findings = [each for each in findings if fingerprint(each) not in self.deleted]

    def plan(self) -> Plan:
        fresh = [each for each in self.findings if fingerprint(each) not in self.said]
        placed = [(each, find_anchor(each.anchor, self.patches)) for each in fresh]
        chosen = [(each, anchor) for each, anchor in placed if anchor is not None][: self._room()]
        posts = tuple(Post(fingerprint(each), self._comment(each, anchor)) for each, anchor in chosen)
        new = {post.finding for post in posts}
        threads = decide_threads(self.posted.threads, self.review, self.said, self.wishes.resolve)
        plan = Plan(
            commit=self.review.head,
            text=render_review_body(self.review, len(posts)),
            posts=posts,
            minimise=tuple(each for each in threads if isinstance(each, Minimise)),
            resolve=tuple(each for each in threads if isinstance(each, Resolve)),
            leave=(
                *(Leave(name, "already_said") for name in self.said),
                *(Leave(name, "deleted_by_somebody") for name in sorted(self.deleted)),
                *(each for each in threads if isinstance(each, Leave)),
            ),
            outside=tuple(each for each in fresh if fingerprint(each) not in new),
        )
        return replace(plan, summary=self._summary(plan))

    def _deleted(self, unsaid: Sequence[Finding]) -> set[str]:
        """Return the findings whose comment was posted once and is there no more."""
        gone = set(self.memory.said).difference(*(_named(each.body) for each in self.posted.comments))
        return {
            fingerprint(each) for each in unsaid if gone & {fingerprint(each), find_place_of(each, self.patches).key}
        }

    def _room(self) -> int:
        """How many more inline comments fit below the limit, which holds over all runs; hidden ones do not count."""
        ours = [each for each in self.posted.comments if find_marker("finding", each.body) and each.hidden is None]
        return max(0, MAX_COMMENTS - len(ours)) if self.wishes.inline else 0

    def _comment(self, finding: Finding, anchor: Anchor) -> NewComment:
        body = self.wishes.clean(render_comment(finding, self.review, self.url, self.wishes.run))
        return NewComment(anchor, add_hidden(body, place_marker(find_place_of(finding, self.patches))))

    def _summary(self, plan: Plan) -> Edit | None:
        old = find_summary(self.posted)
        if old is None and not self.findings:
            return None  # silence is a valid result; the run's own page still tells it
        apart = {fingerprint(each) for each in plan.outside}
        on_lines = [each for each in self.findings if fingerprint(each) not in apart]
        body = self.wishes.clean(render_summary(self.review, self.url, on_lines, plan.outside))
        bodies = [each.body for each in self.posted.comments] + [post.comment.body for post in plan.posts]
        said = dict.fromkeys([*self.memory.said, *(name for each in bodies for name in _named(each))])
        reviews = self.memory.reviews + (self.memory.head != self.review.head)
        seen = Memory(self.review.head, self.review.base, reviews, tuple(said), unseen=find_unseen(self.review))
        return plan_edit(old, add_hidden(body, memory_marker(seen)))


def _named(body: str) -> list[str]:
    """Return what a remark of ours is known by: its fingerprint, and what code it is about."""
    name = find_marker("finding", body)
    return [each for each in (name, find_place(body).key) if each] if name else []
