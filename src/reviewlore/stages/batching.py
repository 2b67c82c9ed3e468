"""Token pairs -> the order they are trained in: pairs on one prompt beside each other, lengths alike in a batch.

It reads lengths and prompts only; what becomes of a batch (trees, padding) is the trainer's business.
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

_JITTER = 0.1  # lengths that differ by less than this may change places, so that batches differ from epoch to epoch


@dataclass(frozen=True, slots=True)
class PairTokens:
    """One preference as token ids: `prompt` + `chosen` is preferred to `prompt` + `rejected`; `weight` in (0, 1].

    The rejected remark follows `rejected_prompt` where there is one (see `Dialogue`).
    """

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    weight: float = 1.0
    rejected_prompt: tuple[int, ...] | None = None


def plan_batches(pairs: Sequence[PairTokens], batch_size: int, count: int, seed: int) -> list[int]:
    """Return `count` indices into `pairs`, of which each `batch_size` that follow each other are a batch.

    Every pair stands floor or ceil of count / len(pairs) times. Pairs on one prompt stay in one batch where they fit,
    so that their prompt is read once, and a batch holds pairs of similar length; batches are shuffled within an epoch.
    Raises ValueError where there is no pair, or where `batch_size` or `count` is below 1.
    """
    if not pairs or batch_size < 1 or count < 1:
        raise ValueError(f"{count} of {len(pairs)} pairs in batches of {batch_size} cannot be planned.")
    randomness = random.Random(seed)  # noqa: S311 - reproducible, not secret
    groups = _group_by_prompt(pairs)
    order: list[int] = []
    left: list[list[int]] = []  # what did not fill a batch in an epoch goes into the next one
    planned = 0
    while planned < count:
        share = min(len(pairs), count - planned)
        planned += share
        epoch = left + _take(groups, share, randomness)
        whole = planned // batch_size * batch_size - len(order)
        batches, left = _fill(_by_length(epoch, pairs, batch_size, randomness), batch_size, whole // batch_size)
        randomness.shuffle(batches)
        order += [index for batch in batches for index in _neighbours(batch, pairs)]
    return order + [index for group in left for index in group]


def _group_by_prompt(pairs: Sequence[PairTokens]) -> list[list[int]]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, pair in enumerate(pairs):
        groups.setdefault(pair.prompt, []).append(index)
    return list(groups.values())


def _take(groups: Sequence[list[int]], share: int, randomness: random.Random) -> list[list[int]]:
    """Return all groups in random order, or the first of them that hold `share` pairs (the last one in part)."""
    shuffled = [randomness.sample(group, len(group)) for group in groups]
    randomness.shuffle(shuffled)
    taken: list[list[int]] = []
    for group in shuffled:
        if share <= 0:
            break
        taken.append(group[:share])
        share -= len(group)
    return taken


def _by_length(
    groups: Sequence[list[int]], pairs: Sequence[PairTokens], batch_size: int, randomness: random.Random
) -> list[list[int]]:
    """Return groups of at most `batch_size` pairs, the shortest first, neighbours swapped at random."""
    pieces = [group[at : at + batch_size] for group in groups for at in range(0, len(group), batch_size)]
    keyed = []
    for piece in pieces:
        tokens = len(pairs[piece[0]].prompt) + sum(len(pairs[i].chosen) + len(pairs[i].rejected) for i in piece)
        keyed.append((tokens * randomness.uniform(1 - _JITTER, 1 + _JITTER), piece))
    return [piece for _, piece in sorted(keyed)]


def _neighbours(batch: Sequence[int], pairs: Sequence[PairTokens]) -> list[int]:
    """Return a batch with the pieces of one prompt beside each other, so that a part of the batch shares it, too."""
    first: dict[tuple[int, ...], int] = {}
    return sorted(batch, key=lambda index: first.setdefault(pairs[index].prompt, len(first)))


def _fill(groups: Sequence[list[int]], size: int, batches: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return `batches` batches of exactly `size` pairs, and the groups that are left.

    A batch takes the next group in order that fits into its room; a group is split where none does.
    """
    queues: dict[int, deque[tuple[int, list[int]]]] = {}
    for rank, group in enumerate(groups):
        queues.setdefault(len(group), deque()).append((rank, group))
    filled: list[list[int]] = []
    for _ in range(batches):
        batch: list[int] = []
        while len(batch) < size:
            room = size - len(batch)
            fitting = [queue[0] for length, queue in queues.items() if queue and length <= room]
            rank, group = min(fitting or [queue[0] for queue in queues.values() if queue])
            queues[len(group)].popleft()
            batch += group[:room]
            if len(group) > room:
                queues.setdefault(len(group) - room, deque()).appendleft((rank, group[room:]))
        filled.append(batch)
    return filled, [group for queue in queues.values() for _, group in queue]
