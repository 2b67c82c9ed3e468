"""Trains the ranker: preference pairs in, a `RankerModel` (data, evaluated without any library) out.

Owns lightgbm, numpy and threadpoolctl. Two questions are learned apart, both by pairwise logistic loss (RankNet, Burges
et al. 2005): is the remark about this code, and are remarks like it acted on. Deterministic in pairs and seed.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import MissingExtra, RefusedError
from reviewlore.ranking.features import extract, feature_names
from reviewlore.ranking.model import Part, RankerModel, word_buckets
from reviewlore.ranking.trees import Tree

Vectors = Callable[[Remark], Sequence[float]]
Shares = Mapping[str, float]

# What each learner is asked, as shares of its loss.
_ACTED_ON: Shares = {"outcome": 1.0}
_ABOUT: Shares = {"relevance_hard": 0.6, "relevance_easy": 0.4}
_BOTH: Shares = {"outcome": 0.5, "relevance_hard": 0.3, "relevance_easy": 0.2}
# What question a kind of pairs asks. A revision asks which code is better: that is for a model that reads code.
_QUESTION: Mapping[str, str] = {
    "outcome": "outcome",
    "same_hunk": "outcome",
    "human_over_bot": "outcome",
    "dismissed": "outcome",
    "silence": "outcome",
    "relevance_hard": "relevance_hard",
    "relevance_easy": "relevance_easy",
    "relevance_similar": "relevance_easy",  # of another pull request and path, as the easy ones are
}
_HUNK_FREE = ("speech.", "shape.", "place.")  # features that do not ask whether remark and hunk belong together

# How the learners are added up; chosen by leaving one repository out (decision 0003).
_WEIGHT_ACTED_ON = 1.3
_WEIGHT_ABOUT = 1.0
_WEIGHT_BOTH = 0.8
_GATE_SLOPE, _GATE_SHIFT = 2.0, 1.5

# (rounds, learning rate, bags): outcome has few remarks and noisy labels, so several short runs are averaged.
_ONCE = (150, 0.06, 1)
_BAGGED = (80, 0.1, 3)
_WORDS_SHARE = 0.35
_RIDGE = 100.0
_WORD_RIDGE = 3.0
_BUCKETS = 1 << 13
_PER_REMARK = 6.0  # weight of one remark and kind, however many partners it has: more pairs must not loosen the reins
_SMALL = 20  # pairs: below, only the prior can speak
_TRUST = 400.0  # remarks at which a model of one's own weighs as much as the prior (decision 0003)
_SETTINGS: Mapping[str, Any] = {
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "min_sum_hessian_in_leaf": 3.0,
    "lambda_l2": 10.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,  # waiting threads spin: on a busy machine two of them took five times the CPU of one
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class _Task:
    """Pairs as arrays: `x` holds the remarks' features, `chosen` and `rejected` are rows of it."""

    x: Any
    bodies: tuple[str, ...]
    chosen: Any
    rejected: Any
    weight: Any
    kind: Any


def train_ranker(
    pairs: Sequence[PreferencePair],
    *,
    seed: int,
    prior: RankerModel | None = None,
    vectors: Vectors = extract,
    words: bool = True,
) -> RankerModel:
    """Train on the pairs; with a `prior`, few remarks lean on it and many outweigh it.

    `vectors` may be a cache of `extract`; without `words` the model holds weights of features only. Raises MissingExtra
    where lightgbm is not installed, RefusedError where there are fewer than 20 pairs and no prior.
    """
    _require()
    from threadpoolctl import threadpool_limits

    pairs = [pair for pair in pairs if pair.kind in _QUESTION]
    if len(pairs) < _SMALL:
        if prior is None:
            raise RefusedError(f"{len(pairs)} pairs cannot train a ranker; {_SMALL} are the least. Mine more history.")
        return prior
    task = _arrange(sorted(pairs, key=lambda p: p.id), vectors)
    with threadpool_limits(limits=1):  # with more threads BLAS adds up in another order: other digits
        parts = list(_learn(task, seed, words))
    remarks = len({episode for pair in pairs for episode in pair.episodes})
    share = 1.0 if prior is None else remarks / (remarks + _TRUST)
    parts = [replace(part, weight=part.weight * share) for part in parts]
    if prior is not None:
        parts += _adopted(prior, 1.0 - share)
    about = {"pairs": len(pairs), "remarks": remarks, "seed": seed, "prior_share": f"{1 - share:.3f}"}
    return RankerModel(feature_names(), tuple(parts), tuple((name, str(value)) for name, value in about.items()))


def describe() -> dict[str, str]:
    """Return what the training is set to, for the lineage: another setting makes another version of the same data."""
    learners = {"once": _ONCE, "bagged": _BAGGED, "words": (_BUCKETS, _WORDS_SHARE, _WORD_RIDGE), "ridge": _RIDGE}
    mixture = (_WEIGHT_ACTED_ON, _WEIGHT_ABOUT, _WEIGHT_BOTH, _GATE_SLOPE, _GATE_SHIFT, _TRUST)
    values = {"trees": _SETTINGS, "learners": learners, "mixture": mixture, "features": feature_names()}
    text = {name: json.dumps(value, sort_keys=True) for name, value in values.items()}
    text["features"] = f"{len(feature_names())}, sha256 {hashlib.sha256(text['features'].encode()).hexdigest()[:16]}"
    return text


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


def _require() -> None:
    try:
        import lightgbm  # noqa: F401
        import threadpoolctl  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Training the ranker needs lightgbm: pip install '/path/to/reviewlore[model]'.") from error


def _learn(task: _Task, seed: int, words: bool) -> Iterator[Part]:
    """Yield log P(about this code) as a gated part, P(acted on) and a joint learner as plain ones."""
    about, acted_on = _only(task, _ABOUT), _only(task, _ACTED_ON)
    if len(about.weight):
        linear, trees = _linear(about), _trees(about, seed)
        yield Part(
            weight=_WEIGHT_ABOUT,
            linear=tuple(0.5 * _GATE_SLOPE * w for w in linear),
            trees=_scaled(trees, 0.5 * _GATE_SLOPE),
            bias=_GATE_SLOPE * _GATE_SHIFT,
            gated=True,
        )
    if len(acted_on.weight):
        free = [i for i, name in enumerate(feature_names()) if name.startswith(_HUNK_FREE)]
        trees = (*_trees(acted_on, seed + 1, _BAGGED), *_trees(acted_on, seed + 2, _BAGGED, free))
        learned = tuple(_WORDS_SHARE * w for w in _words(acted_on)) if words else ()
        yield Part(weight=_WEIGHT_ACTED_ON, trees=_scaled(trees, 0.5), words=learned)
    yield Part(weight=_WEIGHT_BOTH, trees=_trees(_only(task, _BOTH), seed + 3))


def _adopted(prior: RankerModel, share: float) -> Iterator[Part]:
    """Give the prior's parts in the full list of features, weighed down."""
    position = {name: i for i, name in enumerate(feature_names())}
    where = [position[name] for name in prior.features]
    for part in prior.parts:
        linear = [0.0] * len(position)
        for i, weight in zip(where, part.linear, strict=False):
            linear[i] = weight
        trees = tuple(replace(t, feature=tuple(where[f] for f in t.feature)) for t in part.trees)
        yield replace(part, weight=part.weight * share, linear=tuple(linear) if part.linear else (), trees=trees)


def _arrange(pairs: Sequence[PreferencePair], vectors: Vectors) -> _Task:
    import numpy as np

    remarks = {remark for pair in pairs for remark in (pair.chosen, pair.rejected)}
    # Remarks on one hunk one after the other: the hunk is then parsed once, which halves the time.
    index = {r: i for i, r in enumerate(sorted(remarks, key=lambda r: (r.path, r.hunk, r.body)))}
    return _Task(
        x=np.array([vectors(remark) for remark in index], dtype=np.float64),
        bodies=tuple(remark.body for remark in index),
        chosen=np.array([index[p.chosen] for p in pairs]),
        rejected=np.array([index[p.rejected] for p in pairs]),
        weight=np.array([p.weight for p in pairs]) / _partners(pairs),
        kind=np.array([_QUESTION[p.kind] for p in pairs]),
    )


def _partners(pairs: Sequence[PreferencePair]) -> Any:
    """Count, per pair, the pairs of its kind that turn on the same remark: the chosen one, or the one not acted on."""
    import numpy as np

    turns = [(p.kind, p.episodes[_QUESTION[p.kind] == "outcome"], p.repository) for p in pairs]
    count = Counter(turns)
    return np.array([float(count[turn]) for turn in turns])


def _only(task: _Task, shares: Shares) -> _Task:
    """Keep the pairs of some kinds, weighed by their shares; a remark has the same weight in each learner."""
    import numpy as np

    kept = np.flatnonzero(np.isin(task.kind, list(shares)))
    weight, kind = task.weight[kept].copy(), task.kind[kept]
    present = {k: share for k, share in shares.items() if (kind == k).any()}
    total = _PER_REMARK * weight.sum()
    for k, share in present.items():
        weight[kind == k] *= share / sum(present.values()) * total / weight[kind == k].sum()
    rows, places = np.unique(np.concatenate([task.chosen[kept], task.rejected[kept]]), return_inverse=True)
    bodies = tuple(task.bodies[i] for i in rows)
    return _Task(task.x[rows], bodies, places[: len(kept)], places[len(kept) :], weight, kind)


def _linear(task: _Task) -> list[float]:
    """Return pairwise logistic weights of the raw features, by Newton steps on standardised differences."""
    import numpy as np

    scale = np.maximum(task.x.std(axis=0), 1e-3)
    d = (task.x[task.chosen] - task.x[task.rejected]) / scale
    beta = np.zeros(d.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(np.clip(d @ beta, -30, 30)))
        gradient = _RIDGE * beta - d.T @ (task.weight * p)
        curvature = (d * (task.weight * p * (1 - p))[:, None]).T @ d
        curvature[np.diag_indices_from(curvature)] += _RIDGE
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if float(np.abs(step).max()) < 1e-6:
            break
    return [float(w) for w in beta / scale]


def _words(task: _Task) -> list[float]:
    """Learn word weights in the dual (there are fewer remarks than words) by accelerated gradient steps."""
    import numpy as np

    texts = sorted(set(task.bodies))
    at = {text: i for i, text in enumerate(texts)}
    z = np.zeros((len(texts), _BUCKETS), dtype=np.float32)
    for i, text in enumerate(texts):
        found = list(word_buckets(text, _BUCKETS))
        z[i, found] = 1.0 / math.sqrt(max(1, len(found)))
    kernel = (z @ z.T).astype(np.float64)
    place = np.array([at[body] for body in task.bodies])
    good, bad = place[task.chosen], place[task.rejected]
    weight = task.weight / task.weight.sum() * len(texts)
    load = np.bincount(good, weight, len(texts)) + np.bincount(bad, weight, len(texts))
    step = 1.0 / (_WORD_RIDGE + 0.5 * float(np.abs(kernel).sum(axis=1).max()) * float(load.max()))
    theta, momentum = np.zeros(len(texts)), 1.0
    ahead = theta
    for _ in range(250):
        f = kernel @ ahead
        p = weight / (1.0 + np.exp(np.clip(f[good] - f[bad], -30, 30)))
        pull = np.bincount(good, p, len(texts)) - np.bincount(bad, p, len(texts))
        new = ahead - step * (_WORD_RIDGE * ahead - pull)
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - theta)
        theta, momentum = new, following
    return [round(float(w), 5) for w in z.T @ theta]


def _trees(
    task: _Task, seed: int, plan: tuple[int, float, int] = _ONCE, columns: Sequence[int] | None = None
) -> tuple[Tree, ...]:
    """Boost trees on the pairs; with `columns`, on some of the features; none where there is too little to split."""
    import lightgbm
    import numpy as np

    def objective(scores: Any, _: Any) -> tuple[Any, Any]:
        p = 1.0 / (1.0 + np.exp(np.clip(scores[task.chosen] - scores[task.rejected], -30, 30)))
        g, h, count = task.weight * p, task.weight * p * (1 - p), len(scores)
        gradient = np.bincount(task.rejected, g, count) - np.bincount(task.chosen, g, count)
        return gradient, np.bincount(task.rejected, h, count) + np.bincount(task.chosen, h, count) + 1e-6

    x = task.x if columns is None else task.x[:, list(columns)]
    if len(x) < 3 * _SETTINGS["min_data_in_leaf"] or not (x.max(axis=0) > x.min(axis=0)).any():
        return ()
    rounds, rate, bags = plan
    settings = {**_SETTINGS, "objective": objective, "learning_rate": rate}
    binning = {"verbosity": -1, "max_bin": _SETTINGS["max_bin"], "feature_pre_filter": False}
    trees: list[Tree] = []
    for bag in range(bags):
        data = lightgbm.Dataset(x, label=np.zeros(len(x)), params=binning)
        booster = lightgbm.train({**settings, "seed": 1000 * seed + bag}, data, num_boost_round=rounds)
        trees += parse_trees(booster.model_to_string())
    scaled = _scaled(trees, 1.0 / bags)
    if columns is None:
        return scaled
    return tuple(replace(tree, feature=tuple(columns[f] for f in tree.feature)) for tree in scaled)


def _scaled(trees: Sequence[Tree], factor: float) -> tuple[Tree, ...]:
    return tuple(replace(tree, value=tuple(factor * v for v in tree.value)) for tree in trees)
