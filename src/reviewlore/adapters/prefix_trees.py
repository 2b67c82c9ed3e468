"""Pairs of token ids -> one batch of tensors in which remarks on one prompt share it.

A tree is the prompt without its last token, then one branch for each different remark: the prompt's last token and the
remark without its own, so that each token of a branch predicts one token of the remark. Trees are packed into rows.
It knows no model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from reviewlore.stages.batching import PairTokens

if TYPE_CHECKING:
    import torch

_UNREAD = -1  # the tree of padding: it sees padding only, and nothing sees it
_NO_TARGET = -100


@dataclass(frozen=True, slots=True)
class _Branch:
    """A remark after the part of its prompt that is shared: what is read, and what each read token predicts."""

    inputs: tuple[int, ...]
    targets: tuple[int, ...]  # _NO_TARGET where nothing is asked
    completion: int


@dataclass(frozen=True, slots=True)
class _Tree:
    shared: tuple[int, ...]
    branches: tuple[_Branch, ...]

    def __len__(self) -> int:
        return len(self.shared) + sum(len(branch.inputs) for branch in self.branches)


def make_tree_batch(pairs: Sequence[PairTokens], pad: int, multiple: int = 1) -> dict[str, Any]:
    """Return the tensors of a batch whose pairs on equal prompts are one tree, and equal remarks of a tree one branch.

    `chosen`, `rejected` (pairs): the completion of each; `lengths` (completions): their tokens. `input_ids`,
    `position_ids`, `trees`, `branches` (rows x width): what is read, where it stands on its path, and what `see`
    needs. `places` (tokens): index into the flattened rows of what predicts `targets`, the token number `ranks` of
    completion `completions`. `tokens`: those of all sequences, each prompt counted for each remark, as TRL does.
    """
    trees, chosen, rejected = _plan_trees(pairs)
    rows = _pack(trees)
    return _tensors(rows, pairs, (chosen, rejected), pad, multiple)


def make_row_batch(pairs: Sequence[PairTokens], pad: int, multiple: int = 1) -> dict[str, Any]:
    """Return the same tensors with one padded row for each remark, the chosen ones first: nothing is shared."""
    sequences = [(pair.prompt, pair.chosen) for pair in pairs] + [(pair.prompt, pair.rejected) for pair in pairs]
    rows = [[_Tree((), (_row_branch(prompt, remark, at),))] for at, (prompt, remark) in enumerate(sequences)]
    count = len(pairs)
    return _tensors(rows, pairs, (range(count), range(count, 2 * count)), pad, multiple)


def see(trees: "torch.Tensor", branches: "torch.Tensor") -> "torch.Tensor":
    """Return the mask (bool, rows x 1 x width x width) of what each token (third) may see (fourth dimension).

    A token sees its own tree's shared part and its own branch, up to itself. Padding sees padding, so that no row of
    the attention is empty and every value stays finite.
    """
    import torch

    width = trees.shape[1]
    earlier = torch.ones(width, width, dtype=torch.bool, device=trees.device).tril()
    same_tree = trees[:, :, None] == trees[:, None, :]
    on_path = (branches[:, None, :] == 0) | (branches[:, :, None] == branches[:, None, :])
    return (same_tree & on_path & earlier).unsqueeze(1)


def tabulate(values: "torch.Tensor", batch: dict[str, Any]) -> "torch.Tensor":
    """Return one value a predicted token as a table (completions x longest), zero beyond a completion's end."""
    table = values.new_zeros(len(batch["lengths"]), int(batch["longest"]))
    return table.index_put((batch["completions"], batch["ranks"]), values)


def _plan_trees(pairs: Sequence[PairTokens]) -> tuple[list[_Tree], list[int], list[int]]:
    found: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
    sides: tuple[list[int], list[int]] = ([], [])
    count = 0
    for pair in pairs:
        remarks = found.setdefault(pair.prompt, {})
        for side, remark in zip(sides, (pair.chosen, pair.rejected), strict=True):
            if remark not in remarks:
                remarks[remark] = count
                count += 1
            side.append(remarks[remark])
    trees = []
    for prompt, remarks in found.items():
        branches = [_branch(prompt[-1:], remark, at) for remark, at in remarks.items()]
        trees.append(_Tree(prompt[:-1], tuple(branches)))
    return trees, *sides


def _branch(last: tuple[int, ...], remark: tuple[int, ...], completion: int) -> _Branch:
    """Return a branch; without a prompt nothing predicts a remark's first token, and it is not asked (as in TRL)."""
    inputs = (last + remark)[:-1]
    return _Branch(inputs, remark[len(remark) - len(inputs) :], completion)


def _row_branch(prompt: tuple[int, ...], remark: tuple[int, ...], completion: int) -> _Branch:
    """Return a whole sequence as one branch, its last token too: experts are balanced over everything that is read."""
    inputs = prompt + remark
    asked = min(len(remark), len(inputs) - 1)
    silent = (_NO_TARGET,) * (len(inputs) - 1 - asked)
    return _Branch(inputs, (*silent, *remark[len(remark) - asked :], _NO_TARGET), completion)


def _pack(trees: Iterable[_Tree]) -> list[list[_Tree]]:
    """Put trees into rows no longer than the longest tree: the longest first, each into the first row with room."""
    ordered = sorted(trees, key=len, reverse=True)
    rows: list[list[_Tree]] = []
    rooms: list[int] = []
    for tree in ordered:
        at = next((at for at, room in enumerate(rooms) if room >= len(tree)), len(rows))
        if at == len(rows):
            rows.append([])
            rooms.append(len(ordered[0]))
        rows[at].append(tree)
        rooms[at] -= len(tree)
    return rows


def _tensors(
    rows: Sequence[Sequence[_Tree]],
    pairs: Sequence[PairTokens],
    sides: tuple[Sequence[int], Sequence[int]],
    pad: int,
    multiple: int,
) -> dict[str, Any]:
    """Return the tensors of rows of trees; see `make_tree_batch`."""
    import torch

    width = max(1, *(sum(map(len, row)) for row in rows))
    width = -(-width // multiple) * multiple
    read: dict[str, list[list[int]]] = {"input_ids": [], "position_ids": [], "trees": [], "branches": []}
    asked: dict[str, list[int]] = {"places": [], "targets": [], "completions": [], "ranks": []}
    for number, row in enumerate(rows):
        line = _lay_out(row, number * width, asked)
        for name, fill in (("input_ids", pad), ("position_ids", 0), ("trees", _UNREAD), ("branches", 0)):
            read[name].append(line[name] + [fill] * (width - len(line[name])))
    lengths = [0] * (1 + max(*sides[0], *sides[1]))
    for side, remarks in zip(sides, ([p.chosen for p in pairs], [p.rejected for p in pairs]), strict=True):
        for completion, remark in zip(side, remarks, strict=True):
            lengths[completion] = len(remark)
    tokens = sum(2 * len(pair.prompt) + len(pair.chosen) + len(pair.rejected) for pair in pairs)
    # The pairs come first: the trainer takes the first tensor's length for the size of a batch.
    batch = {"chosen": list(sides[0]), "rejected": list(sides[1]), "lengths": lengths, **read, **asked}
    tensors: dict[str, Any] = {name: torch.tensor(values, dtype=torch.long) for name, values in batch.items()}
    return tensors | {"longest": max(lengths), "tokens": torch.tensor(tokens), "pieces": [_bounds(row) for row in rows]}


def _bounds(row: Sequence[_Tree]) -> list[tuple[int, int, list[int]]]:
    """Return where each tree's shared part begins and ends in its row, and where each of its branches ends."""
    found = []
    begin = 0
    for tree in row:
        shared = begin + len(tree.shared)
        ends = list(accumulate((len(branch.inputs) for branch in tree.branches), initial=shared))[1:]
        found.append((begin, shared, ends))
        begin = ends[-1]
    return found


def _lay_out(row: Sequence[_Tree], begin: int, asked: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return a row's tokens, and append to `asked` what they predict; `begin` is the row's place in the batch."""
    line: dict[str, list[int]] = {"input_ids": [], "position_ids": [], "trees": [], "branches": []}

    def read(tokens: tuple[int, ...], first: int, tree: int, branch: int) -> None:
        line["input_ids"] += tokens
        line["position_ids"] += range(first, first + len(tokens))
        line["trees"] += [tree] * len(tokens)
        line["branches"] += [branch] * len(tokens)

    for number, tree in enumerate(row):
        read(tree.shared, 0, number, 0)
        for at, branch in enumerate(tree.branches, 1):
            place = begin + len(line["input_ids"])
            read(branch.inputs, len(tree.shared), number, at)
            targets = [(place + i, token) for i, token in enumerate(branch.targets) if token != _NO_TARGET]
            asked["places"] += [place for place, _ in targets]
            asked["targets"] += [token for _, token in targets]
            asked["completions"] += [branch.completion] * len(targets)
            asked["ranks"] += range(len(targets))
    return line
