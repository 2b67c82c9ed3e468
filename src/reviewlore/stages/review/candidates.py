"""Architecture facts as candidate comments pinned to lines of the diff. Facts in, findings out, the rest counted."""

from collections.abc import Mapping, Sequence

from reviewlore.diff import FilePatch, Hunk, first_added, hunk_until
from reviewlore.domain.architecture import Fact
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.history import Anchor


def make_findings(
    facts: Sequence[Fact], patches: Mapping[str, FilePatch], excluded: frozenset[str] = frozenset()
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Pin each fact to a line GitHub accepts a comment on: its own line, else the first line its file's diff adds."""
    findings, dropped = [], []
    for fact in facts:
        if fact.path in excluded:
            dropped.append(Dropped(fact.fingerprint, rule_of(fact), "path_excluded"))
            continue
        place = _place(fact, patches.get(fact.path))
        if place is None:
            dropped.append(Dropped(fact.fingerprint, rule_of(fact), "not_in_diff"))
            continue
        line, hunk = place
        findings.append(
            Finding(
                id=fact.fingerprint,
                rule=rule_of(fact),
                source="architecture",
                anchor=Anchor(fact.path, line),
                hunk=hunk_until(hunk, line),
                title=fact.title,
                why=fact.why,
                advice=fact.advice,
                severity=fact.severity,
                confidence=fact.confidence,
                inferred=fact.inferred,
                evidence=fact.evidence,
            )
        )
    return tuple(findings), tuple(dropped)


def rule_of(fact: Fact) -> str:
    """Return the rule's public name."""
    return f"architecture/{fact.kind}"


def words_of(finding: Finding) -> str:
    """Return what the finding says, as the ranker reads it and as it is compared with what else is said."""
    return f"{finding.title} {finding.why} {finding.advice}"


def _place(fact: Fact, patch: FilePatch | None) -> tuple[int, Hunk] | None:
    if patch is None or patch.status == "removed":
        return None
    if fact.line is not None:
        hunk = patch.hunk_at(fact.line)
        if hunk is not None:
            return fact.line, hunk
    for hunk in patch.hunks:
        line = first_added(hunk)
        if line is not None:
            return line, hunk
    return next(((min(hunk.right), hunk) for hunk in patch.hunks if hunk.right), None)
