"""What a model is shown of a team before it is asked about a remark: near remarks of earlier pull requests, told apart.

Of the training side only: what judges a version is never shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reviewlore.domain.history import Episode
from reviewlore.domain.preference import Remark
from reviewlore.domain.training import Example
from reviewlore.ranking.text import identifiers, rarity

SHOWN = 6  # half of them acted on, half not; more change little and make the prompt longer than some windows
_READ = 200  # remarks read per word, the latest: bounds the work where a word is everywhere
_RAREST = 24  # words of a hunk that are looked up


class Shots:
    """The remarks of a training side, found by the rare words of the code that they are about."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        known = [each for each in episodes if each.outcome != "unknown"]
        self._episodes: Sequence[Episode] = sorted(known, key=lambda each: (each.created_at, each.id))
        self._places: dict[str, list[int]] = defaultdict(list)
        for number, episode in enumerate(self._episodes):
            for word in _words(episode.anchor.path, episode.hunk):
                self._places[word].append(number)

    def choose(self, remark: Remark) -> tuple[Example, ...]:
        """Return remarks on the most similar code, as many that were acted on as not, the nearest last.

        Where nothing is similar, the latest stand in. Never the remark itself.
        """
        scores: dict[int, float] = defaultdict(float)
        rare = sorted(_words(remark.path, remark.hunk), key=lambda word: (-rarity(word), word))[:_RAREST]
        for word in rare:
            for number in self._places.get(word, ())[-_READ:]:
                scores[number] += rarity(word)
        near = sorted(scores, key=lambda number: (-scores[number], -number))
        latest = (number for number in range(len(self._episodes) - 1, -1, -1) if number not in scores)
        order = (number for numbers in (near, latest) for number in numbers)
        chosen: dict[bool, list[int]] = {True: [], False: []}
        for number in order:
            episode = self._episodes[number]
            side = chosen[episode.outcome == "addressed"]
            if len(side) < SHOWN // 2 and episode.body != remark.body:
                side.append(number)
            if all(len(each) == SHOWN // 2 for each in chosen.values()):
                break
        ranked = sorted((at, number, good) for good, side in chosen.items() for at, number in enumerate(side))
        return tuple(self._example(number, good) for _, number, good in reversed(ranked))

    def _example(self, number: int, good: bool) -> Example:
        episode = self._episodes[number]
        return Example(Remark(episode.anchor.path, episode.hunk, episode.body), good)


def _words(path: str, hunk: str) -> frozenset[str]:
    return identifiers(f"{path}\n{hunk}")
