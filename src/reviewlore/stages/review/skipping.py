"""Whether a pull request is reviewed at all: how it stands and the settings in, a reason to leave it out. Pure."""

from collections.abc import Iterable, Sequence

from reviewlore.config import ReviewSettings
from reviewlore.domain.forge import PullRequest
from reviewlore.domain.markers import Earlier
from reviewlore.domain.wildcards import fits

_SENTENCES = {
    "pull_request_closed": "Not reviewed: the pull request is closed.",
    "pull_request_locked": "Not reviewed: the conversation is locked.",
    "draft": "Not reviewed: the pull request is a draft (`[review] skip-drafts`).",
    "label_left_out": "Not reviewed: a label leaves this pull request out (`[review] skip-labels`).",
    "author_left_out": "Not reviewed: pull requests of this author are left out (`[review] skip-authors`).",
    "title_left_out": "Not reviewed: the title leaves this pull request out (`[review] skip-titles`).",
    "paused": "Not reviewed: this pull request was reviewed so often that pushes are no longer reviewed by themselves "
    "(`[review] pause-after`). `/lore review` reviews it once, `/lore resume` reviews pushes again.",
    "paused_by_command": "Not reviewed: somebody paused the reviews of this pull request (`/lore pause`). "
    "`/lore review` reviews it once, `/lore resume` reviews pushes again.",
    "head_moved": "Not reviewed: the pull request was pushed to meanwhile; the run for its new head reviews it.",
    "no_open_pull_request": "Not reviewed: no open pull request has this head.",
    "several_pull_requests": "Not reviewed: several open pull requests have this head, and GitHub does not say which "
    "one the run was for. `/lore review` reviews the one that it is said on.",
}
PAUSES = frozenset({"paused", "paused_by_command"})


def find_skip_reason(pull: PullRequest, settings: ReviewSettings, earlier: Earlier, asked: bool) -> str | None:
    """Return the snake_case reason not to review a pull request, or None.

    `earlier` is what counts of its earlier reviews. Who asks for a review by a command gets one, unless the
    pull request is closed or locked, where nothing may be said.
    """
    authors = [pull.author, (pull.author or "").removesuffix("[bot]")]
    checks = (
        ("pull_request_closed", pull.state != "open"),
        ("pull_request_locked", pull.locked),
        ("draft", not asked and pull.draft and settings.skip_drafts),
        ("label_left_out", not asked and _any(pull.labels, settings.skip_labels)),
        ("author_left_out", not asked and _any(filter(None, authors), settings.skip_authors)),
        ("title_left_out", not asked and _any([pull.title], settings.skip_titles)),
        ("paused_by_command", not asked and earlier.held),
        ("paused", not asked and 0 < settings.pause_after <= earlier.reviews),
    )
    return next((reason for reason, hit in checks if hit), None)


def render_skip(reason: str) -> str:
    """Return the sentence that says why a pull request was not reviewed."""
    return _SENTENCES.get(reason, f"Not reviewed: {reason.replace('_', ' ')}.")


def render_asked(reason: str) -> str:
    """Return the sentence on a pull request that is reviewed because somebody asked, though it would be left out."""
    why = render_skip(reason).removeprefix("Not reviewed: ")
    return f"Reviewed because it was asked for; the action would leave it out: {why}"


def _any(texts: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fits(pattern.casefold(), text.casefold()) for text in texts for pattern in patterns)
