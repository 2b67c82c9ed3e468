"""What a dataset is like: episodes and their pairs in, a `DataReport` out. It changes nothing and names nobody."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import get_args

from reviewlore.domain.balance import (
    Contradiction,
    DataReport,
    GroupRate,
    LengthBalance,
    OutlierReason,
    PersonShare,
    VoteOutlier,
)
from reviewlore.domain.evidence import is_positive, is_solid, is_vote
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import Dataset, PairKind, PreferencePair

MOST_SHOWN = 20
_MOST_REVIEWERS = 10
_EXCERPT = 160
_LEAST_COMPARED = 10  # votes beside another's word: fewer say nothing about a person
_LEAST_VOTES = 20
_RARE = 0.01  # by luck one report in a hundred names anybody (Bonferroni: shared by all who are compared)
_LARGE, _TIMES_EQUAL = 0.8, 5.0  # of all votes; where many vote, five times an equal share is already much


def examine(episodes: Sequence[Episode], dataset: Dataset) -> DataReport:
    """Return lengths, contradictions, whose judgement the dataset is, and whose votes are unlike the others'."""
    by_id = {episode.id: episode for episode in episodes}
    people = [episode for episode in episodes if episode.author_kind == "human"]
    reviewers = _reviewers(dataset.pairs, by_id)
    return DataReport(
        episodes=len(episodes),
        pairs=len(dataset.pairs),
        lengths=tuple(_lengths((*dataset.pairs, *dataset.extra))),
        contradictions=tuple(_contradictions(dataset, by_id)[:MOST_SHOWN]),
        contradictions_found=len(dataset.contradicted),
        reviewers=reviewers[:_MOST_REVIEWERS],
        largest_share=reviewers[0].share if reviewers else 0.0,
        newcomers=_rates(people, _pull_request_age(episodes)),
        languages=_rates(people, lambda episode: episode.language or "unknown"),
        authors=_rates(episodes, lambda episode: episode.author_kind),
        outliers=tuple(find_outliers(episodes)),
        capped=len(dataset.capped),
    )


def find_outliers(episodes: Iterable[Episode]) -> list[VoteOutlier]:
    """Return people whose votes contradict git or the other voters far beyond chance, or are an unusual share of all.

    Each person's rate is tested against that of everybody else (one-sided binomial test), sorted by reason and person.
    """
    votes: Counter[str] = Counter()
    beside_git: list[tuple[str, bool]] = []
    beside_others: list[tuple[str, bool]] = []
    for episode in episodes:
        cast = [(item.by, is_positive(item)) for item in episode.evidence if is_vote(item)]
        votes.update(person for person, _ in cast)
        git = _git_says(episode)
        for person, says in cast:
            if git is not None:
                beside_git.append((person, says != git))
            others = sum(1 if other else -1 for by, other in cast if by != person)
            if others:
                beside_others.append((person, says != (others > 0)))
    return [
        *_disagreeing("against_git", beside_git, votes),
        *_disagreeing("against_others", beside_others, votes),
        *_busy(votes),
    ]


def binomial_tail(successes: int, trials: int, rate: float) -> float:
    """Return the chance of at least so many successes in independent trials of one rate in (0, 1)."""
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    terms = (
        math.lgamma(trials + 1)
        - math.lgamma(i + 1)
        - math.lgamma(trials - i + 1)
        + i * log_rate
        + (trials - i) * log_rest
        for i in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))


def hash_person(pseudonym: str) -> str:
    """Return what a report calls a person: it can be compared with another report, not with the branch at a glance."""
    return hashlib.sha256(pseudonym.encode()).hexdigest()[:12]


def _lengths(pairs: Iterable[PreferencePair]) -> Iterator[LengthBalance]:
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.kind].append((len(pair.chosen.body), len(pair.rejected.body)))
    for kind in (kind for kind in get_args(PairKind) if kind in kinds):
        sides = kinds[kind]
        longer, equal = sum(c > r for c, r in sides), sum(c == r for c, r in sides)
        yield LengthBalance(
            kind=kind,
            pairs=len(sides),
            chosen_median=float(median(c for c, _ in sides)),
            rejected_median=float(median(r for _, r in sides)),
            longer_chosen=longer / (len(sides) - equal) if len(sides) > equal else 0.5,
            longer_wins=(longer + 0.5 * equal) / len(sides),
        )


def _contradictions(dataset: Dataset, by_id: Mapping[str, Episode]) -> list[Contradiction]:
    """Return one row a group, that with the latest remark first."""
    rows = []
    for names in dataset.contradicted:
        group = sorted((by_id[name] for name in names), key=lambda e: (e.created_at, e.id))
        addressed = [e for e in group if e.outcome == "addressed"][-1]
        refused = [e for e in group if e.outcome != "addressed"][-1]
        row = Contradiction(
            repository=addressed.repository,
            addressed=addressed.id,
            refused=refused.id,
            outcome=refused.outcome,
            addressed_excerpt=_excerpt(addressed.body),
            refused_excerpt=_excerpt(refused.body),
            remarks=len(group),
        )
        rows.append(((group[-1].created_at, group[-1].id), row))
    return [row for _, row in sorted(rows, key=lambda item: item[0], reverse=True)]


def _excerpt(body: str) -> str:
    text = " ".join(body.split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"


def _reviewers(pairs: Iterable[PreferencePair], by_id: Mapping[str, Episode]) -> tuple[PersonShare, ...]:
    chosen = {pair.episodes[0] for pair in pairs if pair.chosen.body.strip()}
    counts = Counter(by_id[name].author for name in chosen if by_id[name].author_kind == "human")
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(PersonShare(hash_person(person), count, count / counts.total()) for person, count in ordered)


def _pull_request_age(episodes: Iterable[Episode]) -> Callable[[Episode], str | None]:
    """Return a function from a remark to whether it was made to somebody's first pull request (of those at hand)."""
    first: dict[tuple[str, str], int] = {}
    for episode in episodes:
        if episode.pull_request_author:
            key = (episode.repository, episode.pull_request_author)
            first[key] = min(first.get(key, episode.pull_request), episode.pull_request)

    def group(episode: Episode) -> str | None:
        if not episode.pull_request_author:
            return None
        is_first = first[episode.repository, episode.pull_request_author] == episode.pull_request
        return "first pull request" if is_first else "later pull requests"

    return group


def _rates(episodes: Iterable[Episode], group_of: Callable[[Episode], str | None]) -> tuple[GroupRate, ...]:
    """Return how often each group's remarks were addressed, of those with a known outcome; the largest group first."""
    remarks: Counter[str] = Counter()
    addressed: Counter[str] = Counter()
    for episode in episodes:
        group = group_of(episode)
        if group is not None and episode.outcome != "unknown":
            remarks[group] += 1
            addressed[group] += episode.outcome == "addressed"
    ordered = sorted(remarks.items(), key=lambda item: (-item[1], item[0]))
    return tuple(GroupRate(group, count, addressed[group], addressed[group] / count) for group, count in ordered)


def _git_says(episode: Episode) -> bool | None:
    """Return whether git shows that a remark was addressed, None where it says nothing."""
    found = [item for item in episode.evidence if is_solid(item) and item.outcome != "unknown"]
    return is_positive(max(found, key=lambda item: item.weight)) if found else None


def _disagreeing(
    reason: OutlierReason, compared: Sequence[tuple[str, bool]], votes: Mapping[str, int]
) -> Iterator[VoteOutlier]:
    total = Counter(person for person, _ in compared)
    against = Counter(person for person, differs in compared if differs)
    tested = [person for person, count in sorted(total.items()) if count >= _LEAST_COMPARED]
    for person in tested:
        n, k = total[person], against[person]
        # One more vote of each kind: where the others never disagree, once is still possible.
        expected = (against.total() - k + 1) / (total.total() - n + 2)
        probability = binomial_tail(k, n, expected)
        if k > expected * n and probability * len(tested) < _RARE:
            yield VoteOutlier(hash_person(person), reason, votes[person], n, k, k / n, expected, probability)


def _busy(votes: Counter[str]) -> Iterator[VoteOutlier]:
    limit = min(_LARGE, _TIMES_EQUAL / max(1, len(votes)))
    for person, count in sorted(votes.items()):
        share = count / votes.total()
        if len(votes) > 1 and count >= _LEAST_VOTES and share >= limit:
            yield VoteOutlier(hash_person(person), "unusual_share", count, 0, 0, share, 1 / len(votes), 1.0)
