"""Which episodes are paired, and on which side of the split: episodes in; out the kept ones, and counted reasons.

Nothing here depends on the order of the episodes. It makes no pairs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from reviewlore.domain.evidence import is_confirmed_by_git
from reviewlore.domain.history import Episode
from reviewlore.domain.people import DELETED, is_at_least
from reviewlore.domain.preference import PairSettings, Split
from reviewlore.stages.dataset.near import find_near_equal, group_near_equal, line_shingles, normal_form

REFUSED = frozenset({"ignored", "declined"})
_TEMPLATE_LEAST = 20
_TEMPLATE_SHARE = 0.4
_NEVER = "9999"


@dataclass(slots=True)
class Selection:
    """The episodes to pair, in order; `said` is the near-equal group of each remark's words, by episode id.

    `dismissed` are our own remarks that a maintainer dismissed, whatever else is known of them; `contradicted` groups
    of near-equal remarks with opposite outcomes.
    """

    episodes: list[Episode]
    dismissed: list[Episode]
    said: dict[str, int]
    splits: dict[str, Split]
    split_at: dict[str, str]
    contradicted: tuple[tuple[str, ...], ...]
    dropped: Counter[str]
    marked: Counter[str] = field(default_factory=Counter)


def select(episodes: Sequence[Episode], settings: PairSettings, snapshot: str) -> Selection:
    """Leave out what teaches nothing or may not be used, and give each pull request to one side of the split."""
    dropped, marked = Counter[str](), Counter[str]()
    known = [episode for episode in sorted(episodes, key=order) if not snapshot or episode.created_at <= snapshot]
    dropped["dated_after_snapshot"] = len(episodes) - len(known)
    allowed = _allowed(known, settings, dropped, marked)
    dismissed = [episode for episode in allowed if is_dismissed(episode)]
    kept = _usable(allowed, settings, dropped)
    normal = {episode.id: normal_form(episode.body) for episode in (*kept, *dismissed)}
    groups = group_near_equal(normal.values())
    said = {name: groups[text] for name, text in normal.items()}
    contradicted = _contradicted(kept, said)
    kept = _without_repeats(kept, said, dropped)
    split_at = _split_times(kept, settings)
    splits = _splits([*kept, *dismissed], split_at)
    straddling = _straddling([*kept, *dismissed], normal, splits)
    dropped["duplicate_across_splits"] = sum(episode.id in straddling for episode in kept)
    kept = [episode for episode in kept if episode.id not in straddling]
    dismissed = [episode for episode in dismissed if episode.id not in straddling]
    return Selection(kept, dismissed, said, splits, split_at, contradicted, dropped, marked)


def order(episode: Episode) -> tuple[str, str, int, str, str]:
    """Return the key by which episodes are sorted: repository, time, pull request, comment."""
    return (episode.repository, episode.created_at, episode.pull_request, episode.comment_id, episode.id)


def pull_request(episode: Episode) -> str:
    """Return the unit of the split, `owner/name#number`."""
    return f"{episode.repository}#{episode.pull_request}"


def is_dismissed(episode: Episode) -> bool:
    """Whether a remark is our own, and a maintainer dismissed it."""
    ours = episode.author_kind == "bot" and episode.finding is not None
    return ours and any(item.kind == "dismissed" for item in episode.evidence)


def find_template_authors(episodes: Iterable[Episode]) -> frozenset[str]:
    """Return people who behave like bots: more than 40 % of at least 20 remarks open with the same four words."""
    openings: dict[str, Counter[str]] = defaultdict(Counter)
    for episode in episodes:
        if episode.author_kind == "human" and episode.author not in ("", DELETED):
            openings[episode.author][" ".join(episode.body.split()[:4]).casefold()] += 1
    return frozenset(
        author
        for author, counts in openings.items()
        if counts.total() >= _TEMPLATE_LEAST and max(counts.values()) > _TEMPLATE_SHARE * counts.total()
    )


def _allowed(
    episodes: list[Episode], settings: PairSettings, dropped: Counter[str], marked: Counter[str]
) -> list[Episode]:
    """Leave out what is not for training, and what outsiders without standing said in vain; mark people like bots."""
    reserved = frozenset(name.casefold() for name in settings.evaluation_repositories)
    templates = find_template_authors(episodes)
    standing = _standing(episodes, settings.standing)
    kept = []
    for episode in episodes:
        if settings.test_share <= 0 and episode.repository.casefold() in reserved:
            dropped["evaluation_repository"] += 1
        elif _is_refused_outsider(episode, standing):
            dropped["outsider_not_addressed"] += 1
        elif episode.author_kind == "human" and episode.author in templates:
            marked["bot_by_behaviour"] += 1
            kept.append(replace(episode, author_kind="bot"))
        else:
            kept.append(episode)
    return kept


def _standing(episodes: Iterable[Episode], least: int) -> frozenset[tuple[str, str]]:
    """Return the people of each repository whose remarks were acted on often enough for all to see in git."""
    earned = Counter((e.repository, e.author) for e in episodes if e.author != DELETED and is_confirmed_by_git(e))
    return frozenset(person for person, count in earned.items() if count >= least)


def _is_refused_outsider(episode: Episode, standing: frozenset[tuple[str, str]]) -> bool:
    """Whether an ignored remark says more of its author, who may not write here, than of the code."""
    if episode.author_kind == "bot" or episode.author_role is None or episode.outcome not in REFUSED:
        return False
    return not is_at_least(episode.author_role, "write") and (episode.repository, episode.author) not in standing


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


def _contradicted(episodes: Sequence[Episode], said: dict[str, int]) -> tuple[tuple[str, ...], ...]:
    """Return near-equal remarks of people in one repository that fared oppositely, as groups of ids."""
    groups: dict[tuple[str, int], list[Episode]] = defaultdict(list)
    for episode in episodes:
        if episode.author_kind == "human":
            groups[episode.repository, said[episode.id]].append(episode)
    mixed = (group for group in groups.values() if len({e.outcome in REFUSED for e in group}) == 2)
    return tuple(tuple(e.id for e in group) for group in mixed)


def _without_repeats(episodes: list[Episode], said: dict[str, int], dropped: Counter[str]) -> list[Episode]:
    """Keep the first of near-equal remarks on near-equal hunks of one file.

    Said of several files it is a judgement that a reviewer repeats, and each time somebody took it up or did not.
    """
    often = Counter((e.repository, e.anchor.path, said[e.id]) for e in episodes)
    again = [e for e in episodes if often[e.repository, e.anchor.path, said[e.id]] > 1]
    hunks = group_near_equal((e.hunk for e in again), line_shingles)
    seen: set[tuple[str, str, int, int]] = set()
    kept = []
    for episode in episodes:
        hunk = hunks.get(episode.hunk, -1)
        key = (episode.repository, episode.anchor.path, said[episode.id], hunk)
        if hunk >= 0 and key in seen:
            dropped["duplicate"] += 1
            continue
        seen.add(key)
        kept.append(episode)
    return kept


def _split_times(episodes: Sequence[Episode], settings: PairSettings) -> dict[str, str]:
    reserved = frozenset(name.casefold() for name in settings.evaluation_repositories)
    by_repository: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_repository[episode.repository].append(episode)
    return {
        name: "" if name.casefold() in reserved else _split_time(group, settings.test_share)
        for name, group in sorted(by_repository.items())
    }


def _split_time(episodes: list[Episode], share: float) -> str:
    """Return when the first test pull request began; one pull request alone, or no share, makes no test."""
    began: dict[int, str] = {}
    for episode in episodes:
        began.setdefault(episode.pull_request, episode.created_at)
    order = sorted((at, number) for number, at in began.items())
    return order[-max(1, round(len(order) * share))][0] if share > 0 and len(order) > 1 else _NEVER


def _splits(episodes: list[Episode], split_at: dict[str, str]) -> dict[str, Split]:
    """Give each pull request, by its first remark, wholly to one side."""
    splits: dict[str, Split] = {}
    for episode in episodes:
        later = episode.created_at >= split_at.get(episode.repository, _NEVER)
        splits.setdefault(pull_request(episode), "test" if later else "train")
    return splits


def _straddling(episodes: list[Episode], normal: dict[str, str], splits: dict[str, Split]) -> frozenset[str]:
    """Return the ids of the test's remarks that are near-equal to something said in training, in any repository."""
    sides: dict[Split, set[str]] = {"train": set(), "test": set()}
    for episode in episodes:
        sides[splits[pull_request(episode)]].add(normal[episode.id])
    said = find_near_equal(sides["test"], sides["train"])
    return frozenset(e.id for e in episodes if splits[pull_request(e)] == "test" and normal[e.id] in said)
