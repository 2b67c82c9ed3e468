"""Which remarks are paired with which: the episodes of one repository and split in, pairs of two remarks out.

Random choices are seeded per remark, so the order of the episodes does not matter.
"""

import hashlib
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice

from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PairKind, PairSettings, PreferencePair
from reviewlore.stages.dataset.making import PairMaker
from reviewlore.stages.dataset.selection import REFUSED, order
from reviewlore.stages.dataset.similar import SimilarRemarks

_TRIES = 10  # draws per partner before a pool is read to its end
Fits = Callable[[Episode], bool]


class Pairing:
    """Pairs the remarks of one repository and split; `said` is the near-equal group of each remark's words."""

    def __init__(
        self, episodes: list[Episode], maker: PairMaker, seed: int, settings: PairSettings, said: dict[str, int]
    ) -> None:
        self._maker = maker
        self._training = maker.split == "train"
        self._seed = seed
        self._settings = settings
        self._said = said
        intents = settings.intents if self._training else settings.intents & settings.test_intents
        self._every = episodes
        self._people = [e for e in episodes if e.author_kind == "human" and e.intent in intents]
        self._good = [e for e in self._people if e.outcome == "addressed"]
        self._bad = [e for e in self._people if e.outcome in REFUSED]
        self._by_path: dict[str, list[Episode]] = defaultdict(list)
        self._by_folder: dict[str, list[Episode]] = defaultdict(list)
        for episode in self._people:
            self._by_path[episode.anchor.path].append(episode)
            self._by_folder[_folder(episode)].append(episode)

    def pairs(self) -> Iterator[PreferencePair]:
        """Yield the pairs of all kinds that take two remarks."""
        asked = self._limited(self._good, "relevance")
        for episode in asked:
            yield from self._relevance(episode)
        for episode in self._limited(self._bad, "outcome"):
            yield from self._outcome(episode)
        yield from self._natural()
        yield from self._similar(asked)

    def _limited(self, episodes: list[Episode], kind: str) -> list[Episode]:
        limit = self._settings.test_limit
        if self._training or len(episodes) <= limit:
            return episodes
        ranked = sorted(episodes, key=lambda e: hashlib.sha256(f"{self._seed}:{kind}:{e.id}".encode()).digest())
        return sorted(ranked[:limit], key=order)

    def _wanted(self, in_training: int) -> int:
        return in_training if self._training else self._settings.test_partners

    def _relevance(self, chosen: Episode) -> Iterator[PreferencePair]:
        path, request = chosen.anchor.path, chosen.pull_request
        near = self._by_path[path]
        fits_near: Fits = lambda e: e.id != chosen.id  # noqa: E731 - one of two short tests
        if len(near) == 1:
            near, fits_near = self._by_folder[_folder(chosen)], lambda e: e.pull_request != request
        far: Fits = lambda e: e.pull_request != request and e.anchor.path != path  # noqa: E731
        choices: tuple[tuple[PairKind, list[Episode], Fits, int], ...] = (
            ("relevance_hard", near, fits_near, self._settings.hard),
            ("relevance_easy", self._people, far, self._settings.easy),
        )
        for kind, pool, fits, wanted in choices:
            for rejected in self._sample(pool, fits, self._wanted(wanted), f"{kind}:{chosen.id}"):
                # Near-equal words often differ in the one name that matters: those are good negatives, equal ones none.
                if not _equal(chosen, rejected):
                    yield self._maker.foreign(kind, chosen, rejected)

    def _similar(self, asked: list[Episode]) -> Iterator[PreferencePair]:
        """Pair with remarks that sound alike and belong to other code: what the words alone cannot tell apart."""
        if not asked:
            return
        index = SimilarRemarks(self._people)
        place = {episode.id: at for at, episode in enumerate(self._people)}
        for chosen in asked:

            def fits(other: Episode, chosen: Episode = chosen) -> bool:
                elsewhere = other.pull_request != chosen.pull_request and other.anchor.path != chosen.anchor.path
                return elsewhere and self._said[other.id] != self._said[chosen.id]

            for rejected in index.find(place[chosen.id], fits, self._wanted(self._settings.similar)):
                yield self._maker.foreign("relevance_similar", chosen, rejected)

    def _outcome(self, rejected: Episode) -> Iterator[PreferencePair]:
        """Pair with the addressed remarks nearest in time, half before and half after."""
        wanted = self._wanted(self._settings.outcome)
        at = bisect_left(self._good, order(rejected), key=order)
        window = range(max(0, at - wanted), min(len(self._good), at + wanted))
        for place in islice(sorted(window, key=lambda i: (abs(i - at + 0.5), i)), wanted):
            if not _equal(self._good[place], rejected):
                yield self._maker.own("outcome", self._good[place], rejected)

    def _natural(self) -> Iterator[PreferencePair]:
        """Pair remarks that stand on one and the same hunk of one pull request."""
        places: dict[tuple[int, str, str], list[Episode]] = defaultdict(list)
        for episode in self._every:
            places[episode.pull_request, episode.anchor.path, episode.hunk.split("\n", 1)[0]].append(episode)
        good = {e.id for e in self._good}
        for group in places.values():
            for chosen in (e for e in group if e.id in good):
                for rejected in (e for e in group if e.outcome in REFUSED):
                    kind: PairKind = "human_over_bot" if rejected.author_kind == "bot" else "same_hunk"
                    if not _equal(chosen, rejected):
                        yield self._maker.own(kind, chosen, rejected)

    def _sample(self, pool: list[Episode], fits: Fits, count: int, purpose: str) -> list[Episode]:
        """Draw without replacement from what fits in a pool; nearly all fits, so the pool is seldom read to its end."""
        rng = random.Random(f"{self._seed}:{purpose}")  # noqa: S311 - a seeded draw, not a secret
        picked, tried = [], set[int]()
        for _ in range(_TRIES * count):
            at = rng.randrange(len(pool))
            if at not in tried:
                tried.add(at)
                if fits(pool[at]):
                    picked.append(pool[at])
            if len(picked) == count:
                return picked
        rest = [episode for at, episode in enumerate(pool) if at not in tried and fits(episode)]
        return picked + rng.sample(rest, min(len(rest), count - len(picked)))


def _equal(one: Episode, other: Episode) -> bool:
    return one.body.strip() == other.body.strip()


def _folder(episode: Episode) -> str:
    return episode.anchor.path.rpartition("/")[0]
