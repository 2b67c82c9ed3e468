"""SARIF 2.1.0 of any tool (OASIS standard): a parsed log in, findings out; verdicts in, the log with them out.

Only what a reviewer needs is read: message (3.11), rule (3.27.5 to 3.27.7), level (3.27.10), first location (3.27.12).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from reviewlore.domain.architecture import Severity
from reviewlore.domain.foreign import FindingKey, ForeignFile, ForeignFinding, ForeignVerdict
from reviewlore.domain.visible import to_json
from reviewlore.formats.loose import item, line_number, mapping, text

_SEVERITY: Mapping[object, Severity] = {"error": "error", "warning": "warning", "note": "info", "none": "info"}
_ARGUMENT = re.compile(r"\{(\d{1,3})\}")


def read_log(log: dict[str, Any]) -> ForeignFile:
    """Return the findings of all runs; a result's key is (its run, its place in the run)."""
    findings, unread = [], Counter[str]()
    for key, run, result in _results(log):
        found = _finding(key, run, result)
        if isinstance(found, str):
            unread[found] += 1
        else:
            findings.append(found)
    return ForeignFile("sarif", log, tuple(findings), dict(sorted(unread.items())))


def render_log(log: dict[str, Any], verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    """Return the log with `rank` (3.27.25: 0 to 100, here the probability in per cent) and properties added."""
    left_out = {key for key, verdict in verdicts.items() if not verdict.kept}
    runs = []
    for number, run in enumerate(log["runs"]):
        results = run.get("results") if isinstance(run, dict) else None
        if isinstance(results, list):
            judged = [
                _judged(result, verdicts.get((number, place)))
                for place, result in enumerate(results)
                if (number, place) not in left_out
            ]
            run = {**run, "results": judged}  # noqa: PLW2901 - the run, with its results judged
        runs.append(run)
    return to_json({**log, "runs": runs})


def _judged(result: Any, verdict: ForeignVerdict | None) -> Any:
    if verdict is None:
        return result
    known = result.get("properties")
    properties = {
        **(known if isinstance(known, dict) else {}),
        "reviewlore/score": verdict.score,
        "reviewlore/rank": verdict.rank,
        "reviewlore/place": verdict.place,
    }
    if verdict.probability is None:
        properties.pop("reviewlore/probability", None)  # of an earlier judgement
        return {**result, "properties": properties}
    properties["reviewlore/probability"] = verdict.probability
    return {**result, "rank": round(100 * verdict.probability, 2), "properties": properties}


def _results(log: dict[str, Any]) -> Iterator[tuple[FindingKey, dict[str, Any], Any]]:
    for number, run in enumerate(log["runs"]):
        results = run.get("results") if isinstance(run, dict) else None
        for place, result in enumerate(results if isinstance(results, list) else ()):
            yield (number, place), run, result


def _finding(key: FindingKey, run: dict[str, Any], result: Any) -> ForeignFinding | str:
    if not isinstance(result, dict):
        return "not_a_result"
    name, rule = _rule(run, result)
    body = _message(result.get("message"), rule)
    if not body.strip():
        return "no_message"
    location = item(result.get("locations"), 0)
    physical = mapping(location.get("physicalLocation"))
    path = _path(mapping(physical.get("artifactLocation")), run)
    if not path:
        return "no_location"
    region = mapping(physical.get("region"))
    start = line_number(region.get("startLine"))
    end = line_number(region.get("endLine"))
    line = end if start is not None and end is not None and end >= start else start
    level = result.get("level") or mapping(rule.get("defaultConfiguration")).get("level")
    severity = _SEVERITY.get(level, "warning") if isinstance(level, str) else "warning"
    tool = text(mapping(mapping(run.get("tool")).get("driver")).get("name")) or "sarif"
    return ForeignFinding(key, tool, name, path, line, start if start != line else None, body, severity)


def _rule(run: dict[str, Any], result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a result's rule by its id, and its description where the log has one."""
    reference = mapping(result.get("rule"))
    name = text(result.get("ruleId")) or text(reference.get("id"))
    tool = mapping(run.get("tool"))
    component = mapping(reference.get("toolComponent")).get("index")
    extension = item(tool.get("extensions"), component)
    rules = (extension or mapping(tool.get("driver"))).get("rules")
    index = result.get("ruleIndex", reference.get("index"))
    rule = item(rules, index)
    if not rule and name and isinstance(rules, list):
        rule = next((each for each in rules if isinstance(each, dict) and each.get("id") == name), {})
    return name or text(rule.get("id")), rule


def _message(message: Any, rule: dict[str, Any]) -> str:
    said = mapping(message)
    words = text(said.get("text")) or text(said.get("markdown"))
    if not words and isinstance(said.get("id"), str):
        words = text(mapping(mapping(rule.get("messageStrings")).get(said["id"])).get("text"))
    arguments = said.get("arguments")
    if not isinstance(arguments, list):
        return words
    return _ARGUMENT.sub(lambda found: _argument(arguments, int(found[1]), found[0]), words)


def _argument(arguments: list[Any], index: int, otherwise: str) -> str:
    return arguments[index] if index < len(arguments) and isinstance(arguments[index], str) else otherwise


def _path(artifact: dict[str, Any], run: dict[str, Any]) -> str:
    uri = text(artifact.get("uri"))
    if not uri:
        stored = item(run.get("artifacts"), artifact.get("index"))
        uri = text(mapping(stored.get("location")).get("uri"))
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that are no address
        return unquote(uri)
    path = parts.path if parts.scheme in ("file", "") else uri
    return unquote(path, errors="surrogateescape").removeprefix("./")
