import json
from dataclasses import replace

from tests.records import a_finding, a_review, a_silent_review

from reviewlore.domain.history import Anchor
from reviewlore.formats.rdjson import render_rdjson

SEVERITIES = {"INFO", "WARNING", "ERROR"}


def test_a_review_is_a_diagnostic_result():
    result = json.loads(render_rdjson(a_review()))
    assert result["source"] == {"name": "reviewlore"}
    assert result["severity"] == "ERROR"
    assert [diagnostic["code"]["value"] for diagnostic in result["diagnostics"]] == [
        f.rule for f in a_review().findings
    ]
    for diagnostic in result["diagnostics"]:
        assert diagnostic["message"]
        assert diagnostic["severity"] in SEVERITIES
        assert diagnostic["location"]["path"]
    first, second, third = result["diagnostics"]
    assert first["location"] == {"path": "src/shop/api/orders.py", "range": {"start": {"line": 4}, "end": {"line": 4}}}
    assert first["related_locations"] == [
        {
            "message": "declared layers: api, services, storage",
            "location": {"path": ".reviewlore.toml", "range": {"start": {"line": 12}, "end": {"line": 12}}},
        }
    ]
    assert second["location"] == {"path": "src/shop/services/refunds.py"}
    assert third["location"]["range"] == {"start": {"line": 26}, "end": {"line": 29}}


def test_the_message_carries_evidence_precedents_and_version():
    message = json.loads(render_rdjson(a_review()))["diagnostics"][0]["message"]
    assert "Evidence: none of the 14 other endpoints imports storage" in message
    assert "Precedent: #41 (addressed), src/shop/api/invoices.py" in message
    assert message.endswith("reviewlore ranker-3fa2c91b, score 1.42, confidence 0.97")


def test_silence_has_no_diagnostics():
    result = json.loads(render_rdjson(a_silent_review()))
    assert result["diagnostics"] == []
    assert result["severity"] == "INFO"


def test_a_removed_line_is_told_of_the_file():
    finding = replace(a_finding(), anchor=Anchor("a.py", 3, "LEFT"))
    result = json.loads(render_rdjson(replace(a_review(), findings=(finding,))))
    assert result["diagnostics"][0]["location"] == {"path": "a.py"}
