"""Pairs of one remark: our own that was dismissed, silence where nothing had to be said, code before and after."""

from dataclasses import replace

import pytest
from tests.stages.dataset.remarks import HISTORY, episode, evidence

from reviewlore.domain.history import OutcomeEvidence
from reviewlore.domain.preference import EXTRA_KINDS, PairSettings, is_judged
from reviewlore.stages.dataset import build_dataset

ALL = PairSettings(test_share=0.0, extra_kinds=frozenset(EXTRA_KINDS))
OURS = episode(
    200,
    author="bot-1",
    author_kind="bot",
    finding="f1",
    outcome="declined",
    evidence=evidence("dismissed", "declined", by="user-5"),
)


def pairs_of(kind: str, *more, settings=ALL):
    return [p for p in build_dataset([*HISTORY, *more], seed=1, settings=settings).pairs if p.kind == kind]


@pytest.mark.parametrize("detail", ["", "wrong", " not-here "])
def test_silence_is_preferred_to_what_was_dismissed(detail: str):
    (pair,) = pairs_of("dismissed", replace(OURS, evidence=evidence("dismissed", "declined", "user-5", detail)))

    assert (pair.chosen.body, pair.rejected.body) == ("", OURS.body)
    assert pair.chosen.hunk == pair.rejected.hunk == OURS.hunk
    assert pair.episodes == (OURS.id, OURS.id)
    assert (pair.weight, is_judged(pair)) == (1.0, False)


def test_the_rewording_of_a_maintainer_is_preferred_to_what_was_dismissed():
    said = replace(OURS, evidence=evidence("dismissed", "declined", "user-5", "This import goes through the port."))
    (pair,) = pairs_of("dismissed", said)

    assert pair.chosen.body == "This import goes through the port."
    assert is_judged(pair)


@pytest.mark.parametrize(
    "other",
    [
        replace(OURS, finding=None),
        replace(OURS, author_kind="human"),
        replace(OURS, evidence=evidence("reaction_down", "declined", by="user-5")),
        replace(OURS, evidence=evidence("dismissed", "declined", "user-5", OURS.body)),
    ],
    ids=["not-ours", "a-person", "not-dismissed", "reworded-to-the-same"],
)
def test_nothing_else_counts_as_dismissed(other):
    assert pairs_of("dismissed", other) == []


def test_a_dismissal_counts_whatever_else_is_known_of_the_remark():
    short = replace(OURS, body="Layer crossed.", confidence="low", outcome="unknown")
    (pair,) = pairs_of("dismissed", short)

    assert (pair.rejected.body, pair.weight) == ("Layer crossed.", 0.4)


@pytest.mark.parametrize("kind", ["file_identical", "lines_untouched", "line_window_kept"])
def test_silence_is_preferred_to_a_bot_where_a_person_reviewed_and_nothing_changed(kind: str):
    bot = episode(5, id="a/b#1/b", comment_id="b", author="bot-1", author_kind="bot", body="Potential issue in here.")
    bot = replace(bot, outcome="ignored", evidence=evidence(kind, "ignored"))
    (pair,) = pairs_of("silence", bot)

    assert (pair.chosen.body, pair.rejected.body, pair.weight) == ("", bot.body, 0.5)
    assert not is_judged(pair)


def test_where_nobody_reviewed_or_the_code_changed_silence_is_not_known_to_be_better():
    bot = episode(5, id="a/b#1/b", comment_id="b", author="bot-1", author_kind="bot", body="Potential issue in here.")
    untouched = evidence("file_identical", "ignored")
    unread = replace(bot, id="a/b#900/b", pull_request=900, outcome="ignored", evidence=untouched)
    owner = episode(900, id="a/b#900/o", pull_request=900, author="user-2", body="I moved the value of this one.")
    changed = replace(bot, outcome="addressed", evidence=evidence("lines_changed"))
    silent = replace(bot, outcome="ignored", evidence=evidence("reply_declined", "declined"))
    person = replace(bot, author_kind="human", outcome="ignored", evidence=untouched)

    for other in ((unread, owner), (changed,), (silent,), (person,)):
        assert pairs_of("silence", *other) == []


def test_a_revision_prefers_the_code_that_answered():
    asked = episode(201, outcome="addressed", code_before="    x = f(1)", code_after="    x = g(1)\n")
    (pair,) = pairs_of("revision", asked)

    assert pair.chosen.body == f"{asked.body}\n\n```suggestion\n    x = g(1)\n```"
    assert pair.rejected.body == f"{asked.body}\n\n```suggestion\n    x = f(1)\n```"
    assert (pair.weight, is_judged(pair)) == (0.5, False)


def test_the_reviewers_own_suggestion_does_not_give_the_revision_away():
    asked = episode(201, outcome="addressed", code_before="x = f(1)", code_after="x = g(1)")
    asked = replace(asked, body="Use the other one here:\n```suggestion\nx = g(1)\n```")
    (pair,) = pairs_of("revision", asked)

    assert pair.rejected.body == "Use the other one here:\n\n```suggestion\nx = f(1)\n```"


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "ignored"},
        {"author_kind": "bot"},
        {"code_after": None},
        {"code_before": None},
        {"code_after": "x  =  f(1)"},
    ],
)
def test_no_revision_where_the_answer_is_not_known(changes):
    known = {"outcome": "addressed", "code_before": "x = f(1)", "code_after": "x = g(1)"}

    assert pairs_of("revision", episode(201, **{**known, **changes})) == []


def test_dismissed_is_trained_on_and_the_others_are_not():
    bot = replace(OURS, evidence=(*OURS.evidence, OutcomeEvidence("file_identical", "ignored", 0.9)))
    person = episode(201, id="a/b#66/p", pull_request=66, outcome="addressed", code_before="a = 1", code_after="b = 1")
    result = build_dataset([*HISTORY, bot, person], seed=1)

    assert {p.kind for p in result.pairs} & {"dismissed", *EXTRA_KINDS} == {"dismissed"}
    assert {p.kind for p in result.extra} == set(EXTRA_KINDS)
