"""JSON Lines of remarks, as a model or a script writes them: parsed rows in, findings out; verdicts in, lines out."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reviewlore.domain.architecture import Severity
from reviewlore.domain.foreign import ADDED, FindingKey, ForeignFile, ForeignFinding, ForeignVerdict
from reviewlore.formats.loose import line_number, text

_SEVERITY: Mapping[object, Severity] = {"error": "error", "warning": "warning", "info": "info"}


def read_findings(rows: list[dict[str, Any]]) -> ForeignFile:
    """Return the findings of rows with `path` and `body`, and where they have them `line`, `start_line`, `rule`."""
    findings, unread = [], Counter[str]()
    for number, row in enumerate(rows):
        path, body = row.get("path"), row.get("body")
        if not isinstance(body, str) or not body.strip():
            unread["no_message"] += 1
        elif not isinstance(path, str) or not path:
            unread["no_location"] += 1
        else:
            line, start = line_number(row.get("line")), line_number(row.get("start_line"))
            severity = row.get("severity")
            findings.append(
                ForeignFinding(
                    key=(number,),
                    tool=text(row.get("tool")) or "jsonl",
                    rule=text(row.get("rule")),
                    path=path.removeprefix("./"),
                    line=line,
                    start_line=start if line is not None and start is not None and start < line else None,
                    body=body,
                    severity=_SEVERITY.get(severity, "warning") if isinstance(severity, str) else "warning",
                )
            )
    return ForeignFile("jsonl", rows, tuple(findings), dict(sorted(unread.items())))


def render_findings(rows: Sequence[dict[str, Any]], verdicts: Mapping[FindingKey, ForeignVerdict]) -> str:
    """Return the rows with `score`, `rank` and, where known, `probability` and `place`, one a line, in ASCII."""
    lines = []
    for number, row in enumerate(rows):
        verdict = verdicts.get((number,))
        if verdict is None:
            lines.append(json.dumps(row))
        elif verdict.kept:
            own = {key: value for key, value in row.items() if key not in ADDED}
            added = {"score": verdict.score, "rank": verdict.rank}
            chance = {} if verdict.probability is None else {"probability": verdict.probability}
            place = {} if verdict.place == "unknown" else {"place": verdict.place}
            lines.append(json.dumps({**own, **added, **chance, **place}))
    return "".join(f"{line}\n" for line in lines)
