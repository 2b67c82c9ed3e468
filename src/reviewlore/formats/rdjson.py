"""A review in the Reviewdog Diagnostic Format (`rdjson`), for `reviewdog -f=rdjson`. Record in, text out.

The shape is `DiagnosticResult` of reviewdog's `proto/rdf/reviewdog.proto`.
"""

from typing import Any

from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.history import Anchor
from reviewlore.domain.visible import to_json

_SEVERITY = {"info": "INFO", "warning": "WARNING", "error": "ERROR"}


def render_rdjson(review: Review) -> str:
    """Return the review as one indented ASCII JSON object with a final newline."""
    result = {
        "source": {"name": "reviewlore"},
        "severity": _SEVERITY[max((f.severity for f in review.findings), key=_rank, default="info")],
        "diagnostics": [_diagnostic(finding, review) for finding in review.findings],
    }
    return to_json(result)


def _rank(severity: str) -> int:
    return list(_SEVERITY).index(severity)


def _diagnostic(finding: Finding, review: Review) -> dict[str, Any]:
    diagnostic: dict[str, Any] = {
        "message": _message(finding, review),
        "location": _location(finding.anchor),
        "severity": _SEVERITY[finding.severity],
        "source": {"name": f"reviewlore/{review.tier}"},
        "code": {"value": finding.rule},
    }
    related = [
        {"message": evidence.text, "location": _location(Anchor(evidence.path, evidence.line))}
        for evidence in finding.evidence
        if evidence.path is not None
    ]
    if related:
        diagnostic["related_locations"] = related
    return diagnostic


def _location(anchor: Anchor) -> dict[str, Any]:
    # A location is a place of the head's file; a removed line (LEFT) has none there, so the file stands for it.
    if anchor.line is None or anchor.side == "LEFT":
        return {"path": anchor.path}
    start = anchor.start_line or anchor.line
    return {"path": anchor.path, "range": {"start": {"line": start}, "end": {"line": anchor.line}}}


def _message(finding: Finding, review: Review) -> str:
    lines = [finding.title, finding.why, finding.advice]
    lines += [f"Evidence: {evidence.text}" for evidence in finding.evidence]
    lines += [f"Precedent: #{past.pull_request} ({past.outcome}), {past.path}" for past in finding.precedents]
    lines.append(f"reviewlore {review.version}, score {finding.score:.2f}, confidence {finding.confidence:.2f}")
    return "\n\n".join(line for line in lines if line)
