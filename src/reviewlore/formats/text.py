"""A review as plain text for a terminal of 100 columns, and as Markdown. Record in, text out.

Strangers' words (paths, precedents, commit subjects) are shown with unseen characters escaped; silence is one line.
"""

import re
import textwrap
from collections import Counter

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding, Precedent, Review
from reviewlore.domain.inert import folded_diagram, inert, inert_code, inert_line
from reviewlore.domain.usage import tell_asking
from reviewlore.domain.visible import visible, visible_line

_WIDTH = 98
LEVEL = {"error": "Error", "warning": "Warning", "info": "Note"}


def render_text(review: Review) -> str:
    """Return what a maintainer reads in a terminal: the comments with their evidence, or one line of silence."""
    lines = [_headline(review)]
    for number, finding in enumerate(review.findings, 1):
        lines += ["", *_finding_text(number, finding)]
    if review.findings:
        lines += ["", *_wrapped(_accounts(review), "")]
    lines += [line for told in tell_asking(review.coverage, review.usage) for line in _wrapped(told, "")]
    lines += [line for note in review.notes for line in _wrapped(f"Note: {note}", "")]
    return "\n".join(lines) + "\n"


def render_markdown(review: Review) -> str:
    """Return the review as GitHub Markdown, for a job summary, a file or a comment."""
    if not review.findings:
        parts = [inert_line(_headline(review))]
    else:
        parts = [f"### {inert_line(_headline(review))}"]
        parts += [_finding_markdown(number, finding) for number, finding in enumerate(review.findings, 1)]
        parts.append(inert_line(_accounts(review)))
    if review.diagram:
        parts.append(folded_diagram(review.diagram))
    parts += [f"> {inert_line(told)}" for told in (*tell_asking(review.coverage, review.usage), *review.notes)]
    return "\n\n".join(parts) + "\n"


def where(path: str, line: int | None) -> str:
    """Return `path:line`, or the path alone, on one line."""
    return visible_line(path) if line is None else f"{visible_line(path)}:{line}"


def numbered(number: int, finding: Finding) -> str:
    """Return the first line of a finding of a list: its number, its place, and whether that line was removed."""
    anchor = finding.anchor
    side = " (removed line)" if anchor.side == "LEFT" and anchor.line is not None else ""
    return f"{number}. {where(anchor.path, anchor.line)}{side}"


def _headline(review: Review) -> str:
    span = f"{review.base[:10]}..{review.head[:10]}"
    who = review.version if review.version.startswith(review.tier) else f"{review.tier} {review.version}"
    files = count_of(review.files_reviewed, "file")
    if not review.findings:
        dropped = _reasons(review)
        unsaid = f"; {count_of(len(review.dropped), 'candidate')} not said ({dropped})" if dropped else ""
        return visible_line(f"No comments on {files} of {review.repository} {span} ({who}){unsaid}.")
    count = count_of(len(review.findings), "comment")
    return visible_line(f"{count} on {files} of {review.repository} {span} ({who})")


def _accounts(review: Review) -> str:
    """Return what was left out, with the reasons: nothing vanishes."""
    said = []
    if review.dropped:
        said.append(f"Not said: {len(review.dropped)} ({_reasons(review)}).")
    if review.files_skipped:
        skipped = _tally(review.files_skipped)
        said.append(f"Files not reviewed: {sum(review.files_skipped.values())} ({skipped}).")
    return " ".join(said) or "Nothing was left unsaid."


def _reasons(review: Review) -> str:
    return _tally(Counter(dropped.reason for dropped in review.dropped))


def _tally(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {visible_line(reason)}" for reason, count in ordered)


def count_of(number: int, noun: str) -> str:
    """Return a number with what it counts, in the plural but for one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _facts(finding: Finding) -> str:
    kind = ", inferred" if finding.inferred else ""
    known = finding.probability if finding.measured else None
    chance = "" if known is None else f" · P(addressed) {known:.2f}"
    margin = f" · margin {finding.margin:+.2f}" if finding.margin is not None else ""
    return f"{finding.rule}{kind} · confidence {finding.confidence:.2f} · score {finding.score:+.2f}{chance}{margin}"


def _finding_text(number: int, finding: Finding) -> list[str]:
    level = LEVEL[finding.severity]
    lines = [numbered(number, finding), *_wrapped(f"{level}: {' '.join(finding.title.split())}", "   ")]
    lines += _wrapped(finding.why, "   ")
    lines += _wrapped(finding.advice, "   → ", "     ")
    lines += _suggested(finding)
    for evidence in finding.evidence:
        lines += _wrapped(_evidence(evidence), "   · ", "     ")
    for past in finding.precedents:
        lines += _wrapped(_precedent(past), "   · ", "     ")
    return [*lines, f"   [{visible_line(_facts(finding))}]"]


def _suggested(finding: Finding) -> list[str]:
    if finding.suggestion is None:
        return []
    rows = visible(finding.suggestion.rstrip("\n")).split("\n") if finding.suggestion.strip() else []
    return [f"   | {row}".rstrip() for row in rows] or ["   | (these lines removed)"]


def _evidence(evidence: Evidence) -> str:
    at = where(evidence.path, evidence.line) if evidence.path is not None else ""
    pointers = ", ".join(part for part in (at, (evidence.commit or "")[:10], evidence.url or "") if part)
    return f"{evidence.text} ({pointers})" if pointers else evidence.text


def _precedent(past: Precedent) -> str:
    if past.kind != "episode":
        return f"{_decided(past)}: “{_excerpt(past.excerpt)}”"
    link = f" {past.url}" if past.url else ""
    return f"#{past.pull_request}, {past.outcome}: “{_excerpt(past.excerpt)}” ({visible_line(past.path)}){link}"


def _decided(past: Precedent) -> str:
    if past.kind == "rule":
        return "a rule maintainers taught"
    heading = f", {visible_line(past.heading)}" if past.heading else ""
    return f"{where(past.path, past.line)}{heading}"


def _excerpt(text: str, limit: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    lines: list[str] = []
    for paragraph in visible(text).splitlines():
        lead = (first if rest is None else rest) if lines else first
        lines += textwrap.wrap(
            paragraph,
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def _finding_markdown(number: int, finding: Finding) -> str:
    place = where(finding.anchor.path, finding.anchor.line)
    parts = [f"**{number}. {inert_code(place)}** {LEVEL[finding.severity]}: {inert_line(finding.title)}"]
    parts += [inert(text) for text in (finding.why, finding.advice) if text]
    if rows := _suggested(finding):
        parts.append(inert("\n".join(["````", *(row.removeprefix("   | ").rstrip() for row in rows), "````"])))
    items = [f"- {inert_line(_evidence(evidence))}" for evidence in finding.evidence]
    items += [
        f"- {inert_line(_decided(past))}: {inert_code(_excerpt(past.excerpt))}"
        for past in finding.precedents
        if past.kind != "episode"
    ]
    for past in (each for each in finding.precedents if each.kind == "episode"):
        link = f" ([thread]({past.url}))" if past.url and re.fullmatch(r"https?://[^\s()<>]+", past.url) else ""
        items.append(f"- #{past.pull_request}, {past.outcome}: {inert_code(_excerpt(past.excerpt))}{link}")
    if items:
        parts.append("\n".join(items))
    parts.append(f"<sub>{inert_line(_facts(finding))}</sub>")
    return "\n\n".join(parts)
