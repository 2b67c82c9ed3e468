"""How a version behaves beyond preferring the right remark: scores, texts and losses in, plain numbers out. Pure."""

import math
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from reviewlore.domain.evaluation import Interval
from reviewlore.domain.training import Completion, TokenLoss

_RESAMPLES = 1000
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_GRAM = 3  # words in a row that count as the same place of a text
_LONG = 8  # words from which on a text can repeat anything
_MOST_REPEATED = 0.5
_MOST_COPIED = 0.8
_LEAST_COPY = 12  # characters: a shorter text may stand in a hunk by its own right, as a name does


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation, ties at their mean rank; None where one side says nothing."""
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return statistics.correlation(_ranks(first), _ranks(second))


def silence_precision(judged: Iterable[tuple[str, bool, bool]], seed: int) -> Interval | None:
    """Return how many of the remarks that would not be said were indeed not addressed; None where none is left out.

    `judged` are (group, said, addressed); the interval resamples whole groups (pull requests), as remarks of one rise
    and fall together.
    """
    groups: dict[str, list[bool]] = defaultdict(list)
    for group, said, addressed in judged:
        if not said:
            groups[group].append(not addressed)
    rows = [(sum(right), len(right)) for _, right in sorted(groups.items())]
    if not rows:
        return None
    randomness = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    draws = sorted(_share(randomness.choices(rows, k=len(rows))) for _ in range(_RESAMPLES))
    low, high = draws[int(0.025 * _RESAMPLES)], draws[int(0.975 * _RESAMPLES)]
    return Interval(_share(rows), low, high, sum(count for _, count in rows))


def perplexity_ratio(losses: Sequence[TokenLoss]) -> float | None:
    """Return the perplexity of texts under the adapter over that under its base; None where there are no tokens.

    1 says that nothing was forgotten, 2 that the adapter is as unsure as between twice as many tokens.
    """
    tokens = sum(each.tokens for each in losses)
    if not tokens:
        return None
    worse = math.fsum(each.tokens * (each.adapter - each.base) for each in losses) / tokens
    return math.exp(min(worse, 700.0))  # beyond which no float is


def rate_written(written: Sequence[tuple[str, Completion]]) -> tuple[float, float] | None:
    """Return (the share of remarks that can be used, the share that repeat another one); None where none was written.

    `written` are remarks with the hunks they are about. Of equal remarks, word for word and whatever their case, all
    but one are duplicates: a model that says one thing of everything has learned no code.
    """
    if not written:
        return None
    usable = sum(is_usable(completion, hunk) for hunk, completion in written)
    said = [tuple(_WORD.findall(completion.text.casefold())) for _, completion in written]
    said = [words for words in said if words]
    return usable / len(written), (len(said) - len(set(said))) / len(written)


def is_usable(completion: Completion, hunk: str) -> bool:
    """Whether a remark could be posted: it ended, has words, and repeats neither itself nor the code it was shown."""
    text = completion.text.strip()
    if not completion.ended or not _LETTERS.search(text):
        return False
    if len(text) >= _LEAST_COPY and text in hunk:
        return False
    words = _WORD.findall(text.casefold())
    if len(words) < _LONG:
        return True
    grams = _grams(words)
    copied = set(_grams(_WORD.findall(hunk.casefold())))
    repeated = 1.0 - len(set(grams)) / len(grams)
    return repeated <= _MOST_REPEATED and sum(gram in copied for gram in grams) / len(grams) <= _MOST_COPIED


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + end - 1) / 2
        start = end
    return ranks


def _share(rows: Sequence[tuple[int, int]]) -> float:
    return sum(right for right, _ in rows) / sum(count for _, count in rows)


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + _GRAM]) for start in range(max(0, len(words) - _GRAM + 1))]
