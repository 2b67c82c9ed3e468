"""One pull request reviewed because somebody asked on the command line: what a push would get, shown before it is said.

Only `post_asked` writes anything, to GitHub or, in shadow mode, to the state branch of the clone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.domain.asking import PullText
from reviewlore.domain.comparison import VersionComparison
from reviewlore.domain.forge import Standing
from reviewlore.errors import RefusedError
from reviewlore.flows.comparing import compare_versions
from reviewlore.flows.publish import Desk, Published, Reviewed, preview_review, publish_review
from reviewlore.flows.review import ReviewContext
from reviewlore.flows.review_job import review_pull
from reviewlore.flows.scoring import Judgement
from reviewlore.flows.subject import Circumstances
from reviewlore.stages.publish.pausing import recall_earlier
from reviewlore.stages.review.skipping import find_skip_reason, render_asked

_STOOD = "Compared as if nothing stood on the pull request yet."
_UNPOSTED = {
    "no_write_permission": "this token may not write to pull requests. Give it write access to them",
    "head_moved": "it was pushed to meanwhile. Run again for its new head",
    "pull_request_closed": "it is closed",
    "pull_request_locked": "its conversation is locked",
    "draft": "it became a draft meanwhile",
}


@dataclass(frozen=True, slots=True)
class PullSite:
    """A pull request as it stood when it was asked for, where it is spoken on, and what it is reviewed with.

    `fetch` brings its commits (number, base, head) into the clone that `context` reads, `bring` commits that were
    pushed over, as far as there are any; `now` tells the time (ISO 8601).
    """

    desk: Desk
    standing: Standing
    context: ReviewContext
    fetch: Callable[[int, str, str], None]
    bring: Callable[[Sequence[str]], None]
    now: Callable[[], str]

    @property
    def name(self) -> str:
        """How people call it: `owner/name#1`."""
        return f"{self.standing.repository}#{self.standing.pull.number}"


@dataclass(frozen=True, slots=True)
class PostedReview:
    """What became of a review that was to be posted; `plan` tells what was planned, `shadow` that nothing is said."""

    told: str
    plan: str = ""
    shadow: bool = False


def review_asked(site: PullSite, foreign: Mapping[str, bytes]) -> tuple[Reviewed, str]:
    """Return the review of a pull request as it stands, and why the action would leave it out (empty: it would not)."""
    pull = site.standing.pull
    reviewed = review_pull(site.context, site.fetch, pull, site.standing, site.bring, foreign)
    reason = find_skip_reason(pull, reviewed.settings, recall_earlier(site.standing.posted), asked=False)
    return reviewed, render_asked(reason) if reason else ""


def compare_asked(site: PullSite, other: Judgement, foreign: Mapping[str, bytes]) -> VersionComparison:
    """Compare two versions on a pull request, as if nothing had been said on it: what stands is one version's work."""
    pull = site.standing.pull
    site.fetch(pull.number, pull.base_sha, pull.head_sha)
    known = Circumstances(pull.number, PullText(pull.title, pull.body), foreign=foreign)
    compared = compare_versions(site.context, pull.base_sha, pull.head_sha, other, known)
    return replace(compared, notes=(*compared.notes, _STOOD)) if site.standing.posted.comments else compared


def preview(site: PullSite, reviewed: Reviewed) -> str:
    """Return what posting would do now, as text of several lines."""
    if reviewed.settings.shadow:
        return f"Shadow mode: with --post nothing is posted on {site.name}, and the review is recorded."
    found = preview_review(site.desk, reviewed, site.standing)
    if found.skip_reason:
        return _unposted(site.name, found.skip_reason)
    return f"Nothing is posted on {site.name}. With --post:\n{_indented(found.plan)}"


def post_asked(site: PullSite, reviewed: Reviewed) -> PostedReview:
    """Post a review, or record it where the settings of the base say so; RefusedError where nothing could be posted."""
    if reviewed.settings.shadow:
        from reviewlore.flows.shadow import record_shadow

        store, pull = site.context.store, site.standing.pull
        told = record_shadow(store, reviewed.review, site.standing.repository, pull.number, site.now())
        return PostedReview(told, shadow=True)
    published = publish_review(site.desk, site.standing.pull.number, reviewed, site.standing)
    if published.skip_reason:
        raise RefusedError(_unposted(site.name, published.skip_reason))
    return PostedReview(
        render_published(site.name, published), f"The plan for {site.name}:\n{_indented(published.plan)}"
    )


def render_published(name: str, published: Published) -> str:
    """Return the sentence on what was posted on a pull request."""
    parts = [
        (published.posted, f"{_remarks(published.posted, 'new ')} on the changed lines"),
        (published.outside, f"{_remarks(published.outside)} in the summary alone"),
        (published.known, f"{_remarks(published.known)} left as said before"),
        (published.minimised, f"{_remarks(published.minimised, 'old ')} minimised"),
        (published.resolved, f"{published.resolved} of our threads resolved"),
        (published.refused, f"{_remarks(published.refused, 'old ')} that this token may not touch"),
    ]
    told = [text for count, text in parts if count]
    return f"Done on {name}: {', '.join(told) or 'nothing to remark'}."


def _unposted(name: str, reason: str) -> str:
    return f"Nothing is posted on {name}: {_UNPOSTED.get(reason, reason.replace('_', ' '))}."


def _remarks(count: int, kind: str = "") -> str:
    return f"{count} {kind}{'remark' if count == 1 else 'remarks'}"


def _indented(plan: str) -> str:
    return "\n".join(f"  {row}" for row in plan.split("\n"))
