"""What schemas say, as sets that can be compared: order and prose do not count, and no text is too odd."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.formats.schema_elements import MAX_ELEMENTS, read_elements


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("openapi", "a: {b: 1, c: [x, y]}\ninfo: {title: T}\n", "info: {title: U}\na:\n  c: [y, x]\n  b: 1\n"),
        (
            "json_schema",
            '{"properties": {"a": {"description": "x", "type": "string"}}}',
            '{"properties": {"a": {"type": "string"}}}',
        ),
        ("protobuf", "message A { int32 b = 1; /* c */ }", "message A {\n  // d\n  int32 b = 1;\n}"),
        ("graphql", '"""Say"""\ntype A {\n  b(c: Int): D # e\n}\n', "type A {\n\n  b(c: Int): D\n}"),
        (
            "avro",
            '{"name": "A", "fields": [{"name": "b", "type": "int", "doc": "x"}]}',
            '{"fields": [{"type": "int", "name": "b"}], "name": "A"}',
        ),
    ],
)
def test_prose_order_and_layout_do_not_count(kind, one, other):
    found = read_elements(kind, one)
    assert found and found == read_elements(kind, other)


@pytest.mark.parametrize(
    ("kind", "text", "element"),
    [
        ("json_schema", '{"properties": {"title": {"type": "string"}}}', ("properties", "title", "type", "string")),
        (
            "openapi",
            "paths: {/a: {get: {parameters: [{name: q, in: query}]}}}",
            ("paths", "/a", "get", "parameters", "q", "in", "query"),
        ),
        (
            "protobuf",
            "service S { rpc Get (A) returns (B) {} \n rpc Put (A) returns (B); }",
            ("service S", "rpc Put (A) returns (B)"),
        ),
        ("graphql", "type A {\n  b(\n    c: Int\n  ): D\n}", ("type A", "b( c: Int ): D")),
    ],
)
def test_elements_name_what_they_are(kind, text, element):
    assert element in read_elements(kind, text)


KINDS = st.sampled_from(["openapi", "json_schema", "protobuf", "graphql", "avro"])


@given(KINDS, st.text(alphabet='{}()"\\/*#;:\n\r a-[]&|<>', max_size=80))
def test_any_text_is_read_or_not(kind, text):
    found = read_elements(kind, text)
    assert found is None or (found and all(isinstance(word, str) for element in found for word in element))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("graphql", '"""\\' * 100_000),
        ("protobuf", "/*" * 200_000),
        ("protobuf", "(" * 200_000),
        ("protobuf", "a{" * 100_000),
        ("graphql", "a(b" * 100_000),
        (
            "openapi",
            "a: &a [1]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(22)),
        ),
        ("json_schema", "[" * 100_000),
        ("protobuf", "".join(f"a{n};" for n in range(MAX_ELEMENTS + 1))),
    ],
)
def test_hostile_texts_end_soon(kind, text):
    started = time.perf_counter()
    read_elements(kind, text)
    assert time.perf_counter() - started < 5
