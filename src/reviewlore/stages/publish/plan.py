"""A `Review`, the parsed diff and what is already posted in; what to post, edit and leave out. Pure, and idempotent.

Planning again after the plan was carried out gives an empty plan. Nothing that was posted is ever removed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import IssueComment, NewComment, NewReview, Posted, PullRequest
from reviewlore.domain.history import Anchor
from reviewlore.domain.markers import find_marker
from reviewlore.stages.publish.render import (
    SUMMARY_MARKER,
    fingerprint,
    render_comment,
    render_review_body,
    render_summary,
)

MAX_COMMENTS = 20  # GitHub publishes no limit; reviews of 71 comments are known to fail half-way


@dataclass(frozen=True, slots=True)
class SummaryAction:
    """The summary comment is to be posted (`comment` is None) or its text replaced."""

    comment: int | None
    body: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is still to be done: `review` posts, `summary` posts or edits; `left` are posted findings not touched."""

    review: NewReview | None
    summary: SummaryAction | None
    left: tuple[str, ...]
    outside: tuple[Finding, ...]


def plan_publication(
    review: Review,
    patches: Sequence[FilePatch],
    posted: Posted,
    repository_url: str,
    *,
    inline: bool = True,
    clean: Callable[[str], str] = str,
    run: str = "",
) -> Plan:
    """Compare what the review says with what stands on the pull request.

    A finding whose anchor is not a line of the diff, or that is above the limit, goes to the summary; with `inline`
    False all of them do (the forge refused the anchors). `clean` takes secrets out of every body;
    `run` is the id of this run.
    """
    known = {find_marker("finding", comment.body) for comment in posted.comments}
    findings = _distinct(review.findings)
    left = tuple(fingerprint(finding) for finding in findings if fingerprint(finding) in known)
    fresh = [finding for finding in findings if fingerprint(finding) not in known]
    placed = [(finding, find_anchor(finding.anchor, patches)) for finding in fresh]
    room = max(0, MAX_COMMENTS - len(left)) if inline else 0
    chosen = [(finding, anchor) for finding, anchor in placed if anchor is not None][:room]
    comments = tuple(
        NewComment(anchor, clean(render_comment(finding, review, repository_url, run))) for finding, anchor in chosen
    )
    said = {fingerprint(finding) for finding, _ in chosen} | set(left)
    on_lines = [finding for finding in findings if fingerprint(finding) in said]
    outside = tuple(finding for finding in fresh if fingerprint(finding) not in said)
    new = NewReview(review.head, render_review_body(review, len(comments)), comments) if comments else None
    old = next((comment for comment in posted.summaries if comment.body.rstrip().endswith(SUMMARY_MARKER)), None)
    if old is None and not findings:
        return Plan(new, None, left, outside)  # silence is a valid result; the run's own page still tells it
    body = clean(render_summary(review, repository_url, on_lines, outside))
    return Plan(new, _plan_summary(old, body), left, outside)


def find_anchor(anchor: Anchor, patches: Sequence[FilePatch]) -> Anchor | None:
    """Return the anchor as GitHub takes it (one side, inside one hunk), or None where no line can carry a comment.

    REST "Create a review for a pull request": `line` must be part of a hunk; `start_line` before it, in the same hunk.
    """
    patch = next((patch for patch in patches if patch.path == anchor.path), None)
    if patch is None or anchor.line is None:
        return None
    hunk = patch.hunk_at(anchor.line, anchor.side)
    if hunk is None:
        return None
    lines = hunk.right if anchor.side == "RIGHT" else hunk.left
    start = anchor.start_line
    if start is None or start >= anchor.line or start not in lines:
        start = None
    return Anchor(anchor.path, anchor.line, anchor.side, start)


def find_obstacle(pull: PullRequest, head: str) -> str | None:
    """Return why nothing may be posted for a review of `head` on the pull request as it is now, or None."""
    if pull.state != "open":
        return "pull_request_closed"
    if pull.locked:
        return "pull_request_locked"
    return "head_moved" if pull.head_sha != head else None


def _plan_summary(old: IssueComment | None, body: str) -> SummaryAction | None:
    if old is not None and old.body.replace("\r\n", "\n").rstrip() == body.rstrip():
        return None
    return SummaryAction(old.id if old else None, body)


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    return list({fingerprint(finding): finding for finding in findings}.values())
