"""How a training ended, as Markdown for the pull request it was asked for on. Records in, text out; words are inert."""

from reviewlore.domain.card import Judged, ModelCard
from reviewlore.domain.evaluation import TierScore
from reviewlore.domain.events import Outcome
from reviewlore.domain.inert import inert_line
from reviewlore.domain.model import RegistryEntry
from reviewlore.formats.run_summary import render_run
from reviewlore.formats.standing import tell_standing

_ENDED: dict[Outcome, str] = {
    "success": "The training has ended.",
    "failure": "The training has failed.",
    "cancelled": "The training was cancelled.",
    "skipped": "The training was not run.",
}


def render_ended(outcome: Outcome, made: ModelCard | None, active: RegistryEntry | None, run_url: str) -> str:
    """Return how a training ended, what it made (None: nothing) with its numbers, and which version is in force."""
    run = f" [Its run]({run_url}) has the log." if run_url else ""
    parts = [f"**{_ENDED[outcome]}**{run}"]
    if made is not None:
        parts.append(_made(made))
    return "\n\n".join([*parts, tell_in_force(active)])


def tell_in_force(active: RegistryEntry | None) -> str:
    """Return which version judges for everybody (None: no own one), in one sentence."""
    if active is None:
        return "In force is the ranker that is shipped; no version of this repository's own is."
    return f"In force is {inert_line(active.id)} ({active.tier}), since {active.decided_at[:10]}."


def _made(card: ModelCard) -> str:
    manifest, judged, entry = card.manifest, card.judged, card.standing
    if judged is None:  # older than judgements are kept
        return f"The newest version is {inert_line(manifest.id)}, of {manifest.created_at[:10]}."
    score = next((each for each in judged.evaluation.scores if each.name == manifest.id), None)
    rows = [render_run(manifest, judged.decision).rstrip().replace("## ", "### ", 1)]
    if score is not None:
        rows.append(_accuracy(score, judged))
    if entry is not None and (waits := tell_standing(entry)):
        rows.append(waits)
    return "\n\n".join(rows)


def _accuracy(score: TierScore, judged: Judged) -> str:
    share = score.overall
    return (
        f"It prefers the remark that the team stood by in {100 * share.accuracy:.0f} % of {share.count} pairs (95 % "
        f"interval {100 * share.low:.0f} to {100 * share.high:.0f} %) from {judged.evaluation.pull_requests} later "
        "pull requests, on which it was not trained."
    )
