"""Which records are older than policy allows. Records and a time in, ids out; the clock is the caller's."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode


def cutoff(now: str, days: int) -> str:
    """Return the time (ISO 8601 in UTC) before which nothing may be kept; empty where `days` is 0: everything may."""
    if days <= 0:
        return ""
    moment = datetime.fromisoformat(now).astimezone(UTC) - timedelta(days=days)
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def expired(records: Iterable[Episode | FeedbackSignal], now: str, days: int) -> frozenset[str]:
    """Return the ids of records that were made more than `days` days ago; what has no date is kept."""
    limit = cutoff(now, days)
    return frozenset(record.id for record in records if is_expired(_made(record), limit))


def is_expired(made: str, limit: str) -> bool:
    """Whether what was made then is older than a `cutoff`; what has no date is not."""
    return "" < made < limit


def _made(record: Episode | FeedbackSignal) -> str:
    return record.created_at if isinstance(record, Episode) else record.at
