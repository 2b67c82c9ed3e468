"""One version, rival or baseline on the held-out pairs: what it prefers, how long it takes, what it reads and costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from reviewlore.domain.evaluation import TierScore
from reviewlore.domain.finding import Tier
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.training import Reading
from reviewlore.ports import Clock, Reader, Scorer
from reviewlore.stages import evaluate


class Remembering:
    """A scorer that is asked about each remark once. It is a `Scorer` and a `Reader` itself."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known: dict[Remark, float] = {}

    @property
    def version(self) -> str:
        """The id of the version that scores."""
        return self._scorer.version

    @property
    def tier(self) -> Tier:
        """The tier of the version that scores."""
        return self._scorer.tier

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark; those not asked about before are scored together (a model batches them)."""
        unknown = [remark for remark in dict.fromkeys(remarks) if remark not in self._known]
        if unknown:
            self._known.update(zip(unknown, self._scorer.score(unknown), strict=True))
        return [self._known[remark] for remark in remarks]

    def read(self, remarks: Sequence[Remark]) -> Reading:
        """Return what the scorer reads for these remarks; nothing where it is no model."""
        return self._scorer.read(remarks) if isinstance(self._scorer, Reader) else Reading()


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who is judged, by a score for each remark; `most` pairs judge it (0: all), spread over them.

    `read` tells what a model reads for them, None for what is no model.
    """

    name: str
    tier: Tier | Literal["baseline"]
    score: Callable[[Sequence[Remark]], list[float]]
    read: Callable[[Sequence[Remark]], Reading] | None = None
    most: int = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """The pairs that judge, with their slices; `price` is what a model asks for reading a million tokens (0: none)."""

    pairs: Sequence[PreferencePair]
    slices: Mapping[str, frozenset[str]]
    seed: int
    clock: Clock
    price: float = 0.0

    def run(self, entrant: Entrant) -> tuple[TierScore, dict[str, float]]:
        """Return the entrant's row, and by the id of each pair that judged it whether it preferred the chosen remark.

        Slices are of versions and rivals; a baseline has none.
        """
        pairs = _spread(self.pairs, entrant.most)
        remarks = remarks_of(pairs)
        start = self.clock.monotonic()
        scores = entrant.score(remarks)
        milliseconds = 1000.0 * (self.clock.monotonic() - start) / max(1, len(remarks))
        wins = evaluate.judge_pairs(pairs, dict(zip(remarks, scores, strict=True)).__getitem__)
        score = evaluate.summarise(
            pairs, wins, name=entrant.name, tier=entrant.tier, seed=self.seed,
            kinds=evaluate.kinds_in_mean(self.pairs), slices={} if entrant.tier == "baseline" else self.slices,
        )  # fmt: skip
        reading = entrant.read(remarks) if entrant.read else Reading()
        cost = reading.passes * self.price / 1000 if reading.passes and self.price else None
        spent = replace(score, milliseconds_per_remark=round(milliseconds, 3), cost_per_thousand=cost)
        return replace(spent, prompt_tokens=round(reading.prompt, 1)), wins


def remarks_of(pairs: Sequence[PreferencePair]) -> list[Remark]:
    """Return the different remarks of some pairs, in order."""
    return list(dict.fromkeys(remark for pair in pairs for remark in (pair.chosen, pair.rejected)))


def _spread(pairs: Sequence[PreferencePair], most: int) -> Sequence[PreferencePair]:
    """Return at most so many pairs, every second, third, ... one: all kinds and times in their shares."""
    return pairs[:: ceil(len(pairs) / most)] if most and len(pairs) > most else pairs
