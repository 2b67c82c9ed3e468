"""What became of a remark: evidence in, an outcome with its confidence out. Merged alone says nothing.

The weights follow the agreement of each kind of evidence with independent labels on public reviews: a suggestion
committed verbatim 166 of 166, an identical file 40 of 40, changed lines 335 of 379, a line gone 29 of 36, a change
within three lines 69 of 95, untouched lines 29 of 45.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch
from reviewlore.domain.history import Confidence, Outcome, OutcomeEvidence, RawRemark

_NEAR = 3
_MARGIN = 0.15
_IMPORTED_WEIGHT = {"high": 0.95, "medium": 0.8, "low": 0.4, None: 0.6}
_DONE = re.compile(
    r"^\W*(?:done|fixed|good (?:catch|point|call)|addressed|updated|changed|applied|will (?:do|fix|change)|"
    r"you(?:'| a)re right|agreed|makes sense|resolved|removed|added|renamed|moved)\b|\b(?:fixed|done|addressed) in\b",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"won'?t (?:fix|change|do)|not going to|prefer (?:to keep|not|the current|it this way|leaving)|"
    r"(?:let'?s|i'?d|i would|rather|we (?:should|can)?) ?(?:keep|leave)\b|intentional|by design|on purpose|"
    r"out of scope|i (?:disagree|don'?t think)|not (?:worth|needed|necessary)|as is\b|no need",
    re.IGNORECASE,
)
_SUGGESTION = re.compile(r"```suggestion[^\n]*\n(.*?)\n?```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CodeChange:
    """What git says of one file between the commit the reviewer saw and the last one before the merge.

    `patch` is None where the file is identical.
    """

    patch: FilePatch | None


def label(raw: RawRemark, change: CodeChange | None) -> tuple[Outcome, Confidence, tuple[OutcomeEvidence, ...]]:
    """Return outcome, confidence and the evidence for them, strongest first; `change` is None where git is silent."""
    evidence = [*_imported(raw), *_from_replies(raw)]
    if change is not None:
        evidence += _from_code(raw, change)
    evidence.sort(key=lambda item: (-item.weight, item.kind))
    outcome, confidence = decide_outcome(evidence)
    return outcome, confidence, tuple(evidence)


def decide_outcome(evidence: Sequence[OutcomeEvidence]) -> tuple[Outcome, Confidence]:
    """Weigh evidence for and against (noisy-or on each side); too close to call is unknown."""
    positive = _noisy_or([item.weight for item in evidence if item.outcome == "addressed"])
    against = [item for item in evidence if item.outcome in ("declined", "ignored")]
    negative = _noisy_or([item.weight for item in against])
    distance = positive - negative
    if abs(distance) < _MARGIN:
        return "unknown", "low"
    strength = max(positive, negative)
    confidence: Confidence = "high" if strength >= 0.85 else "medium" if strength >= 0.5 else "low"
    if distance > 0:
        return "addressed", confidence
    return ("declined" if any(item.outcome == "declined" for item in against) else "ignored"), confidence


def find_suggestions(body: str) -> tuple[str, ...]:
    """Return the code of a remark's committable suggestion blocks."""
    return tuple(_SUGGESTION.findall(body))


def _noisy_or(weights: Sequence[float]) -> float:
    rest = 1.0
    for weight in weights:
        rest *= 1.0 - weight
    return 1.0 - rest


def _imported(raw: RawRemark) -> list[OutcomeEvidence]:
    if raw.imported_outcome in (None, "unknown"):
        return []
    weight = _IMPORTED_WEIGHT[raw.imported_confidence]
    return [OutcomeEvidence("imported", raw.imported_outcome, weight, raw.imported_evidence or "")]


def _from_replies(raw: RawRemark) -> list[OutcomeEvidence]:
    """The pull request author's first telling reply; anybody else's says little about what was done."""
    for reply in raw.replies:
        if raw.pull_request_author and reply.author != raw.pull_request_author:
            continue
        if _DECLINED.search(reply.body):
            return [OutcomeEvidence("reply_declined", "declined", 0.55)]
        if _DONE.search(reply.body):
            return [OutcomeEvidence("reply_done", "addressed", 0.45)]
    return []


def _from_code(raw: RawRemark, change: CodeChange) -> list[OutcomeEvidence]:
    if change.patch is None:
        return [OutcomeEvidence("file_identical", "ignored", 0.9)]
    found = []
    if any(_committed(text, change.patch) for text in find_suggestions(raw.body)):
        found.append(OutcomeEvidence("suggestion_committed", "addressed", 0.99))
    if raw.line is None or raw.side == "LEFT":
        return found
    first = min(raw.start_line or raw.line, raw.line)
    kind, outcome, weight = _touch(change.patch, first, raw.line)
    found.append(OutcomeEvidence(kind, outcome, weight, f"lines {first}-{raw.line}"))
    if outcome == "addressed" and any(vote.kind == "resolved" for vote in raw.votes):
        found.append(OutcomeEvidence("resolved_after_change", "addressed", 0.6))
    return found


def _committed(suggestion: str, patch: FilePatch) -> bool:
    """Whether the later change adds the suggested lines, in one run (an empty suggestion is a deletion: not judged)."""
    wanted = [line.rstrip() for line in suggestion.split("\n") if line.strip()]
    if not wanted:
        return False
    for hunk in patch.hunks:
        rows = hunk.text.split("\n")[1:]
        new = [(row[1:].rstrip(), row[:1] == "+") for row in rows if row[:1] in (" ", "+") and row[1:].strip()]
        for start in range(len(new) - len(wanted) + 1):
            window = new[start : start + len(wanted)]
            if [text for text, _ in window] == wanted and any(added for _, added in window):
                return True
    return False


def _touch(patch: FilePatch, first: int, last: int) -> tuple[str, Outcome, float]:
    if patch.status == "removed":
        return "file_removed", "addressed", 0.6
    removed = frozenset().union(*(hunk.removed for hunk in patch.hunks))
    if any(line in removed for line in range(first, last + 1)):
        return "lines_changed", "addressed", 0.85
    inserted = _insertion_points(patch)
    near = range(first - _NEAR, last + _NEAR + 1)
    if any(line in removed or line in inserted for line in near):
        return "nearby_changed", "addressed", 0.6
    return "lines_untouched", "ignored", 0.6


def _insertion_points(patch: FilePatch) -> frozenset[int]:
    """Old-side lines right before which something was added."""
    points = set[int]()
    for hunk in patch.hunks:
        header, *rows = hunk.text.split("\n")
        old = int(header.split(" ")[1].split(",")[0].lstrip("-"))
        for row in rows:
            if row[:1] == "+":
                points.add(old)
            elif row[:1] in (" ", "-"):
                old += 1
    return frozenset(points)
