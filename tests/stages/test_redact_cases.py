"""Recall and false alarms on cases written by somebody who had not seen the rules (the set that may be looked at)."""

from tests.redaction.cases_open import cases

from reviewlore.stages.redact import redact, redact_mentions


def test_recall_and_false_alarms_on_the_open_cases() -> None:
    missed, alarms, secret, plain = [], [], 0, 0
    for case in cases():
        text = redact_mentions(redact(case.text)[0])
        if case.secret is None:
            plain += 1
            alarms += [case.id] if text != case.text else []
        else:
            secret += 1
            missed += [case.id] if case.secret in text else []
    assert len(missed) <= 0.05 * secret, missed
    assert len(alarms) <= 0.02 * plain, alarms
