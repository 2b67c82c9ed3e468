"""Evidence weighed, for against against: an outcome and how sure it is; and what an older reading knew better."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reviewlore.domain.evidence import is_from_git
from reviewlore.domain.history import Confidence, Episode, Outcome, OutcomeEvidence, RawRemark
from reviewlore.stages.outcome.code import CodeChange
from reviewlore.stages.outcome.replies import judge_replies
from reviewlore.stages.outcome.weights import make_evidence

_MARGIN = 0.15
_MEDIUM, _HIGH = 0.5, 0.8
_REFUSAL = 0.3  # a weaker word against does not make a remark declined that is ignored anyway
_CERTAIN = 0.995  # nothing is worth infinite odds
_IMPORTED_WEIGHT = {"high": 0.95, "medium": 0.8, "low": 0.4, None: 0.6}
_CHANGED = frozenset(
    {"lines_changed", "lines_removed", "lines_reformatted", "lines_moved", "lines_inserted", "line_gone"}
)
_EXACT = ("lines_", "nearby_", "file_")
Label = tuple[Outcome, Confidence, tuple[OutcomeEvidence, ...]]


def label(raw: RawRemark, change: CodeChange | None, votes: Sequence[OutcomeEvidence] = ()) -> Label:
    """Return outcome, confidence and the evidence for them, strongest first; `change` is None where git is silent.

    `votes` is evidence from reactions, resolutions and dismissals that count.
    """
    code = change.evidence if change is not None else ()
    return _weigh([*_imported(raw), *judge_replies(raw), *_said_later(raw), *votes, *code])


def decide_outcome(evidence: Sequence[OutcomeEvidence]) -> tuple[Outcome, Confidence]:
    """Weigh evidence for and against; too close to call is unknown.

    Odds of independent evidence multiply (a weight w stands for odds of 1 / (1 - w)). Evidence that speaks for neither
    takes from what is against: a question that was answered is not ignored.
    """
    odds = {outcome: _logarithm(evidence, outcome) for outcome in ("addressed", "declined", "ignored", "unknown")}
    against = odds["declined"] + odds["ignored"]
    distance = odds["addressed"] - against
    if distance < 0:
        distance = min(distance + odds["unknown"], 0.0)
    strength = 1.0 - math.exp(-abs(distance))
    if strength < _MARGIN:
        return "unknown", "low"
    confidence: Confidence = "high" if strength >= _HIGH else "medium" if strength >= _MEDIUM else "low"
    if distance > 0:
        return "addressed", confidence
    refused = any(item.outcome == "declined" and item.weight >= _REFUSAL for item in evidence)
    return ("declined" if refused else "ignored"), confidence


def anchored_code(change: CodeChange, raw: RawRemark) -> tuple[str | None, str | None]:
    """Return the commented lines as the reviewer saw them and as they were merged; None where it is not known.

    Of a line that the pull request had removed (the left side) there is no merged form.
    """
    return change.before, None if raw.side == "LEFT" else change.after


def carry_over(old: Episode, new: Episode) -> Episode:
    """Return the new reading of a remark, with git's evidence of the old one where that knew the code better.

    It is kept where both speak of the same words and commits: a commit may since have gone from the clone.
    """
    same = (old.reviewed_commit, old.last_commit, old.body) == (new.reviewed_commit, new.last_commit, new.body)
    if old.id != new.id or not same or _knowledge(old.evidence) <= _knowledge(new.evidence):
        return new
    kept = [item for item in old.evidence if is_from_git(item)]
    said = [item for item in new.evidence if not is_from_git(item) and item.kind != "resolved_after_change"]
    outcome, confidence, evidence = _weigh([*said, *kept])
    before = old.code_before if new.code_before is None else new.code_before
    after = old.code_after if new.code_after is None else new.code_after
    return replace(new, outcome=outcome, confidence=confidence, evidence=evidence, code_before=before, code_after=after)


def _weigh(found: Sequence[OutcomeEvidence]) -> Label:
    evidence = sorted([*found, *_resolved(found)], key=lambda item: (-item.weight, item.kind, item.by))
    return *decide_outcome(evidence), tuple(evidence)


def _resolved(found: Sequence[OutcomeEvidence]) -> list[OutcomeEvidence]:
    """A thread that somebody resolved and whose lines changed: each makes the other likelier."""
    if not any(item.kind in _CHANGED for item in found):
        return []
    return [make_evidence("resolved_after_change", by=item.by) for item in found if item.kind == "resolved"][:1]


def _said_later(raw: RawRemark) -> list[OutcomeEvidence]:
    found = [make_evidence("settled", by=raw.pull_request_author or "")] if raw.settled else []
    return [*found, make_evidence("approved_later", by=raw.author or "")] if raw.approved_after else found


def _knowledge(evidence: Iterable[OutcomeEvidence]) -> int:
    """How well the code was known: 2 the reviewed commit too, 1 only the last one, 0 not at all."""
    kinds = [item.kind for item in evidence if is_from_git(item)]
    return 2 if any(kind.startswith(_EXACT) for kind in kinds) else 1 if kinds else 0


def _logarithm(evidence: Iterable[OutcomeEvidence], outcome: str) -> float:
    return math.fsum(-math.log1p(-min(item.weight, _CERTAIN)) for item in evidence if item.outcome == outcome)


def _imported(raw: RawRemark) -> list[OutcomeEvidence]:
    if raw.imported_outcome in (None, "unknown"):
        return []
    weight = _IMPORTED_WEIGHT[raw.imported_confidence]
    return [OutcomeEvidence("imported", raw.imported_outcome, weight, raw.imported_evidence or "")]
