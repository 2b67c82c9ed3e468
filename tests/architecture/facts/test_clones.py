import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.clones import find_clones
from reviewlore.architecture.similarity import find_alike, likeness
from reviewlore.domain.architecture import Fact, Module
from reviewlore.domain.source import Definition, ParsedModule


def parse(name: str, loop: str = "for", call: str = "strip") -> str:
    """A function of ten lines; names are free, the shape is not."""
    head = f"{loop} row in text.splitlines():" if loop == "for" else "while text:"
    return (
        f"def {name}(text, limit=10):\n    found = []\n    {head}\n        key, _, value = row.partition('=')\n"
        f"        if not key or len(found) >= limit:\n            continue\n"
        f"        found.append((key.{call}(), value.{call}()))\n    found.sort(reverse=True)\n    return found\n\n\n"
    )


APP = {"app/__init__.py": "", "app/core.py": "import os\n\n\n" + parse("read_rows")}


def found(before: dict[str, str], after: dict[str, str | None], moved: dict[str, str] | None = None) -> list[Fact]:
    return list(find_clones(change_of(before, after, moved)))


def test_a_new_function_that_repeats_an_old_one() -> None:
    (fact,) = found(APP, {"app/new.py": "X = 1\n\n\n" + parse("load_pairs").replace("found", "result")})
    assert (fact.path, fact.line, fact.severity) == ("app/new.py", 4, "info")
    assert fact.title == "`load_pairs` nearly repeats `read_rows`"
    assert fact.why.startswith(
        "`read_rows` in `app/core.py` line 4 stands in the repository already: 100 % of the two "
    )
    assert [(entry.path, entry.line) for entry in fact.evidence] == [("app/core.py", 4)]


def test_several_in_one_file_are_one_fact() -> None:
    more = parse("read_more", "while", "rstrip").replace("found.sort(reverse=True)", "found = dict(found)")
    before = APP | {"app/more.py": more}
    after = parse("load_pairs") + more.replace("read_more", "load_more")
    (fact,) = found(before, {"app/new.py": after})
    assert "1 more new function of this file repeat" in fact.why
    assert len(fact.evidence) == 2


def test_the_same_twice_within_one_change() -> None:
    (fact,) = found({"app/core.py": "X = 1\n"}, {"app/a.py": parse("one"), "app/b.py": parse("two")})
    assert fact.title == "`two` nearly repeats `one`"
    assert "comes with this same change" in fact.why
    assert fact.confidence < 0.75


@pytest.mark.parametrize(
    "after",
    [
        {"app/new.py": parse("load_pairs"), "app/core.py": "import os\n"},
        {"app/new.py": parse("load_pairs"), "app/core.py": parse("read_rows")[:30] + "\n    return load_pairs(text)\n"},
        {"tests/test_new.py": parse("load_pairs")},
        {"vendor/x/new.py": parse("load_pairs")},
        {"app/new.py": parse("load_pairs", "while", "encode").replace("sort", "append")},
        {"app/new.py": "def load(text):\n    return text.split()\n"},
        {"app/core.py": APP["app/core.py"].replace("limit", "most")},
    ],
)
def test_moved_tests_foreign_different_and_trivial_code_is_fine(after: dict[str, str | None]) -> None:
    assert found(APP, after) == []


def test_a_moved_file_repeats_nothing() -> None:
    assert found(APP, {}, {"app/core.py": "app/new.py"}) == []


def test_what_many_functions_look_like_is_a_pattern() -> None:
    many = {f"app/m{number}.py": parse(f"read_{number}") for number in range(3)}
    assert found(many, {"app/new.py": parse("load_pairs")}) == []


@pytest.mark.parametrize("name", ["main", "__call__"])
def test_names_that_everybody_gives_are_no_helpers(name: str) -> None:
    assert found(APP, {"app/new.py": parse(name)}) == []


def test_one_common_call_is_no_likeness_of_short_functions() -> None:
    text = "def {0}(a, b=1, c=2, d=3, e=4):\n    return make(\n        kind='{0}',\n        a=a,\n"
    text += "        b=b,\n        c=c,\n        d=d,\n        e=e,\n    )\n"
    assert found({"app/core.py": text.format("one")}, {"app/new.py": text.format("two")}) == []


def method(owner: str, name: str) -> str:
    body = parse(name).rstrip().replace("(text", "(self, text").replace("\n", "\n    ")
    return f"class {owner}(Base):\n    {body}\n\n\n"


def test_methods_of_one_name_implement_one_thing() -> None:
    before = {"app/core.py": method("One", "read")}
    assert found(before, {"app/new.py": method("Two", "read")}) == []
    (fact,) = found(before, {"app/new.py": method("Two", "load")})
    assert fact.title == "`Two.load` nearly repeats `One.read`"


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [((), (), 0.0), ((1, 2), (), 0.0), ((1, 2, 3), (1, 2, 3), 1.0), ((1, 2, 3, 9), (1, 2, 3, 4), 0.75)],
)
def test_likeness(one: tuple[int, ...], other: tuple[int, ...], share: float) -> None:
    assert likeness(one, other) == share


def test_a_larger_sketch_is_only_compared_where_both_are_known() -> None:
    assert likeness((1, 2), (1, 2, 3, 4)) == 0.5
    assert likeness((1, 90), (1, 2, 3, 4)) == 0.25


def test_only_alike_pairs_come_out() -> None:
    module = Module("m", "m.py", "0", ParsedModule((), (), frozenset(), 1))
    functions = [
        Definition("function", name, 1, 9, sketch=sketch)
        for name, sketch in (("a", (1, 2, 3, 4)), ("b", (1, 2, 3, 5)), ("c", (7, 8)), ("d", ()))
    ]
    places = [(module, entry) for entry in functions]
    pairs = find_alike(places[:1], places[1:], 0.7)
    assert [(index, entry.name, share) for index, (_, entry), share in pairs] == [(0, "b", 0.75)]
