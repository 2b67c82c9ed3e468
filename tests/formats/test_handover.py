import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.asking import FailureKind
from reviewlore.domain.handover import Handover, Recorded
from reviewlore.errors import InputError
from reviewlore.formats.handover import MAX_BYTES, read_handover, write_handover

ONE = Handover("octo/demo", 7, "a" * 40, (Recorded("b" * 64, "answered", '{"remarks": []}', 100, None, 0.5),))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
COUNT = st.none() | st.integers(0, 10**8)
RECORDED = st.builds(
    Recorded,
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    st.sampled_from(["answered", *get_args(FailureKind)]),
    TEXT,
    COUNT,
    COUNT,
    st.floats(0, 999, allow_nan=False),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(RECORDED, max_size=4))
def test_what_is_written_is_read(answers):
    handover = replace(ONE, answers=tuple(answers))
    assert read_handover(write_handover(handover)) == handover


@given(st.binary() | st.recursive(st.none() | TEXT | st.integers(), lambda v: st.lists(v) | st.dictionaries(TEXT, v)))
def test_no_file_of_a_stranger_stops_us(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(InputError):
        read_handover(data)


@given(st.data())
def test_a_changed_byte_is_refused_or_means_what_it_says(data):
    whole = write_handover(ONE)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    try:
        found = read_handover(changed)
    except InputError:
        return
    assert write_handover(found) == changed


def altered(**changes):
    return json.dumps(json.loads(write_handover(ONE)) | changes, indent=2).encode() + b"\n"


def test_the_plain_form_is_the_one_that_json_gives():
    assert altered() == write_handover(ONE)


@pytest.mark.parametrize(
    "data",
    [
        altered(more=1),
        altered(schema=2),
        altered(pull_request=0),
        altered(pull_request=True),
        altered(pull_request="7"),
        altered(head="--upload-pack=x"),
        altered(repository="octo/demo/x"),
        altered(answers=[{"key": "x", "ending": "answered"}]),
        altered(answers=[json.loads(write_handover(ONE))["answers"][0] | {"key": "B" * 64}]),
        altered(answers=[json.loads(write_handover(ONE))["answers"][0] | {"ending": "approved"}]),
        altered(answers=[json.loads(write_handover(ONE))["answers"][0] | {"prompt_tokens": -1}]),
        altered(answers=[json.loads(write_handover(ONE))["answers"][0] | {"seconds": 1e300}]),
        write_handover(ONE).replace(b'"octo/demo"', b'"octo/demo", "repository": "octo/demo"'),
        write_handover(ONE).rstrip(),
        b"\xef\xbb\xbf" + write_handover(ONE),
        write_handover(ONE) + b"{}",
        altered(head="A" * 40),
    ],
)
def test_any_other_form_is_refused(data):
    with pytest.raises(InputError, match="not of the form"):
        read_handover(data)


def test_a_nested_bomb_is_refused_before_it_is_decoded():
    for bomb in (b"[" * 1_000_000, b'{"a":' * 500_000, b'"' + b"\\" * 1_000_000):
        with pytest.raises(InputError):
            read_handover(bomb)


def test_brackets_in_an_answer_are_no_nesting():
    handover = replace(ONE, answers=(replace(ONE.answers[0], text='[[[[[{"\\"[[{{'),))
    assert read_handover(write_handover(handover)) == handover


def test_what_is_too_large_is_not_read():
    with pytest.raises(InputError, match=f"and {MAX_BYTES} at most are read"):
        read_handover(b" " * (MAX_BYTES + 1))
