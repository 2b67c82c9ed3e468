"""What schema files call themselves."""

import time

import pytest

from reviewlore.formats.shared_schemas import read_version


@pytest.mark.parametrize("path", ["a.proto", "a.graphql"])
@pytest.mark.parametrize("part", ["\n", " \n", "message", "package a", "// ", "/*", "{", '"', '\\"', "#", "a("])
def test_long_schemas_take_little_time(path: str, part: str) -> None:
    text = "a" + part * (400_000 // len(part))
    begun = time.perf_counter()
    found = read_version(path, text)
    assert time.perf_counter() - begun < 3
    assert found is None or found.schema.identity == found.schema.digest
