"""Trains the ranker: preference pairs in, a `RankerModel` (data, evaluated without any library) out.

Owns lightgbm and numpy. Pairwise logistic loss throughout (RankNet, Burges et al. 2005): a linear part, hashed words
for outcomes, and boosted trees bagged over seeds. Deterministic in the pairs and the seed; downloads nothing.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import MissingExtra, RefusedError
from reviewlore.ranking.features import extract, feature_names
from reviewlore.ranking.model import Part, RankerModel, word_buckets
from reviewlore.ranking.trees import Tree

_OUTCOME = frozenset({"outcome", "same_hunk", "human_over_bot"})
_ROUNDS = 150
_BAGS = 3
_BUCKETS = 1 << 13
_SHARES = {"outcome": 0.5, "relevance_hard": 0.3, "relevance_easy": 0.2}  # of the loss, by what the pair asks
_RIDGE = 30.0
_WORD_RIDGE = 6.0
_SMALL = 20  # pairs: below, only the prior can speak
_TRUST = 1500.0  # pairs at which a model of one's own weighs as much as the prior
Vectors = Callable[[Remark], Sequence[float]]


@dataclass(frozen=True, slots=True)
class _Task:
    """Pairs as arrays: rows of `x` (standardised by `scale`), index of chosen and rejected, weight, is-outcome."""

    x: Any
    scale: Any
    bodies: tuple[str, ...]
    chosen: Any
    rejected: Any
    weight: Any
    outcome: Any


def train_ranker(
    pairs: Sequence[PreferencePair], *, seed: int, prior: RankerModel | None = None, vectors: Vectors = extract
) -> RankerModel:
    """Train on the pairs; with a `prior`, few pairs lean on it and many outweigh it.

    `vectors` may be a cache of `extract`. Raises MissingExtra where lightgbm is not installed, RefusedError where there
    are fewer than 20 pairs and no prior.
    """
    _require()
    if len(pairs) < _SMALL:
        if prior is None:
            raise RefusedError(f"{len(pairs)} pairs cannot train a ranker; {_SMALL} are the least. Mine more history.")
        return prior
    task = _arrange(sorted(pairs, key=lambda p: p.id), vectors)
    own = [_linear_part(task), _words_part(task), _trees_part(task, seed)]
    share = 1.0 if prior is None else len(pairs) / (len(pairs) + _TRUST)
    parts = [Part(p.weight * share, p.linear, p.trees, p.words) for p in own]
    if prior is not None:
        parts += _adopted(prior, 1.0 - share)
    about = (("pairs", str(len(pairs))), ("seed", str(seed)), ("prior_share", f"{1 - share:.3f}"))
    return RankerModel(feature_names(), tuple(parts), about)


def _require() -> None:
    try:
        import lightgbm  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Training the ranker needs lightgbm: pip install 'reviewlore[model]'.") from error


def _adopted(prior: RankerModel, share: float) -> Iterator[Part]:
    """Give the prior's parts in the full list of features, weighed down."""
    position = {name: i for i, name in enumerate(feature_names())}
    where = [position[name] for name in prior.features]
    for part in prior.parts:
        linear = [0.0] * len(position)
        for i, weight in zip(where, part.linear, strict=False):
            linear[i] = weight
        trees = tuple(
            Tree(tuple(where[f] for f in t.feature), t.threshold, t.left, t.right, t.value) for t in part.trees
        )
        yield Part(part.weight * share, tuple(linear) if part.linear else (), trees, part.words)


def _arrange(pairs: Sequence[PreferencePair], vectors: Vectors) -> _Task:
    import numpy as np

    index: dict[Remark, int] = {}
    for pair in pairs:
        for remark in (pair.chosen, pair.rejected):
            index.setdefault(remark, len(index))
    x = np.array([vectors(remark) for remark in index], dtype=np.float64)
    scale = np.maximum(x.std(axis=0), 1e-3)
    kinds = np.array(["outcome" if p.kind in _OUTCOME else p.kind for p in pairs])
    weight = np.array([p.weight for p in pairs])
    for kind, share in _SHARES.items():
        chosen = kinds == kind
        if chosen.any():
            weight[chosen] *= share * len(pairs) / weight[chosen].sum()
    return _Task(
        x=x,
        scale=scale,
        bodies=tuple(remark.body for remark in index),
        chosen=np.array([index[p.chosen] for p in pairs]),
        rejected=np.array([index[p.rejected] for p in pairs]),
        weight=weight,
        outcome=kinds == "outcome",
    )


def _linear_part(task: _Task) -> Part:
    z = task.x / task.scale
    beta = _pairwise_logistic(z[task.chosen] - z[task.rejected], task.weight, _RIDGE)
    return Part(0.5, tuple(map(float, beta / task.scale)))


def _pairwise_logistic(d: Any, weight: Any, ridge: float) -> Any:
    """Minimise sum w log(1 + exp(-d.b)) + ridge/2 |b|^2 by Newton steps."""
    import numpy as np

    beta = np.zeros(d.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(np.clip(d @ beta, -30, 30)))
        gradient = -(d.T @ (weight * p)) + ridge * beta
        curvature = (d * (weight * p * (1 - p))[:, None]).T @ d
        curvature[np.diag_indices_from(curvature)] += ridge
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if float(np.abs(step).max()) < 1e-6:
            break
    return beta


def _words_part(task: _Task) -> Part:
    """Learn word weights from outcome pairs in the dual: there are fewer remarks than words."""
    import numpy as np

    rows = np.flatnonzero(task.outcome)
    if not len(rows):
        return Part(0.5)
    used = sorted({int(i) for i in (*task.chosen[rows], *task.rejected[rows])})
    texts = sorted({task.bodies[i] for i in used})
    at = {text: i for i, text in enumerate(texts)}
    z = np.zeros((len(texts), _BUCKETS), dtype=np.float64)
    for i, text in enumerate(texts):
        found = list(word_buckets(text, _BUCKETS))
        z[i, found] = 1.0 / math.sqrt(max(1, len(found)))
    good = np.array([at[task.bodies[i]] for i in task.chosen[rows]])
    bad = np.array([at[task.bodies[i]] for i in task.rejected[rows]])
    weight = task.weight[rows] / task.weight[rows].sum() * len(texts)
    theta = _kernel_logistic(z @ z.T, good, bad, weight, _WORD_RIDGE)
    return Part(0.5, words=tuple(round(float(w), 6) for w in z.T @ theta))


def _kernel_logistic(kernel: Any, good: Any, bad: Any, weight: Any, ridge: float) -> Any:
    """Pairwise logistic regression on f = K theta with penalty ridge/2 theta'K theta, by accelerated gradient steps."""
    import numpy as np

    theta = np.zeros(len(kernel))
    ahead, momentum = theta.copy(), 1.0
    # Lipschitz bound: each pair touches two remarks of norm <= 1.
    load = np.bincount(good, weight, len(kernel)) + np.bincount(bad, weight, len(kernel))
    step = 1.0 / (ridge + 0.5 * float(np.abs(kernel).sum(axis=1).max()) * float(load.max()))
    for _ in range(300):
        f = kernel @ ahead
        p = weight / (1.0 + np.exp(np.clip(f[good] - f[bad], -30, 30)))
        pull = np.bincount(good, p, len(kernel)) - np.bincount(bad, p, len(kernel))
        new = ahead - step * (ridge * ahead - pull)
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - theta)
        theta, momentum = new, following
    return theta


def _trees_part(task: _Task, seed: int) -> Part:
    import lightgbm
    import numpy as np

    def objective(scores: Any, _: Any) -> tuple[Any, Any]:
        p = task.weight / (1.0 + np.exp(np.clip(scores[task.chosen] - scores[task.rejected], -30, 30)))
        h = p * (1.0 - p / np.maximum(task.weight, 1e-12))
        count = len(scores)
        gradient = np.bincount(task.rejected, p, count) - np.bincount(task.chosen, p, count)
        return gradient, np.bincount(task.rejected, h, count) + np.bincount(task.chosen, h, count) + 1e-6

    trees: list[Tree] = []
    for bag in range(_BAGS):
        settings = {
            "objective": objective,
            "learning_rate": 0.06,
            "num_leaves": 15,
            "min_data_in_leaf": 40,
            "min_sum_hessian_in_leaf": 3.0,
            "lambda_l2": 10.0,
            "feature_fraction": 0.3,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "max_bin": 63,
            "seed": seed * 101 + bag,
            "num_threads": 2,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(task.x, label=np.zeros(len(task.x)), params={"verbosity": -1, "max_bin": 63})
        booster = lightgbm.train(settings, data, num_boost_round=_ROUNDS)
        trees += parse_trees(booster.model_to_string())
    return Part(0.8 / _BAGS, trees=tuple(trees))


def parse_trees(model: str) -> Iterator[Tree]:
    """Read the trees from LightGBM's text format (`Booster.model_to_string`), numbers at full precision."""
    for block in model.split("\nTree=")[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n\n", 1)[0].splitlines() if "=" in line)
        yield Tree(
            feature=tuple(map(int, fields.get("split_feature", "").split())),
            threshold=tuple(map(float, fields.get("threshold", "").split())),
            left=tuple(map(int, fields.get("left_child", "").split())),
            right=tuple(map(int, fields.get("right_child", "").split())),
            value=tuple(map(float, fields["leaf_value"].split())),
        )
