"""A learning curve as plain text of 100 columns: one row a size, each with its interval drawn, and what is expected."""

import textwrap

from reviewlore.domain.curve import LearningCurve
from reviewlore.domain.evaluation import Interval
from reviewlore.formats.tables import WIDTH, show_interval, show_share

_PLOT = 40


def render_curve(curve: LearningCurve) -> str:
    """Return the table with its plot; `●` was measured, `○` is expected by the fit."""
    title = (
        f"Learning curve of the embedded ranker: accuracy (mean of kinds) on {curve.judged_pairs} pairs of "
        f"{curve.judged_pull_requests} later pull requests, trained on random shares of the earlier ones"
    )
    rows = [
        (f"{point.share:.0%}", f"{point.pull_requests:.0f}", f"{point.pairs:.0f}", point.accuracy, "●")
        for point in curve.points
    ]
    rows.append(("200%", f"{2 * curve.points[-1].pull_requests:.0f}", "", curve.doubled, "○"))
    low = min(row[3].low for row in rows)
    high = max(row[3].high for row in rows)
    head = f"{'share':>6}{'pull requests':>15}{'pairs':>8}  {'accuracy':<15} "
    scale = f"{show_share(low)}{show_share(high):>{_PLOT - len(show_share(low))}}"
    lines = [*textwrap.wrap(title, WIDTH), "", head + scale]
    for share, requests, pairs, accuracy, mark in rows:
        told = show_interval(accuracy)
        lines.append(f"{share:>6}{requests:>15}{pairs:>8}  {told:<15} {_draw(accuracy, mark, low, high)}".rstrip())
    return "\n".join([*lines, "", *textwrap.wrap(curve.told, WIDTH)]) + "\n"


def _draw(interval: Interval, mark: str, low: float, high: float) -> str:
    def place(value: float) -> int:
        return round((_PLOT - 1) * (min(max(value, low), high) - low) / (high - low)) if high > low else 0

    cells = [" "] * _PLOT
    first, last = place(interval.low), place(interval.high)
    cells[first : last + 1] = ["─"] * (last - first + 1)
    cells[first], cells[last] = "├", "┤"
    cells[place(interval.accuracy)] = mark
    return "".join(cells)
