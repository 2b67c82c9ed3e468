import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.grammars.python import PythonGrammar
from reviewlore.domain.source import Definition, ParsedModule


def parse(text: str) -> ParsedModule:
    parsed = Grammars().parse("x.py", text.encode())
    assert parsed is not None
    return parsed


def imports(text: str) -> list[tuple[str, int, list[str], str]]:
    found = parse(text).imports
    return [(entry.module, entry.level, [name.name for name in entry.names], entry.kind) for entry in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", [("a", 0, [], "runtime")]),
        ("import a.b as c, d", [("a.b", 0, [], "runtime"), ("d", 0, [], "runtime")]),
        ("from a import b", [("a", 0, ["b"], "runtime")]),
        ("from . import x", [("", 1, ["x"], "runtime")]),
        ("from ... import x", [("", 3, ["x"], "runtime")]),
        ("from ..q.r import (\n    y as z,  # why\n    w,\n)", [("q.r", 2, ["y", "w"], "runtime")]),
        ("from m import *", [("m", 0, ["*"], "runtime")]),
        ("from a \\\n  import b", [("a", 0, ["b"], "runtime")]),
        ("try:\n    import a\nexcept ImportError:\n    a = None", [("a", 0, [], "runtime")]),
        ("from __future__ import annotations", []),
        ("text = 'import a'\n# import b", []),
    ],
)
def test_reads_every_form_of_import(text: str, expected: list[tuple[str, int, list[str], str]]) -> None:
    assert imports(text) == expected


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"])
def test_tells_type_only_from_runtime_by_the_guard_and_its_else(guard: str) -> None:
    text = f"if {guard}:\n    import a\nelse:\n    import b\nif other:\n    import c\n"
    assert [(entry.module, entry.kind) for entry in parse(text).imports] == [
        ("a", "type_only"),
        ("b", "runtime"),
        ("c", "runtime"),
    ]


def test_the_only_statement_of_a_guarded_block_is_type_only() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import b\n"
    assert [entry.kind for entry in parse(text).imports] == ["runtime", "type_only"]


def test_imports_inside_functions_and_methods_are_lazy_and_after_them_runtime() -> None:
    text = "def f():\n    import a\nclass C:\n    import b\n    async def g(self):\n        import c\nimport d\n"
    assert [(entry.module, entry.kind) for entry in parse(text).imports] == [
        ("a", "lazy"),
        ("b", "runtime"),
        ("c", "lazy"),
        ("d", "runtime"),
    ]


def test_each_name_of_a_long_import_has_its_own_line_and_alias() -> None:
    (statement,) = parse("from a import (\n    b,\n    c as d,\n)\n").imports
    assert [(name.name, name.line, name.alias) for name in statement.names] == [("b", 2, "b"), ("c", 3, "d")]


def test_definitions_carry_owner_parameters_and_where_they_end() -> None:
    text = (
        "@deco\n"
        "def f(a, b: int = 3, /, *args: int, k, **kw):\n"
        "    def inner(): pass\n"
        "    return 1\n"
        "class C(Base):\n"
        "    def _m(self, *, x='(,)'): pass\n"
        "class D:\n"
        "    class E:\n"
        "        def n(self): pass\n"
    )
    assert parse(text).definitions == (
        Definition("function", "f", 2, 4, None, ("a", "b=", "/", "*args", "k", "**kw"), False, True, 3),
        Definition("class", "C", 5, 6, None, (), True, False, 6),
        Definition("method", "_m", 6, 6, "C", ("self", "*", "x="), True, False, 6, False),
        Definition("class", "D", 7, 9, None, (), False, False, 8),
        Definition("class", "E", 8, 9, "D", (), False, False, 9),
        Definition("method", "n", 9, 9, "E", ("self",), False, False, 9),
    )
    assert [entry.public for entry in parse(text).definitions] == [True, True, False, True, True, True]


def test_strings_that_stand_alone_are_docstrings() -> None:
    text = '"""Top."""\ndef f():\n    """Two\n    lines."""\n    x = "no"\n    g("no")\n'
    assert parse(text).docstrings == ((1, 1), (3, 4))


def test_the_body_starts_after_all_parameters() -> None:
    (found,) = parse("def f(\n    a: int,\n    b: int,\n) -> None:\n    return a\n").definitions
    assert (found.line, found.body, found.end_line) == (1, 5, 5)


def test_methods_of_decorated_classes_may_be_named_by_others() -> None:
    text = "@implementer(I)\nclass A:\n    def resolutionBegan(self): ...\n"
    assert [entry.derived for entry in parse(text).definitions] == [False, True]


def test_names_assigned_at_module_level_only() -> None:
    text = "A = 1\nB: int = 2\nc, d = 1, 2\nif x:\n    E = 1\ndef f():\n    g = 1\nclass H:\n    i = 1\no.p = 1\n"
    assert parse(text).assigned == {"A", "B", "c", "d", "E"}


def test_broken_syntax_degrades_and_says_so() -> None:
    text = "import a\n<<<<<<< ours\nimport b\n=======\nimport c\n>>>>>>> theirs\ndef f(:\n    pass\nimport d\n"
    parsed = parse(text)
    assert parsed.broken
    assert "a" in {entry.module for entry in parsed.imports}


def test_counts_lines_with_and_without_a_last_newline() -> None:
    assert parse("a = 1\nb = 2\n").lines == 2
    assert parse("a = 1\nb = 2").lines == 2
    assert parse("").lines == 0


def test_other_languages_have_no_grammar_here() -> None:
    assert PythonGrammar().parse("x.ts", b"import a from 'a'") is None


@given(st.binary(max_size=200))
def test_never_raises_on_any_bytes(source: bytes) -> None:
    parsed = Grammars().parse("x.py", source)
    assert parsed is not None
    assert parsed.lines <= source.count(b"\n") + 1


@given(st.lists(st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,2}", fullmatch=True), min_size=1, max_size=8))
def test_plain_imports_come_back_in_order(names: list[str]) -> None:
    keywords = {"as", "if", "in", "is", "or", "and", "def", "del", "for", "not", "try", "with", "else", "from", "elif"}
    keywords |= {"pass", "exec", "while", "class", "async", "await", "raise", "yield", "break", "print", "match"}
    names = [name for name in names if keywords.isdisjoint(name.split("."))] or ["x"]
    text = "".join(f"import {name}\n" for name in names)
    assert [(entry.module, entry.line) for entry in parse(text).imports] == [
        (name, number) for number, name in enumerate(names, 1)
    ]
