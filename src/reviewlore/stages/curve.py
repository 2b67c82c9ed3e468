"""A learning curve: which pull requests each trial trains on; and from what the trials judged, a fit and an outlook.

Pure. The subsets are random and nested, not the first pull requests in time: growing in time, a training set would come
nearer to what judges it, and recency would pass for quantity. Nested: what differs between two points of a trial is
what was added.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from reviewlore.domain.curve import CurveFit, CurvePoint, LearningCurve, Outlook
from reviewlore.domain.evaluation import Interval
from reviewlore.domain.preference import PreferencePair

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
LEAST_PULL_REQUESTS = 8  # fewer have no eighth
LEAST_GAIN = 0.01  # less than a point is not worth mining for
_RESAMPLES = 400
# Learning curves of classifiers mostly are power laws (Viering and Loog 2023, "The Shape of Learning Curves"); the
# inverse square root is the statistical one. A free exponent cannot be found from five noisy points.
_EXPONENTS = (0.25, 0.5, 1.0)
_LEAST_PAIRS_OF_A_KIND = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """One training: on how much, drawn by which seed, and per judged pair 1.0, 0.5 or 0.0 (`judge_pairs`)."""

    share: float
    seed: int
    pull_requests: int
    pairs: int
    wins: Mapping[str, float]


def draw_requests(requests: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """Return a share of the pull requests (`owner/name#n`), of each repository at least one.

    With one seed, a smaller share is part of a larger one.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for request in sorted(set(requests)):
        groups[request.rpartition("#")[0]].append(request)
    drawn = set[str]()
    for repository, group in sorted(groups.items()):
        random.Random(f"{seed}:{repository}").shuffle(group)  # noqa: S311 - a seeded draw, not a secret
        drawn.update(group[: ceil(share * len(group))])
    return frozenset(drawn)


def fit_curve(trials: Sequence[Trial], judged: Sequence[PreferencePair], seed: int) -> LearningCurve | None:
    """Return the curve through what the trials reached on the judged pairs; None with fewer than three sizes."""
    groups = _by_share(trials)
    if len(groups) < 3:
        return None
    table = _Table.of(trials, judged)
    sizes = [_mean([trial.pull_requests for trial in group]) for group in groups]
    rng = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    once = [1] * len(table.requests)
    reached = [_mean([table.accuracy(trial, once) for trial in group]) for group in groups]
    fit = _fit(sizes, reached)
    draws = [_resample(table, groups, rng) for _ in range(_RESAMPLES)]
    fits = [_fit(sizes, draw) for draw in draws]
    now = sizes[-1]
    gain = _interval(_gain(fit, now), [_gain(each, now) for each in fits], len(judged))
    doubled = _interval(_at(fit, 2 * now), [_at(each, 2 * now) for each in fits], len(judged))
    points = tuple(
        CurvePoint(
            share=group[0].share,
            pull_requests=size,
            pairs=_mean([trial.pairs for trial in group]),
            accuracy=_interval(value, [draw[place] for draw in draws], len(judged)),
            trials=len(group),
        )
        for place, (group, size, value) in enumerate(zip(groups, sizes, reached, strict=True))
    )
    return LearningCurve(points, fit, doubled, gain, _outlook(gain), len(judged), len(table.requests), seed)


@dataclass(frozen=True, slots=True)
class _Table:
    """What each trial won, summed by kind and judging pull request; `counts` are the pairs behind a sum."""

    requests: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    sums: dict[tuple[float, int], tuple[tuple[float, ...], ...]]

    @classmethod
    def of(cls, trials: Sequence[Trial], judged: Sequence[PreferencePair]) -> "_Table":
        requests = tuple(sorted({pair.pull_request for pair in judged}))
        place = {request: number for number, request in enumerate(requests)}
        groups: dict[str, list[PreferencePair]] = defaultdict(list)
        for pair in judged:
            groups[pair.kind].append(pair)
        kinds = [group for _, group in sorted(groups.items()) if len(group) >= _LEAST_PAIRS_OF_A_KIND]
        kinds = kinds or list(groups.values())

        def spread(values: Mapping[str, float] | None) -> list[list[float]]:
            rows = [[0.0] * len(requests) for _ in kinds]
            for row, group in zip(rows, kinds, strict=True):
                for pair in group:
                    row[place[pair.pull_request]] += 1.0 if values is None else values[pair.id]
            return rows

        counts = tuple(tuple(map(int, row)) for row in spread(None))
        sums = {(trial.share, trial.seed): tuple(map(tuple, spread(trial.wins))) for trial in trials}
        return cls(requests, counts, sums)

    def accuracy(self, trial: Trial, times: Sequence[int]) -> float:
        """Return the mean over kinds, with each pull request as many times as drawn."""
        shares = []
        for sums, counts in zip(self.sums[trial.share, trial.seed], self.counts, strict=True):
            pairs = sum(w * n for w, n in zip(times, counts, strict=True))
            if pairs:
                shares.append(sum(w * s for w, s in zip(times, sums, strict=True)) / pairs)
        return _mean(shares)


def _by_share(trials: Sequence[Trial]) -> list[list[Trial]]:
    groups: dict[float, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.share].append(trial)
    return [groups[share] for share in sorted(groups)]


def _resample(table: _Table, groups: Sequence[Sequence[Trial]], rng: random.Random) -> list[float]:
    """Return every point's accuracy under one draw of judging pull requests and of trials."""
    times = [0] * len(table.requests)
    for _ in times:
        times[rng.randrange(len(times))] += 1
    return [_mean([table.accuracy(rng.choice(group), times) for _ in group]) for group in groups]


def _fit(sizes: Sequence[float], reached: Sequence[float]) -> CurveFit:
    """Return the power law of the exponent that fits best, by least squares."""
    return min((_line(sizes, reached, exponent) for exponent in _EXPONENTS), key=lambda found: found[0])[1]


def _line(sizes: Sequence[float], reached: Sequence[float], exponent: float) -> tuple[float, CurveFit]:
    xs = [1.0 / size**exponent for size in sizes]
    middle, level = _mean(xs), _mean(reached)
    spread = sum((x - middle) ** 2 for x in xs)
    slope = -sum((x - middle) * (y - level) for x, y in zip(xs, reached, strict=True)) / spread if spread else 0.0
    fit = CurveFit(level + slope * middle, slope, exponent)
    error = sum((fit.ceiling - slope * x - y) ** 2 for x, y in zip(xs, reached, strict=True))
    return error, fit


def _at(fit: CurveFit, size: float) -> float:
    return max(0.0, min(1.0, fit.ceiling - fit.slope / float(size**fit.exponent)))


def _gain(fit: CurveFit, size: float) -> float:
    return _at(fit, 2 * size) - _at(fit, size)


def _outlook(gain: Interval) -> Outlook:
    if gain.low > 0.0 and gain.accuracy >= LEAST_GAIN:
        return "likely"
    return "unlikely" if gain.high < LEAST_GAIN else "unclear"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _interval(centre: float, draws: Sequence[float], count: int) -> Interval:
    ordered = sorted(draws)
    low, high = ordered[int(0.025 * len(ordered))], ordered[min(len(ordered) - 1, int(0.975 * len(ordered)))]
    return Interval(centre, low, high, count)
