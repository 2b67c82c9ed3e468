"""What a ranker must beat: chance, length, lexical overlap, and the remark's words without the code.

In: a remark (and training pairs for the one that learns). Out: a score. Pure and deterministic.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.ranking.model import word_buckets
from reviewlore.ranking.text import parse_body, parse_hunk, rarity

_BUCKETS = 1 << 16
Scorer = Callable[[Remark], float]


def random_score(remark: Remark) -> float:
    """Return a number in 0..1 drawn from the remark's own hash: chance, but the same on every machine."""
    digest = hashlib.sha256(
        "\0".join((remark.path, remark.hunk, remark.body)).encode("utf-8", "surrogatepass")
    ).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def longer_wins(remark: Remark) -> float:
    """Prefer the longer remark."""
    return float(len(remark.body))


def shorter_wins(remark: Remark) -> float:
    """Prefer the shorter remark."""
    return -float(len(remark.body))


def lexical_overlap(remark: Remark) -> float:
    """Return the rarity-weighted share of the remark's identifiers found in the last four lines of the hunk."""
    names = parse_body(remark.body).identifiers
    lines = [line for line in parse_hunk(remark.hunk).identifiers if line][-4:]
    region = frozenset[str]().union(*lines)
    total = math.fsum(map(rarity, names))
    return math.fsum(map(rarity, names & region)) / total if total else 0.0


def comment_only(pairs: Sequence[PreferencePair]) -> Scorer:
    """Learn from the words of the remarks alone which is chosen (naive Bayes over hashed words and word pairs).

    Only outcome pairs teach it: in relevance pairs both remarks are somebody's good remark on some code.
    """
    chosen: Counter[int] = Counter()
    rejected: Counter[int] = Counter()
    seen: set[tuple[str, bool]] = set()
    for pair in pairs:
        if pair.kind in {"outcome", "same_hunk"}:
            for body, counter, good in ((pair.chosen.body, chosen, True), (pair.rejected.body, rejected, False)):
                if (body, good) not in seen:
                    seen.add((body, good))
                    counter.update(word_buckets(body, _BUCKETS))
    sides = [sum(good for _, good in seen), sum(not good for _, good in seen)]
    weights = {
        bucket: math.log((chosen[bucket] + 1) / (sides[0] + 2)) - math.log((rejected[bucket] + 1) / (sides[1] + 2))
        for bucket in sorted(chosen.keys() | rejected.keys())
    }

    def score(remark: Remark) -> float:
        found = word_buckets(remark.body, _BUCKETS)
        return math.fsum(weights.get(b, 0.0) for b in found) / math.sqrt(max(1, len(found)))

    return score


UNTRAINED: Mapping[str, Scorer] = {
    "random": random_score,
    "longer wins": longer_wins,
    "shorter wins": shorter_wins,
    "lexical overlap": lexical_overlap,
}
