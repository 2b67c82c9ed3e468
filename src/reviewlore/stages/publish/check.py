"""A run's result in, the check run that records it out. Pure.

Neutral by itself: a remark is advice, and a check that fails is the team's decision (`fail-on`).
"""

from collections.abc import Callable, Sequence
from typing import Literal

from reviewlore.domain.architecture import Severity
from reviewlore.domain.events import JobResult
from reviewlore.domain.finding import Finding
from reviewlore.domain.forge import CheckNote, Conclusion, NewCheck
from reviewlore.domain.inert import inert, inert_line
from reviewlore.stages.publish.render import cut

NAME = "reviewlore"
# GitHub's limits ("Create a check run"); the length of a summary is taken in octets, the stricter reading.
_MAX_SUMMARY = 65_535
_MAX_NOTES = 50
_MAX_TITLE = 255
_MAX_MESSAGE = 8_000
_LEVELS: dict[Severity, Literal["notice", "warning", "failure"]] = {
    "info": "notice",
    "warning": "warning",
    "error": "failure",
}


def make_check(
    commit: str, result: JobResult, findings: Sequence[Finding], clean: Callable[[str], str], details_url: str = ""
) -> NewCheck:
    """Return the check run of one commit.

    `findings` are shown beside the code: those that no comment says, since twice is once too often. `clean` takes
    secrets out of all texts.
    """
    summary = clean(result.summary or "Nothing was reviewed.")
    limit = _MAX_SUMMARY
    while len(cut(summary, "", limit).encode("utf-8", "replace")) > _MAX_SUMMARY:
        limit = limit * 9 // 10
    notes = [_note(each, clean) for each in findings if each.anchor.line is not None and each.anchor.side == "RIGHT"]
    return NewCheck(
        name=NAME,
        commit=commit,
        conclusion=_conclusion(result),
        title=_title(result),
        summary=cut(summary, "", limit),
        details_url=details_url or None,
        notes=tuple(notes[:_MAX_NOTES]),
    )


def _conclusion(result: JobResult) -> Conclusion:
    if result.conclusion in {"failure", "skipped"}:
        return result.conclusion
    return "neutral" if result.findings or result.conclusion == "neutral" else "success"


def _title(result: JobResult) -> str:
    if result.conclusion == "skipped":
        return f"Not reviewed: {result.skip_reason.replace('_', ' ')}"
    return "Nothing to remark" if not result.findings else f"{result.findings} remark{'s' * (result.findings != 1)}"


def _note(finding: Finding, clean: Callable[[str], str]) -> CheckNote:
    text = "\n\n".join(part for part in (finding.why, finding.advice) if part) or finding.title
    return CheckNote(
        path=finding.anchor.path.encode("utf-8", "backslashreplace").decode(),
        line=finding.anchor.line or 1,
        level=_LEVELS[finding.severity],
        title=clean(inert_line(finding.title[:_MAX_TITLE]))[:_MAX_TITLE],
        message=clean(inert(text[:_MAX_MESSAGE])),
    )
