"""A `Review` in, the Markdown of its comments, of the summary comment and of the step summary out. Pure.

Every text that is not ours passes `domain/inert.py`; links are made here, to the reviewed repository only. Each body
ends in one hidden marker line, by which a later run knows what it has said.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.commands import DISMISS_REASONS
from reviewlore.domain.finding import Finding, Precedent, Review
from reviewlore.domain.inert import folded_diagram, inert, inert_code, inert_line, inert_rows
from reviewlore.domain.markers import MARKER, marker, run_marker
from reviewlore.domain.origin import write_origin
from reviewlore.domain.usage import tell_asking

SUMMARY_MARKER = f"{MARKER}summary -->"
_HEADING = "### reviewlore"
MAX_BODY = 60_000  # GitHub refuses more than 65,536 characters
MAX_STEP_SUMMARY = 1_000_000  # of 1 MiB; counted in bytes
_MAX_PART = 4_000
_MAX_PRECEDENTS = 3
_MAX_EVIDENCE = 6
_LISTED = re.compile(r"^<sub>Id `([0-9a-f]{6,64})`</sub>$", re.MULTILINE)
_PLAIN_ID = re.compile(r"[0-9a-f]{6,64}")


def fingerprint(finding: Finding) -> str:
    """Return the finding's id as it stands in markers and commands: 6 to 64 hexadecimal digits."""
    return plain_id(finding.id)


def plain_id(name: str) -> str:
    """Return the id of a finding, said or dropped, as it stands in markers and commands."""
    known = _PLAIN_ID.fullmatch(name)
    return name if known else hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def is_summary(body: str) -> bool:
    """Whether a body is a summary of ours from its first line to its last.

    The last alone is not enough: other workflows post under the same account, and some end in a stranger's words.
    """
    return body.startswith(_HEADING) and body.rstrip().endswith(SUMMARY_MARKER)


def find_listed(body: str) -> tuple[str, ...]:
    """Return the ids of the findings that one of our summaries explains itself."""
    return tuple(_LISTED.findall(body)) if is_summary(body) else ()


def render_comment(finding: Finding, review: Review, repository_url: str, run: str = "") -> str:
    """Return one inline comment: what, why with evidence, what to do, precedents, who says it, how to dismiss it.

    `run` is the id of the run that says it: `trace` leads back to it. A team whose own remarks are short gets a short
    one, with the reasons folded away.
    """
    mark = run_marker(run) + marker("finding", fingerprint(finding))
    footer = (
        f"<sub>{write_origin(finding, review.tier_of(finding), review.version_of(finding))}. Not wanted? Answer "
        f"`/lore dismiss <reason>` with one of: {', '.join(DISMISS_REASONS)}. Id `{fingerprint(finding)}`.</sub>"
    )
    say = _in_brief if review.voice.brief else explain
    return cut(say(finding, review, repository_url, committable=True), f"{footer}\n\n{mark}")


def render_review_body(review: Review, comments: int) -> str:
    """Return the body of the review that carries the inline comments."""
    words = "1 remark" if comments == 1 else f"{comments} remarks"
    mark = marker("review", review.head[:40] or "none")
    return f"reviewlore has {words} on `{review.head[:12]}`; the summary is in the conversation.\n\n{mark}"


def render_summary(review: Review, repository_url: str, inline: Sequence[Finding], outside: Sequence[Finding]) -> str:
    """Return the one summary comment, edited in place: counts, remarks that no line can carry, what was left out."""
    parts = [_HEADING, _verdict(review, len(inline), len(outside))]
    if inline:
        parts.append("\n".join(_listed(finding, review, repository_url) for finding in inline))
    if outside:
        parts.append("**Outside the diff, or above the limit of inline comments**")
        parts += [_folded(finding, review, repository_url) for finding in outside]
    if review.diagram:
        parts.append(folded_diagram(review.diagram))
    parts.append(_account(review))
    parts.append(
        "<sub>`/lore help` lists what can be asked; `/lore dismiss <reason> <id>` says what is not wanted.</sub>"
    )
    return cut("\n\n".join(filter(None, parts)), SUMMARY_MARKER)


def render_step_summary(review: Review, repository_url: str, notice: str = "") -> str:
    """Return the summary of the workflow step: everything the review says, whether or not it could be posted."""
    head = ["## reviewlore", inert_line(notice), _verdict(review, len(review.findings), 0)]
    body = [
        f"#### {_where(finding, review, repository_url)}\n\n{explain(finding, review, repository_url)}"
        for finding in review.findings
    ]
    drawn = folded_diagram(review.diagram) if review.diagram else ""
    return cut("\n\n".join(filter(None, [*head, *body, drawn, _account(review)])), "", MAX_STEP_SUMMARY // 4)


def render_skipped(reason: str) -> str:
    """Return the sentence for a review that was made and not posted; nothing where it was posted."""
    texts = {
        "": "",
        "no_write_permission": "Nothing is posted: this run may not write to the pull request. That is so for pull "
        "requests from forks; the remarks stand here and beside the changed lines.",
        "head_moved": "Nothing is posted: the pull request was pushed to meanwhile. The run of the new head goes on.",
        "pull_request_closed": "Nothing is posted: the pull request was closed meanwhile.",
        "pull_request_locked": "Nothing is posted: the conversation is locked.",
    }
    return texts.get(reason, f"Nothing is posted: {reason.replace('_', ' ')}.")


def cut(body: str, tail: str = "", limit: int = MAX_BODY) -> str:
    """Return `body` cut on a line border so that it fits with `tail`; an open code fence is closed, and it is said."""
    room = limit - len(tail) - 2
    if len(body) > room:
        kept = body[: room - 200]
        kept = kept[: kept.rfind("\n")] if "\n" in kept else kept
        fences = [row for row in kept.split("\n") if row.startswith("````")]
        kept += "\n````" if len(fences) % 2 else ""
        body = f"{kept}\n\n*Cut here: the text is too long for one comment.*"
    return f"{body}\n\n{tail}" if tail else body


def explain(finding: Finding, review: Review, repository_url: str, *, committable: bool = False) -> str:
    """Return a finding in full: what, why with evidence, what to do, precedents."""
    parts = [_title(finding, review), inert(finding.why[:_MAX_PART]), _evidence_rows(finding, review, repository_url)]
    if finding.advice:
        advice = inert(finding.advice[:_MAX_PART])
        parts.append(f"**What to do:**{chr(10) * 2 if chr(10) in advice else ' '}{advice}")
    parts += [render_suggestion(finding, committable=committable), _precedents(finding, review, repository_url)]
    return "\n\n".join(filter(None, parts))


def _in_brief(finding: Finding, review: Review, repository_url: str, *, committable: bool = False) -> str:
    """Say what and what to do as shortly as this team does; why, and on what evidence, is one click away."""
    reasons = [inert(finding.why[:_MAX_PART]), _evidence_rows(finding, review, repository_url)]
    reasons.append(_precedents(finding, review, repository_url))
    folded = "\n\n".join(filter(None, reasons))
    parts = [_title(finding, review), inert(finding.advice[:_MAX_PART])]
    parts.append(render_suggestion(finding, committable=committable))
    if folded:
        parts.append(f"<details><summary>Why, and on what evidence</summary>\n\n{folded}\n\n</details>")
    return "\n\n".join(filter(None, parts))


def render_suggestion(finding: Finding, *, committable: bool = False) -> str:
    """Return the change a finding proposes: a block that can be committed by a click, else code to read.

    Only lines of the new side can be replaced (GitHub, "Incorporating feedback in your pull request"), and nobody
    should commit what cannot be seen, or speaks to machines that read comments. The fence is longer than any in the
    code.
    """
    if finding.suggestion is None:
        return ""
    code = finding.suggestion.replace("\r\n", "\n").rstrip("\n")
    shown = inert_rows(code)
    if len(shown) > _MAX_PART:
        return ""
    ticks = "`" * max(4, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    whole = committable and finding.anchor.side == "RIGHT" and finding.anchor.line is not None and shown == code
    if whole:
        return f"{ticks}suggestion\n{code}{chr(10) if code else ''}{ticks}"
    return f"Proposed instead:\n\n{ticks}text\n{shown}\n{ticks}" if shown else "Proposed: remove these lines."


def _title(finding: Finding, review: Review) -> str:
    guess = " (inferred, not declared)" if finding.inferred else ""
    ask = " Is this meant?" if review.voice.asking and finding.severity == "info" else ""
    return f"**{inert_line(finding.title[:300])}**{guess}{ask}"


def _evidence_rows(finding: Finding, review: Review, repository_url: str) -> str:
    rows = [_evidence(item, review, repository_url) for item in finding.evidence[:_MAX_EVIDENCE]]
    if more := len(finding.evidence) - len(rows):
        rows.append(f"- and {more} more")
    return "\n".join(rows)


def _precedents(finding: Finding, review: Review, repository_url: str) -> str:
    cited = finding.precedents[:_MAX_PRECEDENTS]
    said = [_precedent(item, repository_url) for item in cited if item.kind == "episode"]
    decided = [_decision(item, review, repository_url) for item in cited if item.kind != "episode"]
    parts = [f"Said before in this repository:\n{chr(10).join(said)}"] if said else []
    parts += [f"Decided in this repository:\n{chr(10).join(decided)}"] if decided else []
    return "\n\n".join(parts)


def _evidence(item: Evidence, review: Review, repository_url: str) -> str:
    text = inert_line(item.text[:_MAX_PART])
    if item.path is not None:
        return f"- {text} ({_link(item.path, item.line, item.commit or review.head, repository_url)})"
    if item.commit is not None and re.fullmatch(r"[0-9a-f]{7,64}", item.commit) and repository_url:
        return f"- {text} ([`{item.commit[:12]}`]({repository_url}/commit/{item.commit}))"
    return f"- {text}"


def _precedent(item: Precedent, repository_url: str) -> str:
    name = f"pull request {item.pull_request}"
    own = item.url is not None and repository_url and _safe_url(item.url, repository_url)
    place = f"[{name}]({item.url})" if own else name
    return f"- {place}, {item.outcome}, on {inert_code(item.path)}: “{inert_line(item.excerpt[:240])}”"


def _decision(item: Precedent, review: Review, repository_url: str) -> str:
    excerpt = f"“{inert_line(item.excerpt[:240])}”"
    if item.kind == "rule":
        return f"- a rule maintainers taught: {excerpt}"
    heading = f", {inert_line(item.heading[:120])}" if item.heading else ""
    return f"- {_link(item.path, item.line, review.base, repository_url)}{heading}: {excerpt}"


def _safe_url(url: str, repository_url: str) -> bool:
    """Only links to pages of the reviewed repository are kept, and none that could end the Markdown link."""
    return url.startswith(f"{repository_url}/") and re.fullmatch(r"[\w./:#?=&%-]+", url, re.ASCII) is not None


def _link(path: str, line: int | None, commit: str, repository_url: str) -> str:
    label = inert_code(f"{path}:{line}" if line else path)
    if not repository_url or not re.fullmatch(r"[0-9a-f]{7,64}", commit):
        return label
    place = f"{repository_url}/blob/{commit}/{quote(path.encode('utf-8', 'surrogateescape'))}"
    return f"[{label}]({place}{f'#L{line}' if line else ''})"


def _where(finding: Finding, review: Review, repository_url: str) -> str:
    anchor = finding.anchor
    commit = review.base if anchor.side == "LEFT" else review.head
    return f"{finding.severity}: {_link(anchor.path, anchor.line, commit, repository_url)}"


def _listed(finding: Finding, review: Review, repository_url: str) -> str:
    return f"- {_where(finding, review, repository_url)} {inert_line(finding.title[:300])}"


def _folded(finding: Finding, review: Review, repository_url: str) -> str:
    text = explain(finding, review, repository_url)
    return f"{_where(finding, review, repository_url)}\n\n{text}\n\n<sub>Id `{fingerprint(finding)}`</sub>"


def _verdict(review: Review, inline: int, outside: int) -> str:
    files = f"{review.files_reviewed} {'file' if review.files_reviewed == 1 else 'files'}"
    who = f"{review.tier} tier, version {inert_code(review.version)}"
    said = inline + outside
    words = "Nothing to remark" if not said else "1 remark" if said == 1 else f"{said} remarks"
    return f"{words} on `{review.head[:12]}`; {files} read by the {who}."


def _account(review: Review) -> str:
    """What was not said and not read, with its reasons: nothing is left out silently."""
    rows = [f"- {inert_line(note)}" for note in review.notes]
    rows += [f"- {inert_line(line)}" for line in tell_asking(review.coverage, review.usage)]
    if review.dropped:
        rows.append(f"- Not said: {_counts(Counter(item.reason for item in review.dropped).items())}.")
    if review.files_skipped:
        rows.append(f"- Not read: {_counts(review.files_skipped.items())}.")
    return "\n".join(rows)


def _counts(items: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {inert_line(reason.replace('_', ' '))}" for reason, count in sorted(items))
