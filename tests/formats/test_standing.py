from dataclasses import replace

from tests.records import a_dataset, a_decision, a_registry, an_evaluation

from reviewlore.domain.evaluation import Interval
from reviewlore.domain.model import Registry
from reviewlore.formats.standing import render_dataset, render_decision, render_evaluation, render_registry

EVALUATION = """\
Preference accuracy on 14 held-out later pull requests (360 pairs of dataset c0ffeec0ffee), with
95 % bootstrap intervals; ms is the time to score one remark

                            mean of kinds     ms        outcome  relevance_hard  relevance_easy
ranker-3fa2c91b (embedded)  .85 (.82–.88)   0.31  .74 (.69–.79)   .87 (.82–.92)   .94 (.89–.99)
adapter-81ce0d55            .60 (.57–.63)  41.70  .55 (.50–.60)   .60 (.55–.65)   .66 (.61–.71)
random                      .50 (.47–.53)         .50 (.45–.55)   .49 (.44–.54)   .51 (.46–.56)
longer wins                 .53 (.50–.56)         .58 (.53–.62)   .50 (.45–.55)   .50 (.45–.55)
lexical overlap             .73 (.70–.76)         .51 (.46–.56)   .79 (.74–.84)   .90 (.85–.95)
comment only                .56 (.53–.59)         .67 (.62–.72)   .52 (.47–.57)   .50 (.45–.55)
pairs                                 360                   120             120             120
"""


def test_the_table_has_versions_first_and_then_baselines():
    assert render_evaluation(an_evaluation()) == EVALUATION


def test_columns_that_do_not_fit_go_to_a_further_table():
    evaluation = an_evaluation()
    scores = tuple(
        replace(
            score,
            by_kind=score.by_kind | {"same_hunk": Interval(0.5, 0.2, 0.8, 9), "human_over_bot": Interval(0, 0, 0, 0)},
        )
        for score in evaluation.scores
    )
    wide = replace(evaluation, scores=scores, pairs=evaluation.pairs | {"same_hunk": 9, "human_over_bot": 0})
    text = render_evaluation(wide)
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("ranker-3fa2c91b (embedded)") == 2
    assert ".50 (.20–.80)" in text
    assert "no pairs" in text


def test_the_gate_gives_its_reason_and_the_numbers():
    assert render_decision(a_decision()) == (
        "Refused adapter-81ce0d55 against ranker-3fa2c91b: the adapter is behind the ranker in every kind,\n"
        "and 120 outcome pairs are fewer than the 200 asked for. (Difference -0.248, 95 % interval -0.301\n"
        "to -0.196, 360 pairs.)\n"
    )
    first = replace(a_decision(), verdict="promote", incumbent=None, difference=None, reason="it beats chance")
    assert render_decision(first) == "Promoted adapter-81ce0d55, with no incumbent: it beats chance.\n"


def test_a_difference_that_the_reason_tells_is_not_told_twice():
    told = replace(a_decision(), reason="the paired difference -0.248 [-0.301, -0.196] is not above zero")
    assert render_decision(told).count("-0.248") == 1


def test_a_dataset_says_what_was_kept_and_dropped_and_why():
    lines = render_dataset(a_dataset()).splitlines()
    assert lines[0] == "Dataset c0ffeec0ffee, made 2026-03-01T09:00:00Z from github:acme/shop"
    rows = dict(line.rsplit(maxsplit=1) for line in lines[2:10])
    assert rows["of them in preference pairs"] == "331"
    assert rows["left out, by reason"] == "81"
    assert rows["  row:bot_author"] == "52"
    assert lines[10] == "preference pairs                            1200"
    assert lines[11] == "  outcome                                    410  (290 train, 120 test)"
    assert "held out: acme/shop from 2026-01-12T00:00:00Z on" in lines
    assert lines[-1] == "policy: min_pairs = 200"


def test_many_repositories_are_counted_not_listed():
    many = replace(a_dataset(), split_at={f"o/r{number:02}": "2026-01-01" for number in range(14)})
    assert "held out: 4 more repositories, each at its own time" in render_dataset(many).splitlines()


def test_status_names_the_active_version_and_the_way_back():
    text = render_registry(a_registry())
    assert text.startswith("Active: ranker-3fa2c91b (embedded)\nA rollback would return to ranker-0d1e2f3a.\n")
    order = [line.split()[0] for line in text.splitlines()[3:] if not line.startswith(" ")]
    assert order == ["version", "adapter-81ce0d55", "ranker-3fa2c91b", "ranker-0d1e2f3a"]


def test_an_empty_registry_says_what_to_do():
    assert render_registry(Registry()) == (
        "Nothing has been trained: the shipped prior ranks. `reviewlore mine` and `train` change that.\n"
    )
