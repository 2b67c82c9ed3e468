import json
import pickle
import zlib
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.source import ParsedModule
from reviewlore.errors import InputError
from reviewlore.formats.sources import decode_source, encode_source, source_schema

TEXT = b'"""Doc."""\nfrom . import a as b\nclass C(B):\n    @property\n    def f(self, *, x=1): return g(x, *y)\n'


def test_a_module_comes_back_as_it_was() -> None:
    parsed = Grammars().parse("a.py", TEXT)
    assert isinstance(parsed, ParsedModule)
    assert decode_source(encode_source(parsed)) == parsed


def test_what_is_kept_stands_for_what_was_read_wherever_that_stood() -> None:
    parsed = Grammars().parse("a.py", TEXT)
    assert isinstance(parsed, ParsedModule)
    data = encode_source(parsed)
    kept = [decode_source(data) for _ in range(5)]
    assert kept[0] == kept[1] and {kept[2], parsed} == {parsed}
    assert parsed == kept[3] != replace(parsed, calls=())
    assert (kept[4] == "too_large", kept[4] == replace(parsed, lines=99)) == (False, False)
    fresh = decode_source(data)
    assert isinstance(fresh, ParsedModule)
    assert replace(fresh, lines=7) == replace(parsed, lines=7)
    assert pickle.loads(pickle.dumps(decode_source(data))) == parsed
    assert not hasattr(fresh, "no_such_field")


@pytest.mark.parametrize("name", [field.name for field in fields(ParsedModule)])
def test_every_field_of_what_is_kept_can_be_asked_for_first(name: str) -> None:
    parsed = Grammars().parse("a.py", TEXT)
    assert isinstance(parsed, ParsedModule)
    assert getattr(decode_source(encode_source(parsed)), name) == getattr(parsed, name)


def test_what_is_damaged_inside_is_nothing() -> None:
    parsed = Grammars().parse("a.py", TEXT)
    assert isinstance(parsed, ParsedModule)
    data = encode_source(parsed)
    outside = zlib.decompressobj()
    outside.decompress(data)
    start = len(data) - len(outside.unused_data)
    for damaged in (data[:start], data[:-1], data + b"x", data[: start + 9] + b"?" + data[start + 10 :]):
        assert decode_source(damaged) is None
    assert decode_source(encode_source("too_large") + b"x") is None


def test_what_somebody_else_kept_inside_is_refused_when_it_is_asked_for() -> None:
    inside = zlib.compress(b'[["no definition"], [], [], []]')
    outside = [zlib.crc32(inside), [], [], 1, False, "python", "", [], False, []]
    module = decode_source(zlib.compress(json.dumps(outside).encode()) + inside)
    assert isinstance(module, ParsedModule)
    with pytest.raises(InputError, match="Delete the folder"):
        _ = module.calls


def test_a_reason_comes_back_as_it_was() -> None:
    assert decode_source(encode_source("too_large")) == "too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zlib",
        zlib.compress(b""),
        zlib.compress(b'"no_such_reason"'),
        zlib.compress(b'{"imports": 3}'),
        zlib.compress(b"\xff"),
        zlib.compress(b"[" * 100_000),
        encode_source("too_large")[:-3],
        zlib.compress(bytes(100_000_000)),
    ],
)
def test_what_is_damaged_is_nothing(data: bytes) -> None:
    assert decode_source(data) is None


@given(st.binary(max_size=200))
def test_never_raises_on_any_bytes(data: bytes) -> None:
    assert decode_source(data) is None or data
    assert decode_source(zlib.compress(data)) is None or data


def test_the_schema_has_a_name() -> None:
    assert len(source_schema()) == 12
