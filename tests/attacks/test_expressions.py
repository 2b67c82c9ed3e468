"""No regular expression keeps a run busy: a stranger's text of a page costs each of them milliseconds (CWE-1333)."""

import re
import signal
import time

import pytest
from tests.attacks.expressions import apply, find_expressions, make_attacks

from reviewlore.architecture import rows
from reviewlore.architecture.commit_style import _FINAL_NUMBER
from reviewlore.architecture.facts.change import _bare
from reviewlore.architecture.naming import style_of
from reviewlore.ranking import place, text
from reviewlore.stages import passages
from reviewlore.stages.dataset import voice

PAGE = 400  # characters: one whose time grows with the cube takes a second for them, a quadratic one a millisecond
LIMIT = 0.12  # seconds of this process
LONG = 100_000  # characters: what grows with the square takes minutes for them


class TooLongError(Exception):
    pass


@pytest.fixture
def alarm():
    """Stops an expression where it is: `re` looks for signals while it matches."""

    def stop(*_):
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    yield lambda seconds: signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def find_slow(expressions, alarm):
    """Return (where, expression, text) of each that does not end in time on a text made for it."""
    slow = []
    for (pattern, flags), (where, uses) in expressions.items():
        compiled = re.compile(pattern, flags)
        for before, filling, after in make_attacks(pattern, flags):
            attack = before + filling * (PAGE // len(filling) + 1) + after
            try:
                alarm(LIMIT)
                apply(compiled, uses, attack)
            except TooLongError:
                slow.append((where, pattern, attack[:60]))
                break
            finally:
                alarm(0)
    return slow


def test_no_expression_goes_back_and_back(alarm):
    found = find_expressions()
    assert len(found) > 600
    assert find_slow(found, alarm) == []


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(?:a|aa)*x", r"(.*)(.*)(.*)(.*)c", r" *#* *#* *#* *$"])
def test_the_search_finds_expressions_that_do(pattern, alarm):
    flags = re.compile(pattern).flags
    assert len(find_slow({(pattern, flags): ("here", {"match"})}, alarm)) == 1


# Expressions that took time with the square of what a pull request or a comment may hold, each on such a text.
QUADRATIC = {
    "a line of blanks": lambda: rows.without_comment("x.toml", "a" + " " * LONG + "b"),
    "a line of code that ends in blanks": lambda: _bare("x = 1" + " " * LONG + "y"),
    "a name of small letters": lambda: style_of("a" * LONG + "-"),
    "a comment of dots": lambda: text._SENTENCE.split("." * LONG + "x"),
    "a comment of dashes": lambda: voice._WORD.findall("-" * LONG),
    "a subject of blanks": lambda: _FINAL_NUMBER.sub("", "Fix" + " " * LONG + "x"),
    "a heading of blanks": lambda: passages._ATX.match("# x" + " " * 1_000 + "y"),
    "a hunk of empty lines": lambda: [held.search("\n" * LONG) for _, _, held in place._COMPILED],
    "a line of brackets": lambda: [kind.search(")" * LONG + "x") for name, kind in place._KINDS if name == "closing"],
}


@pytest.mark.parametrize("name", QUADRATIC)
def test_long_texts_take_time_by_their_length(name, alarm):
    start = time.process_time()
    alarm(5)
    QUADRATIC[name]()
    assert time.process_time() - start < 2
