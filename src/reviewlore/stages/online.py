"""What became of our own posted remarks: episodes in, counts out; and whether a version is worse than the one before.

Nothing of anybody's words or name is in the counts. It decides nothing: `flows/watch.py` acts on a decline.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from math import comb

from reviewlore.domain.calibration import RuleRecord
from reviewlore.domain.history import Episode
from reviewlore.domain.model import Registry
from reviewlore.domain.online import Decline, OnlineMetrics, OnlineRow

LEAST_SETTLED = 20  # remarks on either side below which no difference is called one
SIGNIFICANT = 0.05
PRIOR = "prior"
_UNDATED = "undated"
_YEAR = 365 * 86_400  # seconds
_LATEST = 253_402_300_799  # the end of the year 9999: a commit may claim any date
_Key = tuple[str, str, str, str, str]


def measure_online(episodes: Iterable[Episode]) -> OnlineMetrics:
    """Return the counts of all remarks that are ours and say whose judgement they were.

    A finding is said once on a pull request: of several comments that claim it the first counts, for a bot of another
    name may be made to copy ours.
    """
    first: dict[tuple[str, int, str], Episode] = {}
    for episode in episodes:
        if episode.said is not None and episode.author_kind == "bot" and episode.finding:
            claimed = (episode.repository, episode.pull_request, episode.finding)
            first[claimed] = min(first.get(claimed, episode), episode, key=_posted_at)
    outcomes: dict[_Key, Counter[str]] = defaultdict(Counter)
    for episode in first.values():
        if said := episode.said:
            key = (_week(episode.created_at), said.tier, said.version, said.specialist, said.rule)
            outcomes[key][episode.outcome] += 1
    rows = [
        OnlineRow(*key, found.total(), found["addressed"], found["declined"], found["ignored"])
        for key, found in sorted(outcomes.items())
    ]
    return OnlineMetrics(tuple(rows))


def add_up(metrics: OnlineMetrics, key: Callable[[OnlineRow], str]) -> dict[str, OnlineRow]:
    """Return the rows added up by a key, in the key's order; of each sum only the counts mean something."""
    sums: dict[str, OnlineRow] = {}
    for row in metrics.rows:
        name = key(row)
        known = sums.get(name, OnlineRow("", "", "", "", "", 0, 0, 0, 0))
        sums[name] = OnlineRow(
            "", "", "", "", "",
            known.posted + row.posted,
            known.addressed + row.addressed,
            known.dismissed + row.dismissed,
            known.ignored + row.ignored,
        )  # fmt: skip
    return dict(sorted(sums.items()))


def rule_records(metrics: OnlineMetrics, now: int = 0) -> tuple[RuleRecord, ...]:
    """Return what is known of each rule's own remarks: settled ones only, since the rest says nothing.

    With `now` (seconds, as git tells time), of the year before it only: a rule that was heeded too seldom is not said,
    so nothing new would ever be known of it, while code and people change.
    """
    rows = metrics.rows
    if now > 0:
        since = _week(datetime.fromtimestamp(max(0, min(now, _LATEST) - _YEAR), UTC).isoformat())
        rows = tuple(row for row in rows if since <= row.week < _UNDATED)
    sums = add_up(OnlineMetrics(rows), lambda row: row.rule)
    return tuple(RuleRecord(rule, row.settled, row.addressed) for rule, row in sums.items() if rule and row.settled)


def of_specialist(metrics: OnlineMetrics, specialist: str) -> OnlineMetrics:
    """Return the rows of one specialist's remarks, all of them for the empty name.

    Facts name no specialist: they are architecture's, as in the judging.
    """
    if not specialist:
        return metrics
    return OnlineMetrics(tuple(row for row in metrics.rows if (row.specialist or "architecture") == specialist))


def since_week(metrics: OnlineMetrics, moment: str) -> OnlineMetrics:
    """Return the rows from the ISO week of a time (ISO 8601) on."""
    first = _week(moment)
    return OnlineMetrics(tuple(row for row in metrics.rows if first <= row.week < _UNDATED))


def count_settled(metrics: OnlineMetrics, version: str) -> int:
    """Return of how many remarks that a version judged it is known what became of them."""
    return sum(row.settled for row in metrics.rows if row.version == version)


def find_predecessor(registry: Registry, version: str) -> str:
    """Return what was in force before this version.

    The last one of its specialist that was retired for it, else for a specialist everybody's version, else the shipped
    prior.
    """
    specialists = {entry.id: entry.specialist for entry in registry.entries}
    whose = specialists.get(version, "")
    known = [name for name in registry.previous if name != version and specialists.get(name, "") == whose]
    if known:
        return known[-1]
    general = (entry.id for entry in registry.entries if entry.state == "active" and not entry.specialist)
    return next(general, PRIOR) if whose else PRIOR


def find_decline(metrics: OnlineMetrics, version: str, predecessor: str, *, once: bool = False) -> Decline | None:
    """Return the decline of a version against its predecessor, or None where there is none beyond chance.

    `once`: nobody looks a second time. Who looks after every mining, for years, is held to `level_of_looks`.
    """
    sums = add_up(metrics, lambda row: row.version)
    now, before = sums.get(version), sums.get(predecessor)
    if now is None or before is None or min(now.settled, before.settled) < LEAST_SETTLED:
        return None
    if now.addressed * before.settled >= before.addressed * now.settled:
        return None
    chance = _chance_of_fewer(now.addressed, now.settled, before.addressed, before.settled)
    if chance >= (SIGNIFICANT if once else level_of_looks(now.settled)):
        return None
    return Decline(version, predecessor, now.settled, now.addressed, before.settled, before.addressed, chance)


def level_of_looks(settled: int) -> float:
    """Return the level of a test that is repeated as remarks settle: all looks together find what is not there in 5 %.

    At a constant 5 % they do in 12 to 17 % within 400 remarks. The 5 % are spent by doublings of the remarks, a half of
    it on the first, then a sixth, a twelfth (1 / k (k + 1), which sum up to 1): after Lan and DeMets 1983.
    """
    doublings = max(settled, LEAST_SETTLED) // LEAST_SETTLED
    turn = doublings.bit_length()
    return SIGNIFICANT / (turn * (turn + 1))


def _chance_of_fewer(hits: int, count: int, other_hits: int, other_count: int) -> float:
    """Return P(at most `hits` of `count`) given all hits of both: Fisher's exact test, one-sided (Fisher 1935)."""
    total, good = count + other_count, hits + other_hits
    ways = sum(comb(good, number) * comb(total - good, count - number) for number in range(min(hits, good) + 1))
    return ways / comb(total, count)


def _posted_at(episode: Episode) -> tuple[str, int, str]:
    """Return when a remark was posted; of those of one second, the ids tell, which grow."""
    return episode.created_at, len(episode.comment_id), episode.comment_id


def _week(created_at: str) -> str:
    """Return the ISO week of a time, `undated` where it is none; weeks sort as texts, and before `undated`."""
    try:
        year, week, _ = datetime.fromisoformat(created_at).isocalendar()
    except ValueError:
        return _UNDATED
    return f"{year:04d}-W{week:02d}"
