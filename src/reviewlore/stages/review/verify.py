"""A model's draft to a finding that holds, or to nothing with a reason. The map judges, never the model's confidence.

Dropped is what stands on no changed line, only praises or retells, asks for what is there, tells people to run
something or to hand out secrets, names what does not exist, or claims what the map contradicts.
"""

import hashlib
import re
from collections.abc import Mapping

from reviewlore.domain.architecture import Evidence, Severity
from reviewlore.domain.asking import Excerpt
from reviewlore.domain.drafts import Draft
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.stages.review.anchoring import Placed, place, squeezed
from reviewlore.stages.review.claims import check_claim
from reviewlore.stages.review.idle import find_idle
from reviewlore.stages.review.knowledge import WORD, Knowledge

_SPAN = re.compile(r"`([^`\n]{1,200})`")
# A name as code writes it: dotted, called, or a path. Anything else between backticks is an expression.
_NAME = re.compile(r"[\w$./-]{2,200}(?:\(\))?")
_SNAKE = re.compile(r"(?<![\w`./-])(?:[A-Za-z]\w*_\w+|[A-Za-z]\w+(?=\(\)))(?![\w`])")
_PATH = re.compile(r"(?<![\w`/:.-])(?:[\w.-]{1,60}/){1,12}[\w-]{1,60}\.[a-z]{1,4}(?![\w`/])")
# No code: numbers, terms in capitals (`JWT`), hyphenated words, and words that no sign of code is among.
_NO_NAME = re.compile(r"-?\d[\d._]*|[A-Z]{2,8}|[\w.]*(?:-[\w.]+)+|[\w -]+ [\w -]+")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
# A sentence that proposes a name speaks of what is not there yet.
_PROPOSES = re.compile(
    r"\b(?:renam(?:e|es|ing)|nam(?:e|ed|ing)|call(?:ed)? (?:it|this|them)|should be|extract|introduce|implement|"
    r"how about|wdyt|such as|something like)\b|->|=>|→|\bs/\w",
    re.IGNORECASE,
)
_LEAST_NAME = 3  # characters: `x` and `i` are everywhere and nowhere


def verify(draft: Draft, excerpts: Mapping[str, Excerpt], known: Knowledge) -> Finding | Dropped:
    """Return a draft as a finding with the evidence for its claims, or why it is not said.

    A model alone never says `error`: that takes a claim that the map confirms.
    """
    excerpt = excerpts.get(draft.hunk)
    if excerpt is None:
        return _dropped(draft, "unknown_hunk")
    placed = place(draft, excerpt)
    if isinstance(placed, str):
        return _dropped(draft, placed)
    reason = find_idle(draft, placed) or _unknown(draft, excerpt, known)
    if reason:
        return _dropped(draft, reason)
    evidence: list[Evidence] = []
    for claim in draft.claims:
        verdict = check_claim(claim, excerpt, known)
        if verdict.standing == "contradicted":
            return _dropped(draft, "claim_contradicted")
        if verdict.standing == "unverifiable":
            return _dropped(draft, "unverifiable_claim")
        evidence += verdict.evidence
    return _finding(draft, placed, tuple(dict.fromkeys(evidence)))


def rule_of_draft(draft: Draft) -> str:
    """Return the rule's public name: `generated/` and who says it."""
    return f"generated/{draft.specialist}"


def fingerprint_of(rule: str, placed: Placed) -> str:
    """Return an id that stays when lines move and when a model words the same remark anew: the rule and its rows."""
    rows = "\n".join(squeezed(row.text) for row in placed.rows)
    if len(re.sub(r"\W", "", rows)) < 8:  # `}` or `else:` is many rows: what stands before it tells them apart
        rows = "\n".join(squeezed(row[1:]) for row in placed.hunk.split("\n")[-3:])
    text = "\0".join((rule, placed.anchor.path, placed.anchor.side, rows))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _finding(draft: Draft, placed: Placed, evidence: tuple[Evidence, ...]) -> Finding:
    rule = rule_of_draft(draft)
    severity: Severity = "warning" if draft.severity == "error" and not evidence else draft.severity
    return Finding(
        id=fingerprint_of(rule, placed),
        rule=rule,
        source="generated",
        anchor=placed.anchor,
        hunk=placed.hunk,
        title=draft.title,
        why=draft.why,
        advice=draft.advice,
        severity=severity,
        confidence=draft.confidence,
        evidence=evidence,
        specialist=draft.specialist,
        suggestion=draft.suggestion,
    )


def _dropped(draft: Draft, reason: str) -> Dropped:
    text = "\0".join((draft.hunk, str(draft.line), draft.title))
    return Dropped(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16], rule_of_draft(draft), reason)


def _unknown(draft: Draft, excerpt: Excerpt, known: Knowledge) -> str:
    """Return a reason where the remark names code that neither the excerpt nor the repository has.

    Title and reason speak of what is; an advice may name what is to be written, so it is not held to this.
    """
    for sentence in _SENTENCE.split(f"{draft.title}\n{draft.why}"):
        if not _PROPOSES.search(sentence) and not _names_what_is(sentence, excerpt, known):
            return "unverifiable_claim"
    return ""


def _names_what_is(sentence: str, excerpt: Excerpt, known: Knowledge) -> bool:
    """Whether all names in a sentence are known; of an expression one name has to be."""
    prose = _SPAN.sub(" ", sentence)
    names = [*_SNAKE.findall(prose), *_PATH.findall(prose)]
    for span in _SPAN.findall(sentence):
        text = span.strip()
        if len(text) < _LEAST_NAME or _NO_NAME.fullmatch(text):
            continue
        if _NAME.fullmatch(text):
            names.append(text)
        elif WORD.search(text) and not any(known.knows(word, excerpt) for word in WORD.findall(text)):
            return False
    return all(known.knows(name, excerpt) for name in names if len(name) >= _LEAST_NAME)
