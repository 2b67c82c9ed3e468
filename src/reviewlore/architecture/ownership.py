"""Who changed what: commit records with hashed authors in, people counted by folder and file out. Names nobody.

Recency is measured from the newest commit, so that no clock is read.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewlore.architecture.codeowners import CodeOwners
from reviewlore.architecture.history import History
from reviewlore.architecture.places import folder_of

if TYPE_CHECKING:
    from reviewlore.domain.overview import Ownership

# A change counts half as much for each year it is older than the newest commit: chosen, not measured. Long enough for
# who works on a part once a year, short enough that who left two years ago has a quarter of a say.
HALF_LIFE = 365 * 86_400
# Fewer changes than this say nothing about who knows a folder.
MIN_CHANGES = 10


@dataclass(frozen=True, slots=True)
class People:
    """Who changed one thing: how many people in how many changes, the share of the first, and the bus factor."""

    people: int
    changes: int
    share: float
    bus_factor: int


NOBODY = People(0, 0, 0.0, 0)


def count_people(history: History, numbers: Iterable[int]) -> People:
    """Return who made the changes of these numbers, each weighted by its age; bots and unknown authors have no share.

    The bus factor is the fewest people who made half of the weight together. That is the truck factor of Avelino et al.
    ("A novel approach for estimating truck factors", ICPC 2016) made simple: they take people away, the one with most
    files first, until more than half of the files have lost all their authors, and find the authors of a file by its
    creation and by everybody's changes to it. Here half of the changes takes the place of half of the files, since a
    limited history does not show who created a file.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    newest = history.changes[0].committed_at if history.changes else 0
    made = 0
    for number in numbers:
        change = history.changes[number]
        if change.author:
            made += 1
            weights[change.author] += 2.0 ** (min(0, change.committed_at - newest) / HALF_LIFE)
    ordered = sorted(weights.values(), reverse=True)
    total = sum(ordered)
    if not total:
        return NOBODY
    reached, factor = 0.0, 0
    while reached < total / 2:
        reached += ordered[factor]
        factor += 1
    return People(len(ordered), made, ordered[0] / total, factor)


def people_of(history: History, path: str) -> People:
    """Return who changed one file; what it was called before is not followed."""
    return count_people(history, history.by_path.get(path, ()))


def find_ownership(
    history: History, present: Collection[str], owners: CodeOwners | None, limit: int
) -> "tuple[Ownership, ...]":
    """Return the whole repository (an empty folder), then its most often changed folders, each with its own files only.

    `present` are the paths that count, a commit counts once for a folder. Folders with fewer than ten changes by people
    are left out, unless CODEOWNERS names somebody for them and they were changed at all.
    """
    from reviewlore.domain.overview import Ownership  # what a review need not load

    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(present):
        places[folder_of(path)].append(path)
    found = []
    for folder, paths in sorted(places.items()):
        who = count_people(history, _numbers(history, paths))
        declared = _declared(owners, paths)
        if who.changes >= MIN_CHANGES or (who.changes and declared):
            found.append((who.changes, Ownership(folder or ".", who.people, who.share, who.bus_factor, declared)))
    found.sort(key=lambda row: (-row[0], row[1].folder))
    rows = [row for _, row in found[:limit]]
    everyone = count_people(history, _numbers(history, present))
    if everyone.changes:
        whole = Ownership("", everyone.people, everyone.share, everyone.bus_factor, _declared(owners, sorted(present)))
        rows.insert(0, whole)
    return tuple(rows)


def _numbers(history: History, paths: Iterable[str]) -> set[int]:
    by_path: Mapping[str, tuple[int, ...]] = history.by_path
    return {number for path in paths for number in by_path.get(path, ())}


def _declared(owners: CodeOwners | None, paths: Collection[str]) -> tuple[str, ...]:
    """Return who is named for at least half of the paths, most files first; a mail address is not repeated."""
    if owners is None:
        return ()
    named = Counter(owner for path in paths for owner in dict.fromkeys(owners.owners_of(path)))
    kept = [owner for owner, count in named.most_common() if 2 * count >= len(paths)]
    return tuple(dict.fromkeys(owner if owner.startswith("@") else "(a mail address)" for owner in kept))
