"""A review as JSON in reviewlore's own shape (docs/schema/review.schema.json). Record in, text out.

Adding a field keeps the number; removing one or changing a meaning raises it.
"""

from collections import Counter
from typing import Any

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding, Precedent, Review
from reviewlore.domain.usage import Coverage, Usage
from reviewlore.domain.visible import to_json

SCHEMA = "reviewlore/review/1"


def render_json(review: Review) -> str:
    """Return the review as indented ASCII JSON with a final newline; equal reviews give equal text."""
    return to_json(_review(review))


def _review(review: Review) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "repository": review.repository,
        "base": review.base,
        "head": review.head,
        "tier": review.tier,
        "version": review.version,
        "findings": [_finding(finding) for finding in review.findings],
        "dropped": {
            "count": len(review.dropped),
            "reasons": dict(sorted(Counter(dropped.reason for dropped in review.dropped).items())),
            "items": [{"id": item.id, "rule": item.rule, "reason": item.reason} for item in review.dropped],
        },
        "notes": list(review.notes),
        "diagram": review.diagram,
        "files": {"reviewed": review.files_reviewed, "skipped": dict(sorted(review.files_skipped.items()))},
        "coverage": coverage_json(review.coverage),
        "usage": usage_json(review.usage),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "rule": finding.rule,
        "source": finding.source,
        "path": finding.anchor.path,
        "line": finding.anchor.line,
        "side": finding.anchor.side,
        "start_line": finding.anchor.start_line,
        "title": finding.title,
        "why": finding.why,
        "advice": finding.advice,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "score": finding.score,
        "probability": finding.probability,
        "measured": finding.measured,
        "margin": finding.margin,
        "specialist": finding.specialist,
        "suggestion": finding.suggestion,
        "inferred": finding.inferred,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "precedents": [_precedent(precedent) for precedent in finding.precedents],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "text": evidence.text,
        "path": evidence.path,
        "line": evidence.line,
        "commit": evidence.commit,
        "url": evidence.url,
    }


def _precedent(precedent: Precedent) -> dict[str, Any]:
    return {
        "episode": precedent.episode,
        "pull_request": precedent.pull_request,
        "path": precedent.path,
        "excerpt": precedent.excerpt,
        "outcome": precedent.outcome,
        "similarity": precedent.similarity,
        "url": precedent.url,
        "kind": precedent.kind,
        "heading": precedent.heading,
        "line": precedent.line,
    }


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """Return what a model was shown, as every report has it."""
    return {
        "covered": list(coverage.covered),
        "clipped": dict(sorted(coverage.clipped.items())),
        "left_out": dict(sorted(coverage.left_out.items())),
    }


def usage_json(usage: Usage) -> dict[str, Any]:
    """Return what asking a model took, as every report has it."""
    return {
        "model": usage.model,
        "calls": usage.calls,
        "failed": usage.failed,
        "repaired": usage.repaired,
        "malformed": usage.malformed,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "seconds": round(usage.seconds, 3),
        "cost": round(usage.cost, 6),
    }
