"""The bound on tokens: never below what any byte-level tokenizer could need of digits, foreign scripts and hashes."""

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.tokens import bound_tokens


def test_what_counts_how_much():
    assert bound_tokens("", 2.9) == 0
    assert bound_tokens("x" * 29, 2.9) == 10
    assert bound_tokens("1234567890", 2.9) == 10
    assert bound_tokens("\u6f22\u5b57", 2.9) == 6
    assert bound_tokens("\U0001f600", 2.9) == 4
    assert bound_tokens("\ud800", 2.9) == 3
    assert bound_tokens("sha512-" + "aB3" * 20, 2.9) == 67
    assert bound_tokens("a" * 58, 2.9) == 20


@given(st.text(st.characters(codec=None), max_size=300), st.text(max_size=100))
def test_it_never_falls_when_text_is_added_and_covers_every_foreign_byte(text, more):
    whole = bound_tokens(text + " " + more, 2.9)
    assert whole + 1 >= bound_tokens(text, 2.9)
    assert bound_tokens(text, 2.9) >= sum(len(c.encode("utf-8", "surrogatepass")) for c in text if ord(c) > 127)
    assert bound_tokens(text, 2.9) >= len(text) / 2.9 - 1
