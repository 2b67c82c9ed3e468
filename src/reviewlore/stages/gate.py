"""The gate: a candidate's scores beside its rivals' in, a decision with its reason and the numbers out. Pure.

Each rival comes with a demand; the first one that is not met refuses the candidate. What is demanded of whom is decided
in `flows/judge.py`, see `.github/decisions/0004-the-gate-compares-models-as-judged.md`.
"""

from collections.abc import Sequence
from dataclasses import replace

from reviewlore.domain.evaluation import Comparison, GateDecision, Interval, TierScore


def decide_gate(candidate: TierScore, comparisons: Sequence[Comparison], shortfall: str | None) -> GateDecision:
    """Say whether a candidate becomes active, and why, in one sentence.

    `shortfall` says what data is missing, where something is; then nothing else is looked at.
    """
    incumbent = next((item for item in comparisons if item.incumbent), None)

    def say(verdict: bool, reason: str) -> GateDecision:
        return GateDecision(
            "promote" if verdict else "refuse",
            reason,
            candidate.name,
            incumbent.rival.name if incumbent else None,
            incumbent.difference if incumbent else None,
        )

    if shortfall is not None:
        return say(False, f"too little data to judge: {shortfall}")
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
        return say(
            True, f"{candidate.name} beats {incumbent.rival.name}, paired difference {_shown(incumbent.difference)}"
        )
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


def _missed(item: Comparison) -> str | None:
    """Say which demand is not met, or None."""
    shown = f"the paired difference {_shown(item.difference)}"
    if item.demand == "beat" and item.difference.accuracy <= 0.0:
        return f"{shown} is not above zero"
    if item.demand == "beat_beyond_chance" and item.difference.low <= 0.0:
        return f"{shown} is not above zero with 95 % confidence"
    if item.demand == "not_worse_beyond_chance" and item.difference.high < 0.0:
        return f"{shown} is below zero with 95 % confidence"
    return None


def _percent(interval: Interval) -> str:
    return f"{interval.accuracy:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def _shown(difference: Interval) -> str:
    return f"{difference.accuracy:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
