"""Pieces of a change into calls: what each costs and how early it comes in, who shares a call with whom out.

Nothing is lost on the way: what does not fit is cut at its tail, or named as left out. Files stay together, and
neighbouring files share a call, so that a model sees what belongs together.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewlore.stages.review.priority import FileKind

# Fewer rows of a hunk than this are not worth a look.
MIN_ROWS = 6
# How many rows of a hunk are kept, by the kind of its file, where all of them do not fit: step by step, the last that
# fits is taken. Generated files are never shown longer than the first step says.
_LADDER: tuple[dict[FileKind, int], ...] = (
    {"generated": 20},
    {"generated": 10, "docs": 40},
    {"generated": 10, "docs": 20, "test": 120, "config": 60},
    {"generated": 6, "docs": 10, "test": 40, "config": 40, "source": 200},
    {"generated": 6, "docs": 6, "test": 15, "config": 20, "source": 60},
    {"generated": 6, "docs": 6, "test": 8, "config": 10, "source": 25},
)
# Of what is free in all calls together, so much is given out: pieces do not fill each call to its last token.
_FILLED = 0.98


@dataclass(frozen=True, slots=True)
class Item:
    """One piece to place: its file, how many rows its hunk has, what so many of them cost, and how early it comes."""

    path: str
    kind: FileKind
    size: int
    cost: Callable[[int], int]
    priority: float


@dataclass(frozen=True, slots=True)
class Placed:
    """An item by its number, with how many rows of it are shown (all: its size)."""

    number: int
    rows: int


@dataclass(frozen=True, slots=True)
class Packing:
    """Which items each call holds, in the order of the change, and the numbers of those in none."""

    calls: tuple[tuple[Placed, ...], ...]
    left_out: tuple[int, ...]


def pack(items: Sequence[Item], head: Callable[[str], int], room: int, calls: int) -> Packing:
    """Place items into at most `calls` calls of `room` tokens each; `head` is what naming a file costs in a call.

    Where all is too much, hunks of generated files are cut first, then of documents, tests and sources; then what has
    the lowest priority is left out.
    """
    total = int(room * calls * _FILLED) if calls > 1 else room
    while True:
        rows = _cut(items, head, room, total)
        placed, unplaced = _place(items, rows, head, room, calls)
        # Whole pieces that found no place although the sum fits: give out less, so that the least important give way.
        if not unplaced or total <= room // 2:
            return _packing(items, placed, rows)
        total -= max(room // 50, sum(items[number].cost(rows[number]) for number in unplaced) // 2)


def _cut(items: Sequence[Item], head: Callable[[str], int], room: int, total: int) -> dict[int, int]:
    """Return the rows to show of each item, so that all of them cost at most `total`; items left out have none."""
    rows = {number: _capped(item, 0) for number, item in enumerate(items)}
    costs = {number: items[number].cost(shown) for number, shown in rows.items()}
    heads = {path: head(path) for path in dict.fromkeys(item.path for item in items)}
    spent = sum(costs.values()) + sum(heads.values())
    last = sorted(rows, key=lambda number: (items[number].priority, -number))
    for step in range(1, len(_LADDER)):
        for number in last:
            if spent <= total:
                break
            shown = min(rows[number], _capped(items[number], step))
            if shown < rows[number]:
                rows[number] = shown
                spent += items[number].cost(shown) - costs[number]
                costs[number] = items[number].cost(shown)
    kept = Counter(item.path for item in items)
    for alone in (False, True):  # every file keeps its most important piece as long as others can go
        for number in last:
            path = items[number].path
            if spent > total and number in rows and (alone or kept[path] > 1):
                del rows[number]
                kept[path] -= 1
                spent -= costs[number] + (0 if kept[path] else heads[path])
    for number in list(rows):  # a piece that no call can hold alone
        free = room - heads[items[number].path]
        if costs[number] > free:
            rows[number] = _fitting(items[number], rows[number], free)
            if not rows[number]:
                del rows[number]
    return rows


def _capped(item: Item, step: int) -> int:
    cap = _LADDER[step].get(item.kind)
    # A hunk that is hardly longer than its share is shown whole: the row that says so costs as much.
    return item.size if cap is None or item.size <= cap + 2 else cap


def _fitting(item: Item, rows: int, room: int) -> int:
    """Return how many rows of an item cost at most `room`; 0 where too few do."""
    low, high = 0, rows
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if item.cost(middle) <= room else (low, middle - 1)
    return low if low >= min(MIN_ROWS, item.size) else 0


class _Call:
    """One call being filled."""

    def __init__(self, room: int) -> None:
        self.free = room
        self.paths: set[str] = set()
        self.numbers: list[int] = []

    def take(self, number: int, item: Item, cost: int, head: Callable[[str], int]) -> bool:
        """Put an item in, if it fits with the naming of its file."""
        needed = cost + (0 if item.path in self.paths else head(item.path))
        if needed > self.free:
            return False
        self.free -= needed
        self.paths.add(item.path)
        self.numbers.append(number)
        return True


def _place(
    items: Sequence[Item], rows: dict[int, int], head: Callable[[str], int], room: int, calls: int
) -> tuple[list[_Call], list[int]]:
    """Fill call after call in the order of the paths; what did not fit goes where room is left."""
    filled = [_Call(room)]
    unplaced = []
    for number in sorted(rows, key=lambda number: (items[number].path.split("/")[:-1], items[number].path, number)):
        item, cost = items[number], items[number].cost(rows[number])
        if filled[-1].take(number, item, cost, head):
            continue
        if any(item.path in call.paths and call.take(number, item, cost, head) for call in filled):
            continue
        if len(filled) < calls:
            filled.append(_Call(room))
            filled[-1].take(number, item, cost, head)
        elif not any(call.take(number, item, cost, head) for call in sorted(filled, key=lambda call: -call.free)):
            unplaced.append(number)
    return filled, unplaced


def _packing(items: Sequence[Item], filled: Sequence[_Call], rows: dict[int, int]) -> Packing:
    placed = {number for call in filled for number in call.numbers}
    return Packing(
        tuple(tuple(Placed(n, rows[n]) for n in sorted(call.numbers)) for call in filled if call.numbers),
        tuple(number for number in range(len(items)) if number not in placed),
    )
