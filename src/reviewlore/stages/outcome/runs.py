"""What a pull request itself changed in a file: runs of changed lines, less those that came from the base branch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewlore.domain.patch import PatchHunk
from reviewlore.stages.outcome.anchor import is_telling


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive changed lines: `removed` from line `old` of the old side on, `added` from line `new` of the new one.

    Where nothing is removed, `old` is the line before which something was added.
    """

    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def end(self) -> int:
        """The old line behind the run."""
        return self.old + len(self.removed)

    def touches(self, first: int, last: int) -> bool:
        """Whether a line between two old lines, both included, is removed."""
        return self.old <= last and self.end > first and bool(self.removed)

    def covers(self, first: int, last: int) -> bool:
        """Whether all lines between two old lines, both included, are removed."""
        return self.old <= first and self.end > last

    def lies_within(self, first: int, last: int) -> bool:
        """Whether a line between two old lines is removed, or something is added before, between or behind them."""
        return self.touches(first, last) or (not self.removed and first <= self.old <= last + 1)


def find_runs(hunks: Iterable[PatchHunk]) -> list[Run]:
    """Return the runs of a file's patch in order."""
    found = []
    for hunk in hunks:
        old = hunk.old_start + (hunk.old_length == 0)
        new = hunk.new_start + (hunk.new_length == 0)
        removed, added = list[str](), list[str]()
        for row in (*hunk.text.split("\n"), " "):
            sign = row[:1]
            if sign == "-":
                removed.append(row[1:].removesuffix("\r"))
            elif sign == "+":
                added.append(row[1:].removesuffix("\r"))
            elif sign == " ":
                if removed or added:
                    found.append(Run(old, new, tuple(removed), tuple(added)))
                    old, new = old + len(removed), new + len(added)
                    removed, added = [], []
                old, new = old + 1, new + 1
    return found


def without_base(runs: Sequence[Run], base: Sequence[Run]) -> list[Run]:
    """Leave out what the base branch did to the file meanwhile: after a merge or a rebase it is in the patch too.

    A run is the base's where the base has the same one, or where each of its lines that says something is among the
    lines the base removed and added.
    """
    if not base:
        return list(runs)
    same = Counter((run.removed, run.added) for run in base)
    gone = {line.strip() for run in base for line in run.removed}
    come = {line.strip() for run in base for line in run.added}
    kept = []
    for run in runs:
        told = [(line.strip(), gone) for line in run.removed if is_telling(line)]
        told += [(line.strip(), come) for line in run.added if is_telling(line)]
        if same[run.removed, run.added] or (told and all(line in theirs for line, theirs in told)):
            continue
        kept.append(run)
    return kept


def find_after(runs: Sequence[Run], first: int, last: int) -> tuple[int, int]:
    """Return the new lines that stand for the old lines `first` to `last`: the first of them, and the one behind.

    What was added right before or right behind them belongs to them.
    """
    begin, behind = first, last + 1
    for run in runs:
        shift = run.new + len(run.added) - run.end
        if run.touches(first, first):
            begin = run.new
        elif run.end < first + bool(run.removed):
            begin = first + shift
        if run.touches(last, last):
            behind = run.new + len(run.added)
        elif run.end <= last + 1:
            behind = last + 1 + shift
    return begin, behind
