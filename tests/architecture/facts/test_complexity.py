import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.complexity import Ranges, part_of, quantile, upper_end
from reviewlore.architecture.facts.complexity import find_complex
from reviewlore.domain.architecture import Fact


def nested(name: str, depth: int, more: int = 0) -> str:
    """A function whose cognitive complexity is depth * (depth + 1) / 2 + more."""
    rows = [f"def {name}(x):"]
    rows += ["    " * level + f"if x > {level}:" for level in range(1, depth + 1)]
    rows.append("    " * (depth + 1) + "return x")
    rows += ["    if x:\n        x += 1" for _ in range(more)]
    return "\n".join(rows) + "\n\n\n"


PLAIN = "".join(nested(f"f{number}", 2, 1) for number in range(60))
BASE = {"app/plain.py": PLAIN, "app/core.py": nested("run", 2) + "\n\n" + nested("long", 1) + "    # more\n" * 20}


def found(before: dict[str, str], after: dict[str, str | None], moved: dict[str, str] | None = None) -> list[Fact]:
    return list(find_complex(change_of(before, after, moved)))


def test_a_new_function_beyond_the_range() -> None:
    (fact,) = found(BASE, {"app/new.py": nested("tangle", 6)})
    assert (fact.path, fact.line, fact.severity) == ("app/new.py", 1, "info")
    assert fact.title == "`tangle` is more complex than functions here are"
    assert fact.why == (
        "Its cognitive complexity starts at 21 (with 7 paths through it); 99 of 100 functions of this repository stay "
        "at or below 15."
    )
    assert fact.evidence[0].text.startswith("Range from 62 functions at the base: cognitive complexity up to 15, ")
    assert [entry.path for entry in fact.evidence[1:]] == ["app/core.py", "app/plain.py", "app/plain.py"]


def test_a_function_that_jumps_past_the_range() -> None:
    (fact,) = found(BASE, {"app/core.py": nested("run", 6)})
    assert "went from 3 to 21" in fact.why


def test_several_in_one_file_are_one_fact_with_the_worst_first() -> None:
    (fact,) = found(BASE, {"app/new.py": nested("one", 6) + nested("two", 7)})
    assert fact.title.startswith("`two`")
    assert fact.why.endswith(" So does `one` (21).")


def test_far_beyond_is_a_warning_in_product_code_only() -> None:
    assert found(BASE, {"app/new.py": nested("tangle", 10)})[0].severity == "warning"
    tests = {"tests/test_plain.py": PLAIN}
    (fact,) = found(BASE | tests, {"tests/test_new.py": nested("tangle", 10)})
    assert (fact.severity, fact.title) == ("info", "`tangle` is more complex than functions of the tests here are")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"app/new.py": nested("fine", 5)}),
        ({}, {"app/new.py": nested("fine", 5, 3)}),
        ({"tests/test_plain.py": PLAIN}, {"tests/test_new.py": nested("fine", 7)}),
        ({"scripts/plain.py": PLAIN}, {"scripts/new.py": nested("fine", 7)}),
        ({"app/core.py": nested("run", 5)}, {"app/core.py": nested("run", 5, 2)}),
        ({"app/core.py": nested("run", 6)}, {"app/core.py": nested("run", 7)}),
        ({"app/core.py": nested("run", 6)}, {"app/core.py": None, "app/new.py": nested("run", 6)}),
        ({"app/core.py": nested("huge", 8)}, {"app/core.py": nested("part", 6) + nested("huge", 4)}),
        (
            {"app/core.py": nested("run", 6)},  # renamed, behind a new function of the old name
            {
                "app/core.py": "def run(x):\n    return _run(x)\n\n\n" + nested("_run", 6),
                "app/new.py": nested("other", 5),
            },
        ),
        ({}, {"vendor/lib/new.py": nested("tangle", 8)}),
        ({}, {"app/new.py": "def flat(x):\n    match x:\n" + "        case 1:\n            return 1\n" * 30}),
    ],
)
def test_ordinary_creeping_moved_split_foreign_and_flat_code_is_fine(
    before: dict[str, str], after: dict[str, str | None]
) -> None:
    assert found(BASE | before, after) == []


def test_a_function_elsewhere_in_a_changed_file_is_not_blamed() -> None:
    before = BASE | {"app/core.py": nested("run", 6)}
    assert found(before, {"app/core.py": nested("run", 6) + nested("fine", 1)}) == []


def test_few_functions_are_no_measure() -> None:
    assert found({"app/plain.py": nested("f", 1)}, {"app/new.py": nested("tangle", 8)}) == []


def test_a_folder_of_complex_functions_has_a_wider_range() -> None:
    parser = {"app/parser/rules.py": "".join(nested(f"r{number}", 7) for number in range(60))}
    many = {f"app/many{number}.py": PLAIN for number in range(120)}
    ranges = Ranges(change_of(BASE | many | parser, {}).base)
    wide, usual = ranges.of("app/parser/new.py", "python"), ranges.of("app/new.py", "python")
    assert wide is not None
    assert usual is not None
    assert (wide.folder, wide.cognitive, usual.folder, usual.cognitive) == ("app/parser", 28, "", 15)
    assert ranges.of("app/new.go", "go") is None


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("app/core.py", "product"),
        ("tests/test_core.py", "test"),
        ("scripts/run.py", "aside"),
        (".github/check.py", "aside"),
        ("setup.py", "aside"),
        ("vendor/x.py", None),
    ],
)
def test_parts(path: str, part: str | None) -> None:
    assert part_of(path) == part


def test_figures() -> None:
    assert quantile([], 0.5) == 0
    assert quantile([1.0, 2.0, 3.0], 0.75) == 2.5
    assert upper_end([0] * 99 + [100]) == 1
    assert upper_end(range(101)) == 99
