"""The table of attacks and defences: all 30 are there, and what it names still exists. Trying them takes minutes."""

import ast
from functools import cache

import pytest
from tests.attacks.cases import ROOT, Case, Mutation, read_cases

CASES = read_cases()
MUTATIONS = [(case, mutation) for case in CASES for mutation in case.mutations]


def test_every_attack_has_tests_and_defences() -> None:
    assert [case.number for case in CASES] == list(range(1, 31))
    assert all(case.mutations and case.tests for case in CASES)
    assert len({(one.path, one.fragment, one.without) for _, one in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize(("case", "mutation"), MUTATIONS, ids=[f"{case.number}-{one.told}" for case, one in MUTATIONS])
def test_every_defence_stands_once_and_its_tests_exist(case: Case, mutation: Mutation) -> None:
    """Whoever words a defence anew words its fragment in `cases.toml` anew, and tries it: CONTRIBUTING says how."""
    path = ROOT / mutation.path
    assert mutation.apply(path.read_text(encoding="utf-8")) != path.read_text(encoding="utf-8")
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in names_in(file), test


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file, of classes as `Class::test`."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    inside = [(f"{each.name}::", each.body) for each in body if isinstance(each, ast.ClassDef)]
    return frozenset(
        prefix + one.name for prefix, rows in [("", body), *inside] for one in rows if isinstance(one, ast.FunctionDef)
    )
