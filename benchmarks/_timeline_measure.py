"""What is counted of reviews beside what people and the merge did: hunks, lines carried between commits, shares.

In: parsed diffs, places of comments, scores. Out: numbers, each with how many comments or pull requests it rests on.
Nothing here reads git, a clock or a file.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from reviewlore.diff import FilePatch, Hunk
from reviewlore.flows.briefing_files import kind_of_file
from reviewlore.ranking.attention import HunkInChange
from reviewlore.ranking.reliability import area_under_roc

Interval = dict[str, float | int | None]
LOWEST = -1e9  # the score of a hunk of which nothing is said


@dataclass(frozen=True, slots=True)
class HunkAt:
    """One hunk of a change, and the file it lies in before and after, with what became of that."""

    path: str
    old_path: str
    hunk: Hunk
    status: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment is pinned; no line: to the file as a whole. `first` is where a range of lines begins."""

    path: str
    line: int | None
    side: str = "RIGHT"
    first: int | None = None

    @property
    def lines(self) -> range:
        """All lines it is about."""
        return range(0) if self.line is None else range(min(self.first or self.line, self.line), self.line + 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """Comments of one pull request (means, for a random draw): how many land on a hunk that a person commented on.

    `judged` are those that could be followed to the merge, `changed` those of them whose lines were changed by then.
    """

    comments: float = 0.0
    landed: float = 0.0
    judged: float = 0.0
    changed: float = 0.0


@dataclass(slots=True)
class Replayed:
    """One pull request that was reviewed. `share` is its rank in its repository's order, from 0 to 1.

    `arms` has a tally for each way of choosing comments; `scores` the scores of all hunks for each way of scoring
    them, in the order of `deserved`: whether a person commented on the hunk.
    """

    repository: str
    number: int
    share: float
    how: str
    revised: bool
    learned: int
    deserved: list[bool]
    version: str = ""
    arms: dict[str, Tally] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    people: int = 0
    unplaced: int = 0


def hunks_of(patches: Iterable[FilePatch]) -> tuple[HunkAt, ...]:
    """All hunks of a change, in the order of its diff."""
    return tuple(HunkAt(patch.path, patch.old_path, hunk, patch.status) for patch in patches for hunk in patch.hunks)


def in_change(hunks: Sequence[HunkAt]) -> list[HunkInChange]:
    """All hunks of a change, in their order, as the model of attention sees them."""
    rows = sum(len(at.hunk.added) + len(at.hunk.removed) for at in hunks)
    return [
        HunkInChange(at.path, at.hunk.text, at.status, kind_of_file(at.path), place, len(hunks), rows)
        for place, at in enumerate(hunks)
    ]


def find_hunk(hunks: Sequence[HunkAt], place: Place) -> int | None:
    """Return which hunk shows a place, or None."""
    left = place.side == "LEFT"
    for index, at in enumerate(hunks):
        path, lines = (at.old_path, at.hunk.left) if left else (at.path, at.hunk.right)
        if path == place.path and place.line in lines:
            return index
    return None


def carry_line(patches: Iterable[FilePatch], place: Place) -> Place | None:
    """Return where a line of the old side of a diff stands on its new side; None where its file is gone.

    A line that was changed is carried to where its replacement begins.
    """
    patch = next((each for each in patches if each.old_path == place.path), None)
    if patch is None or place.line is None:
        return place
    if patch.status == "removed":
        return None
    moved = 0
    for hunk in patch.hunks:
        old, new = _starts(hunk)
        if place.line < old:
            break
        for row in hunk.text.split("\n")[1:]:
            if old == place.line and row[:1] in {" ", "-"}:
                return Place(patch.path, max(1, new), place.side)
            old += row[:1] in {" ", "-"}
            new += row[:1] in {" ", "+"}
        moved = new - old
    return Place(patch.path, place.line + moved, place.side)


def is_changed(patches: Iterable[FilePatch], place: Place) -> bool | None:
    """Whether a diff removes or replaces one of a place's lines; None where it is not about lines of the old side."""
    if place.side == "LEFT" or place.line is None:
        return None
    patch = next((each for each in patches if each.old_path == place.path), None)
    if patch is None:
        return False
    return any(line in hunk.removed for hunk in patch.hunks for line in place.lines)


def find_lines(text: str, rows: Sequence[str], near: int) -> int | None:
    """Return the number of the last of some lines that follow each other in a text; of several, the nearest one."""
    lines, size = text.split("\n"), len(rows)
    ends = [end for end in range(size, len(lines) + 1) if rows and lines[end - size : end] == list(rows)]
    return min(ends, key=lambda end: (abs(end - near), end), default=None)


def roc_auc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Return the area under the ROC curve, ties counting half; None without both labels."""
    return area_under_roc(scores, labels) if any(labels) and not all(labels) else None


def best_scores(places: Sequence[tuple[Place, float]], hunks: Sequence[HunkAt]) -> list[float]:
    """Return each hunk's highest score of what is said of it, the lowest of all where nothing is."""
    scores = [LOWEST] * len(hunks)
    for place, score in places:
        index = find_hunk(hunks, place)
        if index is not None:
            scores[index] = max(scores[index], score)
    return scores


def top_share(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the chance that the hunk with the highest score has the label, ties drawn by lot."""
    best = max(scores)
    tied = [label for score, label in zip(scores, labels, strict=True) if score == best]
    return sum(tied) / len(tied)


def by_lot(comments: float, deserved: Sequence[bool]) -> Tally:
    """As many comments, each on a hunk drawn by lot: how many would land. What became of those lines is not asked."""
    return Tally(comments, comments * sum(deserved) / len(deserved))


def tally(
    places: Sequence[Place], hunks: Sequence[HunkAt], deserved: Sequence[bool], changed: Callable[[Place], bool | None]
) -> Tally:
    """Count some comments."""
    indexes = [find_hunk(hunks, place) for place in places]
    fates = [fate for fate in map(changed, places) if fate is not None]
    landed = sum(index is not None and deserved[index] for index in indexes)
    return Tally(len(places), landed, len(fates), sum(fates))


def in_order(places: Sequence[Place], hunks: Sequence[HunkAt], most: int) -> list[Place]:
    """No ranking: the first places in the order of the diff, as many as one review may have."""
    far = len(hunks)

    def key(place: Place) -> tuple[int, int]:
        index = find_hunk(hunks, place)
        return (far if index is None else index, place.line or 0)

    return sorted(places, key=key)[:most]


def draw(places: Sequence[Place], size: int, seed: str, times: int, count: Callable[[list[Place]], Tally]) -> Tally:
    """Random subsets of a size: the mean of several draws with a fixed seed."""
    rng = random.Random(seed)
    drawn = [count(rng.sample(list(places), min(size, len(places)))) for _ in range(times)]
    return Tally(*(sum(getattr(one, name) for one in drawn) / times for name in Tally.__slots__))


def ratio(rows: Sequence[tuple[float, float]], seed: int, resamples: int) -> Interval:
    """Return a sum over a sum with its 95 % interval, by drawing pull requests with replacement (Efron 1979).

    Each row is one pull request; `of` is the second sum. A value of None: there was nothing to divide by.
    """
    total = sum(row[1] for row in rows)
    said: Interval = {"value": None, "low": None, "high": None, "of": round(total, 2)}
    if not total:
        return said
    rng, found = random.Random(seed), []
    for _ in range(resamples):
        drawn = rng.choices(rows, k=len(rows))
        below = sum(row[1] for row in drawn)
        if below:
            found.append(sum(row[0] for row in drawn) / below)
    found.sort()
    said["value"] = round(sum(row[0] for row in rows) / total, 4)
    if found:
        said["low"] = round(found[int(0.025 * (len(found) - 1))], 4)
        said["high"] = round(found[int(0.975 * (len(found) - 1) + 0.5)], 4)
    return said


def mean(values: Sequence[float], seed: int, resamples: int) -> Interval:
    """Return a mean over pull requests with its 95 % interval; `of` is how many there are."""
    return ratio([(value, 1.0) for value in values], seed, resamples)


def _starts(hunk: Hunk) -> tuple[int, int]:
    """Where a hunk begins on both sides; git names the line before where a side is empty."""
    _, old, new, *_ = hunk.text.split(" ", 3)
    (left, _, lines), (right, _, rows) = old[1:].partition(","), new[1:].partition(",")
    return int(left) + (lines == "0"), int(right) + (rows == "0")
