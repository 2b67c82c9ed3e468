import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from tests.records import a_finding, a_generated_review, a_review, a_silent_review

from reviewlore.domain.history import Anchor
from reviewlore.formats.review_json import SCHEMA, render_json

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


def validator(name):
    return jsonschema_rs.validator_for((SCHEMAS / name).read_text(encoding="utf-8"))


def hostile_review():
    finding = replace(a_finding(), anchor=Anchor("a\udc80 \u202e\n.py", 1), title="\ud8ff")
    return replace(a_review(), findings=(finding,))


@pytest.mark.parametrize("review", [a_review(), a_generated_review(), a_silent_review(), hostile_review()])
def test_every_review_keeps_the_published_schema(review):
    text = render_json(review)
    assert text.isascii()
    validator("review.schema.json").validate(json.loads(text))


def test_it_holds_everything_the_record_holds():
    data = json.loads(render_json(a_review()))
    assert data["schema"] == SCHEMA == "reviewlore/review/1"
    assert data["dropped"]["reasons"] == {"below_threshold": 2, "cap_reached": 1}
    assert data["dropped"]["count"] == len(data["dropped"]["items"]) == 3
    assert data["files"] == {"reviewed": 3, "skipped": {"binary": 1}}
    first = data["findings"][0]
    assert (first["path"], first["line"], first["side"], first["start_line"]) == (
        "src/shop/api/orders.py",
        4,
        "RIGHT",
        None,
    )
    assert first["evidence"][0] == {
        "text": "declared layers: api, services, storage",
        "path": ".reviewlore.toml",
        "line": 12,
        "commit": None,
        "url": None,
    }
    assert first["precedents"][0]["outcome"] == "addressed"
    assert data["findings"][2]["start_line"] == 26


def test_what_a_model_was_asked_and_said_is_in_it():
    data = json.loads(render_json(a_generated_review()))
    first, second = data["findings"]
    assert (first["specialist"], first["suggestion"], second["suggestion"]) == (
        "testing",
        "    if not amount:\n        return None\n",
        "",
    )
    assert (first["probability"], first["margin"]) == (0.6234, 0.31)
    assert [each["kind"] for each in first["precedents"]] == ["rule", "decision"]
    assert data["coverage"] == {
        "covered": ["src/shop/api/orders.py"],
        "clipped": {"src/big.py": 40},
        "left_out": {"dist/app.min.js": "generated"},
    }
    assert data["usage"]["prompt_tokens"] == 30_100
    assert json.loads(render_json(a_review()))["usage"]["calls"] == 0


def test_the_schema_refuses_what_is_not_a_review():
    checker = validator("review.schema.json")
    good = json.loads(render_json(a_review()))
    assert not checker.is_valid(good | {"schema": "reviewlore/review/2"})
    assert not checker.is_valid(good | {"findings": [good["findings"][0] | {"severity": "fatal"}]})
    assert not checker.is_valid(good | {"findings": [good["findings"][0] | {"line": 0}]})
    assert not checker.is_valid({key: value for key, value in good.items() if key != "version"})


@pytest.mark.parametrize(
    ("row", "valid"),
    [
        ({"score": 0.5, "rank": 1, "body": "anything"}, True),
        ({"score": -3, "rank": 2}, True),
        ({"score": -3, "rank": 2, "probability": 0.25, "place": "in_diff"}, True),
        ({"score": -3, "rank": 2, "probability": 1.5}, False),
        ({"score": -3, "rank": 2, "probability": None}, False),
        ({"score": -3, "rank": 2, "place": "unknown"}, False),
        ({"score": 0.5}, False),
        ({"score": 0.5, "rank": 0}, False),
        ({"score": "0.5", "rank": 1}, False),
        ([], False),
    ],
)
def test_scored_rows_have_a_score_and_a_rank(row, valid):
    assert validator("scored-row.schema.json").is_valid(row) is valid


def test_every_published_schema_is_a_valid_schema():
    paths = sorted(SCHEMAS.rglob("*.json"))
    assert len(paths) >= 2
    for path in paths:
        jsonschema_rs.meta.validate(json.loads(path.read_text(encoding="utf-8")))
