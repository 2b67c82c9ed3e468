"""Pairs held out of training, by whole pull requests: training pairs in; what is fitted and what is judged by, out.

Nothing that is judged was fitted: no remark of a held-out pull request is trained on, on any hunk. The held-out pairs
of the dataset, which judge a version, never come in here. Pure; nothing depends on the order of the pairs.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reviewlore.domain.preference import PreferencePair

Pairs = tuple[PreferencePair, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pairs to fit and pairs to judge by; `dropped` counts those that would have told of one side to the other."""

    fit: Pairs
    judged: Pairs
    dropped: int = 0


def split_later(pairs: Sequence[PreferencePair], share: float) -> HeldOut:
    """Hold out the latest share of each repository's pull requests, at least one; none where the share is zero.

    A repository with one pull request keeps it for fitting.
    """
    later = set[str]()
    for requests in _by_time(pairs).values():
        count = min(max(1, round(share * len(requests))), len(requests) - 1) if share > 0 else 0
        later.update(requests[len(requests) - count :])
    return hold_out(pairs, later)


def split_folds(pairs: Sequence[PreferencePair], folds: int) -> tuple[HeldOut, ...]:
    """Hold each pull request out once: `folds` parts, or fewer where there are fewer pull requests; none below two.

    Each repository's pull requests are dealt in the order of their times, so every part spans all of it.
    """
    order = [request for requests in _by_time(pairs).values() for request in requests]
    count = min(folds, len(order))
    return tuple(hold_out(pairs, frozenset(order[part::count])) for part in range(count)) if count > 1 else ()


def hold_out(pairs: Sequence[PreferencePair], requests: Collection[str]) -> HeldOut:
    """Hold out the pairs of some pull requests (`owner/name#n`).

    A pair of another pull request that borrows a remark of a held-out one is dropped: it would teach that the remark is
    a bad one. So is a held-out pair one of whose remarks, on its own hunk, is fitted.
    """
    fit = [p for p in pairs if p.pull_request not in requests and not any(_of(name) in requests for name in p.episodes)]
    seen = {remark for pair in fit for remark in (pair.chosen, pair.rejected)}
    judged = [p for p in pairs if p.pull_request in requests and p.chosen not in seen and p.rejected not in seen]
    return HeldOut(tuple(fit), tuple(judged), len(pairs) - len(fit) - len(judged))


def _of(episode: str) -> str:
    """Return the pull request of an episode's id, `owner/name#pull_request/comment_id`."""
    return episode.rpartition("/")[0]


def _by_time(pairs: Sequence[PreferencePair]) -> dict[str, list[str]]:
    """Return each repository's pull requests, by the time of their first chosen remark."""
    began: dict[str, dict[str, str]] = defaultdict(dict)
    for pair in pairs:
        known = began[pair.repository].get(pair.pull_request)
        if known is None or pair.created_at < known:
            began[pair.repository][pair.pull_request] = pair.created_at
    return {
        repository: sorted(times, key=lambda request: (times[request], request))
        for repository, times in sorted(began.items())
    }
