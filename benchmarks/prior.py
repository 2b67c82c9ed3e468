"""Make the shipped prior: dense feature weights and trees learned from the development data, no words of it.

    python -m benchmarks prior [--data FILE] [--output src/reviewlore/ranking/prior.json] [--seed 1]

Beside it, `prior_calibration.json`: what its scores are worth in a repository that it has not seen, found by leaving
one repository out at a time. Prints its size and what it was made from; the last line is one JSON object. It is
reproducible to the byte with the same data and the same version of lightgbm.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks._comments import Vectors, as_episode, find_file, load_rows, make_parser, tell_absent
from benchmarks._held_out import held_out, left_out, score_left_out, usable

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PairSettings, PreferencePair
from reviewlore.formats.records import encode, to_plain
from reviewlore.ranking.calibration import fit_calibration
from reviewlore.ranking.model import Part, RankerModel
from reviewlore.ranking.trees import Tree
from reviewlore.stages.dataset import build_dataset, dataset_id

OUTPUT = Path(__file__).resolve().parents[1] / "src" / "reviewlore" / "ranking" / "prior.json"
LARGEST = 400_000  # bytes


def main(argv: list[str]) -> int:
    parser = make_parser("prior", __doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        return tell_absent("prior", what="made")
    episodes = [as_episode(row) for row in load_rows(source)]
    pairs = build_dataset(episodes, seed=arguments.seed, settings=PairSettings(test_share=0.0)).pairs
    model = make_prior(pairs, seed=arguments.seed)
    text = json.dumps(model.to_json(), separators=(",", ":")) + "\n"
    if len(text) > LARGEST:
        raise SystemExit(f"The prior would be {len(text)} bytes; {LARGEST} are the most.")
    arguments.output.write_text(text)
    about = dict(model.about)
    print(f"Wrote {arguments.output.name}: {len(text)} bytes, from {about['pairs']} pairs.")
    calibrations = calibrate_prior(episodes, pairs, seed=arguments.seed)
    beside = arguments.output.with_name(f"{arguments.output.stem}_calibration.json")
    beside.write_bytes(encode(rounded(to_plain(calibrations))))
    worth = {}
    for name, found in (("people", calibrations.people), ("bots", calibrations.bots)):
        if found is not None:
            worth[name] = {
                key: round(getattr(found, key), 4) for key in ("count", "addressed", "error", "brier", "auc")
            }
    print(f"Wrote {beside.name}: {worth}")
    print(json.dumps({"bytes": len(text), **about, "calibration": worth}))
    return 0


def calibrate_prior(episodes: Sequence[Episode], pairs: Sequence[PreferencePair], *, seed: int) -> Calibrations:
    """Say what the prior's scores are worth in a repository that it has not seen."""
    vectors, known = Vectors(), usable(episodes, seed)
    repositories = {each.repository for each in known}
    models = left_out(pairs, repositories, seed, vectors, lambda text: print(text, file=sys.stderr, flush=True))
    scores = score_left_out(known, models, vectors)
    # Within a repository the scores do not tell which of a bot's remarks are acted on (`benchmarks calibration`: the
    # interval of the area under the ROC curve holds 0.5), and that they tell tools apart rests on seven of them.
    people = fit_calibration(held_out(known, scores, "human"))
    return Calibrations("prior", people, fit_calibration(held_out(known, scores, "bot"), sloped=False))


def rounded(value: Any) -> Any:
    """Return plain data with its numbers rounded to five digits."""
    if isinstance(value, float):
        return _short(value)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


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
