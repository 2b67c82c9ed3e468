"""Recall and false alarms on cases written by people who had not seen the rules.

The rules were changed after the open and the sealed set had been looked at; nothing was changed after the last one.
"""

from collections.abc import Callable

import pytest
from tests.redaction import cases_last, cases_open, cases_sealed
from tests.redaction.parts import Case

from reviewlore.stages.redact import redact, redact_mentions


@pytest.mark.parametrize(
    ("cases", "recall"),
    [(cases_open.cases, 0.97), (cases_sealed.cases, 0.9), (cases_last.cases, 0.9)],
    ids=["open", "sealed", "last"],
)
def test_recall_and_false_alarms_on_cases_of_others(cases: Callable[[], list[Case]], recall: float) -> None:
    missed, alarms, secret, plain = [], [], 0, 0
    for case in cases():
        text = redact_mentions(redact(case.text)[0])
        if case.secret is None:
            plain += 1
            alarms += [case.id] if text != case.text else []
        else:
            secret += 1
            missed += [case.id] if case.secret in text else []
    assert len(missed) <= (1 - recall) * secret, missed
    assert len(alarms) <= 0.02 * plain, alarms
