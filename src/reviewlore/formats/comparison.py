"""Two versions compared on one change, as text of 100 columns and as JSON (docs/schema/comparison.schema.json).

Record in, text out. Strangers' words (paths, titles) are shown with unseen characters escaped.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

from reviewlore.domain.comparison import ComparedFinding, ComparedVersion, Verdict, VersionComparison
from reviewlore.domain.usage import tell_asking
from reviewlore.domain.visible import to_json, visible_line
from reviewlore.formats.review_json import coverage_json, usage_json
from reviewlore.formats.text import LEVEL, count_of, numbered

SCHEMA = "reviewlore/comparison/1"
_WIDTH = 98
_MOST_UNSAID = 20  # of what neither says; JSON has all


def render_comparison(comparison: VersionComparison) -> str:
    """Return what a maintainer reads in a terminal: what both say, what one says, what is dropped otherwise."""
    first, second = comparison.first, comparison.second
    lines = _wrapped(_headline(comparison))
    lines += [*_wrapped(_version(first, "in force")), *_wrapped(_version(second, "compared"))]
    for title, found in (
        ("Both say", comparison.both),
        (f"Only {first.version} says", comparison.only_first),
        (f"Only {second.version} says", comparison.only_second),
        ("Neither says, for different reasons", comparison.neither[:_MOST_UNSAID]),
    ):
        lines += _section(title, found, comparison)
    if (more := len(comparison.neither) - _MOST_UNSAID) > 0:
        lines.append(f"And {more} more; --format json has all.")
    if reasons := _differing(first, second):
        lines += ["", *_wrapped(f"Dropped otherwise ({first.version}, {second.version}): {reasons}.")]
    told = [*tell_asking(comparison.coverage, comparison.usage), *(f"Note: {note}" for note in comparison.notes)]
    told += [f"Note on {each.version}: {note}" for each in (first, second) for note in each.notes]
    if told:
        lines += ["", *(line for text in told for line in _wrapped(text))]
    return "\n".join(lines) + "\n"


def render_comparison_json(comparison: VersionComparison) -> str:
    """Return the comparison as indented ASCII JSON with a final newline; equal comparisons give equal text."""
    return to_json(
        {
            "schema": SCHEMA,
            "repository": comparison.repository,
            "base": comparison.base,
            "head": comparison.head,
            "first": _version_row(comparison.first),
            "second": _version_row(comparison.second),
            "candidates": comparison.candidates,
            "both": [_row(each) for each in comparison.both],
            "only_first": [_row(each) for each in comparison.only_first],
            "only_second": [_row(each) for each in comparison.only_second],
            "neither": [_row(each) for each in comparison.neither],
            "notes": list(comparison.notes),
            "files": {"reviewed": comparison.files_reviewed, "skipped": dict(sorted(comparison.files_skipped.items()))},
            "coverage": coverage_json(comparison.coverage),
            "usage": usage_json(comparison.usage),
        }
    )


def _headline(comparison: VersionComparison) -> str:
    span = f"{comparison.base[:10]}..{comparison.head[:10]}"
    files = count_of(comparison.files_reviewed, "file")
    both, mine, theirs = len(comparison.both), len(comparison.only_first), len(comparison.only_second)
    candidates = count_of(comparison.candidates, "candidate")
    counts = f"both say {both}, only the first {mine}, only the second {theirs}"
    return f"Two versions on {files} of {comparison.repository} {span}: {candidates}; {counts}."


def _version(version: ComparedVersion, role: str) -> str:
    total = sum(version.dropped.values())
    said = f"{count_of(version.said, 'comment')}, {total} not said"
    return f"{version.version} ({role}, {version.tier} tier): {said}"


def _section(title: str, found: Sequence[ComparedFinding], comparison: VersionComparison) -> list[str]:
    if not found:
        return []
    lines = ["", visible_line(f"{title}:")]
    for number, each in enumerate(found, 1):
        lines += _finding(number, each, comparison)
    return lines


def _finding(number: int, each: ComparedFinding, comparison: VersionComparison) -> list[str]:
    finding = each.finding
    names = [comparison.first.version, comparison.second.version]
    width = max(map(len, names))
    lines = [numbered(number, finding)]
    lines += _wrapped(f"{LEVEL[finding.severity]}: {finding.title} [{finding.rule}]", "   ")
    for name, verdict in zip(names, (each.first, each.second), strict=True):
        lines += _wrapped(f"{name.ljust(width)}  {_verdict(verdict, comparison.candidates)}", "   ", "     ")
    return lines


def _verdict(verdict: Verdict, candidates: int) -> str:
    said = f"said as number {verdict.place}" if verdict.place else f"not said ({verdict.reason})"
    chance = "" if verdict.probability is None else f" · P(addressed) {verdict.probability:.2f}"
    return f"{said} · rank {verdict.rank} of {candidates} · score {verdict.score:+.2f}{chance}"


def _differing(first: ComparedVersion, second: ComparedVersion) -> str:
    """Return the reasons that are not as frequent with one version as with the other."""
    names = sorted({*first.dropped, *second.dropped})
    pairs = [(name, first.dropped.get(name, 0), second.dropped.get(name, 0)) for name in names]
    return "; ".join(f"{name} {mine}, {theirs}" for name, mine, theirs in pairs if mine != theirs)


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        visible_line(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _version_row(version: ComparedVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "tier": version.tier,
        "said": version.said,
        "dropped": dict(sorted(version.dropped.items())),
        "notes": list(version.notes),
    }


def _row(each: ComparedFinding) -> dict[str, Any]:
    finding = each.finding
    return {
        "id": finding.id,
        "rule": finding.rule,
        "source": finding.source,
        "specialist": finding.specialist,
        "path": finding.anchor.path,
        "line": finding.anchor.line,
        "side": finding.anchor.side,
        "start_line": finding.anchor.start_line,
        "severity": finding.severity,
        "title": finding.title,
        "why": finding.why,
        "advice": finding.advice,
        "suggestion": finding.suggestion,
        "first": _verdict_row(each.first),
        "second": _verdict_row(each.second),
    }


def _verdict_row(verdict: Verdict) -> dict[str, Any]:
    return {
        "place": verdict.place,
        "reason": verdict.reason,
        "rank": verdict.rank,
        "score": verdict.score,
        "probability": verdict.probability,
    }
