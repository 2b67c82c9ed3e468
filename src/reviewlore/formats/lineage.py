"""A trace and the audit log as plain text of 100 columns: records in, text out. Strangers' words are shown inert."""

import textwrap
from collections import defaultdict
from collections.abc import Sequence

from reviewlore.domain.lineage import (
    AuditView,
    FindingTrace,
    LogLine,
    PairCount,
    Posting,
    RemarkTrace,
    Trace,
    TracedDataset,
    TracedVersion,
    VersionLineage,
)
from reviewlore.domain.visible import visible_line

_WIDTH = 98
_FULL_HASH = 64


def render_trace(trace: Trace) -> str:
    """Return the whole chain of a comment, from its words to the versions that learned from it."""
    lines: list[str] = []
    if trace.remark is not None:
        lines += _remark(trace.remark)
    if trace.finding is not None:
        lines += ["", *_finding(trace.finding)] if lines else _finding(trace.finding)
    for note in trace.notes:
        lines += ["", *_wrapped(note)]
    return "\n".join(lines) + "\n"


def render_log(view: AuditView) -> str:
    """Return the entries of the audit log, oldest first, and that its chain was checked."""
    lines: list[str] = []
    if view.person:
        lines += [
            *_wrapped(
                f"{view.person}: {_count(view.remarks, 'remark')} of their own, {_count(view.mentions, 'remark')} of "
                "others in which they answered, voted, or were answered"
            ),
            "",
        ]
    for line in view.lines:
        lines += _log_line(line)
    if not view.lines:
        lines.append("No entry touches this person's data." if view.person else "The log is empty.")
    shown = f"{len(view.lines)} of " if view.person else ""
    lines += ["", f"{shown}{_count(view.entries, 'entry', 'entries')}; each continues the one before it (checked)."]
    if view.untold:
        names = ", ".join(name[:12] for name in view.untold)
        lines += _wrapped(f"What these datasets were made from can no longer be told: {names}.")
    return "\n".join(lines) + "\n"


def _remark(remark: RemarkTrace) -> list[str]:
    role = f", {remark.author_role}" if remark.author_role else ""
    place = f"{remark.path}:{remark.line}" if remark.line else remark.path
    about = [
        remark.intent,
        f"about {remark.concern.replace('_', ' ')}" if remark.concern != "other" else "",
        remark.language,
    ]
    lines = [
        f"Remark {visible_line(remark.id)}",
        *_field("where", f"{place}, pull request {remark.pull_request}"),
        *(_field("address", remark.url) if remark.url else []),
        *_field("when", remark.created_at),
        *_field("who", f"{remark.author} ({remark.author_kind}{role})"),
        *_field(
            "what",
            f"{', '.join(filter(None, about))}; {_count(remark.replies, 'reply', 'replies')}; from {remark.source}",
        ),
        *_field("words", f"“{remark.excerpt}”"),
        *(_field("finding", f"{remark.finding}: this is a comment of ours") if remark.finding else []),
        "",
        f"Outcome: {remark.outcome}, with {remark.confidence} confidence",
    ]
    for item in remark.evidence:
        said = " ".join(filter(None, (item.detail, f"by {item.by}" if item.by else "")))
        lines += _wrapped(f"{item.weight:4.2f}  {item.outcome:<10} {item.kind:<20} {said}", "  ", 8)
    if not remark.evidence:
        lines.append("  no evidence: nothing was seen of it")
    return [*lines, "", *_datasets(remark.datasets)]


def _datasets(datasets: Sequence[TracedDataset]) -> list[str]:
    if not datasets:
        return ["Learned from: nothing yet, for no dataset was made"]
    lines = ["Learned from"]
    for dataset in reversed(datasets):
        newest = " (the newest)" if dataset.newest else ""
        said = {
            True: "it is among its remarks",
            False: "it is not in it",
            None: "whether it was in it can no longer be told",
        }
        lines += _wrapped(f"dataset {dataset.id[:12]} of {dataset.created_at}{newest}: {said[dataset.contains]}", "  ")
        if dataset.note:
            lines += _wrapped(dataset.note, "    ")
        if dataset.pairs is not None:
            lines += [f"    {line}" for line in _pairs(dataset.pairs)]
        for version in dataset.versions:
            lines += _wrapped(_version(version), "    ", 2)
    return lines


def _pairs(pairs: Sequence[PairCount]) -> list[str]:
    if not pairs:
        return ["it stands in no pair"]
    total = sum(pair.train + pair.test for pair in pairs)
    rows = [f"{'it stands in ' + _count(total, 'pair'):<32}{'side':<10}{'train':>6}{'held out':>10}"]
    rows += [f"  {pair.kind:<30}{pair.side:<10}{pair.train:>6}{pair.test:>10}" for pair in pairs]
    return rows


def _version(version: TracedVersion) -> str:
    if version.state is None:
        return f"trained on it: {version.id}, no longer in the registry"
    force = "in force since" if version.state == "active" else f"{version.state} on"
    return f"trained on it: {version.id}, {force} {version.decided_at[:10]}"


def _finding(finding: FindingTrace) -> list[str]:
    lines = [f"Finding {finding.finding}, a comment of ours"]
    for posting in finding.postings:
        lines += _posting(posting)
    for version in finding.versions:
        lines += ["", *_lineage(version)]
    if finding.precedents:
        lines += ["", "Named as said before"]
    for each in finding.precedents:
        if each.episode is None:
            where = f"pull request {each.cited.pull_request}, {each.cited.path}"
            lines += _wrapped(f"{where}: not, or no longer, among the mined remarks", "  ", 2)
        else:
            used = "" if each.pairs is None else f", in {_count(each.pairs, 'pair')} of that dataset"
            lines += _wrapped(f"{each.episode} ({each.outcome}{used})", "  ", 2)
    for number, signal in enumerate(signals := (*finding.dismissals, *finding.acceptances)):
        if not number or signal.kind != signals[number - 1].kind:
            lines += ["", signal.kind.capitalize()]
        words = f": “{signal.text}”" if signal.text else ""
        place = f"{signal.repository}#{signal.pull_request}"
        lines += _wrapped(
            f"{signal.at}  {signal.reason or 'as right'}, by {signal.author} ({signal.role}) on {place}{words}", "  ", 2
        )
    for remark in finding.mined:
        lines += ["", "Mined since as", *(f"  {line}".rstrip() for line in _remark(remark))]
    return lines


def _posting(posting: Posting) -> list[str]:
    said = posting.said
    place = f"{posting.path}:{posting.line}" if posting.line else posting.path or "the summary comment"
    version = (
        f"version {said.version} ({said.tier} tier)" if said.version else "a version that the comment does not name"
    )
    sure = f", confidence {said.confidence:.2f}" if said.confidence is not None else ""
    lines = [
        *_field("posted", f"{posting.repository}#{posting.pull_request}, {place}, {posting.created_at}"),
        *_field("address", posting.url),
        *_field("said by", f"{version}{sure}"),
        *_field("run", posting.run_url or "the comment does not name its run"),
    ]
    account = posting.account if posting.by_bot else f"{posting.account}, a person: anybody can copy our hidden line"
    return [*lines, *_field("account", account)]


def _lineage(version: VersionLineage) -> list[str]:
    state = {"active": "in force", None: ""}.get(version.state, version.state)
    lines = [f"Version {visible_line(version.id)}{f', {state}' if state else ''}"]
    if version.created_at:
        base = f" on {version.base_model}" if version.base_model else ""
        lines += _field(
            "trained", f"{version.created_at} by recipe {version.recipe}{base}, code {version.code_commit[:12]}"
        )
    if version.dataset:
        kinds: dict[str, int] = defaultdict(int)
        for name, count in version.pairs.items():
            kinds[name.partition("/")[0]] += count
        told = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        size = f": {_count(version.dataset_episodes, 'remark')}, {_count(sum(kinds.values()), 'pair')} ({told})"
        lines += _field("dataset", f"{version.dataset[:12]}{size if kinds else ''}")
    return [*lines, *(_field("note", version.note) if version.note else [])]


def _log_line(line: LogLine) -> list[str]:
    lines = _wrapped(f"{line.at}  {line.action:<9} {_short(line.subject):<24} {line.actor}", "", 4)
    if line.about:
        lines += _wrapped(f"touches them: {line.about}", "    ", 2)
    told = {name: value for name, value in line.detail.items() if value and value != line.subject}
    reason = told.pop("reason", "")
    told.pop("metrics", None)  # the version's manifest has them
    detail = ", ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in told.items())
    return [*lines, *_wrapped(detail, "    "), *(_wrapped(f"reason: {reason}", "    ", 2) if reason else [])]


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_told(each)}" for name, each in value.items()) + ")"
    if isinstance(value, list):
        return str(len(value))
    return f"{value:.3g}" if isinstance(value, float) else _short(str(value))


def _short(name: str) -> str:
    """Return the beginning of a hash, and any other text as it is."""
    plain = len(name) == _FULL_HASH and all(char in "0123456789abcdef" for char in name)
    return name[:12] if plain else visible_line(name)


def _field(name: str, text: str) -> list[str]:
    return _wrapped(f"{name:<9}{text}", "  ", 9)


def _wrapped(text: str, indent: str = "", hanging: int = 0) -> list[str]:
    rest = indent + " " * hanging
    return textwrap.wrap(
        visible_line(text), _WIDTH, initial_indent=indent, subsequent_indent=rest, break_on_hyphens=False,
        drop_whitespace=True, break_long_words=False,
    )  # fmt: skip


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
