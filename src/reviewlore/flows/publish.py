"""A review onto its pull request: what is posted, a plan, a look at the head again, and the acts. One review a run.

Four requests at most: the pull request with all that is ours, the same right before posting, one review, one summary;
one more where old remarks are tidied, and only the first where there is nothing to do. Nothing is ever posted twice:
after an answer that leaves it open whether the words arrived, the pull request is read again and only what is missing
is posted. The verdict is always a comment, never an approval or a request for changes.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reviewlore.config import ReviewSettings
from reviewlore.diff import FilePatch
from reviewlore.domain.finding import Review
from reviewlore.domain.forge import Standing
from reviewlore.domain.hiding import hide
from reviewlore.domain.markers import MARKER
from reviewlore.errors import ForgeError, InputError, RefusedError
from reviewlore.ports import Forge, ForgeVoice
from reviewlore.stages.publish.pausing import plan_pause, plan_resume
from reviewlore.stages.publish.plan import Edit, Plan, Wishes, find_obstacle, plan_publication, render_plan
from reviewlore.stages.redact import redact

_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a review is published: the forge, its address, secrets that no text may carry, and the id of this run."""

    forge: Forge
    voice: ForgeVoice
    repository_url: str
    secrets: tuple[str, ...] = ()
    run: str = ""

    def clean(self, text: str) -> str:
        """Return a text without secrets, whoever put them there."""
        return redact(hide(text, self.secrets))[0]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review with the parsed diff that its anchors must lie in, and the settings it was made by, of its base."""

    review: Review
    patches: tuple[FilePatch, ...]
    settings: ReviewSettings = field(default_factory=ReviewSettings)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a review: counts of findings, or the snake_case reason why nothing was posted.

    `minimised` and `resolved` count our old remarks, `refused` those of them that the forge did not let us touch.
    `plan` tells what was planned, one action a line.
    """

    posted: int = 0
    known: int = 0
    outside: int = 0
    skip_reason: str = ""
    minimised: int = 0
    resolved: int = 0
    refused: int = 0
    plan: str = field(default="", compare=False)


def publish_review(desk: Desk, number: int, reviewed: Reviewed, standing: Standing | None = None) -> Published:
    """Post what is not posted yet of a review on a pull request; `standing` is how that was before the review.

    Skips (`head_moved`, `pull_request_closed`, `pull_request_locked`, `draft`, `no_write_permission`) are results.
    Raises ForgeError where it stays unknown whether something arrived, after looking for it and trying once more.
    """
    standing = standing or desk.forge.standing(number, MARKER)
    was_draft = standing.pull.draft
    inline, failures, first = True, 0, None
    plan = _plan(desk, reviewed, standing, inline=True)
    while True:
        if reason := find_obstacle(standing.pull, reviewed.review.head, was_draft):
            return Published(skip_reason=reason)
        if first is None and plan.empty:
            return _told(plan)
        standing = desk.forge.standing(number, MARKER)
        plan = _plan(desk, reviewed, standing, inline=inline)
        first = first or plan
        if reason := find_obstacle(standing.pull, reviewed.review.head, was_draft):
            return Published(skip_reason=reason)
        try:
            _act(desk, number, plan)
        except RefusedError:
            return Published(skip_reason="no_write_permission", plan=render_plan(first))
        except InputError:
            if not inline:
                raise
            inline, first = False, None  # the forge refuses a line that is in our diff: then nothing is pinned to one
            plan = _plan(desk, reviewed, standing, inline=False)
        except ForgeError:
            failures += 1
            if failures >= _ATTEMPTS:
                raise
        else:
            return _tidied(desk, plan, _told(first))


def preview_review(desk: Desk, reviewed: Reviewed, standing: Standing) -> Published:
    """Return what `publish_review` would make of a pull request that stands as it did; nothing is sent."""
    if reason := find_obstacle(standing.pull, reviewed.review.head):
        return Published(skip_reason=reason)
    return _told(_plan(desk, reviewed, standing, inline=True))


def say_pause(desk: Desk, standing: Standing, *, held: bool) -> None:
    """Say once, in the summary that stands, that reviews of a pull request are paused; nothing where none stands.

    `held`: somebody asked for it; else there were many reviews.
    """
    _amend(desk, plan_pause(standing.posted, desk.clean, held=held))


def say_resumed(desk: Desk, standing: Standing) -> None:
    """Take from the summary that stands that reviews are paused."""
    _amend(desk, plan_resume(standing.posted, desk.clean))


def _amend(desk: Desk, edit: Edit | None) -> None:
    if edit is None or edit.comment is None:
        return
    with suppress(RefusedError, ForgeError):  # the page of the run says it as well
        desk.voice.edit_comment(edit.comment, edit.body)


def say_once(send: Callable[[], object], arrived: Callable[[], bool]) -> None:
    """Send something; after an unclear answer look whether it arrived, and send once more only if it did not."""
    try:
        send()
    except ForgeError:
        if not arrived():
            send()


def _act(desk: Desk, number: int, plan: Plan) -> None:
    if plan.review is not None:
        desk.voice.post_review(number, plan.review)
    if plan.summary is None:
        return
    if plan.summary.comment is None:
        desk.voice.post_comment(number, plan.summary.body)
    else:
        desk.voice.edit_comment(plan.summary.comment, plan.summary.body)


def _plan(desk: Desk, reviewed: Reviewed, standing: Standing, *, inline: bool) -> Plan:
    wishes = Wishes(inline, desk.clean, desk.run, reviewed.settings.resolve_threads)
    return plan_publication(reviewed.review, reviewed.patches, standing.posted, desk.repository_url, wishes)


def _told(plan: Plan) -> Published:
    return Published(len(plan.posts), plan.known, len(plan.outside), plan=render_plan(plan))


def _tidied(desk: Desk, plan: Plan, published: Published) -> Published:
    """Minimise and resolve what the plan says; where that is not possible, it is counted and no more."""
    comments, threads = tuple(each.node for each in plan.minimise), tuple(each.node for each in plan.resolve)
    if not comments and not threads:
        return published
    try:
        refused = desk.voice.tidy(comments, threads)
    except (RefusedError, InputError, ForgeError):
        refused = (*comments, *threads)
    return replace(
        published,
        minimised=len(set(comments) - set(refused)),
        resolved=len(set(threads) - set(refused)),
        refused=len(refused),
    )
