import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.visible import split_unseen, to_json, visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("user\u202e\u2066", "user\\u202e\\u2066"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ud8ff", "\\ud8ff"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\r\nend\tkept", "line\\r\nend\tkept"),
        ("Grüße 👩‍💻 می‌خواهم", "Grüße 👩‍💻 می‌خواهم"),
    ],
)
def test_unseen_characters_become_escapes(text, shown):
    assert visible(text) == shown


def test_one_line_has_no_line_ends():
    assert visible_line("a\nb\tc\u2028d") == "a\\nb\\tc\\u2028d"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_what_is_visible_stays_and_can_be_written(text):
    shown = visible_line(text)
    assert visible_line(shown) == shown
    assert shown.encode("utf-8").decode() == shown
    assert "".join(part for _, part in split_unseen(text, keep="")) == shown


def test_parts_say_which_are_escapes():
    assert split_unseen("a\u202eb\n") == ((False, "a"), (True, "\\u202e"), (False, "b\n"))


def test_json_is_ascii_and_holds_no_lone_surrogate():
    text = to_json({"path\udc80": ["é\udcff", 1, None, True, ("x",)]})
    assert text.isascii()
    assert json.loads(text) == {"path\\udc80": ["é\\udcff", 1, None, True, ["x"]]}
