"""Files of findings of other tools: what is read, what is passed through, and what comes back."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.foreign import ForeignFinding, ForeignVerdict
from reviewlore.errors import InputError
from reviewlore.formats.foreign import read_foreign_file, render_scored, tell_format

RULES = [
    {"id": "B1", "messageStrings": {"default": {"text": "Do not use {0} in {1}."}}},
    {"id": "B2", "defaultConfiguration": {"level": "error"}},
]


def result(path: str, line: int | None = None, **more: Any) -> dict[str, Any]:
    region = {} if line is None else {"region": {"startLine": line}}
    place = {"physicalLocation": {"artifactLocation": {"uri": path}, **region}}
    return {"ruleId": "B1", "message": {"text": "Bad."}, "locations": [place], **more}


def log(*results: Any, **run: Any) -> dict[str, Any]:
    tool = {"driver": {"name": "linty", "rules": RULES}}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}


def read(document: Any, form: Any = None) -> Any:
    return read_foreign_file(json.dumps(document).encode(), "findings", form)


def test_a_sarif_result_is_read_with_its_place_rule_and_level() -> None:
    found = read(log(result("src/a%20b.py", 3), result("file:///srv/x.py", 7, level="note")))
    assert found.format == "sarif"
    assert found.findings == (
        ForeignFinding((0, 0), "linty", "B1", "src/a b.py", 3, None, "Bad.", "warning"),
        ForeignFinding((0, 1), "linty", "B1", "/srv/x.py", 7, None, "Bad.", "info"),
    )


def test_a_sarif_message_may_stand_with_the_rule() -> None:
    said = {"id": "default", "arguments": ["eval", "`load`"]}
    found = read(log({**result("a.py", 2), "message": said, "ruleIndex": 0}))
    assert found.findings[0].body == "Do not use eval in `load`."
    assert read(log({**result("a.py"), "message": {"id": "gone"}})).unread == {"no_message": 1}
    assert read(log({**result("a.py"), "message": {"text": "{0} {7}", "arguments": ["x"]}})).findings[0].body == "x {7}"


def test_a_sarif_rule_gives_the_level_and_the_region_its_last_line() -> None:
    place = {"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 4, "endLine": 9}}}
    document = log(
        {"rule": {"index": 1}, "message": {"text": "Worse."}, "locations": [place]},
        artifacts=[{"location": {"uri": "./lib/c.go"}}],
    )
    assert read(document).findings == (ForeignFinding((0, 0), "linty", "B2", "lib/c.go", 9, 4, "Worse.", "error"),)


def test_what_is_no_finding_on_a_file_is_counted_and_passed_through() -> None:
    document = log("odd", {"message": {"text": "whole run"}}, {"locations": []}, result("a.py", 1))
    found = read(document)
    assert found.unread == {"no_location": 1, "no_message": 1, "not_a_result": 1}
    assert [each.key for each in found.findings] == [(0, 3)]
    written = json.loads(render_scored(found, {(0, 3): ForeignVerdict(1.0, 0.25, 1, "in_diff")}))
    assert written["runs"][0]["results"][:3] == document["runs"][0]["results"][:3]


def test_sarif_comes_back_with_rank_and_properties_and_without_what_is_not_kept() -> None:
    found = read(log(result("a.py", 1, properties={"tags": ["x"]}), result("a.py", 2), result("a.py", 3)))
    written = json.loads(
        render_scored(
            found,
            {
                (0, 0): ForeignVerdict(-0.5, 0.315, 2, "line_not_in_diff"),
                (0, 1): ForeignVerdict(-0.9, 0.1, 3, "in_diff", kept=False),
                (0, 2): ForeignVerdict(0.5, None, 1, "unknown"),
            },
        )
    )
    first, last = written["runs"][0]["results"]
    assert first["rank"] == 31.5
    assert first["properties"] == {
        "tags": ["x"], "reviewlore/score": -0.5, "reviewlore/probability": 0.315, "reviewlore/rank": 2,
        "reviewlore/place": "line_not_in_diff",
    }  # fmt: skip
    assert "rank" not in last
    assert last["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert written["runs"][0]["tool"] == log()["runs"][0]["tool"]


DIAGNOSTIC = {
    "message": "No trailing comma.", "code": {"value": "C812"}, "severity": "ERROR",
    "location": {"path": "./a.py", "range": {"start": {"line": 2, "column": 1}, "end": {"line": 5, "column": 1}}},
}  # fmt: skip


def test_rdjson_is_read_with_what_stands_above_its_diagnostics() -> None:
    plain = {"message": "Why?", "location": {"path": "b.py"}}
    document = {"source": {"name": "flake8"}, "severity": "INFO", "diagnostics": [DIAGNOSTIC, plain, 3, {"message": 1}]}
    found = read(document)
    assert found.format == "rdjson"
    assert found.findings == (
        ForeignFinding((0,), "flake8", "C812", "a.py", 4, 2, "No trailing comma.", "error"),
        ForeignFinding((1,), "flake8", "", "b.py", None, None, "Why?", "info"),
    )
    assert found.unread == {"no_message": 1, "not_a_result": 1}


def test_rdjson_has_no_field_for_a_score_so_the_message_tells_it() -> None:
    document = {"diagnostics": [DIAGNOSTIC, DIAGNOSTIC, 3]}
    verdicts = {
        (0,): ForeignVerdict(0.25, 0.12, 1, "whole_file"),
        (1,): ForeignVerdict(0.1, 0.1, 2, "in_diff", kept=False),
    }
    first, odd = json.loads(render_scored(read(document), verdicts))["diagnostics"]
    told = "(reviewlore: rank 1, probability 0.120, score 0.250, whole file)"
    assert first == {**DIAGNOSTIC, "message": f"No trailing comma.\n\n{told}"}
    assert odd == 3


def test_rdjsonl_stays_one_diagnostic_a_line() -> None:
    data = (json.dumps(DIAGNOSTIC) + "\n\n" + json.dumps({**DIAGNOSTIC, "severity": 2})).encode()
    found = read_foreign_file(gzip.compress(data), "x.gz")
    assert (found.format, [each.severity for each in found.findings]) == ("rdjsonl", ["error", "warning"])
    lines = render_scored(found, {(1,): ForeignVerdict(1.0, None, 1, "in_diff")}).splitlines()
    assert json.loads(lines[0]) == DIAGNOSTIC
    assert json.loads(lines[1])["message"].endswith("(reviewlore: rank 1, score 1.000)")


def test_rows_need_words_and_a_file() -> None:
    rows = [
        {"path": "a.py", "body": "x", "line": 9, "start_line": 4, "rule": "r", "tool": "t", "severity": "error"},
        {"path": "a.py", "body": "x", "line": -1, "severity": 7}, {"path": "", "body": "x"}, {"path": "a.py"},
    ]  # fmt: skip
    found = read_foreign_file("\n".join(map(json.dumps, rows)).encode(), "rows")
    assert found.findings == (
        ForeignFinding((0,), "t", "r", "a.py", 9, 4, "x", "error"),
        ForeignFinding((1,), "jsonl", "", "a.py", None, None, "x", "warning"),
    )
    assert found.unread == {"no_location": 1, "no_message": 1}
    back = render_scored(
        found, {(0,): ForeignVerdict(1.0, 0.5, 1, "in_diff"), (1,): ForeignVerdict(0.0, 0.1, 2, "unknown", kept=False)}
    )
    assert [json.loads(line) for line in back.splitlines()] == [
        {**rows[0], "score": 1.0, "rank": 1, "probability": 0.5, "place": "in_diff"}, rows[2], rows[3],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "form"),
    [
        (log(), "sarif"), ({"diagnostics": []}, "rdjson"), (DIAGNOSTIC, "rdjsonl"), ({"path": "a"}, "jsonl"),
        ([], "jsonl"), ({"runs": 3}, "jsonl"),
    ],
)  # fmt: skip
def test_the_format_is_told_by_what_stands_in_the_file(document: Any, form: str) -> None:
    assert tell_format(json.dumps(document, indent=2).encode(), "f") == form


@pytest.mark.parametrize(
    ("data", "form", "why"),
    [
        (b"{}", "sarif", "x is not a SARIF log: it is no JSON object with a list 'runs'"),
        (b"[1]", "rdjson", "x is not an rdjson result"),
        (b"{\n", None, "x, line 1: not a JSON object"),
        (b"\xff\xfe", None, "x is not UTF-8 text"),
        (b"[" * 100_000, None, "x, line 1: not a JSON object"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, form: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_foreign_file(data, "x", form)


def test_a_file_nested_too_deeply_is_refused_when_it_is_written() -> None:
    deep = "[" * 700 + "]" * 700
    data = f'{{"runs": [{{"results": [], "properties": {deep}}}]}}'.encode()
    try:
        assert json.loads(render_scored(read_foreign_file(data, "x"), {}))["runs"][0]["results"] == []
    except InputError as error:
        assert "nested too deeply" in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["runs", "results", "message", "text", "id", "arguments", "locations", "physicalLocation",
                         "artifactLocation", "uri", "index", "region", "startLine", "endLine", "tool", "driver",
                         "rules", "rule", "ruleIndex", "ruleId", "level", "diagnostics", "location", "path", "range",
                         "start", "end", "line", "column", "code", "value", "source", "name", "severity", "body",
                         "properties"]),
        inner, max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON, st.sampled_from([None, "sarif", "rdjson", "rdjsonl", "jsonl"]))
def test_no_json_makes_it_fail_otherwise(value: Any, form: Any) -> None:
    try:
        found = read(value, form)
    except InputError:
        return
    verdicts = {each.key: ForeignVerdict(0.5, 0.5, 1, "in_diff") for each in found.findings}
    assert render_scored(found, verdicts)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    try:
        read_foreign_file(data, "x")
    except InputError as error:
        assert str(error).startswith("x")


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused() -> None:
    bomb = gzip.compress(b" " * (129 << 20), 1)
    for read in (read_foreign_file, tell_format):
        with pytest.raises(InputError, match=r"findings\.gz holds more than 128 MiB"):
            read(bomb, "findings.gz")
