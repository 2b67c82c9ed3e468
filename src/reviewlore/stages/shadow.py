"""Reviews that say nothing: a review in, its record out; a merged pull request in, what people and git say of it out.

Pure. Nothing of the code, and no word of anybody, comes into a record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import MergedPull, ThreadComment
from reviewlore.domain.history import Outcome, RawRemark
from reviewlore.domain.shadow import NEARBY, ShadowFinding, ShadowReview, ShadowTotals

_CHANGED: Mapping[Outcome, bool] = {"addressed": True, "ignored": False}
_ROWS = 4  # of a hunk as a reviewer sees it: the commented row last


def make_shadow(review: Review, repository: str, number: int, at: str) -> ShadowReview:
    """Return the record of a review that is not said."""
    return ShadowReview(
        id=f"{repository}#{number}/{review.head}",
        repository=repository,
        pull_request=number,
        base=review.base,
        head=review.head,
        at=at,
        tier=review.tier,
        version=review.version,
        findings=tuple(_unsaid(finding) for finding in review.findings),
        dropped=len(review.dropped),
    )


def as_remarks(shadow: ShadowReview, merged: MergedPull, sources: Mapping[str, str]) -> tuple[RawRemark, ...]:
    """Return the findings as if a person had remarked, so that git can be asked what became of their places.

    `sources` is the text of files at the reviewed head, by path: a place is known by its row.
    """
    return tuple(
        RawRemark(
            repository=shadow.repository,
            pull_request=shadow.pull_request,
            comment_id=_name(shadow, finding),
            path=finding.path,
            hunk=_hunk(sources.get(finding.path, ""), finding.line) if finding.side == "RIGHT" else "",
            body=finding.rule,
            author=None,
            author_is_bot=False,
            pull_request_author=merged.pull.author,
            created_at=shadow.at,
            line=finding.line,
            side=finding.side,
            reviewed_commit=shadow.head,
            last_commit=merged.pull.head_sha,
            base=merged.pull.base_sha,
            source="shadow",
        )
        for finding in shadow.findings
    )


def settle(shadow: ShadowReview, merged: MergedPull, outcomes: Mapping[str, Outcome]) -> ShadowReview:
    """Return the record with what became of each place (`outcomes` by `as_remarks`' ids), and what people remarked."""
    people = [thread.comments[0] for thread in merged.threads if not thread.comments[0].author_is_bot]
    findings = tuple(
        replace(
            finding,
            changed=_CHANGED.get(outcomes.get(_name(shadow, finding), "unknown")),
            person=any(_is_near(finding, remark) for remark in people),
        )
        for finding in shadow.findings
    )
    anticipated = sum(any(_is_near(finding, remark) for finding in findings) for remark in people)
    return replace(shadow, findings=findings, settled=True, remarks=len(people), anticipated=anticipated)


def total_shadows(shadows: Iterable[ShadowReview]) -> ShadowTotals:
    """Return the totals of all records, one pull request at a time.

    A remark that several heads would have got is one, as of the first of them; people's remarks are counted once.
    """
    known = list(shadows)
    settled = [shadow for shadow in known if shadow.settled]
    pulls = _by_pull(settled)
    findings = [finding for heads in pulls for finding in _once(heads)]
    return ShadowTotals(
        reviews=len(known),
        findings=sum(len(_once(heads)) for heads in _by_pull(known)),
        settled_reviews=len(settled),
        settled_findings=len(findings),
        changed=sum(finding.changed is True for finding in findings),
        shared=sum(finding.person is True for finding in findings),
        remarks=sum(max(head.remarks for head in heads) for heads in pulls),
        anticipated=sum(max(head.anticipated for head in heads) for heads in pulls),
    )


def _by_pull(shadows: Iterable[ShadowReview]) -> list[list[ShadowReview]]:
    """Return the records of each pull request, its first head first."""
    found: defaultdict[tuple[str, int], list[ShadowReview]] = defaultdict(list)
    for shadow in sorted(shadows, key=lambda one: (one.at, one.id)):
        found[shadow.repository, shadow.pull_request].append(shadow)
    return list(found.values())


def _once(heads: Iterable[ShadowReview]) -> list[ShadowFinding]:
    return list({finding.id: finding for head in reversed([*heads]) for finding in head.findings}.values())


def _hunk(text: str, line: int | None) -> str:
    rows = text.split("\n")
    if line is None or not 0 < line <= len(rows):
        return ""
    first = max(1, line - _ROWS + 1)
    shown = rows[first - 1 : line]
    return "\n".join([f"@@ -{first},0 +{first},{len(shown)} @@", *(f"+{row}" for row in shown)])


def _name(shadow: ShadowReview, finding: ShadowFinding) -> str:
    """Return what a finding is called among those of all heads of its pull request."""
    return f"{shadow.head}/{finding.id}"


def _unsaid(finding: Finding) -> ShadowFinding:
    return ShadowFinding(
        id=finding.id,
        rule=finding.rule,
        specialist=finding.specialist if finding.source == "generated" else "",
        path=finding.anchor.path,
        line=finding.anchor.line,
        side=finding.anchor.side,
        severity=finding.severity,
        probability=finding.probability,
    )


def _is_near(finding: ShadowFinding, remark: ThreadComment) -> bool:
    """Whether a remark stands where a finding would have; a remark on the whole file stands nowhere else."""
    line = remark.original_line or remark.line
    if finding.path != remark.path or line is None or finding.line is None:
        return finding.path == remark.path and (remark.whole_file or finding.line is None)
    first = (remark.original_start_line or remark.start_line or line) - NEARBY
    return finding.side == remark.side and first <= finding.line <= line + NEARBY
