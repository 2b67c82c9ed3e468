"""Plain-text tables for a terminal of 100 columns: columns in, lines out. Whose columns they are is not known here."""

from collections.abc import Sequence

from reviewlore.domain.evaluation import Interval

WIDTH = 98
_GAP = "  "


def show_share(value: float) -> str:
    """Return a share with two digits after the point and, below one, none before it."""
    return f"{value:.2f}".removeprefix("0")


def show_interval(interval: Interval | None) -> str:
    """Return a share with its interval, `no pairs` where there is none."""
    if interval is None or interval.count == 0:
        return "no pairs"
    return f"{show_share(interval.accuracy)} ({show_share(interval.low)}–{show_share(interval.high)})"


def show_milliseconds(value: float) -> str:
    """Return milliseconds, empty where none were measured."""
    return f"{value:.2f}" if value else ""


def lay_out(names: Sequence[str], columns: Sequence[list[str]]) -> list[str]:
    """Return tables, each with the names on its left and as many columns as fit the width."""
    return ["\n".join(make_rows([list(names), *block])) for block in _blocks(names, columns)]


def make_rows(columns: Sequence[list[str]], *, align_right: bool = True) -> list[str]:
    """Return the lines of a table; all columns but the first one are aligned right, or (`align_right` False) left."""
    widths = [max(map(len, column)) for column in columns]
    rows = []
    for row in zip(*columns, strict=True):
        cells = [
            cell.rjust(width) if align_right and index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        rows.append(_GAP.join(cells).rstrip())
    return rows


def _blocks(names: Sequence[str], columns: Sequence[list[str]]) -> list[list[list[str]]]:
    room = WIDTH - max(map(len, names))
    blocks: list[list[list[str]]] = [[]]
    used = 0
    for column in columns:
        width = len(_GAP) + max(map(len, column))
        if blocks[-1] and used + width > room:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += width
    return blocks
