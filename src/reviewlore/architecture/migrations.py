"""Unfinished migrations: swaps of names by commit in, an old way and its new way with the direction of travel out.

A migration is what several changes did alike, in one direction, in several files; how far it got is counted in the
texts of the tree. What one change did everywhere at once is done, and no migration.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.architecture.swaps import Swap, SwapForm, imported_names
from reviewlore.diff import FilePatch
from reviewlore.domain.source import language_of

MIN_COMMITS = 5
MIN_FILES = 5
# Where one bound is met by far, the other may be lower.
MIN_FEW = 3
MIN_ONE_WAY = 0.9
# A name that gives way to many others is a word, not a way of doing something.
MIN_SHARE = 0.5
_MAX_REMAINING = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One change and what it exchanged."""

    commit: str
    committed_at: int
    swaps: tuple[Swap, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """`old` gives way to `new`: in `commits` (newest first) from `since` to `last`, `back` of them went the other way.

    `files` were migrated, at least in part. `remaining` are the places that still use the old way at the base (path
    and count, most first), `old_uses` and `new_uses` all occurrences of each; empty and 0 before `count_uses`.
    """

    form: SwapForm
    old: str
    new: str
    commits: tuple[str, ...]
    since: int
    last: int
    back: int
    files: frozenset[str]
    remaining: tuple[tuple[str, int], ...] = ()
    old_uses: int = 0
    new_uses: int = 0
    new_files: frozenset[str] = frozenset()

    @property
    def unfinished(self) -> bool:
        """Whether some of the old way is left, and the new one has caught up with it."""
        return 0 < self.old_uses <= self.new_uses


def find_migrations(steps: Iterable[Step]) -> tuple[Migration, ...]:
    """Return the migrations in a line of changes (newest first), the best supported first."""
    times: dict[str, int] = {}
    done: defaultdict[tuple[SwapForm, str, str], dict[str, None]] = defaultdict(dict)
    files: defaultdict[tuple[SwapForm, str, str], set[str]] = defaultdict(set)
    left: defaultdict[tuple[SwapForm, str], set[str]] = defaultdict(set)
    for step in steps:
        times[step.commit] = step.committed_at
        for swap in step.swaps:
            key = swap.form, swap.old, swap.new
            done[key][step.commit] = None
            files[key].add(swap.path)
            left[swap.form, swap.old].add(step.commit)
    found = []
    for (form, old, new), commits in done.items():
        back = len(done.get((form, new, old), ()))
        enough = _enough(len(commits), len(files[form, old, new]))
        main = len(commits) >= MIN_SHARE * len(left[form, old])
        if enough and main and len(commits) >= MIN_ONE_WAY * (len(commits) + back):
            at = [times[commit] for commit in commits]
            seen = frozenset(files[form, old, new])
            found.append(Migration(form, old, new, tuple(commits), min(at), max(at), back, seen))
    return tuple(sorted(found, key=lambda way: (-len(way.commits), -len(way.files), way.old, way.new)))


def uses(text: str, path: str, form: SwapForm, name: str) -> int:
    """Return how often a text (or a piece of one) uses a name, as whole words; an import counts once."""
    if form == "import":
        language = language_of(path)
        return int(language is not None and name in imported_names(text, language))
    return len(_pattern(form, name).findall(text))


def count_uses(migrations: Sequence[Migration], texts: Mapping[str, str]) -> tuple[Migration, ...]:
    """Return the migrations with what is left of their old ways and what there is of the new in these source texts."""
    counted = []
    for way in migrations:
        old = {path: count for path, text in texts.items() if (count := uses(text, path, way.form, way.old))}
        new = {path: count for path, text in texts.items() if (count := uses(text, path, way.form, way.new))}
        most = sorted(old.items(), key=lambda item: (-item[1], item[0]))[:_MAX_REMAINING]
        counted.append(
            replace(
                way,
                remaining=tuple(most),
                old_uses=sum(old.values()),
                new_uses=sum(new.values()),
                new_files=frozenset(new),
            )
        )
    return tuple(counted)


def _enough(commits: int, files: int) -> bool:
    return (commits >= MIN_COMMITS and files >= MIN_FEW) or (commits >= MIN_FEW and files >= MIN_FILES)


def _pattern(form: SwapForm, name: str) -> re.Pattern[str]:
    parts = r"(?:\.|::)".join(re.escape(part) for part in name.split("."))
    before = r"(?<=[\w)\]][.])" if form == "attribute" else r"(?<![\w.$])"
    return re.compile(rf"{before}{parts}(?![\w$])")


def taken_up(migrations: Sequence[Migration], patches: Sequence[FilePatch]) -> tuple[Migration, ...]:
    """Return the migrations whose old way a change adds to, in all its source files taken together."""
    sides = [(patch.path, *rows_of(patch)) for patch in patches if language_of(patch.path)]
    found = []
    for way in migrations:
        grown = sum(uses(new, path, way.form, way.old) - uses(old, path, way.form, way.old) for path, old, new in sides)
        if grown > 0:
            found.append(way)
    return tuple(found)


def rows_of(patch: FilePatch) -> tuple[str, str]:
    """Return the removed and the added rows of a file, each as one text."""
    rows = [row for hunk in patch.hunks for row in hunk.text.split("\n")[1:]]
    removed = "\n".join(row[1:] for row in rows if row.startswith("-"))
    return removed, "\n".join(row[1:] for row in rows if row.startswith("+"))
