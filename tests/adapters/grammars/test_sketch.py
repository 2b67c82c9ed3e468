import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.python_nodes import LEXIS
from reviewlore.adapters.grammars.sketch import (
    BACKTICKED,
    C_COMMENTS,
    DOUBLE_QUOTED,
    KEPT,
    MIN_TOKENS,
    SINGLE_QUOTED,
    Lexis,
)

BODY = """
    found = []
    for row in rows:  # each of them
        if row.name == "x" and row.size > 10:
            found.append((row.name, row.size * 2))
    return sorted(found, key=lambda pair: pair[1])
"""
C_LIKE = Lexis(["if", "return"], b"|".join((DOUBLE_QUOTED, SINGLE_QUOTED, BACKTICKED)), C_COMMENTS)


def likeness(one: str, other: str) -> float:
    left, right = set(LEXIS.sketch(one.encode())), set(LEXIS.sketch(other.encode()))
    return len(left & right) / max(len(left), len(right))


def test_names_literals_comments_and_layout_do_not_matter() -> None:
    other = BODY.replace("row", "entry").replace('"x"', "'yy'").replace("10", "99").replace("  # each of them", "")
    assert LEXIS.sketch(BODY.encode()) == LEXIS.sketch(other.replace("\n", "\n\n").encode()) != ()


def test_operators_and_keywords_do() -> None:
    changed = BODY.replace(" and ", " or ").replace("==", "!=")
    assert 0 < likeness(BODY, changed) < 1


def test_one_more_line_leaves_most_of_it() -> None:
    assert likeness(BODY, BODY.replace("    return", "    print(found)\n    return")) >= 0.5


def test_other_code_shares_little() -> None:
    other = (
        "with open(path) as file:\n    while line := file.readline():\n        yield from parse(line, *args, **kw)\n"
    )
    assert likeness(BODY, other * 2) <= 0.2


def test_short_bodies_have_none_and_long_ones_a_bounded_one() -> None:
    assert LEXIS.sketch(b"return a + b") == ()
    assert LEXIS.sketch(b"a " * (MIN_TOKENS - 1)) == ()
    assert LEXIS.sketch(b"a " * MIN_TOKENS) != ()
    long = LEXIS.sketch("\n".join(f"a{'+' * (n % 7 + 1)}(b[{n}]{',' * (n % 5)})" for n in range(500)).encode())
    assert len(long) == KEPT
    assert list(long) == sorted(set(long))
    assert all(0 <= value < 2**32 for value in long)


def test_the_same_in_every_process() -> None:
    code = f"from reviewlore.adapters.grammars.python_nodes import LEXIS; print(LEXIS.sketch({BODY.encode()!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(LEXIS.sketch(BODY.encode()))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('x = "a # b"', 3),
        ("x # 'y'", 1),
        ('"""a "quoted" text\nof two lines""" + 1', 3),
        ("'open\nnext", 2),
        ('"a\\"b" c', 2),
        ("größe == 1", 4),
    ],
)
def test_python_tokens(text: str, tokens: int) -> None:
    assert len(LEXIS.symbols(text.encode())) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("a /* b */ c // d", 2), ("a / b", 3), ("`x\n${y}` + 'z'", 3), ("/* never closed", 0), ("/* a * b **/ c", 1)],
)
def test_tokens_of_languages_like_c(text: str, tokens: int) -> None:
    assert len(C_LIKE.symbols(text.encode())) == tokens


@pytest.mark.parametrize(
    "text", ['"\\' * 300_000, "'''" + "\\'" * 300_000, '"""' * 200_000, "'" * 500_000, "\\" * 500_000]
)
def test_missing_marks_cost_no_more_than_their_length(text: str) -> None:
    started = time.process_time()
    LEXIS.sketch(text.encode())
    C_LIKE.sketch(text.encode() + b"/*" * 100_000)
    assert time.process_time() - started < 3


@given(st.binary(max_size=400))
def test_never_raises(body: bytes) -> None:
    assert len(LEXIS.sketch(body)) <= KEPT
    assert len(C_LIKE.symbols(body)) <= len(body)
