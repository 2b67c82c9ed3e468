"""How much each kind of evidence is worth, and when lines alone do not tell.

A weight w stands for odds of 1 / (1 - w): evidence that is right in a share p of cases weighs (2p - 1) / p. The shares
were measured on public reviews against judgements that had not looked at lines (readers, annotators, another dataset's
tracking; `python -m benchmarks agreement` makes them again), and rounded down, more where the cases were few.
"""

from collections.abc import Mapping

from reviewlore.domain.history import Outcome, OutcomeEvidence, RawRemark

# kind: what it speaks for, its weight (right / all cases on remarks of people unless told otherwise)
_WEIGHTS: Mapping[str, tuple[Outcome, float]] = {
    "suggestion_committed": ("addressed", 0.99),  # 162 / 162
    "suggestion_reindented": ("addressed", 0.95),  # 8 / 8, and 13 / 13 of machines
    "suggestion_partly": ("addressed", 0.9),  # 14 / 14, and 11 / 11 of machines
    "code_named_came": ("addressed", 0.9),  # 106 / 109, and 19 / 23 of machines
    "file_identical": ("ignored", 0.95),  # 40 / 40, and 592 / 594 of machines
    "file_removed": ("addressed", 0.6),  # 31 / 37
    "file_changed": ("addressed", 0.2),  # of a remark on a whole file; no cases
    "lines_changed": ("addressed", 0.88),  # 578 / 607; where only readers judged 0.90
    "lines_reformatted": ("addressed", 0.75),  # 17 / 18
    "lines_removed": ("addressed", 0.75),  # 48 / 58
    "lines_moved": ("addressed", 0.75),  # 27 / 28
    "lines_inserted": ("addressed", 0.75),  # 50 / 58
    "nearby_changed": ("addressed", 0.4),  # 54 / 70; where only readers judged 0.53
    "lines_untouched": ("ignored", 0.6),  # 36 / 55, and 56 / 70 of machines
    "line_gone": ("addressed", 0.8),  # 97 / 104; where only readers judged 0.79
    "line_reindented": ("addressed", 0.4),  # 15 / 15, of few pull requests
    "line_kept_alone": ("addressed", 0.4),  # 13 / 14
    "line_kept": ("ignored", 0.5),  # 20 / 33, and 38 / 42 of machines
    "line_returned": ("addressed", 0.6),  # 3 / 3
    # Words, against what git says: how the odds of being addressed change. A reply alone is weak by design: it is given
    # less than that where it says that something was done.
    "reply_done": ("addressed", 0.45),  # odds x 3.2
    "reply_will_do": ("addressed", 0.4),  # odds x 3.8
    "reply_later": ("ignored", 0.5),  # odds x 0.13
    "reply_declined": ("declined", 0.55),  # odds x 0.18
    "reply_withdrawn": ("declined", 0.5),  # odds x 0.33
    "reply_accepted": ("ignored", 0.3),  # the reviewer leaves it at an explanation: odds x 0.5
    "reply_explained": ("ignored", 0.3),  # odds x 0.5
    "reply_answered": ("unknown", 0.5),  # a question has got what it asked for, whatever the code
    "settled": ("addressed", 0.2),
    "approved_later": ("addressed", 0.1),
    "resolved_after_change": ("addressed", 0.5),
}
_BY_LINES = frozenset(
    {
        "file_removed", "file_changed", "lines_changed", "lines_reformatted", "lines_removed", "lines_moved",
        "lines_inserted", "nearby_changed", "line_gone", "line_reindented", "line_kept_alone",
    }
)  # fmt: skip
_UNTOUCHED = frozenset({"file_identical", "lines_untouched", "line_kept"})
_MACHINE = 0.15  # machines say something everywhere: 31 of 73 remarks on lines that then changed were addressed
_MACHINE_NAMES = 0.85  # they name what many changes bring: 19 / 23
_PRAISE = 0.15
_QUESTION_CHANGED, _QUESTION_UNTOUCHED = 0.9, 0.6


def make_evidence(kind: str, detail: str = "", by: str = "") -> OutcomeEvidence:
    """Return evidence of a kind with its weight."""
    outcome, weight = _WEIGHTS[kind]
    return OutcomeEvidence(kind, outcome, weight, detail, by)


def make_code_evidence(kind: str, raw: RawRemark, detail: str = "") -> OutcomeEvidence:
    """Return evidence from the code; less where it does not tell by itself: machines, questions, praise."""
    outcome, weight = _WEIGHTS[kind]
    factor = 1.0
    if kind in _BY_LINES:
        factor = _MACHINE if raw.author_is_bot else 1.0
        factor *= _PRAISE if raw.intent == "praise" else _QUESTION_CHANGED if is_question(raw) else 1.0
    elif kind == "code_named_came":
        factor = _MACHINE_NAMES if raw.author_is_bot else 1.0
    elif kind in _UNTOUCHED:
        factor = _PRAISE if raw.intent == "praise" else _QUESTION_UNTOUCHED if is_question(raw) else 1.0
    return OutcomeEvidence(kind, outcome, round(weight * factor, 3), detail)


def is_question(raw: RawRemark) -> bool:
    """Whether a remark only asks: by its intent, or because its last words do."""
    return raw.intent == "question" if raw.intent else raw.body.rstrip().endswith("?")
