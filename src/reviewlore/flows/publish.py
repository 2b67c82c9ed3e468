"""A review onto its pull request: fetch what is posted, plan, look at the head again, act. One review a run at most.

Nothing is ever posted twice: after an answer that leaves it open whether the words arrived, the pull request is read
again and only what is missing is posted. The verdict is always a comment, never an approval or a request for changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reviewlore.diff import FilePatch
from reviewlore.domain.events import FailOn
from reviewlore.domain.finding import Review
from reviewlore.domain.inert import hide
from reviewlore.domain.markers import MARKER
from reviewlore.errors import ForgeError, InputError, RefusedError
from reviewlore.ports import Forge, ForgeVoice
from reviewlore.stages.publish.plan import Plan, find_obstacle, plan_publication
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
    """A review with the parsed diff that its anchors must lie in, and from which severity on the run fails."""

    review: Review
    patches: tuple[FilePatch, ...]
    fail_on: FailOn = "never"


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a review: counts of findings, or the snake_case reason why nothing was posted."""

    posted: int = 0
    known: int = 0
    outside: int = 0
    skip_reason: str = ""


def publish_review(desk: Desk, number: int, reviewed: Reviewed) -> Published:
    """Post what is not posted yet of a review on a pull request.

    Skips (`head_moved`, `pull_request_closed`, `pull_request_locked`, `no_write_permission`) are results. Raises
    ForgeError where it stays unknown whether something arrived, after looking for it and trying once more.
    """
    inline, failures, first = True, 0, None
    while True:
        posted = desk.forge.posted(number, MARKER)
        review, patches = reviewed.review, reviewed.patches
        plan = plan_publication(
            review, patches, posted, desk.repository_url, inline=inline, clean=desk.clean, run=desk.run
        )
        first = first or plan
        if reason := find_obstacle(desk.forge.pull(number), review.head):
            return Published(skip_reason=reason)
        try:
            _act(desk, number, plan)
        except RefusedError:
            return Published(skip_reason="no_write_permission")
        except InputError:
            if not inline:
                raise
            inline, first = False, None  # the forge refuses a line that is in our diff: then nothing is pinned to one
        except ForgeError:
            failures += 1
            if failures >= _ATTEMPTS:
                raise
        else:
            comments = len(first.review.comments) if first.review else 0
            return Published(comments, len(first.left), len(first.outside))


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
