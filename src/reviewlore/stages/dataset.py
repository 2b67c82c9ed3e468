"""Episodes in, preference pairs out: of two real remarks, which one this team stands by.

The split is by time and pull request per repository; no pair and no remark's text stands on both sides of it. The
result depends on the episodes and the seed alone, not on their order. It never reads a remark of unknown outcome.
"""

import hashlib
import json
import random
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from reviewlore.domain.history import Episode
from reviewlore.domain.preference import Dataset, PairKind, PairSettings, PreferencePair, Remark, Split

_CONFIDENCE = {"high": 1.0, "medium": 0.8, "low": 0.4}
_REFUSED = frozenset({"ignored", "declined"})
_TRIES = 10  # draws per partner before a pool is read to its end
_MASKED = re.compile(r"https?://\S+|@[\w-]+|\b\d+\b")
_WORD = re.compile(r"[^\W_]+")
DEFAULTS = PairSettings()


def build_dataset(episodes: Sequence[Episode], *, seed: int, settings: PairSettings = DEFAULTS) -> Dataset:
    """Pair the episodes of each repository and split the pairs by time and pull request.

    Drop reasons: `unknown_outcome`, `low_confidence`, `too_short`, `intent_<name>`, `duplicate`,
    `duplicate_across_splits`, `bot` (kept only as the rejected side of `human_over_bot`).
    """
    dropped: Counter[str] = Counter()
    kept = _usable(sorted(episodes, key=_order), settings, dropped)
    kept = _without_repeats(kept, dropped)
    split_at = {repository: _split_time(group, settings.test_share) for repository, group in _by_repository(kept)}
    splits = _splits(kept, split_at)
    kept = _without_straddling(kept, splits, dropped)
    contradicted = _contradicted(kept)
    pairs: dict[str, PreferencePair] = {}
    for _, group in _by_repository(kept):
        for split in ("train", "test"):
            part = [e for e in group if splits[_pull_request(e)] == split]
            maker = _Maker(part, split, seed, settings, contradicted)
            pairs.update((pair.id, pair) for pair in maker.pairs())
    dropped["bot"] = sum(e.author_kind == "bot" for e in kept)
    return Dataset(
        pairs=tuple(sorted(pairs.values(), key=lambda p: (p.repository, p.created_at, p.id))),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        split_at=dict(sorted(split_at.items())),
        duplicates=dropped["duplicate"] + dropped["duplicate_across_splits"],
        contradictions=len(contradicted),
    )


def build_refit_pairs(episodes: Sequence[Episode], *, seed: int) -> tuple[PreferencePair, ...]:
    """Return the pairs to serve with, once the judging is over: nothing is held out, and all remarks are paired alike.

    The test side of `build_dataset` has one partner per remark, so that its pairs are nearly independent; trained on,
    it would leave the latest pull requests, the most telling ones, a fraction of their weight.
    """
    return build_dataset(episodes, seed=seed, settings=replace(DEFAULTS, test_share=0.0)).pairs


def dataset_id(pairs: Iterable[PreferencePair]) -> str:
    """Return the SHA-256 of the pairs, whatever their order: their content, split and weight."""
    lines = sorted(f"{pair.id} {pair.split} {pair.weight:.6f}" for pair in pairs)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class _Maker:
    """Makes the pairs of one repository and split; random choices are seeded per remark, so order does not matter."""

    def __init__(
        self, episodes: list[Episode], split: Split, seed: int, settings: PairSettings, contradicted: frozenset[str]
    ) -> None:
        self.split: Split = split
        self.seed = seed
        self.settings = settings
        self.contradicted = contradicted
        intents = settings.intents if split == "train" else settings.intents & settings.test_intents
        self.every = episodes
        self.people = [e for e in episodes if e.author_kind == "human" and e.intent in intents]
        self.good = [e for e in self.people if e.outcome == "addressed"]
        self.bad = [e for e in self.people if e.outcome in _REFUSED]
        self.by_path: dict[str, list[Episode]] = defaultdict(list)
        self.by_folder: dict[str, list[Episode]] = defaultdict(list)
        for episode in self.people:
            self.by_path[episode.anchor.path].append(episode)
            self.by_folder[_folder(episode)].append(episode)

    def pairs(self) -> Iterator[PreferencePair]:
        """Yield all pairs of all kinds."""
        for episode in self._limited(self.good, "relevance"):
            yield from self._relevance(episode)
        for episode in self._limited(self.bad, "outcome"):
            yield from self._outcome(episode)
        yield from self._natural()

    def _limited(self, episodes: list[Episode], kind: str) -> list[Episode]:
        limit = self.settings.test_limit
        if self.split == "train" or len(episodes) <= limit:
            return episodes
        ranked = sorted(episodes, key=lambda e: hashlib.sha256(f"{self.seed}:{kind}:{e.id}".encode()).digest())
        return sorted(ranked[:limit], key=_order)

    def _relevance(self, chosen: Episode) -> Iterator[PreferencePair]:
        here = self.by_path[chosen.anchor.path]
        near, fits_near = here, lambda e: e.id != chosen.id
        if len(here) == 1:
            near, fits_near = self.by_folder[_folder(chosen)], lambda e: e.pull_request != chosen.pull_request
        for kind, pool, fits, wanted in (
            ("relevance_hard", near, fits_near, self.settings.hard),
            (
                "relevance_easy",
                self.people,
                lambda e: e.pull_request != chosen.pull_request and e.anchor.path != chosen.anchor.path,
                self.settings.easy,
            ),
        ):
            for rejected in self._sample(pool, fits, wanted, f"{kind}:{chosen.id}"):
                foreign = Remark(chosen.anchor.path, chosen.hunk, rejected.body)
                yield from self._pair(kind, chosen, rejected, foreign)

    def _outcome(self, rejected: Episode) -> Iterator[PreferencePair]:
        """Pair with the addressed remarks nearest in time, half before and half after."""
        wanted = self.settings.outcome if self.split == "train" else self.settings.test_partners
        at = bisect_left(self.good, _order(rejected), key=_order)
        window = self.good[max(0, at - wanted) : at + wanted]
        nearest = sorted(
            window, key=lambda e: (abs(bisect_left(self.good, _order(e), key=_order) - at + 0.5), _order(e))
        )
        for chosen in nearest[:wanted]:
            yield from self._pair("outcome", chosen, rejected, _remark(rejected))

    def _natural(self) -> Iterator[PreferencePair]:
        """Pair remarks that stand on one and the same hunk of one pull request."""
        places: dict[tuple[int, str, str], list[Episode]] = defaultdict(list)
        for episode in self.every:
            places[episode.pull_request, episode.anchor.path, episode.hunk.split("\n", 1)[0]].append(episode)
        good = {e.id for e in self.good}
        for group in places.values():
            for chosen in (e for e in group if e.id in good):
                for rejected in (e for e in group if e.outcome in _REFUSED):
                    kind: PairKind = "human_over_bot" if rejected.author_kind == "bot" else "same_hunk"
                    yield from self._pair(kind, chosen, rejected, _remark(rejected))

    def _sample(self, pool: list[Episode], fits: Callable[[Episode], bool], wanted: int, purpose: str) -> list[Episode]:
        """Draw without replacement from what fits in a pool; nearly all fits, so the pool is seldom read to its end."""
        count = wanted if self.split == "train" else self.settings.test_partners
        rng = random.Random(f"{self.seed}:{purpose}")  # noqa: S311 - a seeded draw, not a secret
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

    def _pair(self, kind: str, chosen: Episode, rejected: Episode, foreign: Remark) -> Iterator[PreferencePair]:
        if chosen.body.strip() == rejected.body.strip():
            return
        weight = _CONFIDENCE[chosen.confidence]
        if foreign.hunk == rejected.hunk or not kind.startswith("relevance"):
            weight *= _CONFIDENCE[rejected.confidence]
            if chosen.id in self.contradicted or rejected.id in self.contradicted:
                weight *= self.settings.contradicted
        yield _with_id(
            PreferencePair(
                id="",
                kind=_KINDS[kind],
                chosen=_remark(chosen),
                rejected=foreign,
                weight=weight,
                repository=chosen.repository,
                pull_request=_pull_request(chosen),
                created_at=chosen.created_at,
                episodes=(chosen.id, rejected.id),
                split=self.split,
            )
        )


_KINDS: dict[str, PairKind] = {
    "outcome": "outcome",
    "relevance_hard": "relevance_hard",
    "relevance_easy": "relevance_easy",
    "same_hunk": "same_hunk",
    "human_over_bot": "human_over_bot",
}


def _order(episode: Episode) -> tuple[str, str, int, str, str]:
    return (episode.repository, episode.created_at, episode.pull_request, episode.comment_id, episode.id)


def _pull_request(episode: Episode) -> str:
    return f"{episode.repository}#{episode.pull_request}"


def _folder(episode: Episode) -> str:
    return episode.anchor.path.rpartition("/")[0]


def _remark(episode: Episode) -> Remark:
    return Remark(episode.anchor.path, episode.hunk, episode.body)


def _with_id(pair: PreferencePair) -> PreferencePair:
    sides = [[r.path, r.hunk, r.body] for r in (pair.chosen, pair.rejected)]
    text = json.dumps([pair.kind, pair.repository, *sides, *pair.episodes])
    return replace(pair, id=hashlib.sha256(text.encode()).hexdigest()[:32])


def _by_repository(episodes: Sequence[Episode]) -> list[tuple[str, list[Episode]]]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        groups[episode.repository].append(episode)
    return sorted(groups.items())


def _usable(episodes: list[Episode], settings: PairSettings, dropped: Counter[str]) -> list[Episode]:
    kept = []
    for episode in episodes:
        reason = _reason(episode, settings)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(episode)
    return kept


def _reason(episode: Episode, settings: PairSettings) -> str | None:
    if episode.outcome == "unknown":
        return "unknown_outcome"
    if episode.confidence == "low":
        return "low_confidence"
    if len(episode.body) < settings.shortest_body:
        return "too_short"
    return None if episode.intent in settings.intents else f"intent_{episode.intent}"


def _without_repeats(episodes: list[Episode], dropped: Counter[str]) -> list[Episode]:
    """Keep the first of remarks that say the same on the same hunk of the same file."""
    seen: set[tuple[str, str, str, str]] = set()
    kept = []
    for episode in episodes:
        key = (episode.repository, episode.anchor.path, episode.hunk, " ".join(episode.body.split()))
        if key in seen:
            dropped["duplicate"] += 1
        else:
            seen.add(key)
            kept.append(episode)
    return kept


def _split_time(episodes: list[Episode], share: float) -> str:
    """Return when the first test pull request began; one pull request alone, or no share, makes no test."""
    began: dict[int, str] = {}
    for episode in episodes:
        began.setdefault(episode.pull_request, episode.created_at)
    order = sorted((at, number) for number, at in began.items())
    return order[-max(1, round(len(order) * share))][0] if share > 0 and len(order) > 1 else "9999"


def _splits(episodes: list[Episode], split_at: dict[str, str]) -> dict[str, Split]:
    """Give each pull request, by its first remark, wholly to one side."""
    splits: dict[str, Split] = {}
    for episode in episodes:
        later = episode.created_at >= split_at[episode.repository]
        splits.setdefault(_pull_request(episode), "test" if later else "train")
    return splits


def _without_straddling(episodes: list[Episode], splits: dict[str, Split], dropped: Counter[str]) -> list[Episode]:
    """Drop from the test what was already said in training, in any repository."""
    train = {_normal(e.body) for e in episodes if splits[_pull_request(e)] == "train"}
    kept = [e for e in episodes if splits[_pull_request(e)] == "train" or _normal(e.body) not in train]
    dropped["duplicate_across_splits"] += len(episodes) - len(kept)
    return kept


def _normal(body: str) -> str:
    return " ".join(body.casefold().split())


def _contradicted(episodes: list[Episode]) -> frozenset[str]:
    """Return the ids of near-equal remarks (same words, numbers aside) of one repository that fared oppositely."""
    groups: dict[tuple[str, str], list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.author_kind == "human":
            words = sorted(set(_WORD.findall(_MASKED.sub(" ", episode.body.casefold()))))
            groups[episode.repository, " ".join(words) or _normal(episode.body)].append(episode)
    mixed = (g for g in groups.values() if {e.outcome in _REFUSED for e in g} == {True, False})
    return frozenset(e.id for group in mixed for e in group)
