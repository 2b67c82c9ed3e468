"""Every concern that mining tells apart has a specialist, and every specialist has a concern."""

import pytest

from reviewlore.domain.concern import specialist_of
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.stages.mine import classify_concern

REMARKS = {
    "This import makes a cycle": "architecture",
    "Add a regression test": "testing",
    "The docstring is outdated": "documentation",
    "Raise a narrower exception": "debugging",
    "Escape this before it reaches the shell": "debugging",
    "Rename this": "refactoring",
    "This is slow for long lists": "refactoring",
    "Two blank lines here, says the linter": "refactoring",
    "Is it worth it?": "debugging",
}


@pytest.mark.parametrize(("body", "specialist"), REMARKS.items())
def test_a_remark_belongs_to_the_specialist_of_its_concern(body, specialist):
    assert specialist_of(classify_concern(body)) == specialist


def test_every_specialist_has_remarks():
    assert {specialist_of(classify_concern(body)) for body in REMARKS} == set(SPECIALISTS)


def test_a_concern_of_a_later_version_is_nobodys_loss():
    assert specialist_of("licensing") == "debugging"
