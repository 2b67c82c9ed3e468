import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.grammars.python import PythonGrammar
from reviewlore.domain.source import Call, Definition, ParsedModule, Raised


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
        ("try:\n    import a\nexcept ImportError:\n    a = None", [("a", 0, [], "conditional")]),
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
        ("c", "conditional"),
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
    parameters = ("a", "b=", "/", "*args", "k", "**kw")
    assert parse(text).definitions == (
        Definition("function", "f", 2, 4, None, parameters, False, True, 3, decorators=("deco",), cyclomatic=1),
        Definition("class", "C", 5, 6, None, (), True, False, 6, bases=("Base",)),
        Definition("method", "_m", 6, 6, "C", ("self", "*", "x="), True, False, 6, False, cyclomatic=1),
        Definition("class", "D", 7, 9, None, (), False, False, 8),
        Definition("class", "E", 8, 9, "D", (), False, False, 9),
        Definition("method", "n", 9, 9, "E", ("self",), False, False, 9, cyclomatic=1),
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


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (
            "if sys.platform == 'win32':\n    import a\nelif x:\n    import b\nelse:\n    import c\n",
            ["conditional"] * 3,
        ),
        ("try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\n", ["conditional"] * 3),
        ("if x:\n    import a\nimport b\n", ["conditional", "runtime"]),
        ("class C:\n    if x:\n        import a\n    import b\n", ["conditional", "runtime"]),
        ("def f():\n    if x:\n        import a\n", ["lazy"]),
        ("if x:\n    def f():\n        import a\n", ["lazy"]),
        ("if TYPE_CHECKING:\n    try:\n        import a\n    except E:\n        pass\n", ["type_only"]),
        ("with suppress(ImportError):\n    import a\n", ["runtime"]),
    ],
)
def test_what_is_imported_under_a_condition(text: str, kinds: list[str]) -> None:
    assert [entry.kind for entry in parse(text).imports] == kinds


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("__all__ = ['a', \"b\"]", {"a", "b"}),
        ("__all__ = (\n    'a',  # not 'c'\n    'b',\n)", {"a", "b"}),
        ("__all__: list[str] = ['a']\n__all__ += ['b']\n__all__.extend(['c'])\n__all__.append('d')\n", set("abcd")),
        ("__all__ = base.__all__ + ['a']", {"a"}),
        ("__all__ = [*base.__all__, 'a']", {"a"}),
        ("__all__ = [name for name in dir()]", set()),
        ("__all__ = [", set()),
        ("x = __all__\nif x:\n    pass\n", set()),
    ],
)
def test_the_names_a_module_offers(text: str, offered: set[str]) -> None:
    assert parse(text).offered == offered


def test_names_imported_to_be_offered() -> None:
    text = (
        "from .a import b, c\nfrom .d import e as e\nimport f as f\nimport g.h\nfrom i import j as k\n"
        "__all__ = ['b', 'g']\n"
    )
    found = [(entry.module, [name.alias for name in entry.names], entry.reexported) for entry in parse(text).imports]
    assert found == [
        ("a", ["b"], True),
        ("a", ["c"], False),
        ("d", ["e"], True),
        ("f", [], True),
        ("g.h", [], True),
        ("i", ["k"], False),
    ]


def test_what_is_public_follows_the_underscore_and_all() -> None:
    text = (
        "__all__ = ['_a']\ndef _a(): ...\ndef _b(): ...\nclass _C:\n    def m(self): ...\n"
        "class D:\n    def _n(self): ...\n"
    )
    assert {entry.name for entry in parse(text).definitions if entry.public} == {"_a", "D"}


def test_what_is_documented() -> None:
    text = (
        "#!/usr/bin/python\n# A comment.\n\n'''Top.'''\n"
        "class A:\n    '''Yes.'''\n    def f(self):\n        # first\n        '''Yes.'''\n    def g(self): 'Yes.'\n"
        "def h():\n    x = 1\n    '''No.'''\n"
    )
    parsed = parse(text)
    assert parsed.documented
    assert [entry.name for entry in parsed.definitions if entry.documented] == ["A", "f", "g"]
    assert not parse("import a\n'''No.'''\n").documented
    assert not parse("").documented


def test_bases_and_decorators_as_written_without_arguments() -> None:
    text = (
        "@a.b\n@c(1)\n@d[0]\nclass E(f.G, Generic[T], make(H), metaclass=M, *rest):\n"
        "    @property\n    def i(self): ...\n    def j(self): ...\n"
    )
    first, second, third = parse(text).definitions
    assert (first.bases, first.decorators) == (("f.G", "Generic", "make"), ("a.b", "c"))
    assert (second.decorators, third.decorators) == (("property",), ())
    assert (first.decorated, second.decorated, third.decorated) == (True, True, False)


def test_calls_with_their_arguments() -> None:
    text = (
        "app = core.make(1, x, debug=True)\n"
        "def f(self):\n"
        "    local = self.run(*args, **kw)\n"
        "    g (a for a in b)\n"
        "    h(\n        1,  # one\n        k = i(2),\n    )\n"
        "    x[0](1)\n"
        "    j().k(1)\n"
    )
    assert parse(text).calls == (
        Call("core.make", 1, 2, ("debug",), False, "app"),
        Call("self.run", 3, 0, (), True),
        Call("g", 4, 1),
        Call("h", 5, 1, ("k",)),
        Call("i", 7, 1),
        Call("j", 10),
    )


def test_results_are_bound_to_names_of_the_module_only() -> None:
    text = "a = f()\nif x:\n    b: int = f()\nc = f() + 1\nd = f().g()\nclass E:\n    e = f()\n"
    assert [call.bound for call in parse(text).calls] == ["a", "b", "", "", ""]


def test_errors_that_are_raised() -> None:
    text = "def f():\n    raise ValueError('x')\n    raise a.B from c\n    raise\n    raise make()()\n"
    assert parse(text).raised == (Raised("ValueError", 2), Raised("a.B", 3))


def test_functions_have_both_complexities_and_a_sketch_of_their_body() -> None:
    body = (
        "    total = 0\n    for x in xs:\n        if x and x > 1:\n            total += g(x, total)\n"
        "    return total + x * 2\n"
    )
    text = f"def f(xs):\n    '''Words that no clone repeats.'''\n{body}def h(values):\n{body}class C: pass\n"
    first, second, third = parse(text).definitions
    assert (first.cyclomatic, first.cognitive) == (4, 4)
    assert first.sketch == second.sketch != ()
    assert (third.cyclomatic, third.cognitive, third.sketch) == (0, 0, ())


def test_nested_functions_count_for_the_one_around_them() -> None:
    (found,) = parse("def f():\n    def g():\n        if a: f()\n    return g()\n").definitions
    assert (found.cyclomatic, found.cognitive) == (2, 3)


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


@pytest.mark.parametrize(
    ("docstring", "style"),
    [
        ("Run.\n\n    Args:\n        a: It.\n    ", "google"),
        ("Run.\n\n    Returns:\n        It.\n    ", "google"),
        ("Run.\n\n    Parameters\n    ----------\n    a : int\n    ", "numpy"),
        ("Run.\n\n    :param int a: It.\n    ", "sphinx"),
        ("Run.\n\n    :returns: It.\n    ", "sphinx"),
        ("Run.\n\n    @param a: It.\n    ", "epytext"),
        ("Run :meth:`it`. Returns: nothing.", ""),
        ("", ""),
    ],
)
def test_the_markup_of_a_docstring(docstring: str, style: str) -> None:
    (entry,) = parse(f'def f(a):\n    """{docstring}"""\n').definitions
    assert entry.docstyle == style
