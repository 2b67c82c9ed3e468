"""Checks the redaction cases themselves, not the scrubber."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from tests.redaction import cases_last, cases_open, cases_sealed
from tests.redaction.parts import HOLE, Case, Parts, luhn, mod97

HERE = Path(__file__).parent
SETS = [pytest.param(made.cases, id=made.__name__.split("_")[-1]) for made in (cases_open, cases_sealed, cases_last)]
TOKEN = re.compile(r"token-(?!generic)")

Make = Callable[[], list[Case]]


def _bare(case: Case) -> str:
    """A case's words without its secret, its numbers, and its punctuation."""
    text = case.text.replace(case.secret, HOLE) if case.secret else case.text
    return " ".join(re.findall(rf"[a-z]+|{HOLE}", re.sub(r"[0-9a-f]{7,}", "", text.lower())))


@pytest.mark.parametrize("make", SETS)
def test_each_case_is_well_formed(make: Make) -> None:
    made = make()
    assert max(Counter(case.id for case in made).values()) == 1
    assert max(Counter(case.text for case in made).values()) == 1
    for case in made:
        assert HOLE not in case.text, case.id
        assert re.fullmatch(r"[a-z0-9-]+", case.kind), case.id
        if case.secret is not None:
            assert len(case.secret) >= 6, case.id
            assert case.text.count(case.secret) == 1, case.id
            assert case.secret != case.text, case.id


@pytest.mark.parametrize("make", SETS)
def test_sets_are_of_the_agreed_size(make: Make) -> None:
    made = make()
    assert 140 <= sum(case.secret is not None for case in made) <= 240
    assert 140 <= sum(case.secret is None for case in made) <= 240
    assert len({case.kind for case in made if TOKEN.match(case.kind)}) >= 25


@pytest.mark.parametrize("make", SETS)
def test_a_kind_is_either_secret_or_plain(make: Make) -> None:
    made = make()
    assert not {case.kind for case in made if case.secret} & {case.kind for case in made if case.secret is None}


@pytest.mark.parametrize("make", SETS)
def test_cases_are_the_same_on_each_call(make: Make) -> None:
    assert make() == make()


def test_sets_are_independent() -> None:
    made = [cases_open.cases(), cases_sealed.cases(), cases_last.cases()]
    for one, other in combinations(made, 2):
        assert not {_bare(case) for case in one} & {_bare(case) for case in other}
        assert not {case.secret for case in one if case.secret} & {case.secret for case in other if case.secret}
    seen = {case.kind for case in made[0]}
    for blind in made[1:]:
        kinds = {case.kind for case in blind}
        assert 0.25 <= len(kinds - seen) / len(kinds) <= 0.45


def test_no_secret_stands_in_the_source() -> None:
    source = "".join(path.read_text() for path in sorted(HERE.glob("*.py")))
    for case in [*cases_open.cases(), *cases_sealed.cases(), *cases_last.cases()]:
        assert case.secret is None or case.secret not in source, case.id


@pytest.mark.parametrize("make", SETS)
def test_numbers_are_checked_as_their_issuers_check_them(make: Make) -> None:
    for case in make():
        if case.kind == "card":
            assert luhn(re.sub(r"\D", "", case.secret or "")), case.id
        if case.kind == "iban":
            number = (case.secret or "").replace(" ", "").upper()
            assert mod97(number[4:] + number[:4]) == 1, case.id
        if case.secret is None:
            for number in re.findall(r"(?<![\w.])\d[\d -]{11,21}\d(?!\w)", case.text):
                digits = re.sub(r"\D", "", number)
                assert not (13 <= len(digits) <= 19 and luhn(digits)), case.id


def test_parts_hold_what_they_promise() -> None:
    parts = Parts("test")
    token = parts.checked()
    assert re.fullmatch(r"[0-9A-Za-z]{36}", token)
    assert len(parts.mixed(14)) == 14
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", parts.jwt(sub="1"))
    assert luhn("4242" * 4)
    assert not luhn("4242" * 3 + "4243")
    assert mod97("0" * 10 + "98") == 1
