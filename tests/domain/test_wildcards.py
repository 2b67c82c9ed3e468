"""Patterns with `*`: what fits, what does not, and that no text takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.wildcards import fits


@pytest.mark.parametrize(
    ("text", "pattern", "hit"),
    [
        ("", "", True),
        ("", "*", True),
        ("a", "", False),
        ("ab", "a*b", True),
        ("a", "a*a", False),
        ("aa", "a*a", True),
        ("renovate[bot]", "renovate[bot]", True),
        ("renovateb", "renovate[bot]", False),
        ("abc", "?bc", False),
        ("STRASSE", "stra\u00dfe", False),
        ("xaybzc", "*a*b*c", True),
        ("xaybz", "*b*a*", False),
    ],
)
def test_only_the_star_is_a_wildcard(text, pattern, hit):
    assert fits(pattern, text) is hit


@given(st.text(alphabet="ab*", max_size=12), st.text(alphabet="ab", max_size=12))
def test_a_star_before_and_after_finds_what_stands_inside(pattern, text):
    assert fits("*", text) is True
    plain = pattern.replace("*", "")
    assert fits(f"*{plain}*", text) is (plain in text)


def test_a_strangers_title_costs_no_time():
    start = time.process_time()
    assert not fits("*a" * 200 + "*b", "a" * 100_000)
    assert time.process_time() - start < 2  # backtracking would take longer than anybody waits
