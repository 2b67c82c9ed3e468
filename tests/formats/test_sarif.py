import json
import re
from dataclasses import replace
from urllib.parse import unquote_to_bytes

import pytest
from tests.records import a_finding, a_review, a_silent_review

from reviewlore.domain.history import Anchor
from reviewlore.formats.sarif import render_sarif


def check_log(log):
    """What SARIF 2.1.0 requires of a log, a run, a rule and a result (sections 3.13, 3.14, 3.49, 3.27)."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "reviewlore"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
    for result in run["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert 0 <= result["rank"] <= 100
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            check_location(location["physicalLocation"])
    return run


def check_location(place):
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%!$&'()*+,;=:@-]+", uri)
    assert not uri.startswith("/")
    region = place.get("region")
    assert region is None or 1 <= region["startLine"] <= region["endLine"]


def test_a_review_is_a_valid_log():
    run = check_log(json.loads(render_sarif(a_review())))
    assert [result["ruleId"] for result in run["results"]] == [f.rule for f in a_review().findings]
    first, second, third = run["results"]
    assert first["level"] == "error"
    assert first["partialFingerprints"] == {"reviewloreFinding/v1": "7f3a9c21d4e8b605"}
    assert first["properties"]["precedents"] == ["acme/shop#41/901"]
    assert first["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 12, "endLine": 12}
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert third["locations"][0]["physicalLocation"]["region"] == {"startLine": 26, "endLine": 29}
    rule = run["tool"]["driver"]["rules"][1]
    assert (rule["id"], rule["name"]) == ("architecture/layer_crossed", "ArchitectureLayerCrossed")
    assert rule["shortDescription"]["text"] == "Layer crossed"
    assert run["properties"]["dropped"] == {"below_threshold": 2, "cap_reached": 1}


def test_silence_is_a_valid_log_without_results():
    run = check_log(json.loads(render_sarif(a_silent_review())))
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_a_rule_takes_the_level_of_its_worst_finding():
    low = replace(a_finding(), id="low", severity="info")
    run = check_log(json.loads(render_sarif(replace(a_review(), findings=(low, a_finding())))))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "error"
    assert [result["level"] for result in run["results"]] == ["note", "error"]


@pytest.mark.parametrize("path", ["a b/ü.py", "-rf", "with\ttab\n.py", "50%.py", "bytes\udcff.py", "a#b?c.py"])
def test_any_path_becomes_a_uri_that_gives_the_path_back(path):
    finding = replace(a_finding(), anchor=Anchor(path, 3))
    run = check_log(json.loads(render_sarif(replace(a_review(), findings=(finding,)))))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def test_a_removed_line_has_no_region_in_the_head():
    finding = replace(a_finding(), anchor=Anchor("a.py", 3, "LEFT"))
    run = check_log(json.loads(render_sarif(replace(a_review(), findings=(finding,)))))
    result = run["results"][0]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert (result["properties"]["side"], result["properties"]["line"]) == ("LEFT", 3)
