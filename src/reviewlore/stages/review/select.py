"""Which candidates are said: scored findings in, the few worth saying out, every other with its reason."""

from collections.abc import Sequence

from reviewlore.config import ReviewSettings
from reviewlore.domain.finding import Dropped, Finding

_RANK = {"info": 0, "warning": 1, "error": 2}


def select(
    findings: Sequence[Finding], settings: ReviewSettings, dismissed: frozenset[str] = frozenset()
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Keep at most `max_comments`, worst first, then by the ranker's score; one comment a line, none twice."""
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    seen_ids = set[str]()
    seen_lines = set[tuple[str, int | None]]()
    for finding in sorted(findings, key=_order):
        place = (finding.anchor.path, finding.anchor.line)
        checks = (
            ("dismissed_before", finding.id in dismissed),
            ("duplicate", finding.id in seen_ids),
            ("silenced_by_config", finding.rule in settings.silent or _short(finding) in settings.silent),
            ("below_min_severity", _RANK[finding.severity] < _RANK[settings.min_severity]),
            ("below_min_confidence", finding.confidence < settings.min_confidence),
            ("same_line_as_a_worse_finding", place in seen_lines),
            ("over_cap", len(kept) >= settings.max_comments),
        )
        reason = next((name for name, hit in checks if hit), None)
        seen_ids.add(finding.id)
        if reason is not None:
            dropped.append(Dropped(finding.id, finding.rule, reason))
            continue
        seen_lines.add(place)
        kept.append(finding)
    return tuple(kept), tuple(dropped)


def reaches(findings: Sequence[Finding], threshold: str) -> bool:
    """Whether a finding is at or above a severity; `never` is never reached."""
    return threshold != "never" and any(_RANK[finding.severity] >= _RANK[threshold] for finding in findings)


def _order(finding: Finding) -> tuple[int, float, str, int, str]:
    line = finding.anchor.line or 0
    return (-_RANK[finding.severity], -finding.score, finding.anchor.path, line, finding.id)


def _short(finding: Finding) -> str:
    return finding.rule.rpartition("/")[2]
