"""What a past remark says about a later hunk, on real remarks: the right concern, the same words, or neither.

In: rows of review comments. Out: how often the precedents of a later hunk are about what the person then said, beside
precedents drawn at random and the best there was; and how sure one would have to be to post them.
"""

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks._comments import SEED, as_episode, judged_rows

from reviewlore.adapters.index import SqliteIndex
from reviewlore.adapters.terms import split_terms
from reviewlore.domain.retrieval import Hit, Scope
from reviewlore.stages.mine import classify_concern
from reviewlore.stages.passages import passages_of_episodes
from reviewlore.stages.retrieve import query_of_hunk

Row = dict[str, Any]
Vector = dict[str, float]
_LATER = 0.7  # the rank in time from which hunks are asked about; what is searched lies before
_LEAST = 40  # past remarks that a repository must have
_FIRST = 3
_BY_CHANCE = 0.01  # two remarks say the same where only one pair in a hundred, drawn at random, is as near
_DRAWN = 2_000
_ASKED_OF_POSTS = 0.7  # the share of remarks that should be addressed, as `target-precision` has it


@dataclass(frozen=True)
class Asked:
    """One later hunk: how near the words of each precedent, of random ones, and of the best are to what was said."""

    repository: str
    similarity: float
    found: tuple[float, ...]
    drawn: float
    best: float
    concern: str
    concerns: tuple[str, ...]
    drawn_concern: str


def judge(rows: Sequence[Row]) -> dict[str, float | int | bool]:
    """Answer for all repositories with enough of a past; shares are means over repositories."""
    people = [row for row in judged_rows(rows) if row["author_role"] != "BOT" and row["outcome"] == "addressed"]
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in people:
        groups[row["repo"]].append(row)
    asked: list[Asked] = []
    rng = random.Random(SEED)
    chance: list[float] = []
    for _, items in sorted(groups.items()):
        past = [row for row in items if row["time_quantile"] < _LATER]
        later = [row for row in items if row["time_quantile"] >= _LATER]
        if len(past) >= _LEAST and later:
            chance += _draw(items, rng)
            asked += _ask(past, later, rng)
    if not asked:
        return {}
    same = sorted(chance)[int(len(chance) * (1 - _BY_CHANCE))]
    concerned = [each for each in asked if each.concern != "other"]
    sure = _gate(asked, same)
    return {
        "hunks": len(asked),
        "repositories": len({each.repository for each in asked}),
        "same_concern_first": _macro(concerned, lambda each: each.concerns[:1] == (each.concern,)),
        "same_concern_in_three": _macro(concerned, lambda each: each.concern in each.concerns),
        "same_concern_random": _macro(concerned, lambda each: each.drawn_concern == each.concern),
        "says_it_first": _macro(asked, lambda each: max(each.found[:1], default=0.0) >= same),
        "says_it_in_three": _macro(asked, lambda each: max(each.found, default=0.0) >= same),
        "says_it_random": _macro(asked, lambda each: each.drawn >= same),
        "says_it_best_of_all": _macro(asked, lambda each: each.best >= same),
        "says_it_surest_tenth": sure,
        "posting_alone_passes_the_gate": sure >= _ASKED_OF_POSTS,
    }


def _ask(past: Sequence[Row], later: Sequence[Row], rng: random.Random) -> list[Asked]:
    episodes = [as_episode(row) for row in past]
    index = SqliteIndex()
    index.update({"past": "1"}, lambda _: passages_of_episodes(episodes))
    bodies = {episode.id: episode.body for episode in episodes}
    weigh = _Weigher([*bodies.values()])
    vectors = {key: weigh(body) for key, body in bodies.items()}
    asked = []
    for row in later:
        hits: tuple[Hit, ...] = index.search(query_of_hunk(row["path"], row["diff_hunk"]), _FIRST, Scope())
        said, drawn = weigh(row["body"]), rng.choice(episodes)
        names = [hit.passage.id for hit in hits]
        asked.append(
            Asked(
                repository=row["repo"],
                similarity=hits[0].similarity if hits else 0.0,
                found=tuple(_near(said, vectors[name]) for name in names),
                drawn=_near(said, vectors[drawn.id]),
                best=max(_near(said, each) for each in vectors.values()),
                concern=classify_concern(row["body"]),
                concerns=tuple(classify_concern(bodies[name]) for name in names),
                drawn_concern=classify_concern(drawn.body),
            )
        )
    return asked


def _gate(asked: Sequence[Asked], same: float) -> float:
    """The share of right ones among the tenth whose first precedent was nearest to the hunk."""
    surest = sorted(asked, key=lambda each: -each.similarity)[: max(1, len(asked) // 10)]
    return round(statistics.mean(max(each.found[:1], default=0.0) >= same for each in surest), 4)


def _draw(items: Sequence[Row], rng: random.Random) -> list[float]:
    """How near remarks of different pull requests are by chance."""
    weigh = _Weigher([row["body"] for row in items])
    drawn = ((rng.choice(items), rng.choice(items)) for _ in range(_DRAWN))
    return [_near(weigh(a["body"]), weigh(b["body"])) for a, b in drawn if a["pr_number"] != b["pr_number"]]


def _macro(asked: Sequence[Asked], right: Any) -> float:
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in asked:
        groups[each.repository].append(bool(right(each)))
    return round(statistics.mean(statistics.mean(group) for group in groups.values()), 4) if groups else 0.0


class _Weigher:
    """Remarks to vectors of length 1 over words, each weighed by how rare it is among the remarks given."""

    def __init__(self, bodies: Sequence[str]) -> None:
        self._counts = Counter(word for body in bodies for word in set(split_terms(body)))
        self._size = len(bodies)

    def __call__(self, body: str) -> Vector:
        found = {
            word: (1 + math.log(count)) * math.log(1 + self._size / (1 + self._counts[word]))
            for word, count in Counter(split_terms(body)).items()
        }
        length = math.sqrt(sum(value * value for value in found.values())) or 1.0
        return {word: value / length for word, value in found.items()}


def _near(one: Vector, other: Vector) -> float:
    return sum(value * other.get(word, 0.0) for word, value in one.items())
