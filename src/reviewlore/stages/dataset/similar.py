"""Which remarks of a team sound alike: an inverted index over their rarest words. Pure; no library, no network."""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from reviewlore.domain.history import Episode

_WORD = re.compile(r"[^\W\d_]{3,}")
_RAREST = 8  # words of a remark that are looked up: the others stand everywhere
_POSTINGS = 48  # remarks read per word, those nearest in time: bounds the work where a word is everywhere


class SimilarRemarks:
    """The remarks of one repository and split, in order; asked for those that share rare words with one of them."""

    def __init__(self, episodes: Sequence[Episode]) -> None:
        self._episodes = episodes
        known: dict[str, str] = {}  # one object a word, however many remarks have it
        words = [[known.setdefault(w, w) for w in _words(episode.body)] for episode in episodes]
        counts = Counter(word for each in words for word in each)
        self._weight = {word: math.log(len(episodes) / count) for word, count in counts.items() if count > 1}
        self._words: list[tuple[str, ...]] = []
        self._postings: dict[str, list[int]] = defaultdict(list)
        for at, each in enumerate(words):
            rare = sorted((w for w in each if w in self._weight), key=lambda w: (-self._weight[w], w))[:_RAREST]
            self._words.append(tuple(rare))
            for word in rare:
                self._postings[word].append(at)

    def find(self, at: int, fits: Callable[[Episode], bool], wanted: int) -> list[Episode]:
        """Return up to `wanted` remarks that fit and share the most with remark number `at`, the most similar first."""
        scores: dict[int, float] = defaultdict(float)
        for word in self._words[at]:
            places = self._postings[word]
            start = max(0, min(bisect_left(places, at) - _POSTINGS // 2, len(places) - _POSTINGS))
            for other in places[start : start + _POSTINGS]:
                scores[other] += self._weight[word]
        scores.pop(at, None)
        found: list[Episode] = []
        for _, other in sorted((-score, other) for other, score in scores.items()):
            if fits(self._episodes[other]):
                found.append(self._episodes[other])
                if len(found) == wanted:
                    break
        return found


def _words(body: str) -> set[str]:
    return set(_WORD.findall(body.casefold()))
