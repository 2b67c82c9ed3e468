import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of

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


@pytest.mark.parametrize(
    ("path", "line"),
    [("a.py", "import {}\n"), ("a.go", 'package a\n\nimport "x.org/{}"\n')],
)
def test_a_name_of_thousands_of_parts_costs_nothing_and_is_told(path: str, line: str) -> None:
    separator = {"a.py": ".", "a.go": "/"}[path]
    tree = map_of({path: line.format(separator.join(["a"] * 100_000)), f"b{path[1:]}": line.format("b")})
    assert tree.broken == (path,)
    assert tree.modules[path].parsed.imports == ()
    assert len(tree.modules[f"b{path[1:]}"].parsed.imports) == 1


def test_a_java_type_of_thousands_of_parts_costs_nothing() -> None:
    name = ".".join(["a"] * 100_000)
    tree = map_of({"A.java": f"import {name};\nclass A extends {name} {{ {name}.B b; }}\n", "B.java": "class B {}\n"})
    assert tree.edges == ()


def test_data_in_a_specifier_is_no_name() -> None:
    tree = map_of({"a.ts": f"import x from 'data:text/javascript;base64,{'a/' * 200}';\n"})
    assert tree.broken == ()
