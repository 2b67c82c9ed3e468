"""Each guard holds at its limit and breaks beyond it, and says in a sentence what was measured."""

import math
from dataclasses import replace

import pytest

from reviewlore.domain.evaluation import Diagnostics
from reviewlore.domain.recipe import Guards
from reviewlore.stages.guards import check_guards

LIMITS = Guards(forgetting=1.5, canaries=8, exposure=3.0, length_correlation=0.5, valid=0.8, duplicates=0.3)
SOUND = Diagnostics(length_correlation=-0.2, valid=0.9, duplicates=0.1, forgetting=1.1, exposure=0.4)
CASES = {
    "forgetting": (
        1.5,
        1.6,
        "The perplexity of code that it never saw is 1.60 times its base's; at most 1.5 is allowed.",
    ),
    "exposure": (
        3.0,
        3.5,
        "Secrets planted in its training are +3.50 bits more exposed than secrets that were not; at most 3 is allowed.",
    ),
    "length_correlation": (
        0.5,
        -0.7,
        "The rank correlation of its scores with the length of remarks is -0.70; at most 0.5 is allowed.",
    ),
    "valid": (0.8, 0.5, "50% of the remarks that it writes can be used; at least 0.8 is asked for."),
    "duplicates": (0.3, 0.6, "60% of the remarks that it writes repeat another one; at most 0.3 is allowed."),
}


def change(name, value):
    return replace(SOUND, **{name: value})


def test_a_sound_version_breaks_nothing():
    found = check_guards(SOUND, LIMITS)

    assert [guard.name for guard in found] == list(CASES)
    assert not [guard for guard in found if guard.broken]


@pytest.mark.parametrize(("name", "case"), CASES.items())
def test_a_guard_holds_at_its_limit_and_breaks_beyond(name, case):
    allowed, beyond, sentence = case
    assert not any(guard.broken for guard in check_guards(change(name, allowed), LIMITS))
    (broken,) = [guard for guard in check_guards(change(name, beyond), LIMITS) if guard.broken]

    assert (broken.name, broken.value, broken.told) == (name, abs(beyond), sentence)


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_measured_breaks_nothing_and_says_so(name):
    (guard,) = [guard for guard in check_guards(change(name, None), LIMITS) if guard.value is None]

    assert (guard.name, guard.broken) == (name, False)
    assert guard.told.startswith("Not measured: ")


def test_a_measure_that_is_no_number_is_no_proof():
    assert [g.name for g in check_guards(change("forgetting", math.nan), LIMITS) if g.broken] == ["forgetting"]


def test_where_no_secrets_were_asked_for_that_is_the_reason():
    found = check_guards(change("exposure", None), replace(LIMITS, canaries=0))
    assert next(guard for guard in found if guard.name == "exposure").told == "Not measured: no secrets were planted."
