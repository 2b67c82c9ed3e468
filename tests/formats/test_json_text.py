import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.formats.json_text import as_mapping, as_text, as_texts, key_lines, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, "b", null, true]}', {"a": [1, "b", None, True]}),
        ("{a: 'b', /* c */ d: 1,} // e", {"a": "b", "d": 1}),
        ("\ufeff{}", {}),
        ("[1,]", [1]),
    ],
)
def test_values(text: str, value: object) -> None:
    assert read_json(text) == (value, "")


@pytest.mark.parametrize("text", ["", "{", "{} {}", "[" * 100, "x", '"\\ud800"', "1" * 100_000, "\0", "{a: b}"])
def test_what_is_no_json_is_a_problem(text: str) -> None:
    value, problem = read_json(text)
    assert value is None
    assert problem


def test_what_follows_can_be_ignored() -> None:
    assert read_json("{a: 1};\nmodule.x = 2", some=True) == ({"a": 1}, "")


def test_lines_of_keys_on_two_levels() -> None:
    text = '{\n"a": {"b": "x:{", "c":\n {"d": 1}}, "e": [{"f": 1}],\n"a2": "\\"{", "g"\n: 1}'
    assert key_lines(text) == {("a",): 2, ("a", "b"): 2, ("a", "c"): 2, ("e",): 3, ("a2",): 4, ("g",): 4}


def test_the_last_of_equal_keys_counts() -> None:
    assert key_lines('{"a": 1,\n"a": 2}') == {("a",): 2}


@given(st.text('{}[]:,"\\ab\n', max_size=60))
def test_lines_of_any_text(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), st.integers())))
def test_every_key_of_real_json_has_a_line(value: dict[str, dict[str, int]]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    plain = {key for key in value if json.dumps(key, ensure_ascii=False)[1:-1] == key}
    assert plain <= {keys[0] for keys in key_lines(text)}


def test_values_of_the_wrong_type_are_nothing() -> None:
    assert (as_mapping([1]), as_texts({"a": 1}), as_text(3), as_text("a" * 600)) == ({}, [], "", "")
    assert as_texts(["a", 1, "b"]) == ["a", "b"]
    assert as_texts("a") == ["a"]
