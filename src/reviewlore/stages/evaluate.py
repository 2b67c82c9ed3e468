"""Pairs and a scorer in, preference accuracy with intervals out.

A tie counts one half; accuracy is the mean over repositories, small ones together; intervals are percentile bootstraps
that resample whole pull requests (Efron 1979; clusters after Field and Welsh 2007), since their remarks rise together.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import Interval, TierScore
from reviewlore.domain.preference import PreferencePair, Remark

Scorer = Callable[[Remark], float]
Outcomes = Mapping[str, float]
RESAMPLES = 1000
# A kind with fewer pairs is shown but left out of the mean over kinds: one pair would weigh as much as a thousand.
LEAST_PAIRS_OF_A_KIND = 20
# A repository with fewer pairs of a kind counts in the mean over repositories together with the other small ones.
LEAST_PAIRS_OF_A_REPOSITORY = 10
_SMALL = "small repositories together"
_Clusters = dict[str, list[tuple[float, int]]]


def judge_pairs(pairs: Iterable[PreferencePair], score: Scorer) -> dict[str, float]:
    """Return per pair id 1.0 where the chosen remark scores higher, 0.5 for a tie, else 0.0; each is scored once."""
    known: dict[Remark, float] = {}

    def cached(remark: Remark) -> float:
        if remark not in known:
            known[remark] = score(remark)
        return known[remark]

    return {pair.id: _win(cached(pair.chosen), cached(pair.rejected)) for pair in pairs}


def score_pairs(
    pairs: Sequence[PreferencePair],
    score: Scorer,
    *,
    name: str,
    tier: Tier | Literal["baseline"] = "embedded",
    seed: int = 0,
    resamples: int = RESAMPLES,
    milliseconds_per_remark: float = 0.0,
) -> TierScore:
    """Score the pairs and sum up by kind, with intervals; kinds without pairs are absent."""
    return summarise(
        pairs, judge_pairs(pairs, score), name=name, tier=tier, seed=seed, resamples=resamples,
        milliseconds_per_remark=milliseconds_per_remark,
    )  # fmt: skip


def summarise(
    pairs: Sequence[PreferencePair],
    wins: Outcomes,
    *,
    name: str,
    tier: Tier | Literal["baseline"] = "embedded",
    seed: int = 0,
    resamples: int = RESAMPLES,
    milliseconds_per_remark: float = 0.0,
) -> TierScore:
    """Sum up judged pairs (`judge_pairs`): accuracy by kind, and `overall`, the mean over kinds."""
    kinds = _by_kind(pairs)
    samples: dict[str, list[float]] = {}
    by_kind: dict[str, Interval] = {}
    for kind, group in kinds.items():
        clusters = _clusters(group, {p.id: wins[p.id] for p in group})
        accuracy = _macro(clusters)
        samples[kind] = _resample(clusters, _draws(seed, kind), resamples)
        by_kind[kind] = _interval(accuracy, samples[kind], len(group))
    counted = _counted(kinds)
    means = [sum(draw) / len(draw) for draw in zip(*(samples[kind] for kind in counted), strict=True)]
    centre = sum(by_kind[kind].accuracy for kind in counted) / len(counted) if counted else 0.0
    overall = _interval(centre, means, sum(by_kind[kind].count for kind in counted))
    return TierScore(name, tier, by_kind, overall, milliseconds_per_remark)


def paired_difference(
    pairs: Sequence[PreferencePair],
    first: Outcomes,
    second: Outcomes,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return the accuracy of `first` minus that of `second` on the same pairs, mean over kinds and repositories.

    Both are resampled together, so what they share cancels out; `accuracy` of the result is the difference.
    """
    centre: list[float] = []
    draws: list[list[float]] = []
    kinds = _by_kind(pairs)
    counted = _counted(kinds)
    for kind in counted:
        group = kinds[kind]
        clusters = _clusters(group, {p.id: first[p.id] - second[p.id] for p in group})
        centre.append(_macro(clusters))
        draws.append(_resample(clusters, _draws(seed, kind), resamples))
    means = [sum(draw) / len(draw) for draw in zip(*draws, strict=True)]
    return _interval(sum(centre) / len(centre) if centre else 0.0, means, sum(len(kinds[kind]) for kind in counted))


def _counted(kinds: Mapping[str, Sequence[PreferencePair]]) -> list[str]:
    """Return the kinds that count in the mean: those with enough pairs, or all where none has."""
    return [kind for kind, group in kinds.items() if len(group) >= LEAST_PAIRS_OF_A_KIND] or list(kinds)


def _win(chosen: float, rejected: float) -> float:
    return 1.0 if chosen > rejected else 0.5 if chosen == rejected else 0.0


def _by_kind(pairs: Iterable[PreferencePair]) -> dict[str, list[PreferencePair]]:
    kinds: dict[str, list[PreferencePair]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.kind].append(pair)
    return dict(sorted(kinds.items()))


def _clusters(pairs: Iterable[PreferencePair], values: Outcomes) -> _Clusters:
    """Return per repository the (sum, count) of each pull request; small repositories stand as one."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        sums[pair.repository][pair.pull_request].append(values[pair.id])
    found: _Clusters = defaultdict(list)
    for repository, requests in sorted(sums.items()):
        small = sum(map(len, requests.values())) < LEAST_PAIRS_OF_A_REPOSITORY
        found[_SMALL if small else repository] += [(sum(v), len(v)) for _, v in sorted(requests.items())]
    return dict(found)


def _macro(clusters: _Clusters) -> float:
    shares = [sum(s for s, _ in group) / sum(n for _, n in group) for group in clusters.values()]
    return sum(shares) / len(shares)


def _resample(clusters: _Clusters, rng: random.Random, resamples: int) -> list[float]:
    """Draw each repository's pull requests with replacement and return the macro accuracies."""
    return [
        _macro({name: rng.choices(group, k=len(group)) for name, group in clusters.items()}) for _ in range(resamples)
    ]


def _draws(seed: int, kind: str) -> random.Random:
    return random.Random(f"{seed}:{kind}")  # noqa: S311 - a seeded draw, not a secret


def _interval(accuracy: float, draws: list[float], count: int) -> Interval:
    if not draws:
        return Interval(accuracy, accuracy, accuracy, count)
    ordered = sorted(draws)
    low, high = ordered[int(0.025 * len(ordered))], ordered[min(len(ordered) - 1, int(0.975 * len(ordered)))]
    return Interval(accuracy, low, high, count)
