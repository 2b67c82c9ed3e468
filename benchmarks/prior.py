"""Make the shipped prior: dense feature weights and trees learned from the development data, no words of it.

    python -m benchmarks prior [--data FILE] [--output src/reviewlore/ranking/prior.json] [--seed 1]

Prints its size and what it was made from; the last line is one JSON object. It is reproducible to the byte with the
same data and the same version of lightgbm.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks._comments import as_episode, find_file, load_rows

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.preference import PairSettings, PreferencePair
from reviewlore.ranking.model import Part, RankerModel
from reviewlore.ranking.trees import Tree
from reviewlore.stages.dataset import build_dataset, dataset_id

OUTPUT = Path(__file__).resolve().parents[1] / "src" / "reviewlore" / "ranking" / "prior.json"
LARGEST = 400_000  # bytes


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks prior", description=__doc__)
    parser.add_argument("--data", help="review comments (JSONL.gz); default: ../shared/data beside the project")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        print("Not made: there are no review comments at --data or in ../shared/data beside the project.")
        print(json.dumps({"not_measured": ["prior"]}))
        return 0
    episodes = [as_episode(row) for row in load_rows(source)]
    pairs = build_dataset(episodes, seed=arguments.seed, settings=PairSettings(test_share=0.0)).pairs
    model = make_prior(pairs, seed=arguments.seed)
    text = json.dumps(model.to_json(), separators=(",", ":")) + "\n"
    if len(text) > LARGEST:
        raise SystemExit(f"The prior would be {len(text)} bytes; {LARGEST} are the most.")
    arguments.output.write_text(text)
    about = dict(model.about)
    print(f"Wrote {arguments.output.name}: {len(text)} bytes, from {about['pairs']} pairs.")
    print(json.dumps({"bytes": len(text), **about}))
    return 0


def make_prior(pairs: Iterable[PreferencePair], *, seed: int) -> RankerModel:
    """Train without words, round to five digits, name the repositories it has seen (it may not be judged on them)."""
    pairs = list(pairs)
    model = train_ranker(pairs, seed=seed, words=False)
    seen = sorted({pair.repository for pair in pairs})
    identity = dataset_id(pairs)[:12]
    about = {**dict(model.about), "id": f"prior-{identity}", "repositories": " ".join(seen)}
    return RankerModel(model.features, tuple(map(_rounded, model.parts)), tuple(about.items()))


def _rounded(part: Part) -> Part:
    trees = tuple(
        Tree(t.feature, tuple(map(_short, t.threshold)), t.left, t.right, tuple(map(_short, t.value)))
        for t in part.trees
    )
    return replace(part, linear=tuple(map(_short, part.linear)), trees=trees, weight=_short(part.weight))


def _short(number: float) -> float:
    return float(f"{number:.5g}")
