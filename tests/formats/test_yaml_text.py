import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.formats.yaml_text import MAX_CHARACTERS, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: push", {"on": "push"}),
        ("a: yes\nb: off\nc: true\nd: False", {"a": "yes", "b": "off", "c": True, "d": False}),
        ("a: 12:30\nb: 2020-01-01\nc: 0o7", {"a": "12:30", "b": "2020-01-01", "c": "0o7"}),
        ("a: 1\nb: -2\nc: 0x1F\nd: 1.5\ne: 1e3\nf: 007", {"a": 1, "b": -2, "c": 31, "d": 1.5, "e": 1000.0, "f": 7}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {c: 1}\nb:\n  <<: *x\n  d: 2", {"a": {"c": 1}, "b": {"c": 1, "d": 2}}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("", None),
    ],
)
def test_values_as_the_core_schema_says(text: str, value: object) -> None:
    assert read_yaml(text) == (value, "")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
)
MERGES = "a0: &a0 {x0: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], x{n}: 1}}\n" for n in range(1, 11)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LAUGHS, "aliases"),
        (MERGES, "merge keys"),
        ("a: &a [*a]", "contains itself"),
        ("a: &a {b: {c: *a}}", "contains itself"),
        ("[" * 10_000, "nested"),
        ("- " * 10_000, "nested"),
        ("x" * (MAX_CHARACTERS + 1), "longer"),
        ("!!python/object/apply:os.system [echo]", "no YAML"),
        ("a: !Ref b", "no YAML"),
        ("a: b: c", "no YAML"),
        ("? [a]\n: b", "no YAML"),
        ("a: *missing", "no YAML"),
        ("--- a\n--- b", "no YAML"),
        ("\0", "no YAML"),
        ("\ud800", "no YAML"),
    ],
    ids=range(15),
)
def test_what_is_refused(text: str, problem: str) -> None:
    started = time.perf_counter()
    value, said = read_yaml(text)
    assert value is None
    assert problem in said
    assert time.perf_counter() - started < 2


@given(st.text(max_size=80) | st.text("-:&*[]{}<>?!|'\"#ab \n", max_size=60))
def test_any_text_is_read(text: str) -> None:
    value, problem = read_yaml(text)
    assert value is None or not problem
