"""Which files change together: commit records in, partners with counts, lift and recency out. Reads no clock."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reviewlore.domain.architecture import Change

# A commit of more files than this (a rename, a reformatting, a release) says nothing about two of them.
MAX_PATHS = 25
# Of the latest changes to a file, how many show whether a habit is still alive.
RECENT = 8


@dataclass(frozen=True, slots=True)
class Partner:
    """Two files that change together: of `changes` commits to `path`, `together` also changed `partner`.

    `lift` is how much more often than by chance, `recent` the same share among the latest `RECENT` changes, `commits`
    the newest common ones. Commits of more than `MAX_PATHS` files do not count.
    """

    path: str
    partner: str
    together: int
    changes: int
    lift: float
    recent: float
    commits: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of changes to `path` that changed `partner` too."""
        return self.together / self.changes


@dataclass(frozen=True, slots=True)
class History:
    """The commits of a repository that count for co-change, newest first, indexed by the paths they touched."""

    changes: tuple[Change, ...]
    by_path: dict[str, tuple[int, ...]]


def index_history(changes: Sequence[Change]) -> History:
    """Index the commits that are small enough to say something; `changes` are newest first."""
    kept = tuple(change for change in changes if 0 < len(change.paths) <= MAX_PATHS)
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for number, change in enumerate(kept):
        for path in set(change.paths):
            by_path[path].append(number)
    return History(kept, {path: tuple(numbers) for path, numbers in by_path.items()})


def find_partners(history: History, path: str, present: Collection[str]) -> tuple[Partner, ...]:
    """Return the files that changed with `path`, most frequent first; only those still `present` in the tree."""
    numbers = history.by_path.get(path, ())
    counts: Counter[str] = Counter()
    for number in numbers:
        counts.update({other for other in history.changes[number].paths if other != path})
    latest = [set(history.changes[number].paths) for number in numbers[:RECENT]]
    found = []
    for other, together in counts.most_common():
        if other in present:
            chance = len(history.by_path[other]) / len(history.changes)
            recent = sum(other in paths for paths in latest) / len(latest)
            found.append(
                Partner(
                    path,
                    other,
                    together,
                    len(numbers),
                    together / len(numbers) / chance,
                    recent,
                    _common(history, numbers, other),
                )
            )
    return tuple(found)


def _common(history: History, numbers: Sequence[int], other: str) -> tuple[str, ...]:
    shared = (history.changes[number] for number in numbers)
    return tuple([change.commit for change in shared if other in change.paths][:3])
