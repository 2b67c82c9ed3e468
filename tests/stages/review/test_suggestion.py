"""A suggestion is committable only where the file still parses with it, touches its rows only, and breaks no fence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.suggestion import Fitted, apply_suggestion, fit_suggestion

SOURCE = "def total(items):\n    amount = 0\n    for item in items:\n        amount += item.price\n    return amount\n"
GO = "package shop\n\nfunc Total(a int) int {\n\treturn a\n}\n"


def broken(path: str, text: str) -> bool | None:
    parsed = Grammars().parse(path, text.encode())
    return None if parsed is None else parsed.broken


def fit(suggestion: str, line: int = 4, start: int | None = None, path: str = "a.py", source: str = SOURCE) -> Fitted:
    return fit_suggestion(path, source, Anchor(path, line, "RIGHT", start), suggestion, broken)


def test_the_anchored_rows_are_replaced_and_no_others() -> None:
    assert apply_suggestion("a\nb\nc\n", Anchor("x", 2), "B\nB2") == "a\nB\nB2\nc\n"
    assert apply_suggestion("a\nb\nc\n", Anchor("x", 3, "RIGHT", 2), "") == "a\n"
    assert apply_suggestion("a\r\nb\r\n", Anchor("x", 1), "A\nZ") == "A\r\nZ\r\nb\r\n"
    assert apply_suggestion("a\n", Anchor("x", 9), "A") is None
    assert apply_suggestion("a\n", Anchor("x", 1, "LEFT"), "A") is None
    assert apply_suggestion("a\n", Anchor("x"), "A") is None


@pytest.mark.parametrize(
    "suggestion",
    [
        "        amount += item.price or 0",
        "amount += item.price or 0",
        "  amount += item.price or 0",
        "```python\namount += item.price or 0\n```",
        "        amount += item.price or 0\n",
    ],
)
def test_it_takes_the_indentation_of_the_rows_it_replaces(suggestion: str) -> None:
    assert fit(suggestion) == Fitted("        amount += item.price or 0", committable=True)


def test_a_block_keeps_its_shape() -> None:
    given = "if item.price:\n    amount += item.price"
    assert fit(given).text == "        if item.price:\n            amount += item.price"


@pytest.mark.parametrize(
    ("suggestion", "reason"),
    [
        ("amount += (item.price", "suggestion_does_not_parse"),
        ("        amount += item.price\n   x = 1", "suggestion_does_not_parse"),
        ("if item.price:", "suggestion_does_not_parse"),
        ("amount += item.price", "suggestion_changes_nothing"),
        ("        amount += item.price   ", "suggestion_changes_nothing"),
        ("x = 1\n```\n</details> @everyone\n```", "suggestion_with_fence_or_hidden_characters"),
        ("x = 1\n~~~~\n", "suggestion_with_fence_or_hidden_characters"),
        ("x = '\u202e'", "suggestion_with_fence_or_hidden_characters"),
        ("x = 1\x1b[0m", "suggestion_with_fence_or_hidden_characters"),
        ("    for item in items:\n        amount += item.price or 0", "suggestion_repeats_its_neighbours"),
        ("        amount += 1\n    return amount", "suggestion_repeats_its_neighbours"),
        ("x = 1\n" * 60, "suggestion_too_long"),
    ],
)
def test_what_cannot_be_committed_is_dropped_with_its_reason(suggestion: str, reason: str) -> None:
    assert fit(suggestion) == Fitted(reason=reason)


def test_nothing_for_the_one_row_of_an_empty_file_is_no_change() -> None:
    assert fit("", line=1, source="") == Fitted(reason="suggestion_changes_nothing")


def test_a_row_that_stood_twice_before_may_stand_twice() -> None:
    assert fit("limit = 2\ncount = 1", line=1, source="count = 1\ncount = 1\n").committable


def test_it_needs_rows_of_the_new_file() -> None:
    where = Anchor("a.py", 2, "LEFT")
    assert fit_suggestion("a.py", SOURCE, where, "x", broken).reason == "suggestion_not_on_new_lines"
    assert fit_suggestion("a.py", None, Anchor("a.py", 2), "x", broken).reason == "suggestion_not_on_new_lines"
    assert fit("x = 1", line=99).reason == "suggestion_not_on_new_lines"


def test_other_languages_are_parsed_by_their_grammar() -> None:
    assert fit("\treturn a + 1", 4, path="a.go", source=GO) == Fitted("\treturn a + 1", committable=True)
    assert fit("\treturn a + (1", 4, path="a.go", source=GO).reason == "suggestion_does_not_parse"


def test_a_language_nobody_reads_and_a_file_that_was_broken_are_only_shown() -> None:
    assert fit("puts 2", 1, path="a.rb", source="puts 1\n") == Fitted("puts 2", committable=False)
    assert fit("x = 2", 1, source="x = 1\ndef (:\n") == Fitted("x = 2", committable=False)


texts = st.text("ab \t`~\n(:{", max_size=30)


@given(texts, texts, st.integers(0, 9), st.none() | st.integers(0, 9))
def test_nothing_raises_and_what_is_committable_parses(source: str, text: str, line: int, start: int | None) -> None:
    anchor = Anchor("a.py", line, "RIGHT", start)
    fitted = fit_suggestion("a.py", source, anchor, text, broken)
    assert (fitted.text is None) == bool(fitted.reason)
    if fitted.committable:
        assert fitted.text is not None
        applied = apply_suggestion(source, anchor, fitted.text)
        assert applied is not None and applied != source
        assert broken("a.py", applied) is False
