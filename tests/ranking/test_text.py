"""The reader of remarks and hunks: what it takes apart, and that no text can hurt it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.ranking.text import grams, identifiers, parse_body, parse_hunk, rarity, stem, subtokens, telling

REMARK = """nit: use `load_all` here, see #12 and https://example.org/x @somebody

> quoted words

```suggestion
    return load_all(path)
```
```python
x = 1
```"""


def test_a_remark_is_taken_apart():
    body = parse_body(REMARK)

    assert body.spans == ("load_all",)
    assert body.suggestion == ("    return load_all(path)",)
    assert body.blocks == ("x = 1\n",)
    assert (body.links, body.mentions, body.issues, body.quotes) == (1, 1, 1, 1)
    assert "quoted" not in body.prose
    assert "load_all" in body.code_identifiers
    assert "load_all" not in body.prose
    assert {"load", "path"} <= body.parts


def test_an_empty_suggestion_is_not_a_missing_one():
    assert parse_body("drop it\n```suggestion\n```").suggestion == ("",)
    assert parse_body("drop it").suggestion is None


def test_a_hunk_keeps_its_signs_and_its_header():
    hunk = parse_hunk("@@ -3,2 +4,7 @@ def outer():\n context\n-old_name = 1\n+newName = 1")

    assert (hunk.old_start, hunk.old_length, hunk.new_start, hunk.new_length) == (3, 2, 4, 7)
    assert hunk.context == "def outer():"
    assert hunk.lines == ((" ", "context"), ("-", "old_name = 1"), ("+", "newName = 1"))
    assert hunk.parts[-1] == {"new", "name"}


def test_a_hunk_without_header_or_lines_is_read_too():
    assert parse_hunk("").lines == ((" ", ""),)
    assert parse_hunk("plain text").new_start == 0


@pytest.mark.parametrize(
    ("name", "parts"),
    [("parseHTTPUrl_v2", {"parse", "http", "url"}), ("SNAKE_CASE", {"snake", "case"}), ("returns", {"return"})],
)
def test_identifiers_fall_into_stemmed_parts(name, parts):
    assert set(subtokens(name)) == parts


def test_stop_words_are_english_in_prose_and_names_in_code():
    body = parse_body("can you remove `this.` there")

    assert "this" in body.identifiers
    assert "there" not in body.identifiers
    assert telling(identifiers("this isReady x")) == {"isReady"}


def test_compound_names_are_rarer_than_keywords():
    assert rarity("return") < rarity("timeout") < rarity("requestTimeoutMillis")


def test_stems_meet():
    assert {stem(w) for w in ("return", "returns", "returned", "returning")} == {"return"}
    assert stem("class") == "class"


def test_grams_ignore_punctuation():
    assert grams("a.b-c d") == grams("A b C d")
    assert grams("ab") == frozenset()


@given(st.text(max_size=400))
def test_no_text_makes_the_readers_fail(text):
    body, hunk = parse_body(text), parse_hunk(text)

    assert len(hunk.lines) >= 1
    assert all(sign in "+- " for sign, _ in hunk.lines)
    assert body.code_identifiers <= body.identifiers | {"xcode", "xblock", "xuser", "xlink", "xissue"}


@pytest.mark.parametrize("unit", ["`", "```\n", "> ", "@a ", "#1 ", "https://", "a_", "A", "\n", "[](", "...", "(a|b)"])
def test_time_does_not_grow_with_a_hostile_text(unit):
    text = unit * (200_000 // len(unit))
    started = time.perf_counter()
    parse_body(text)
    parse_hunk(text)

    assert time.perf_counter() - started < 2.0
