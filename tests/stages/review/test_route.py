"""Who looks at which hunk, and which hunks come first: stated rules, each with a case."""

import pytest

from reviewlore.domain.finding import SPECIALISTS
from reviewlore.stages.review.priority import Signals, score_hunk
from reviewlore.stages.review.route import route


@pytest.mark.parametrize(
    ("signals", "asked"),
    [
        (Signals(), ("debugging",)),
        (Signals(imports=True), ("architecture",)),
        (Signals(new_file=True, added=3), ("architecture",)),
        (Signals(complex=True), ("refactoring",)),
        (Signals(added=15), ("refactoring",)),
        (Signals(untested=True, added=1), ("testing",)),
        (Signals(untested=True, removed=1), ("debugging",)),
        (Signals(incidents=2), ("debugging",)),
        (Signals(errors=True), ("debugging",)),
        (Signals(fixes=True), ("debugging",)),
        (Signals(public=True), ("documentation",)),
        (Signals(kind="test"), ("testing",)),
        (Signals(kind="docs"), ("documentation",)),
        (Signals(kind="config"), ("architecture",)),
        (Signals(kind="generated"), ("architecture",)),
        (Signals(kind="docs", facts=(("pipeline_undocumented", "info"),)), ("documentation",)),
        (Signals(facts=(("duplicated_helper", "info"),)), ("refactoring",)),
        (Signals(facts=(("new_cycle", "error"),)), ("architecture",)),
        (Signals(facts=(("test_partner_missing", "warning"),)), ("testing",)),
        (Signals(facts=(("incident_prone_code_touched", "info"),)), ("debugging",)),
        (
            Signals(imports=True, complex=True, untested=True, added=1, errors=True, public=True),
            SPECIALISTS,
        ),
    ],
)
def test_who_looks(signals, asked):
    assert route(signals) == asked


def test_only_those_who_are_wanted_look_and_perhaps_nobody():
    assert route(Signals(imports=True, errors=True), ("debugging",)) == ("debugging",)
    assert route(Signals(kind="docs"), ("testing",)) == ()


def test_facts_come_first_then_code_before_tests_before_documents_before_what_tools_wrote():
    order = [
        Signals(facts=(("new_cycle", "error"),)),
        Signals(facts=(("test_partner_missing", "warning"),)),
        Signals(added=100, fan_in=30, incidents=4),
        Signals(added=100),
        Signals(added=2),
        Signals(kind="config", added=500),
        Signals(kind="test", added=1000),
        Signals(kind="docs", added=1000),
        Signals(kind="generated", added=100_000),
    ]
    scores = [score_hunk(signals) for signals in order]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def test_what_people_speak_of_comes_first_and_what_tools_wrote_last() -> None:
    likely, unlikely = Signals(attention=0.4), Signals(kind="test", attention=0.01)
    assert score_hunk(likely) > score_hunk(unlikely) > score_hunk(Signals(kind="generated", attention=0.9))
    assert score_hunk(Signals(kind="docs", attention=0.4)) == score_hunk(likely)
    assert score_hunk(Signals(attention=0.01, facts=(("new_cycle", "error"),))) > score_hunk(likely)
    assert score_hunk(Signals(attention=0.0)) == score_hunk(Signals(attention=1e-9))
