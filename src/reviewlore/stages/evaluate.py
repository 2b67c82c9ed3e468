"""Pairs and a scorer in, preference accuracy with intervals out.

A tie counts one half; accuracy is the mean over repositories, small ones together; intervals are percentile bootstraps
that resample whole pull requests (Efron 1979; clusters after Field and Welsh 2007), since their remarks rise together.
Of few pull requests they would be too narrow, so their levels are widened as a t-interval is (Hesterberg 2015).
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist
from typing import Literal

from reviewlore.domain.evaluation import Interval, TierScore
from reviewlore.domain.finding import Tier
from reviewlore.domain.preference import PreferencePair, Remark

Scorer = Callable[[Remark], float]
Outcomes = Mapping[str, float]
RESAMPLES = 1000
# A kind with fewer pairs is shown but left out of the mean over kinds: one pair would weigh as much as a thousand.
LEAST_PAIRS_OF_A_KIND = 20
# A repository with fewer pairs of a kind counts in the mean over repositories together with the other small ones.
LEAST_PAIRS_OF_A_REPOSITORY = 10
_SMALL = "small repositories together"
_NO_SLICES: Mapping[str, frozenset[str]] = {}


def judge_pairs(pairs: Iterable[PreferencePair], score: Scorer) -> dict[str, float]:
    """Return per pair id 1.0 where the chosen remark scores higher, 0.5 for a tie, else 0.0; each is scored once."""
    known: dict[Remark, float] = {}

    def cached(remark: Remark) -> float:
        if remark not in known:
            known[remark] = score(remark)
        return known[remark]

    return {pair.id: _win(cached(pair.chosen), cached(pair.rejected)) for pair in pairs}


def kinds_in_mean(pairs: Iterable[PreferencePair]) -> frozenset[str]:
    """Return the kinds that count in the mean: those with enough pairs, of more pull requests than one; else all.

    Where somebody is judged on some of these pairs only, the same kinds have to count. A kind of a single pull request
    would make the mean look surer than it is: nothing tells how it varies.
    """
    known = list(pairs)
    counts = Counter[str](pair.kind for pair in known)
    spread = Counter[str](kind for kind, _ in {(pair.kind, pair.pull_request) for pair in known})
    enough = (kind for kind, count in counts.items() if count >= LEAST_PAIRS_OF_A_KIND and spread[kind] > 1)
    return frozenset(enough) or frozenset(counts)


def summarise(
    pairs: Sequence[PreferencePair],
    wins: Outcomes,
    *,
    name: str,
    tier: Tier | Literal["baseline"] = "embedded",
    seed: int = 0,
    resamples: int = RESAMPLES,
    slices: Mapping[str, frozenset[str]] = _NO_SLICES,
    kinds: frozenset[str] = frozenset(),
) -> TierScore:
    """Sum up judged pairs (`judge_pairs`): accuracy by kind, and `overall`, the mean over `kinds` (or `kinds_in_mean`).

    `slices` are ids of pairs by name; a slice's accuracy is of all its pairs, whatever their kind. A slice or a kind
    that lies in a single pull request cannot be resampled: its interval is all there is.
    """
    table = _tabulate(pairs, wins)
    samples = table.resampled(seed, resamples)
    by_kind = table.intervals(samples)
    counted = table.counted(kinds or kinds_in_mean(pairs))
    means = [sum(draw) / len(draw) for draw in zip(*(samples[kind] for kind in counted), strict=True)]
    centre = sum(by_kind[kind].accuracy for kind in counted) / len(counted) if counted else 0.0
    overall = _interval(centre, means, sum(by_kind[kind].count for kind in counted), sum(table.sizes))
    parts = _tabulate(pairs, wins, lambda pair: [part for part, ids in slices.items() if pair.id in ids])
    return TierScore(name, tier, by_kind, overall, slices=parts.intervals(parts.resampled(seed, resamples)))


def paired_difference(
    pairs: Sequence[PreferencePair],
    first: Outcomes,
    second: Outcomes,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    kinds: frozenset[str] = frozenset(),
) -> Interval:
    """Return the accuracy of `first` minus that of `second` on the same pairs, mean over kinds and repositories.

    Both are resampled together, so what they share cancels out; `accuracy` of the result is the difference.
    """
    table = _tabulate(pairs, {pair.id: first[pair.id] - second[pair.id] for pair in pairs})
    samples, counted = table.resampled(seed, resamples), table.counted(kinds or kinds_in_mean(pairs))
    means = [sum(draw) / len(draw) for draw in zip(*(samples[kind] for kind in counted), strict=True)]
    centre = sum(map(table.accuracy, counted)) / len(counted) if counted else 0.0
    return _interval(centre, means, sum(table.counts[kind] for kind in counted), sum(table.sizes))


def _win(chosen: float, rejected: float) -> float:
    return 1.0 if chosen > rejected else 0.5 if chosen == rejected else 0.0


@dataclass(frozen=True, slots=True)
class _Table:
    """Values summed by kind, group (a repository, or the small ones together) and pull request.

    `cells[kind]` holds, per group, (pull request, sum, number of pairs); `sizes` is the number of pull requests of each
    repository, whose numbers follow one another.
    """

    sizes: tuple[int, ...]
    cells: dict[str, list[list[tuple[int, float, int]]]]
    counts: dict[str, int]

    def counted(self, kinds: frozenset[str]) -> list[str]:
        """Return those of the kinds that are there, or all where none is."""
        return [kind for kind in self.counts if kind in kinds] or list(self.counts)

    def accuracy(self, kind: str, times: Sequence[int] | None = None) -> float:
        """Return the mean over groups, with each pull request as many times as drawn (once where nothing is drawn).

        A group of which no pull request was drawn has no say; where none was, the accuracy is that of all.
        """
        shares = []
        for group in self.cells[kind]:
            weights = [1 if times is None else times[pull] for pull, _, _ in group]
            pairs = sum(w * n for w, (_, _, n) in zip(weights, group, strict=True))
            if pairs:
                shares.append(sum(w * s for w, (_, s, _) in zip(weights, group, strict=True)) / pairs)
        return sum(shares) / len(shares) if shares else self.accuracy(kind)

    def intervals(self, samples: Mapping[str, list[float]]) -> dict[str, Interval]:
        """Return each kind's share with its interval: all there is where its pairs are of one pull request."""
        found = {}
        for kind, count in self.counts.items():
            requests = sum(map(len, self.cells[kind]))
            found[kind] = _interval(self.accuracy(kind), samples[kind] if requests > 1 else [0.0, 1.0], count, requests)
        return found

    def resampled(self, seed: int, resamples: int) -> dict[str, list[float]]:
        """Return each kind's accuracy under the same draws: a pull request brings all its kinds, or none."""
        draws = _draw(self.sizes, seed, resamples)
        return {kind: [self.accuracy(kind, times) for times in draws] for kind in self.cells}


def _kind(pair: PreferencePair) -> list[str]:
    return [pair.kind]


def _tabulate(
    pairs: Iterable[PreferencePair], values: Outcomes, names: Callable[[PreferencePair], list[str]] = _kind
) -> _Table:
    """Sum values up by kind, or by whatever else `names` says that a pair counts for."""
    kinds: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    pulls: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for name in names(pair):
            kinds[name][pair.repository][pair.pull_request].append(values[pair.id])
        pulls[pair.repository].add(pair.pull_request)
    order = [(repository, pull) for repository in sorted(pulls) for pull in sorted(pulls[repository])]
    number = {place: i for i, place in enumerate(order)}
    cells: dict[str, list[list[tuple[int, float, int]]]] = {}
    for name, repositories in sorted(kinds.items()):
        groups: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
        for repository, requests in sorted(repositories.items()):
            small = sum(map(len, requests.values())) < LEAST_PAIRS_OF_A_REPOSITORY
            groups[_SMALL if small else repository] += [
                (number[repository, pull], sum(v), len(v)) for pull, v in sorted(requests.items())
            ]
        cells[name] = list(groups.values())
    counts = {name: sum(n for group in groups for _, _, n in group) for name, groups in cells.items()}
    return _Table(tuple(len(pulls[repository]) for repository in sorted(pulls)), cells, counts)


@lru_cache(maxsize=4)
def _draw(sizes: tuple[int, ...], seed: int, resamples: int) -> tuple[tuple[int, ...], ...]:
    """Draw each repository's pull requests with replacement; return how often each was drawn, per resample."""
    rng = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    draws = []
    for _ in range(resamples):
        times = [0] * sum(sizes)
        start = 0
        for size in sizes:
            for _ in range(size):
                times[start + rng.randrange(size)] += 1
            start += size
        draws.append(tuple(times))
    return tuple(draws)


def _interval(accuracy: float, draws: list[float], count: int, requests: int) -> Interval:
    """Return the interval that holds 95 % of what is drawn, or more where few pull requests were drawn from."""
    if not draws:
        return Interval(accuracy, accuracy, accuracy, count)
    ordered, tail = sorted(draws), _tail(requests)
    low, high = ordered[int(tail * len(ordered))], ordered[min(len(ordered) - 1, int((1.0 - tail) * len(ordered)))]
    return Interval(accuracy, low, high, count)


@lru_cache(maxsize=256)
def _tail(requests: int) -> float:
    """Return the share of draws left out on either side: 2.5 %, and less of few pull requests.

    A resample of n varies by sqrt((n - 1) / n) too little, and who has few needs Student's t in place of the normal's
    1.96 (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", 5.3; t by Cornish and Fisher's expansion).
    """
    if requests < 2:
        return 0.0
    free, z = requests - 1, NormalDist().inv_cdf(0.975)
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    return NormalDist().cdf(-sqrt(requests / free) * t)
