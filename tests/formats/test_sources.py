import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.source import ParsedModule
from reviewlore.formats.sources import decode_source, encode_source, source_schema

TEXT = b'"""Doc."""\nfrom . import a as b\nclass C(B):\n    @property\n    def f(self, *, x=1): return g(x, *y)\n'


def test_a_module_comes_back_as_it_was() -> None:
    parsed = Grammars().parse("a.py", TEXT)
    assert isinstance(parsed, ParsedModule)
    assert decode_source(encode_source(parsed)) == parsed


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
