"""How much may rest on one person's word."""

from dataclasses import replace

import pytest
from tests.stages.dataset.remarks import HISTORY, episode, evidence

from reviewlore.domain.evidence import find_sole_voice
from reviewlore.domain.history import OutcomeEvidence
from reviewlore.domain.preference import PairSettings
from reviewlore.stages.dataset import build_dataset

CAPPED = PairSettings(test_share=0.0, voter_pairs=40, voter_share=0.0)


def refused_by(person: str, numbers: range, **changes: object):
    said = evidence("reaction_down", "declined", by=person)
    return [
        episode(n, outcome="declined", evidence=said, body=f"drop the {person} of y{n}", **changes) for n in numbers
    ]


def weight_on(result, episodes) -> float:
    names = {e.id for e in episodes}
    return sum(p.weight for p in result.pairs if p.episodes[1] in names and p.kind in {"outcome", "same_hunk"})


def test_no_persons_votes_alone_weigh_more_than_the_cap():
    loud, quiet = refused_by("user-8", range(200, 230)), refused_by("user-9", range(300, 302))
    result = build_dataset([*HISTORY, *loud, *quiet], seed=1, settings=CAPPED)
    free = build_dataset([*HISTORY, *loud, *quiet], seed=1, settings=replace(CAPPED, voter_pairs=10_000))

    assert weight_on(free, loud) > 400
    assert weight_on(result, loud) <= 40.000001
    assert weight_on(result, quiet) == weight_on(free, quiet) == 32
    assert list(result.capped) == ["user-8"]
    assert result.capped["user-8"] == pytest.approx(40 / weight_on(free, loud), rel=0.1)
    assert free.capped == {}
    assert all(0 < p.weight <= 1 for p in result.pairs)


def test_the_cap_grows_with_the_dataset():
    loud = refused_by("user-8", range(200, 230))
    result = build_dataset([*HISTORY, *loud], seed=1, settings=replace(CAPPED, voter_share=0.9))

    assert result.capped == {}


def test_the_cap_does_not_bind_what_git_confirms():
    also_git = [
        replace(e, evidence=(*e.evidence, OutcomeEvidence("file_identical", "ignored", 0.9)))
        for e in refused_by("user-8", range(200, 230))
    ]

    assert build_dataset([*HISTORY, *also_git], seed=1, settings=CAPPED).capped == {}


@pytest.mark.parametrize(
    ("outcome", "items", "voice"),
    [
        ("declined", [("reaction_down", "declined", "user-8")], "user-8"),
        ("declined", [("reaction_down", "declined", "user-8"), ("resolved", "addressed", "user-9")], "user-8"),
        ("ignored", [("reaction_down", "declined", "user-8"), ("dismissed", "declined", "user-8")], "user-8"),
        ("declined", [("reaction_down", "declined", "user-8"), ("reaction_down", "declined", "user-9")], None),
        ("addressed", [("resolved", "addressed", "user-8"), ("lines_changed", "addressed", "")], None),
        ("addressed", [("imported", "addressed", "")], None),
        ("unknown", [("resolved", "addressed", "user-8")], None),
        ("addressed", [], None),
    ],
)
def test_whose_word_alone_it_is(outcome, items, voice):
    told = tuple(OutcomeEvidence(kind, said, 0.5, by=by) for kind, said, by in items)

    assert find_sole_voice(episode(1, outcome=outcome, evidence=told)) == voice
