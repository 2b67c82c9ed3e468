"""The ranker as data: JSON in, scores out, in pure Python without numpy.

A model is a weighted sum of parts; a part is linear weights, trees and hashed word weights over one list of features.
Words are kept as CRC-32 buckets, never as text; a model without them (the shipped prior) holds no words of any data.
"""

import itertools
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reviewlore.domain.preference import Remark
from reviewlore.errors import StateError
from reviewlore.ranking.features import extract, feature_names
from reviewlore.ranking.text import BODIES, parse_body
from reviewlore.ranking.trees import Tree, tree_from_json, tree_to_json

SCHEMA = 1
_POSITION = {name: i for i, name in enumerate(feature_names())}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Part:
    """One summand: `weight` * value, with value = `bias` + linear . x + sum of trees + word weights / sqrt(words).

    Empty tuples mean "not used". A `gated` part contributes log sigmoid(value): it can only cost, and stops counting
    once it is sure (log P(about this code), so that being more than relevant buys nothing).
    """

    weight: float
    linear: tuple[float, ...] = ()
    trees: tuple[Tree, ...] = ()
    words: tuple[float, ...] = ()
    bias: float = 0.0
    gated: bool = False


@dataclass(frozen=True, slots=True)
class RankerModel:
    """A trained ranker: higher scores are remarks this team is more likely to stand by.

    `features` are the names it was trained on (a subset of `feature_names()`); the difference of two scores is the
    logit of the first being preferred. `about` says how it was trained, for people (pairs, seed, source).
    """

    features: tuple[str, ...]
    parts: tuple[Part, ...]
    about: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RankerModel":
        """Read a model; StateError where it is damaged, from a newer version, or asks for unknown features."""
        if not isinstance(data.get("schema"), int):
            raise StateError("The ranker's file is not a ranker (no `schema`). Restore it, or train again.")
        if data["schema"] > SCHEMA:
            raise StateError(
                f"The ranker was written by a newer reviewlore (schema {data['schema']}). Upgrade reviewlore."
            )
        try:
            features = tuple(map(str, data["features"]))
            parts = tuple(_part(part, len(features)) for part in data["parts"])
            about = tuple((str(k), str(v)) for k, v in dict(data.get("about", {})).items())
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise StateError(f"The ranker's file is damaged ({error!r}). Restore it, or train again.") from error
        unknown = [name for name in features if name not in _POSITION]
        if unknown:
            raise StateError(
                f"The ranker uses {len(unknown)} features this version does not know ({unknown[0]}). Train again."
            )
        return cls(features, parts, about)

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain JSON values; `from_json` gives back an equal model."""
        return {
            "schema": SCHEMA,
            "features": list(self.features),
            "parts": [
                {
                    "weight": part.weight,
                    "linear": list(part.linear),
                    "trees": [tree_to_json(tree) for tree in part.trees],
                    "words": list(part.words),
                    "bias": part.bias,
                    "gated": part.gated,
                }
                for part in self.parts
            ],
            "about": dict(self.about),
        }

    def score(self, remark: Remark) -> float:
        """Return the score of one remark; it depends on that remark alone."""
        vector = extract(remark)
        return self.score_vector(tuple(vector[_POSITION[name]] for name in self.features), remark.body)

    def score_vector(self, vector: Sequence[float], body: str) -> float:
        """Return the score from the numbers of `features`, in their order, and the remark's words."""
        return math.fsum(part.weight * _evaluate(part, vector, body) for part in self.parts)


@lru_cache(maxsize=BODIES)
def word_buckets(body: str, buckets: int) -> tuple[int, ...]:
    """Return the distinct buckets (CRC-32, stable everywhere) of a remark's words and word pairs, digits masked."""
    words = [_DIGITS.sub("0", w) for w in parse_body(body).prose.split()]
    words = ["".join(c for c in w if c.isalnum() or c in "'?") or "_" for w in words[:400]]
    grams = [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]
    return tuple(sorted({zlib.crc32(g.encode("utf-8", "surrogatepass")) % buckets for g in grams}))


def _evaluate(part: Part, vector: Sequence[float], body: str) -> float:
    total = part.bias
    if part.linear:
        total += math.fsum(w * x for w, x in zip(part.linear, vector, strict=True))
    total += math.fsum(tree(vector) for tree in part.trees)
    if part.words:
        found = word_buckets(body, len(part.words))
        total += math.fsum(part.words[i] for i in found) / math.sqrt(max(1, len(found)))
    return _log_sigmoid(total) if part.gated else total


def _log_sigmoid(value: float) -> float:
    return -math.log1p(math.exp(-value)) if value > 0 else value - math.log1p(math.exp(value))


def _part(data: Mapping[str, Any], features: int) -> Part:
    linear, words = tuple(map(float, data["linear"])), tuple(map(float, data["words"]))
    weight, bias = float(data["weight"]), float(data.get("bias", 0.0))
    if len(linear) not in {0, features} or not all(map(math.isfinite, (weight, bias, *linear, *words))):
        raise ValueError("weights do not fit the features")
    trees = tuple(tree_from_json(tree, features) for tree in data["trees"])
    return Part(weight, linear, trees, words, bias, data.get("gated") is True)
