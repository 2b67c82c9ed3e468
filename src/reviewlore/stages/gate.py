"""The gate: a candidate's scores beside its rivals' in, a decision with its reason and the numbers out. Pure.

A broken guard refuses the candidate whatever it prefers. Each rival comes with a demand; the first one that is not met
refuses it too. What is demanded of whom is decided in `flows/rivals.py`, see
`.github/decisions/0004-the-gate-compares-models-as-judged.md`.
"""

from collections.abc import Sequence
from dataclasses import replace

from reviewlore.domain.evaluation import Comparison, Demand, GateDecision, GuardResult, Interval, TierScore
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import MADE, MadeBase, NamedBase

MARGIN = 0.03  # as good as: with 95 % confidence at most three points of a hundred worse
_SHORTER = 0.5  # a prompt that is much shorter: at most this share of the other's tokens


def decide_gate(
    candidate: TierScore,
    comparisons: Sequence[Comparison],
    shortfall: str | None,
    guards: Sequence[GuardResult] = (),
    migration: str = "",
) -> GateDecision:
    """Say whether a candidate becomes active, and why, in one sentence.

    `shortfall` says what data is missing, where something is; then nothing else is looked at. `migration` says from
    which base model to which the candidate leads, empty where the base stays.
    """
    incumbent = next((item for item in comparisons if item.incumbent), None)

    def say(verdict: bool, reason: str) -> GateDecision:
        return GateDecision(
            "promote" if verdict else "refuse",
            reason,
            candidate.name,
            incumbent.rival.name if incumbent else None,
            incumbent.difference if incumbent else None,
            migration,
            find_win(candidate, comparisons) if verdict else "",
        )

    if shortfall is not None:
        return say(False, f"too little data to judge: {shortfall}")
    broken = [guard for guard in guards if guard.broken]
    if broken:
        return say(False, "a guard is broken: " + "; ".join(guard.told.rstrip(".") for guard in broken))
    own = _percent(candidate.overall)
    for item in comparisons:
        missed = _missed(item)
        if missed is not None:
            return say(
                False,
                f"{candidate.name} reaches {own} on held-out later pull requests, {item.rival.name} "
                f"{_percent(item.rival.overall)}; {missed}",
            )
    if incumbent is not None:
        verb = "is as good as" if incumbent.demand == "not_inferior" and incumbent.difference.low <= 0.0 else "beats"
        gap = f"paired difference {_shown(incumbent.difference)}"
        return say(True, f"{candidate.name} {verb} {incumbent.rival.name}, {gap}")
    best = max(comparisons, key=lambda item: item.rival.overall.accuracy, default=None)
    rest = f", the best other is {best.rival.name} with {_percent(best.rival.overall)}" if best else ""
    return say(
        True, f"no version was active and {candidate.name} passed with {own} on {candidate.overall.count} pairs{rest}"
    )


def confirm(decision: GateDecision, active: str | None) -> GateDecision:
    """Return the decision, or a refusal where another version than the one compared with is active by now."""
    if decision.verdict == "refuse" or decision.incumbent == active:
        return decision
    reason = (
        f"{decision.candidate} was compared with {decision.incumbent or 'no active version'}, but meanwhile "
        f"{active or 'no version'} is active; compare them by `reviewlore evaluate`, then `reviewlore promote`"
    )
    return replace(decision, verdict="refuse", reason=reason)


def confirm_served(decision: GateDecision, difference: Interval) -> GateDecision:
    """Return the decision, or a refusal where the model to serve does clearly worse than the one that was judged.

    `difference` is served minus judged, on the pairs that judged: the served one was trained on these too, so it should
    know them better. One that does not went wrong in training, and nothing else would show it.
    """
    if decision.verdict == "refuse" or difference.high >= 0.0:
        return decision
    reason = (
        f"{decision.candidate} passed as it was judged, but trained once more on all pairs it does worse on those that "
        f"judged it, which it has seen by then: the paired difference {_shown(difference)} is below zero with 95 % "
        "confidence"
    )
    return replace(decision, verdict="refuse", reason=reason)


def find_migration(incumbent: VersionManifest, base: MadeBase | NamedBase) -> str:
    """Say from which base model to which an adapter would lead; empty where both versions share it.

    What is made on the spot is made anew from the texts of each training: there is no base to migrate from.
    """
    old, revision = incumbent.base_model, incumbent.base_revision or ""
    if old is None or (isinstance(base, MadeBase) and old.startswith(MADE)):
        return ""
    if isinstance(base, NamedBase) and (base.id, base.revision) == (old, revision):
        return ""
    new = f"{base.id} at {base.revision[:12] or 'no revision'}" if isinstance(base, NamedBase) else "a base made here"
    return f"the base model changes from {old} at {revision[:12] or 'no revision'} to {new}"


def demand_of_incumbent(migration: str, *, wanted: bool) -> Demand:
    """Return what a candidate has to show against the version in force.

    To beat it; where the base model changes and somebody said that this is wanted (`train --migrate`), to be as good:
    the old base may no longer be served.
    """
    return "not_inferior" if migration and wanted else "beat_beyond_chance"


def find_win(candidate: TierScore, comparisons: Sequence[Comparison]) -> str:
    """Name a win beyond quality: as good as a rival that is shown a much longer prompt; empty where there is none.

    Of several such rivals it names the one with the longest prompt.
    """
    replaced = [
        item
        for item in comparisons
        if item.difference.low > -MARGIN and 0.0 < candidate.prompt_tokens <= _SHORTER * item.rival.prompt_tokens
    ]
    if not replaced:
        return ""
    item = max(replaced, key=lambda each: each.rival.prompt_tokens)
    return (
        f"as good as {item.rival.name} ({_shown(item.difference)}, margin {MARGIN:g}) with a prompt of "
        f"{candidate.prompt_tokens:.0f} instead of {item.rival.prompt_tokens:.0f} tokens"
    )


def _missed(item: Comparison) -> str | None:
    """Say which demand is not met, or None."""
    shown = f"the paired difference {_shown(item.difference)}"
    if item.demand == "beat" and item.difference.accuracy <= 0.0:
        return f"{shown} is not above zero"
    if item.demand == "beat_beyond_chance" and item.difference.low <= 0.0:
        return f"{shown} is not above zero with 95 % confidence"
    if item.demand == "not_worse_beyond_chance" and item.difference.high < 0.0:
        return f"{shown} is below zero with 95 % confidence"
    if item.demand == "not_inferior" and item.difference.low <= -MARGIN:
        return f"{shown} is not above -{MARGIN:g} with 95 % confidence"
    return None


def _percent(interval: Interval) -> str:
    return f"{interval.accuracy:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def _shown(difference: Interval) -> str:
    return f"{difference.accuracy:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
