"""Reviewdog Diagnostic Format of any tool: parsed `rdjson` or `rdjsonl` in, findings out; and back with verdicts.

The messages are those of reviewdog's `proto/rdf/reviewdog.proto`. Reviewdog refuses a field that its messages do not
have, and they have none for a score; so a verdict stands in the last line of a diagnostic's `message`.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reviewlore.domain.architecture import Severity
from reviewlore.domain.foreign import FindingKey, ForeignFile, ForeignFinding, ForeignVerdict
from reviewlore.domain.visible import to_json
from reviewlore.formats.loose import line_number, mapping, text

_SEVERITY: Mapping[object, Severity] = {
    "ERROR": "error", "WARNING": "warning", "INFO": "info", 1: "error", 2: "warning", 3: "info",
}  # fmt: skip


def read_result(document: dict[str, Any]) -> ForeignFile:
    """Return the findings of a `DiagnosticResult`."""
    findings, unread = _findings(document["diagnostics"], document)
    return ForeignFile("rdjson", document, findings, unread)


def read_lines(rows: list[dict[str, Any]]) -> ForeignFile:
    """Return the findings of `Diagnostic` messages, one a line."""
    findings, unread = _findings(rows, {})
    return ForeignFile("rdjsonl", rows, findings, unread)


def render_result(document: dict[str, Any], verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    """Return the result with its verdicts."""
    return to_json({**document, "diagnostics": _judged(document["diagnostics"], verdicts)})


def render_lines(rows: Sequence[Any], verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    """Return the diagnostics with their verdicts, one a line."""
    return "".join(f"{json.dumps(row)}\n" for row in _judged(rows, verdicts))


def tell(verdict: ForeignVerdict) -> str:
    """Return a verdict as one line."""
    chance = "" if verdict.probability is None else f", probability {verdict.probability:.3f}"
    place = "" if verdict.place in ("in_diff", "unknown") else f", {verdict.place.replace('_', ' ')}"
    return f"(reviewlore: rank {verdict.rank}{chance}, score {verdict.score:.3f}{place})"


def _judged(diagnostics: Sequence[Any], verdicts: Mapping[FindingKey, ForeignVerdict]) -> list[Any]:
    found = []
    for number, diagnostic in enumerate(diagnostics):
        verdict = verdicts.get((number,))
        if verdict is None:
            found.append(diagnostic)
        elif verdict.kept:
            found.append({**diagnostic, "message": f"{diagnostic['message']}\n\n{tell(verdict)}"})
    return found


def _findings(diagnostics: list[Any], result: dict[str, Any]) -> tuple[tuple[ForeignFinding, ...], dict[str, int]]:
    findings, unread = [], Counter[str]()
    for number, diagnostic in enumerate(diagnostics):
        found = _finding((number,), diagnostic, result)
        if isinstance(found, str):
            unread[found] += 1
        else:
            findings.append(found)
    return tuple(findings), dict(sorted(unread.items()))


def _finding(key: FindingKey, diagnostic: Any, result: dict[str, Any]) -> ForeignFinding | str:
    if not isinstance(diagnostic, dict):
        return "not_a_result"
    body = text(diagnostic.get("message"))
    if not body.strip():
        return "no_message"
    location = mapping(diagnostic.get("location"))
    path = text(location.get("path")).removeprefix("./")
    if not path:
        return "no_location"
    start, end = _lines(mapping(location.get("range")))
    source = mapping(diagnostic.get("source")) or mapping(result.get("source"))
    severity = _severity(diagnostic.get("severity")) or _severity(result.get("severity")) or "warning"
    rule = text(mapping(diagnostic.get("code")).get("value"))
    tool = text(source.get("name")) or "rdjson"
    return ForeignFinding(key, tool, rule, path, end, start if start != end else None, body, severity)


def _lines(span: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return the first and the last line; an end before the first column of a line does not reach it."""
    start = line_number(mapping(span.get("start")).get("line"))
    last = mapping(span.get("end"))
    end = line_number(last.get("line"))
    if start is None or end is None or end < start:
        return start, start
    return start, end - 1 if end > start and last.get("column") == 1 else end


def _severity(value: Any) -> Severity | None:
    return _SEVERITY.get(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
