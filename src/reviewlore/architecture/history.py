"""Which files change together: commit records in, partners with counts, lift and recency out. Reads no clock."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from reviewlore.domain.architecture import Change

# A commit of more files than this (a rename, a reformatting, a release) says nothing about two of them.
MAX_PATHS = 25
# Up to this many files a commit is one thought and counts fully; above, it counts in inverse proportion.
FULL_WEIGHT_PATHS = 5
# Releases touch version, changelog and generated documentation together whatever was developed.
_RELEASE = re.compile(r"\b(release[ds]?|releasing|bump(ed|s)?|version)\b.*\d|^(prepare|preparing)\b.*\brelease", re.I)
# One of these stands in whatever the pattern finds, and looking for them is much faster.
_RELEASE_WORDS = ("releas", "bump", "version")
# Of the latest changes to a file, how many show whether a habit is still alive.
RECENT = 8


@dataclass(frozen=True, slots=True)
class Partner:
    """Two files that change together: of `changes` commits to `path`, `together` also changed `partner`.

    `share` is the same with big commits counting less, `lift` how much more often than by chance, `recent` the plain
    share among the latest `RECENT` changes, `commits` the newest common ones.
    """

    path: str
    partner: str
    together: int
    changes: int
    share: float
    lift: float
    recent: float
    commits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The commits of a repository that count for co-change, newest first, indexed by the paths they touched."""

    changes: tuple[Change, ...]
    by_path: dict[str, tuple[int, ...]]


def index_history(changes: Sequence[Change]) -> History:
    """Index the commits that say something: no sweeps, no releases; `changes` are newest first."""
    kept = tuple(change for change in changes if 0 < len(change.paths) <= MAX_PATHS and not _releases(change.subject))
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for number, change in enumerate(kept):
        for path in change.paths:
            by_path[path].append(number)
    return History(kept, {path: tuple(numbers) for path, numbers in by_path.items()})


def _releases(subject: str) -> bool:
    folded = subject.casefold()
    return any(map(folded.__contains__, _RELEASE_WORDS)) and _RELEASE.search(subject) is not None


def find_partners(history: History, path: str, present: Collection[str], min_together: int = 1) -> tuple[Partner, ...]:
    """Return the files that changed with `path`, most frequent first; only those still `present` in the tree.

    Files with fewer than `min_together` common commits are left out.
    """
    numbers = history.by_path.get(path, ())
    changes = history.changes
    counts = Counter(chain.from_iterable([changes[number].paths for number in numbers]))
    wanted = {other for other, count in counts.items() if count >= min_together and other in present} - {path}
    if not wanted:
        return ()
    common: defaultdict[str, list[int]] = defaultdict(list)
    for number in numbers:
        for other in wanted.intersection(changes[number].paths):
            common[other].append(number)
    weights = {number: min(1.0, FULL_WEIGHT_PATHS / len(changes[number].paths)) for number in numbers}
    everything = sum(weights.values())
    latest = frozenset(numbers[:RECENT])
    found = []
    for other, shared in common.items():
        share = sum([weights[number] for number in shared]) / everything
        lift = len(shared) / len(numbers) * len(changes) / len(history.by_path[other])
        recent = len(latest.intersection(shared)) / len(latest)
        commits = tuple([changes[number].commit for number in shared[:3]])
        found.append(Partner(path, other, len(shared), len(numbers), share, lift, recent, commits))
    return tuple(sorted(found, key=lambda partner: (-partner.together, partner.partner)))


def all_partners(history: History, present: Collection[str], min_together: int = 2) -> dict[str, tuple[Partner, ...]]:
    """Return the partners of every file that has any: the co-change of a whole repository."""
    found = {path: find_partners(history, path, present, min_together) for path in history.by_path if path in present}
    return {path: partners for path, partners in found.items() if partners}
