import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.reading import MAX_BYTES, read_source
from reviewlore.domain.source import ParsedModule

TEXT = "# é\nimport os\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        b"# -*- coding: latin-1 -*-\n# \xe9\nimport os\n",
    ],
)
def test_encodings_that_a_file_tells(content: bytes) -> None:
    entry = read_source("a.py", content, Grammars().parse)
    assert isinstance(entry, ParsedModule)
    assert [statement.module for statement in entry.imports] == ["os"]
    assert not entry.broken


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("a.py", b"# \xe9\n", "not_utf8"),
        ("a.py", b"# coding: no-such\n# \xe9\n", "not_utf8"),
        ("a.py", b"# coding: base64\n\xe9\n", "not_utf8"),
        ("a.py", codecs.BOM_UTF8 + b"\xff", "not_utf8"),
        ("a.py", codecs.BOM_UTF16_LE + b"\x00\xd8", "not_utf8"),
        ("A.java", b"\0\xff\xfe", "not_utf8"),
        ("a.py", b"#" * (MAX_BYTES + 1), "too_large"),
        ("a.rb", b"puts 1", "unsupported_language"),
    ],
)
def test_why_a_file_is_not_read(path: str, content: bytes, reason: str) -> None:
    assert read_source(path, content, Grammars().parse) == reason


def test_other_languages_fall_back_to_latin_1() -> None:
    seen = []
    read_source("A.java", b"// \xe9\nclass A {}\n", lambda path, text: seen.append(text))
    assert seen == ["// é\nclass A {}\n".encode()]


@given(st.binary(max_size=200), st.sampled_from(["a.py", "A.java", "a.ts", "m.go", "lib.rs", "x"]))
def test_never_raises_on_any_bytes(content: bytes, path: str) -> None:
    entry = read_source(path, content, Grammars().parse)
    assert isinstance(entry, ParsedModule) or entry in ("not_utf8", "unsupported_language")
