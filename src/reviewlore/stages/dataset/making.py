"""One pair from its two sides: weight, identity, shared records. Episodes in, `PreferencePair` out."""

import hashlib
import json
from functools import partial

from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PairKind, PairSettings, PreferencePair, Remark, Split
from reviewlore.stages.dataset.selection import pull_request

CONFIDENCE = {"high": 1.0, "medium": 0.8, "low": 0.4}
# What a kind is worth beside a person's remark that was acted on: here one side is nobody's judgement.
_WORTH: dict[PairKind, float] = {"silence": 0.5, "revision": 0.5}


class PairMaker:
    """Makes pairs of one split; what stands in many pairs is one object, and each remark is hashed once."""

    def __init__(self, split: Split, settings: PairSettings, contradicted: frozenset[str]) -> None:
        self.split: Split = split
        self._settings = settings
        self._contradicted = contradicted
        self._remarks: dict[str, Remark] = {}
        self._digests: dict[str, str] = {}
        self._pulls: dict[str, str] = {}

    def own(self, kind: PairKind, chosen: Episode, rejected: Episode) -> PreferencePair:
        """Pair two remarks, each read against its own hunk."""
        weight = CONFIDENCE[chosen.confidence] * CONFIDENCE[rejected.confidence]
        if chosen.id in self._contradicted or rejected.id in self._contradicted:
            weight *= self._settings.contradicted
        return self._pair(kind, chosen, rejected, (self._remark(chosen), self._remark(rejected)), weight)

    def foreign(self, kind: PairKind, chosen: Episode, rejected: Episode) -> PreferencePair:
        """Pair a remark with one that belongs elsewhere, both read against the first one's hunk.

        What became of the second does not matter then: it says nothing about this code.
        """
        if chosen.hunk == rejected.hunk:
            return self.own(kind, chosen, rejected)
        sides = (self._remark(chosen), Remark(chosen.anchor.path, chosen.hunk, rejected.body))
        return self._pair(kind, chosen, rejected, sides, CONFIDENCE[chosen.confidence])

    def alone(self, kind: PairKind, episode: Episode, chosen: str, rejected: str, weight: float) -> PreferencePair:
        """Pair two texts on the place of one remark; an empty one is silence."""
        place = partial(Remark, episode.anchor.path, episode.hunk)
        weight *= _WORTH.get(kind, 1.0)
        if episode.id in self._contradicted:
            weight *= self._settings.contradicted
        return self._pair(kind, episode, episode, (place(chosen), place(rejected)), weight, (chosen, rejected))

    def _remark(self, episode: Episode) -> Remark:
        known = self._remarks.get(episode.id)
        if known is None:
            known = self._remarks[episode.id] = Remark(episode.anchor.path, episode.hunk, episode.body)
        return known

    def _digest(self, episode: Episode) -> str:
        known = self._digests.get(episode.id)
        if known is None:
            known = self._digests[episode.id] = _hash(
                [episode.id, episode.repository, episode.anchor.path, episode.hunk, episode.body]
            )
        return known

    def _pair(
        self,
        kind: PairKind,
        chosen: Episode,
        rejected: Episode,
        sides: tuple[Remark, Remark],
        weight: float,
        texts: tuple[str, ...] = (),
    ) -> PreferencePair:
        unit = pull_request(chosen)
        return PreferencePair(
            id=_hash([kind, self._digest(chosen), self._digest(rejected), *texts]),
            kind=kind,
            chosen=sides[0],
            rejected=sides[1],
            weight=weight,
            repository=chosen.repository,
            pull_request=self._pulls.setdefault(unit, unit),
            created_at=chosen.created_at,
            episodes=(chosen.id, rejected.id),
            split=self.split,
        )


def _hash(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
