"""How far probabilities can be believed: predictions and outcomes in, the usual numbers out."""

import math
from collections.abc import Sequence

from reviewlore.domain.calibration import Bin

_MOST_BINS = 10
_LEAST_IN_BIN = 20
_Z = 1.959964  # 97.5 % quantile of the normal distribution


def area_under_roc(values: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Return the chance that an addressed remark has the higher value (Mann-Whitney; ties count one half).

    0.5 where there is only one kind of outcome.
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        middle = (start + 1 + end) / 2  # ranks are counted from 1; equal values share the middle one
        ranks += middle * sum(outcomes[index] for index in order[start:end])
        start = end
    positive = sum(outcomes)
    negative = len(outcomes) - positive
    if not positive or not negative:
        return 0.5
    return (ranks - positive * (positive + 1) / 2) / (positive * negative)


def brier_score(predicted: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Return the mean squared error of the probabilities (Brier 1950), 0 is best."""
    return math.fsum((p - o) ** 2 for p, o in zip(predicted, outcomes, strict=True)) / max(1, len(predicted))


def make_bins(predicted: Sequence[float], outcomes: Sequence[bool]) -> tuple[Bin, ...]:
    """Return at most ten bins of about equal size, lowest probability first; equal predictions share one.

    Equal sizes rather than equal widths: most remarks lie in a narrow range, and a bin of three says nothing.
    """
    order = sorted(range(len(predicted)), key=predicted.__getitem__)
    size = max(_LEAST_IN_BIN, math.ceil(len(order) / _MOST_BINS))
    parts: list[list[int]] = []
    for index in order:
        room = parts and len(parts[-1]) < size
        if parts and (room or predicted[parts[-1][-1]] == predicted[index]):
            parts[-1].append(index)
        else:
            parts.append([index])
    if len(parts) > 1 and len(parts[-1]) < size / 2:
        rest = parts.pop()
        parts[-1] += rest
    return tuple(
        Bin(
            len(part),
            math.fsum(predicted[i] for i in part) / len(part),
            sum(outcomes[i] for i in part) / len(part),
        )
        for part in parts
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of predicted and true share over the bins, by size (ECE, Naeini et al. 2015)."""
    total = sum(each.count for each in bins)
    return math.fsum(each.count * abs(each.predicted - each.addressed) for each in bins) / max(1, total)


def wilson_low(hits: int, count: int) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson 1927); 0 where nothing was counted."""
    if count == 0:
        return 0.0
    share, square = hits / count, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, (share + square / (2 * count) - spread) / (1 + square / count))
