"""The two measures on the white paper's own examples, in Python and, through a small table of labels, in Java."""

import time

import pytest
import tree_sitter_java
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Parser, Query, QueryCursor

from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.grammars.complexity import Complexity, add_recursion, measure
from reviewlore.domain.source import Call, Definition

_JAVA = """
(method_declaration) @method
[(if_statement) (for_statement) (while_statement) (catch_clause) (ternary_expression)] @cx.structure
(switch_expression) @cx.switch
(switch_label) @cx.case
"else" @cx.else
(continue_statement (identifier)) @cx.flat
(lambda_expression) @cx.lambda
(binary_expression) @cx.boolean
"&&" @cx.and
"||" @cx.or
"""


def python(body: str) -> Complexity:
    text = "def f(a, b, c, d, e, g):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    parsed = Grammars().parse("x.py", text.encode())
    assert parsed is not None
    (found,) = parsed.definitions
    return Complexity(found.cyclomatic, found.cognitive)


def java(body: str) -> Complexity:
    source = f"class A {{ {body} }}".encode()
    language = Language(tree_sitter_java.language())
    captures = QueryCursor(Query(language, _JAVA)).captures(Parser(language).parse(source).root_node)
    (node,) = captures["method"]
    (found,) = measure(source, [(node.start_byte, node.end_byte)], captures, ("method",))
    return found


@pytest.mark.parametrize(
    ("body", "cyclomatic", "cognitive"),
    [
        ("pass", 1, 0),
        ("if a: pass\nelif b: pass\nelse: pass", 3, 3),
        ("if a:\n    if b:\n        if c: pass", 4, 6),
        ("if a: pass\nelse:\n    if b: pass", 3, 4),  # nested in the else: no elif
        ("for x in a:\n    pass\nelse:\n    pass\nif b: pass", 3, 3),
        ("while a:\n    try:\n        b()\n    except E:\n        pass", 3, 3),
        ("try:\n    a()\nfinally:\n    b()", 1, 0),
        ("return a if b else c", 2, 1),
        ("match a:\n    case 1: pass\n    case 2: pass\n    case _: pass", 3, 1),
        ("return [x for x in a if x]", 3, 0),
        ("return a and b and c", 3, 1),
        ("return a and b or c and d", 4, 3),
        ("return a or b and c or d", 4, 3),
        ("return a and not (b and c)", 3, 2),
        ("return a and (b and c)", 3, 1),
        ("return f(a and b) and c", 3, 3),  # with the call of itself
        ("g(a and b, c and d)", 3, 2),
        ("return (a and\n   b\n   and c)", 3, 1),
        ("x = lambda y: a if y else b", 2, 2),
        ("def inner():\n    if a: pass\nclass B:\n    def m(self):\n        for x in b: pass", 3, 4),
        ("def wrap(*args):\n    if a: pass\nreturn wrap", 2, 1),  # a decorator
        ("def wrap(*args):\n    if a: pass\nprint(a)\nreturn wrap", 2, 2),
    ],
)
def test_python_counts_paths_and_effort(body: str, cyclomatic: int, cognitive: int) -> None:
    assert python(body) == (cyclomatic, cognitive)


# From "Cognitive Complexity" (SonarSource 2017), with the values given there.
SUM_OF_PRIMES = """int sumOfPrimes(int max) { int total = 0;
  OUT: for (int i = 1; i <= max; ++i) { for (int j = 2; j < i; ++j) { if (i % j == 0) { continue OUT; } } total += i; }
  return total; }"""
GET_WORDS = """String getWords(int number) { switch (number) {
  case 1: return "one"; case 2: return "a couple"; case 3: return "a few"; default: return "lots"; } }"""
MY_METHOD = """void myMethod () { try { if (condition1) { for (int i = 0; i < 10; i++) { while (condition2) { } } }
  } catch (ExcepType1 | ExcepType2 e) { if (condition2) { } } }"""


@pytest.mark.parametrize(
    ("method", "cyclomatic", "cognitive"),
    [
        (SUM_OF_PRIMES, 4, 7),
        (GET_WORDS, 4, 1),
        (MY_METHOD, 6, 9),
        ("void m() { if (a && b && c || d || e && f) {} }", 7, 4),
        ("void m() { if (a && !(b && c)) {} }", 4, 3),
        ("void m() { if (a == b && (c && d)) {} }", 4, 2),
        ("void m() { if (a) {} else if (b) {} else if (c) {} else {} }", 4, 4),
        ("void m() { if (a) {} else { if (b) {} } }", 3, 4),
        ("void m() { if (a) {} else if (b) { while (c) {} } }", 4, 4),
        ("void m() { Runnable r = () -> { if (a) {} }; }", 2, 2),
    ],
)
def test_a_table_of_labels_is_all_another_language_needs(method: str, cyclomatic: int, cognitive: int) -> None:
    assert java(method) == (cyclomatic, cognitive)


def test_functions_are_measured_in_the_order_asked_for() -> None:
    source = b"class A { void a() { if (x) {} } void b() { } }"
    language = Language(tree_sitter_java.language())
    captures = QueryCursor(Query(language, _JAVA)).captures(Parser(language).parse(source).root_node)
    spans = [(node.start_byte, node.end_byte) for node in captures["method"]]
    assert measure(source, reversed(spans), captures, ("method",)) == [(1, 0), (2, 1)]


def test_recursion_costs_one_by_any_name_a_method_has_for_itself() -> None:
    definitions = [
        Definition("function", "f", 1, 3, body=2),
        Definition("method", "m", 4, 6, "C", body=5),
        Definition("method", "n", 7, 9, "C", body=8),
        Definition("function", "g", 10, 12, body=11),
        Definition("class", "f", 1, 3, body=2),
    ]
    calls = [Call("f", 2), Call("self.m", 5), Call("C.n", 8), Call("f", 11), Call("other.g", 11)]
    assert [entry.cognitive for entry in add_recursion(definitions, calls)] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return " + "a and " * 40_000 + "a\n",
        "def f():\n    return " + "(" * 50_000 + "a" + " or b)" * 50_000 + "\n",
        "def f():\n    return " + "g(" * 60_000 + ")" * 60_000 + "\n",
        "def f():\n    x" + ".a()" * 60_000 + "\n",
        "def f():\n    return " + "x if y else " * 20_000 + "z\n",
        "lambda: " * 40_000,
        "[[{" * 100_000,
    ],
)
def test_deep_nesting_costs_what_long_sources_do(text: str) -> None:
    started = time.process_time()
    assert Grammars().parse("x.py", text.encode()) is not None
    assert time.process_time() - started < 3


@given(st.lists(st.sampled_from(["if a:", "for x in a:", "while a and b or c:", "try:", "else:", "pass"]), max_size=12))
def test_counts_stay_within_what_was_written(lines: list[str]) -> None:
    body = "\n".join("  " * depth + line for depth, line in enumerate(lines)) or "pass"
    parsed = Grammars().parse("x.py", f"def f():\n{body}\n".encode())
    assert parsed is not None
    for found in parsed.definitions:
        assert 1 <= found.cyclomatic <= 1 + 3 * len(lines)
        assert 0 <= found.cognitive <= (len(lines) + 2) ** 2
