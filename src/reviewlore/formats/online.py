"""What became of our own remarks, and of those that shadow mode kept back, as plain text of 100 columns. Records in."""

from collections.abc import Mapping
from typing import Any

from reviewlore.domain.online import OnlineMetrics, OnlineRow
from reviewlore.domain.shadow import ShadowTotals
from reviewlore.domain.visible import visible_line
from reviewlore.formats.records import to_plain

_NAME = 46
_WEEKS = 12  # shown; JSON has all
_BAR = 20
_NOTHING = "No remark of reviewlore's own was mined yet: `reviewlore mine --github` reads what became of them."
Sums = Mapping[str, OnlineRow]


def render_online(by_version: Sums, by_speaker: Sums, by_rule: Sums, by_week: Sums, shadow: ShadowTotals) -> str:
    """Return the tables: a version, a specialist, a rule, a week a row; and what shadow mode measured."""
    parts = []
    if not by_version:
        parts.append(_NOTHING)
    else:
        parts += [
            _table("version", by_version),
            _table("said by", by_speaker),
            _table("rule", by_rule),
            _table(f"week (the last {_WEEKS})", dict(list(by_week.items())[-_WEEKS:]), bars=True),
        ]
    if shadow.reviews:
        parts.append(_shadow(shadow))
    return "\n\n".join(parts) + "\n"


def online_json(metrics: OnlineMetrics, shadow: ShadowTotals) -> dict[str, Any]:
    """Return the same as JSON's own types, every row of every week."""
    return {"rows": [to_plain(row) for row in metrics.rows], "shadow": to_plain(shadow)}


def _table(title: str, sums: Sums, *, bars: bool = False) -> str:
    head = f"{title:<{_NAME}}{'posted':>8}{'addressed':>11}{'dismissed':>11}{'ignored':>9}{'rate':>7}"
    return "\n".join([head, *(_row(name, row, bars=bars) for name, row in sums.items())])


def _row(name: str, row: OnlineRow, *, bars: bool) -> str:
    rate = f"{100 * row.addressed / row.settled:.0f} %" if row.settled else "-"
    shown = visible_line(name or "(not told)")
    shown = shown if len(shown) < _NAME else f"{shown[: _NAME - 2]}…"
    if bars:
        filled = round(_BAR * row.addressed / row.settled) if row.settled else 0
        shown = f"{shown:<12}{'█' * filled}{'·' * (_BAR - filled if row.settled else 0)}"
    return f"{shown:<{_NAME}}{row.posted:>8}{row.addressed:>11}{row.dismissed:>11}{row.ignored:>9}{rate:>7}"


def _shadow(totals: ShadowTotals) -> str:
    lines = [
        f"Shadow mode: {totals.reviews} reviews would have made {totals.findings} remarks; "
        f"{totals.settled_reviews} are of pull requests that were merged since."
    ]
    if totals.settled_reviews:
        lines += [
            f"  {_of(totals.changed, totals.settled_findings)} stood on lines that were changed before the merge",
            f"  {_of(totals.shared, totals.settled_findings)} stood where a person remarked too",
            f"  {_of(totals.anticipated, totals.remarks)} of people's remarks stood where one would have been made",
        ]
    return "\n".join(lines)


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none of 0"
