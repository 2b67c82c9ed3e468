"""A review as SARIF 2.1.0 (OASIS standard), as GitHub code scanning and editors read it. Record in, text out.

The properties that GitHub needs: "SARIF support for code scanning", section "Supported SARIF output file properties".
"""

import re
from collections import Counter
from typing import Any

from reviewlore import __version__
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.history import Anchor
from reviewlore.domain.visible import to_json

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"info": "note", "warning": "warning", "error": "error"}
_WORDS = re.compile(r"[^\W_]+")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
# GitHub orders results by the rule's `precision`, which knows four words.
_PRECISION = ((0.9, "very-high"), (0.75, "high"), (0.5, "medium"), (0.0, "low"))


def render_sarif(review: Review) -> str:
    """Return the review as one indented ASCII SARIF log with a single run and a final newline."""
    rules = sorted({finding.rule for finding in review.findings})
    run = {
        "tool": {"driver": {"name": "reviewlore", "version": __version__, "rules": _rules(review, rules)}},
        "automationDetails": {"id": f"reviewlore/{review.tier}/"},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository under review."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules.index(finding.rule), review) for finding in review.findings],
        "properties": {
            "repository": review.repository,
            "base": review.base,
            "head": review.head,
            "reviewloreVersion": review.version,
            "dropped": dict(sorted(Counter(dropped.reason for dropped in review.dropped).items())),
            "notes": list(review.notes),
        },
    }
    return to_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(review: Review, names: list[str]) -> list[dict[str, Any]]:
    described = []
    for name in names:
        found = [finding for finding in review.findings if finding.rule == name]
        worst = max(found, key=lambda finding: list(_LEVEL).index(finding.severity))
        words = " ".join(_WORDS.findall(name.rpartition("/")[2])).capitalize()
        described.append(
            {
                "id": name,
                "name": "".join(word.capitalize() for word in _WORDS.findall(name)),
                "shortDescription": {"text": words},
                "fullDescription": {"text": f"{words} (reviewlore, source: {worst.source})."},
                "help": {"text": f"{worst.why}\n\n{worst.advice}".strip() or words},
                "defaultConfiguration": {"level": _LEVEL[worst.severity]},
                "properties": {"precision": _precision(worst.confidence), "tags": [worst.source]},
            }
        )
    return described


def _precision(confidence: float) -> str:
    return next(name for floor, name in _PRECISION if confidence >= floor or floor == 0.0)


def _result(finding: Finding, rule_index: int, review: Review) -> dict[str, Any]:
    text = "\n\n".join(part for part in (finding.title, finding.why, finding.advice) if part)
    related = [
        {"id": number, "message": {"text": evidence.text}, **_location(Anchor(evidence.path, evidence.line))}
        for number, evidence in enumerate(finding.evidence, 1)
        if evidence.path is not None
    ]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVEL[finding.severity],
        "rank": round(100 * min(1.0, max(0.0, finding.confidence)), 1),
        "message": {"text": text},
        "locations": [_location(finding.anchor)],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"reviewloreFinding/v1": finding.id},
        "properties": {
            "score": finding.score,
            "confidence": finding.confidence,
            "inferred": finding.inferred,
            "side": finding.anchor.side,
            "line": finding.anchor.line,
            "version": review.version,
            "evidence": [evidence.text for evidence in finding.evidence],
            "precedents": [past.episode for past in finding.precedents],
        },
    }


def _location(anchor: Anchor) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(anchor.path), "uriBaseId": "%SRCROOT%"}}
    # A region is a place of the head's file; a remark on a removed line (LEFT) has none there.
    if anchor.line is not None and anchor.side == "RIGHT":
        place["region"] = {"startLine": anchor.start_line or anchor.line, "endLine": anchor.line}
    return {"physicalLocation": place}


def _uri(path: str) -> str:
    """Return a path percent-encoded (SARIF 3.4.3, RFC 3986 2.1); bytes that are not UTF-8 come back as they were."""
    octets = path.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets)
