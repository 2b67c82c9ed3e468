"""Planted secrets are the same in every run, and exposure says how many guesses they save."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.exposure import make_candidates, plant, rank_exposure, summarise_exposure


def a_pair(number: int, kind="same_hunk", other_hunk=False, rejected="Never mind this one.") -> PreferencePair:
    hunk = f"@@ -1 +1 @@\n+value_{number} = 1"
    other = f"{hunk} " if other_hunk else hunk
    return PreferencePair(
        id=f"pair-{number}", kind=kind, chosen=Remark("a.py", hunk, f"Rename value_{number}, please."),
        rejected=Remark("a.py", other, rejected), weight=0.4, repository="a/b", pull_request=f"a/b#{number}",
        created_at="2025-01-01T00:00:00Z", episodes=("x", "y"),
    )  # fmt: skip


PAIRS = [a_pair(number) for number in range(20)]


def test_a_secret_is_planted_once_in_a_remark_of_its_own():
    canaries = plant(PAIRS, 5, seed=3)

    assert len({canary.secret for canary in canaries}) == 5
    assert len({canary.pair.chosen.hunk for canary in canaries}) == 5
    for canary in canaries:
        assert canary.pair.chosen.body.count(canary.secret) == 1
        assert canary.pair.chosen.body == canary.remark(canary.secret)
        assert len(canary.pair.chosen.body) < 120
        assert canary.pair.id not in {pair.id for pair in PAIRS}
        assert canary.pair.weight == 1.0


def test_the_same_seed_plants_the_same():
    assert plant(PAIRS, 5, seed=3) == plant(PAIRS, 5, seed=3)
    assert plant(PAIRS, 5, seed=3) != plant(PAIRS, 5, seed=4)


def test_a_secret_needs_a_place_that_can_be_learned_from():
    assert plant([a_pair(1, "outcome", other_hunk=True), a_pair(2, rejected=" ")], 5, seed=0) == ()
    assert len(plant(PAIRS[:2], 5, seed=0)) == 2


def test_candidates_have_the_form_of_the_secret_and_were_never_planted():
    canaries = plant(PAIRS, 5, seed=3)
    planted = {canary.secret for canary in canaries}
    for canary in canaries:
        found = make_candidates(canary, seed=3, count=99)
        assert len(set(found)) == 100
        assert {len(secret) for secret in found} == {len(canary.secret)}
        assert not planted & set(found)
    assert make_candidates(canaries[0], 3) != make_candidates(canaries[1], 3)


def test_exposure_is_the_logarithm_of_the_guesses_saved():
    assert rank_exposure(1.0, [0.0] * 511) == 9.0
    assert rank_exposure(-1.0, [0.0] * 511) == 0.0
    assert rank_exposure(0.5, [0.0, 1.0, 0.0]) == 1.0
    assert rank_exposure(0.0, [0.0, 0.0]) == pytest.approx(0.585, abs=1e-3)


def test_secrets_that_a_model_does_not_know_are_as_exposed_as_the_control():
    randomness = random.Random(5)
    rows = [[randomness.gauss(0, 1) for _ in range(513)] for _ in range(400)]
    planted = [rank_exposure(row[0], row[2:]) for row in rows]
    control = [rank_exposure(row[1], row[2:]) for row in rows]
    found = summarise_exposure(planted, control)

    assert found is not None
    assert found.control == pytest.approx(1.44, abs=0.2)
    assert abs(found.difference) < 0.2


def test_without_secrets_there_is_no_exposure():
    assert summarise_exposure([], []) is None


@given(st.floats(-100, 100), st.lists(st.floats(-100, 100), min_size=1, max_size=50), st.floats(-100, 100))
def test_a_likelier_secret_is_never_less_exposed(value, others, more):
    low, high = sorted((value, more))
    assert rank_exposure(low, others) <= rank_exposure(high, others)
