"""How the data stands, as plain text of 100 columns: counts, charts, contradictions, and last what is advised now."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby

from reviewlore.domain.balance import Contradiction, DataReport, GroupRate, LengthBalance, VoteOutlier
from reviewlore.domain.mining import Approval
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.standing import Advice, ConcernRate, DataStatus, Reading
from reviewlore.domain.visible import visible_line

_WIDTH = 98
_BAR = 50
_MOST_ROWS = 12
_NAME = 44
_GAP = 3  # so many months without a remark are one line
_OUTLIER = {
    "against_git": "votes against what git shows",
    "against_others": "votes against the other voters",
    "unusual_share": "casts an unusual share of all votes",
}


def render_data(status: DataStatus) -> str:
    """Return everything `status --data` tells; sections without content are left out."""
    parts = [
        _headline(status),
        _table("outcome", status.outcomes),
        _table("source", status.sources),
        _table("repository", status.repositories),
        _table("language", status.languages),
        _months(status.months),
        _readings(status.standing.readings),
        _dataset(status.dataset),
        *_rated(status.report),
        _concerns(status.standing.concerns, status.standing.window_days),
        *_doubtful(status.report),
        _suppressed(status.suppressions),
        _approvals(status.approvals),
        *("\n".join(_wrapped(f"Note: {note}")) for note in status.notes if note != status.advice.reason),
        render_advice(status.advice),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def render_advice(advice: Advice) -> str:
    """Return the one advice: what, why, and what to type."""
    lines = _wrapped(f"Advised now: {advice.action}. {advice.reason}")
    return "\n".join([*lines, *([f"  {visible_line(advice.command)}"] if advice.command else [])])


def _headline(status: DataStatus) -> str:
    if not status.standing.episodes:
        return "No review remark is stored."
    months = list(status.months)
    span = f", {months[0]} to {months[-1]}" if months else ""
    return f"{_count(status.standing.episodes, 'review remark')}{span}, as of {status.standing.now}"


def _table(title: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    total = sum(counts.values())
    rows = list(counts.items())
    lines = [f"  {_cut(name):<{_NAME}}{number:>8}{_share(number / total):>7}" for name, number in rows[:_MOST_ROWS]]
    if more := rows[_MOST_ROWS:]:
        lines.append(f"  {f'and {len(more)} more':<{_NAME}}{sum(number for _, number in more):>8}")
    return "\n".join([f"By {title}", *lines])


def _months(months: Mapping[str, int]) -> str:
    if not months:
        return ""
    most = max(months.values())
    rows = []
    for filled, run in groupby(months.items(), key=lambda month: month[1] > 0):
        stretch = list(run)
        if not filled and len(stretch) >= _GAP:
            rows.append(f"  none from {stretch[0][0]} to {stretch[-1][0]}")
        else:
            rows += [f"  {month} {number:>7} {'█' * _bar(number, most)}".rstrip() for month, number in stretch]
    return "\n".join(["By month", *rows])


def _bar(number: int, most: int) -> int:
    """Return a bar's length; what is there at all can be seen."""
    return max(1, round(_BAR * number / max(most, _BAR))) if number else 0


def _readings(readings: Sequence[Reading]) -> str:
    rows = []
    for reading in readings:
        state = "whole" if reading.complete else "interrupted; the next run goes on"
        rows.append(f"  {_cut(reading.repository):<{_NAME}} to {reading.updated_at or 'the beginning'} ({state})")
    return "\n".join(["Read on GitHub, by last update of pull requests", *rows]) if rows else ""


def _dataset(manifest: DatasetManifest | None) -> str:
    if manifest is None:
        return "No dataset was made yet."
    lines = [f"Newest dataset {manifest.id[:12]}, made {manifest.created_at}"]
    if manifest.forgotten_at:
        lines.append(f"  something of it was forgotten on {manifest.forgotten_at}")
    lines.append(f"  {'remarks in pairs':<{_NAME}}{manifest.kept:>8}")
    lines += [f"  {_cut(_reason(name)):<{_NAME}}{number:>8}" for name, number in _ordered(manifest.dropped)]
    lines += ["", f"  {'pairs':<{_NAME}}{'train':>8}{'held out':>10}"]
    return "\n".join([*lines, *_pairs(manifest.pairs, ""), *_pairs(manifest.unused_pairs, " (only counted)")])


def _pairs(counts: Mapping[str, int], mark: str) -> list[str]:
    kinds: dict[str, dict[str, int]] = {}
    for name, number in counts.items():
        kind, _, split = name.partition("/")
        kinds.setdefault(kind, {})[split] = number
    return [
        f"  {kind + mark:<{_NAME}}{of.get('train', 0):>8}{of.get('test', 0):>10}" for kind, of in sorted(kinds.items())
    ]


def _rated(report: DataReport | None) -> list[str]:
    if report is None:
        return []
    return [
        _lengths(report.lengths),
        _reviewers(report),
        _rates("Acted on? By who said it", report.authors),
        _rates("Acted on? By whose change it was about", report.newcomers),
        _rates("Acted on? By language", report.languages),
    ]


def _doubtful(report: DataReport | None) -> list[str]:
    """Return what somebody should look into: odd voters and contradictions."""
    if report is None:
        return []
    return [
        _outliers(report.outliers, report.capped),
        _contradictions(report.contradictions, report.contradictions_found),
    ]


def _lengths(lengths: Sequence[LengthBalance]) -> str:
    if not lengths:
        return ""
    head = f"  {'':<22}{'pairs':>8}{'chosen':>10}{'rejected':>10}{'longer is chosen':>18}{'longer wins':>13}"
    rows = [
        f"  {row.kind:<22}{row.pairs:>8}{row.chosen_median:>10.0f}{row.rejected_median:>10.0f}"
        f"{_share(row.longer_chosen):>18}{_share(row.longer_wins):>13}"
        for row in lengths
    ]
    return "\n".join(["Lengths in characters (medians); 50 % is balance", head, *rows])


def _reviewers(report: DataReport) -> str:
    if not report.reviewers:
        return ""
    rows = [f"  {each.person:<{_NAME}}{each.remarks:>8}{_share(each.share):>7}" for each in report.reviewers]
    return "\n".join(["Whose judgement it is: remarks on the chosen side, by the hash of a pseudonym", *rows])


def _rates(title: str, rates: Sequence[GroupRate]) -> str:
    if not rates:
        return ""
    rows = [f"  {_cut(row.group):<{_NAME}}{row.addressed:>8}{row.remarks:>8}{_share(row.rate):>10}" for row in rates]
    return "\n".join([f"{title:<{_NAME + 2}}{'yes':>8}{'of':>8}", *rows[:_MOST_ROWS]])


def _concerns(rates: Sequence[ConcernRate], days: int) -> str:
    rows = [GroupRate(rate.concern, rate.judged, rate.addressed, rate.addressed / rate.judged) for rate in rates]
    return _rates(f"Acted on? By concern, latest {days} days of data", rows)


def _outliers(outliers: Sequence[VoteOutlier], capped: int) -> str:
    lines = []
    for each in outliers:
        told = f"{each.against} of {each.compared} votes, {_share(each.rate)}; the others {_share(each.expected)}"
        if each.reason == "unusual_share":
            told = f"{each.votes} votes, {_share(each.rate)}; an equal part is {_share(each.expected)}"
        lines += _wrapped(f"{each.person} {_OUTLIER[each.reason]}: {told}", "  ")
    if capped:
        lines.append(f"  {_count(capped, 'person', 'people')} whose word was weighed down by the cap per person")
    return "\n".join(["Unusual voters, by the hash of a pseudonym", *lines]) if lines else ""


def _contradictions(shown: Sequence[Contradiction], found: int) -> str:
    if not found:
        return ""
    lines = [f"{_count(found, 'contradiction')} to settle: near-equal remarks that fared oppositely"]
    for number, each in enumerate(shown, 1):
        more = f" (and {each.remarks - 2} more like them)" if each.remarks > 2 else ""
        lines += _wrapped(f"{number}. {each.addressed} was addressed{more}:", "  ", 3)
        lines += _wrapped(f"“{each.addressed_excerpt}”", "     ")
        lines += _wrapped(f"{each.refused} was {each.outcome}:", "     ")
        lines += _wrapped(f"“{each.refused_excerpt}”", "     ")
    if more_groups := found - len(shown):
        lines.append(f"  and {more_groups} more")
    return "\n".join(lines)


def _suppressed(counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
    return f"Never mined again, because forgotten or opted out: {told}" if told else ""


def _approvals(approvals: Sequence[Approval]) -> str:
    lines = []
    for asked in approvals:
        name = asked.dataset[:12]
        if asked.state == "waiting":
            lines += _wrapped(f"{name} waits for the role {asked.role} since {asked.asked_at}", "  ", 2)
        else:
            by = f" by {asked.decided_by}" if asked.decided_by else ""
            why = f": {asked.reason}" if asked.reason else ""
            lines += _wrapped(f"{name} {asked.state} on {asked.decided_at}{by}{why}", "  ", 2)
    return "\n".join(["Approvals of datasets", *lines]) if lines else ""


def _reason(name: str) -> str:
    kind, _, reason = name.partition(":")
    words = (reason or kind).replace("_", " ")
    return f"{'never stored' if kind == 'row' else 'left out'}: {words}"


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _cut(name: str) -> str:
    text = visible_line(name)
    return text if len(text) < _NAME else text[: _NAME - 2] + "…"


def _wrapped(text: str, indent: str = "", hanging: int = 0) -> list[str]:
    rest = indent + " " * hanging
    return textwrap.wrap(visible_line(text), _WIDTH, initial_indent=indent, subsequent_indent=rest,
                         break_on_hyphens=False, break_long_words=False)  # fmt: skip


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
