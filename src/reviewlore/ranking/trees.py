"""Decision trees as data: evaluated in pure Python, checked on the way in: a damaged file cannot loop or crash."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewlore.errors import StateError


@dataclass(frozen=True, slots=True)
class Tree:
    """A binary regression tree: node i goes to `left[i]` where x[feature[i]] <= threshold[i], else to `right[i]`.

    A child c < 0 is the leaf ~c of `value`. Children come after their parent, so every walk ends. A tree without nodes
    is its only leaf.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def __call__(self, x: Sequence[float]) -> float:
        """Return the value of the leaf that `x` falls into."""
        feature, threshold, left, right = self.feature, self.threshold, self.left, self.right
        node = 0 if feature else -1
        while node >= 0:
            node = left[node] if x[feature[node]] <= threshold[node] else right[node]
        return self.value[~node]


def tree_to_json(tree: Tree) -> dict[str, list[float]]:
    """Return the tree as plain lists under one-letter keys."""
    return {
        "f": list(tree.feature),
        "t": list(tree.threshold),
        "l": list(tree.left),
        "r": list(tree.right),
        "v": list(tree.value),
    }


def tree_from_json(data: Mapping[str, Any], features: int) -> Tree:
    """Return the checked tree over `features` inputs; StateError where it is damaged."""
    try:
        tree = Tree(
            feature=tuple(map(int, data["f"])),
            threshold=tuple(map(float, data["t"])),
            left=tuple(map(int, data["l"])),
            right=tuple(map(int, data["r"])),
            value=tuple(map(float, data["v"])),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise StateError(f"The ranker's file holds a damaged tree ({error!r}). Restore it, or train again.") from error
    if not _is_sound(tree, features):
        raise StateError("The ranker's file holds a tree that does not add up. Restore it, or train again.")
    return tree


def _is_sound(tree: Tree, features: int) -> bool:
    nodes, leaves = len(tree.feature), len(tree.value)
    if not (nodes == len(tree.threshold) == len(tree.left) == len(tree.right) == leaves - 1):
        return False
    if not all(map(math.isfinite, (*tree.threshold, *tree.value))):
        return False
    if not all(0 <= f < features for f in tree.feature):
        return False
    return all(
        parent < child < nodes if child >= 0 else ~child < leaves
        for side in (tree.left, tree.right)
        for parent, child in enumerate(side)
    )
