"""Stored episodes and signals in, what there is of each kind out: counts, the shares of concerns, dismissals. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from reviewlore.domain.commands import PASSING_REASONS
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode
from reviewlore.domain.standing import ConcernRate

UNKNOWN = "unknown"


def count(values: Iterable[str | None]) -> dict[str, int]:
    """Return how often each value comes, the most frequent first; what is not known is counted as such."""
    found = Counter(value or UNKNOWN for value in values)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def count_months(episodes: Iterable[Episode]) -> dict[str, int]:
    """Return the remarks of each month (`2026-01`) from the first to the last, the empty ones between included."""
    found = Counter(episode.created_at[:7] for episode in episodes if episode.created_at[:7])
    if not found:
        return {}
    months = range(_number(min(found)), _number(max(found)) + 1)
    return {name: found[name] for name in (f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months)}


def find_window(times: Iterable[str], days: int) -> str:
    """Return when a window of so many days up to the last time begins (ISO 8601); empty where there is no time."""
    last = max(times, default="")
    return (datetime.fromisoformat(last) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") if last else ""


def rate_concerns(episodes: Sequence[Episode], since: str) -> tuple[ConcernRate, ...]:
    """Return how often people's remarks about each concern were acted on since then, the most frequent first."""
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.author_kind == "human" and episode.outcome != "unknown" and episode.created_at >= since:
            groups[episode.concern].append(episode)
    rates = [
        ConcernRate(concern, len(group), len(good), good[-1].id if good else group[-1].id)
        for concern, group in groups.items()
        for good in ([episode for episode in group if episode.outcome == "addressed"],)
    ]
    return tuple(sorted(rates, key=lambda rate: (-rate.judged, rate.concern)))


def count_dismissed(signals: Sequence[FeedbackSignal], since: str) -> tuple[dict[str, int], str]:
    """Return the dismissals since then by reason, but for passing reasons, and the latest of the commonest."""
    wanted = [each for each in signals if each.kind == "dismissed" and each.reason not in PASSING_REASONS]
    wanted = [each for each in wanted if each.at >= since]
    reasons = count(str(each.reason) for each in wanted)
    first = next(iter(reasons), "")
    return reasons, next((each.finding for each in reversed(wanted) if each.reason == first), "")


def _number(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:7]) - 1
