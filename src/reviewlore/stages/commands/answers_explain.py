"""The answers to `/lore explain`: what a remark rests on, or why nothing is said. Records in, Markdown out."""

from collections import Counter
from collections.abc import Iterable, Sequence

from reviewlore.domain.calibration import RuleRecord
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.inert import inert_code, inert_line
from reviewlore.stages.commands.words import PREFIX

_MOST = 20
_SEVERITIES = ("info", "warning", "error")


def render_explained(finding: Finding, review: Review, text: str, dropped: str, record: RuleRecord | None) -> str:
    """Return a finding of this head in full; `text` is its own explanation as it is posted.

    `dropped` is the snake_case reason for which it is not said at this head, empty where it is; `record` what became of
    the remarks of its rule so far.
    """
    said = f"It is not said at this head: {inert_line(dropped.replace('_', ' '))}." if dropped else ""
    rows = [
        f"- rule {inert_code(finding.rule)}, severity {finding.severity}, confidence {finding.confidence:.2f}, "
        f"judged by version {inert_code(review.version_of(finding))} ({review.tier_of(finding)} tier)",
        f"- how likely it is addressed: {_chance(finding)}",
        f"- remarks of this rule so far: {_record(record)}",
        f'- what silences it: `{PREFIX} dismiss <reason>` in its thread; `silent = ["{_short(finding.rule)}"]` under '
        f"`[review]` of `.reviewlore.toml` for the whole rule; a higher `min-confidence` than {finding.confidence:.2f}"
        f"{_severity(finding)}",
    ]
    head = f"Looked at again at `{review.head[:12]}`:"
    return "\n\n".join(filter(None, [head, text, said, "\n".join(rows)]))


def render_not_found_again(finding: str, head: str, url: str, words: str) -> str:
    """Return what was posted of a remark that this head does not bring about; `words` are ours, and inert."""
    where = f"[posted]({url})" if url else "posted"
    quoted = "\n".join(f"> {row}" for row in words.split("\n"))
    return (
        f"`{finding}` is not found at `{head[:12]}`: the code changed, its reason is gone, or a model wrote it, which "
        f"is not asked again. It was {where} with these words and this evidence:\n\n{quoted}"
    )


def render_which_explained(findings: Sequence[tuple[str, str, str]]) -> str:
    """Return the remarks that can be explained: id, place and title of each."""
    rows = [f"- `{name}` on {inert_code(place)}: {inert_line(title)}" for name, place, title in findings[:_MOST]]
    if more := len(findings) - len(rows):
        rows.append(f"- and {more} more")
    rows_text = "\n".join(rows)
    return f"Which remark? Answer in its thread, or name it: `{PREFIX} explain <id>`.\n\n{rows_text}"


def render_silence(review: Review) -> str:
    """Return why nothing is said of a pull request: what was looked at, and what was dropped for which reason."""
    files = f"{review.files_reviewed} file{'s' * (review.files_reviewed != 1)}"
    version = f"version {inert_code(review.version)} ({review.tier} tier)"
    rows = [f"Nothing is said at `{review.head[:12]}`: {files} read and judged by {version}."]
    dropped = Counter(item.reason for item in review.dropped)
    if dropped:
        rows.append(f"Candidates that are not said: {_counts(dropped.most_common())}.")
    else:
        rows.append("No rule and no fact of the architecture had anything to say of this change.")
    if review.files_skipped:
        rows.append(f"Not read: {_counts(review.files_skipped.items())}.")
    if review.notes:
        rows.append("\n".join(f"- {inert_line(note)}" for note in review.notes))
    return "\n\n".join(rows)


def _chance(finding: Finding) -> str:
    if finding.probability is None:
        return "not known, for nothing is there to measure it by"
    measured = "as measured on held-out remarks" if finding.measured else "a guess that only orders remarks"
    return f"about {round(100 * finding.probability)} %, {measured}"


def _record(record: RuleRecord | None) -> str:
    if record is None:
        return "none of them is settled yet"
    return f"{record.addressed} of {record.posted} settled ones were addressed"


def _severity(finding: Finding) -> str:
    place = _SEVERITIES.index(finding.severity)
    return f', or `min-severity = "{_SEVERITIES[place + 1]}"`' if place + 1 < len(_SEVERITIES) else ""


def _short(rule: str) -> str:
    return "".join(char for char in rule.rpartition("/")[2] if char.isalnum() or char in "_-") or "rule"


def _counts(items: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {inert_line(reason.replace('_', ' '))}" for reason, count in items)
