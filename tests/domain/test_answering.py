"""The schema of an answer: strict enough for servers that hold a model to it, narrowed to what a call is about."""

import json

import jsonschema_rs
import pytest

from reviewlore.domain.answering import MAX_TITLE, answer_schema

ANSWER_SCHEMA = answer_schema()

REMARK = {
    "hunk": "h3", "line": 17, "start_line": 15, "specialist": "testing", "severity": "info",
    "title": "No case for an empty list", "why": "It divides by the length.", "advice": "Add one.",
    "quote": "return total / len(items)", "claims": [{"kind": "no_test", "subject": "app.mean", "object": ""}],
    "suggestion": None, "confidence": 0.7,
}  # fmt: skip


def valid(remarks, schema=ANSWER_SCHEMA):
    return jsonschema_rs.is_valid(schema, {"remarks": remarks})


def test_a_remark_and_silence_are_answers():
    assert valid([])
    assert valid([REMARK])
    assert valid([{**REMARK, "start_line": None, "suggestion": ""}])
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **ANSWER_SCHEMA})


@pytest.mark.parametrize(
    "change",
    [
        {"hunk": "app.py"}, {"line": 0}, {"line": "17"}, {"start_line": "x"}, {"specialist": "style"}, {"title": ""},
        {"severity": "critical"}, {"title": "x" * (MAX_TITLE + 1)}, {"confidence": 7}, {"extra": 1},
        {"claims": [{"kind": "approved", "subject": "a", "object": "b"}]}, {"claims": None}, {"suggestion": 3},
    ],
)  # fmt: skip
def test_anything_else_is_not(change):
    assert not valid([{**REMARK, **change}])


@pytest.mark.parametrize("key", REMARK)
def test_no_key_may_be_missing(key):
    assert not valid([{name: value for name, value in REMARK.items() if name != key}])


def test_a_call_is_held_to_its_own_hunks_specialists_and_number():
    schema = answer_schema(["h3", "h4"], ["testing"], 2)
    assert valid([REMARK, {**REMARK, "hunk": "h4"}], schema)
    assert not valid([REMARK] * 3, schema)
    assert not valid([{**REMARK, "hunk": "h5"}], schema)
    assert not valid([{**REMARK, "specialist": "debugging"}], schema)


def test_every_object_is_closed_and_every_string_bounded():
    def check(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                assert sorted(node["required"]) == sorted(node["properties"])
            if node.get("type") == "string":
                assert "maxLength" in node or "pattern" in node
            for child in node.values():
                check(child)
        for child in node if isinstance(node, list) else ():
            check(child)

    check(json.loads(json.dumps(ANSWER_SCHEMA)))
