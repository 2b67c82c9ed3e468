"""A file of JSON is read to plain values as the standard library does, or refused in one sentence."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters import resources
from reviewlore.errors import StateError
from reviewlore.formats import records


def test_the_shipped_ranker_is_what_json_says():
    text = resources.load_prior()
    assert records.parse(text.encode(), "prior.json") == json.loads(text)


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff", b"NaN"])
def test_what_is_no_json_is_refused(data):
    with pytest.raises(StateError, match=r"prior\.json"):
        records.parse(data, "prior.json")


@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    with suppress(StateError):
        records.parse(data, "prior.json")
