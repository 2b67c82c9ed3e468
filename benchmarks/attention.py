"""Which hunks of a pull request people speak of: how well that can be told, and the weights that are shipped.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks attention [--json] [--write]

Recorded pull requests on their repositories' own history, each as the first reviewer saw it; a hunk is positive where a
person, not the author, remarked on it. Each repository is left out in turn; beside the learned order stand simple ones.
`within` is the mean over pull requests of the area under the ROC curve of their own hunks, `pooled` that over all
hunks. `--write` fits on all and writes the weights. The last line is one JSON object.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._timeline_measure import Replayed, hunks_of, in_change, roc_auc
from benchmarks._timeline_replay import People, read_recorded
from tests.github.fake import start_fake
from tests.github.replay import PULLS, Loader, borrow

from reviewlore.adapters.git import GitRepo
from reviewlore.diff import parse_diff
from reviewlore.errors import InputError
from reviewlore.flows.briefing_files import kind_of_file
from reviewlore.ranking.attention import FEATURES, HunkInChange, attention_features
from reviewlore.stages.review.priority import Signals, score_hunk

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
OUTPUT = Path(__file__).resolve().parents[1] / "src" / "reviewlore" / "ranking" / "attention.json"
_RIDGE = 3.0  # on standardised features, against the summed weight of all hunks
_STEPS = 30
_DIGITS = 5
Scores = Sequence[float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One hunk as a reviewer saw it, and whether a person remarked on it."""

    repository: str
    pull: int
    hunk: HunkInChange
    added: int
    removed: int
    remarked: bool


def main(argv: list[str]) -> int:
    """Measure, and write where asked to; exit 0 also where there is nothing to measure on, which is said."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks attention", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recorded rows; default: ../shared/data")
    parser.add_argument("--write", action="store_true", help="fit on all repositories and write the shipped weights")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    clones = os.environ.get("REVIEWLORE_CLONES")
    if not clones or not (arguments.data / PULLS).exists():
        print("Not measured: name the folder of clones in REVIEWLORE_CLONES and the recorded rows by --data.")
        print(json.dumps({"not_measured": ["attention"]}))
        return 0
    seen = list(read_seen(arguments.data, Path(clones)))
    result: dict[str, Any] = {"hunks": len(seen), "pull_requests": len({(one.repository, one.pull) for one in seen})}
    result |= {"remarked": sum(one.remarked for one in seen), "repositories": len({one.repository for one in seen})}
    result["orders"] = {name: measure(seen, scores) for name, scores in orders(seen).items()}
    for name, found in result["orders"].items():
        print(f"{name:<40} within {found['within']:.3f}  pooled {found['pooled']:.3f}  macro {found['macro']:.3f}")
    if arguments.write:
        weights, intercept = fit([attention_features(one.hunk) for one in seen], seen)
        rounded = {name: round(weight, _DIGITS) for name, weight in zip(FEATURES, weights, strict=True)}
        OUTPUT.write_text(json.dumps({"weights": rounded, "intercept": round(intercept, _DIGITS)}, indent=1) + "\n")
        print(f"Wrote {OUTPUT.name}")
    print(json.dumps(result))
    return 0


def read_seen(data: Path, clones: Path) -> Iterator[Seen]:
    """Yield the hunks of all recorded pull requests whose clone and commits are at hand."""
    with gzip.open(data / PULLS, "rt", encoding="utf-8") as rows:
        names = sorted({json.loads(row)["repo"] for row in rows})
    for name in names:
        clone = clones / name.partition("/")[2]
        if clone.exists():
            print(f"Reading {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder, start_fake() as fake:
                bare = borrow(Path(folder), clone, name)
                loader = Loader(fake, name, bare)
                yield from _read_repository(name, data, loader, GitRepo(bare))
                loader.git.close()


def _read_repository(name: str, data: Path, loader: Loader, repo: GitRepo) -> Iterator[Seen]:
    people = People(loader, repo)
    for one in read_recorded(data, name, loader):
        head, how = people.first_seen(one.row, one.talk)
        try:
            hunks = hunks_of(parse_diff(repo.diff(repo.merge_base(one.row["base_sha"], head), head)))
            record = Replayed(name, one.row["pr_number"], 0.0, how, False, 0, [False] * len(hunks))
            people.mark(one.row, one.talk, head, record, hunks)
        except InputError:  # a clone may lack a commit's contents
            continue
        for at, hunk, remarked in zip(hunks, in_change(hunks), record.deserved, strict=True):
            yield Seen(name, record.number, hunk, len(at.hunk.added), len(at.hunk.removed), remarked)


def orders(seen: Sequence[Seen]) -> dict[str, Scores]:
    """Return the score of each hunk by each way of ordering them; the learned one never saw the hunk's repository."""
    rows = [attention_features(one.hunk) for one in seen]
    return {
        "learned, repository left out": left_out(rows, seen),
        "stated: kind of file and size": [
            score_hunk(Signals(kind=kind_of_file(one.hunk.path), added=one.added, removed=one.removed)) for one in seen
        ],
        "baseline: lines added": [float(one.added) for one in seen],
        "baseline: earlier in the diff": [-float(one.hunk.place) for one in seen],
    }


def left_out(rows: Sequence[Sequence[float]], seen: Sequence[Seen]) -> list[float]:
    """Return each hunk's value by the weights fitted on all other repositories."""
    scores = [0.0] * len(seen)
    for name in sorted({one.repository for one in seen}):
        others = [place for place, one in enumerate(seen) if one.repository != name]
        weights, intercept = fit([rows[place] for place in others], [seen[place] for place in others])
        for place, one in enumerate(seen):
            if one.repository == name:
                scores[place] = intercept + sum(w * x for w, x in zip(weights, rows[place], strict=True))
    return scores


def fit(rows: Sequence[Sequence[float]], seen: Sequence[Seen]) -> tuple[list[float], float]:
    """Fit a ridge logistic regression by Newton's method; each pull request weighs the same. Weights and intercept."""
    import numpy as np

    values = np.array(rows)
    labels = np.array([one.remarked for one in seen], dtype=float)
    sizes = Counter((one.repository, one.pull) for one in seen)
    weight = np.array([1.0 / sizes[one.repository, one.pull] for one in seen])
    weight *= len(seen) / weight.sum()
    mean, spread = values.mean(0), values.std(0) + 1e-9
    design = np.hstack([(values - mean) / spread, np.ones((len(seen), 1))])
    penalty = np.diag([_RIDGE] * values.shape[1] + [0.0])
    theta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-design @ theta))
        gradient = design.T @ (weight * (labels - chance)) - penalty @ theta
        curvature = (design * (weight * chance * (1.0 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(theta)), gradient)
        theta += step
        if abs(step).max() < 1e-8:
            break
    weights = theta[:-1] / spread
    return weights.tolist(), float(theta[-1] - weights @ mean)


def measure(seen: Sequence[Seen], scores: Scores) -> dict[str, float]:
    """Return the areas under the ROC curve: mean within a pull request, over all hunks, mean over repositories."""
    return {
        "within": _mean(seen, scores, lambda one: (one.repository, one.pull)),
        "pooled": _mean(seen, scores, lambda _: ()),
        "macro": _mean(seen, scores, lambda one: one.repository),
    }


def _mean(seen: Sequence[Seen], scores: Scores, key: Callable[[Seen], object]) -> float:
    groups: dict[object, list[int]] = defaultdict(list)
    for place, one in enumerate(seen):
        groups[key(one)].append(place)
    areas = [
        roc_auc([scores[place] for place in group], [seen[place].remarked for place in group])
        for group in groups.values()
    ]
    known = [area for area in areas if area is not None]
    return sum(known) / len(known) if known else float("nan")
