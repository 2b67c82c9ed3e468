"""Does an adapter beat the embedded ranker on real reviews? A weak base, each repository in time order, the real gate.

    python -m benchmarks adapter [--json] [--quick] [--data FILE] [--repositories 3] [--seed 1]
                                 [--base FOLDER] [--device cpu|cuda]

Without `--base` a language model of some five million parameters is trained from scratch on the texts of all other
repositories; a folder with a published one is never downloaded. Per repository the product makes its dataset (the
latest 30 % of pull requests judge), trains supervised and by DPO with early stopping, and asks its gate. All are judged
on the same held-out pairs; differences are paired, with 95 % bootstrap intervals clustered by pull request. `macro` is
over the repositories. The last line is one JSON object; progress goes to standard error.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks._comments import as_episode, find_file, load_rows, make_parser, tell_absent
from benchmarks._small_base import SmallBase, train_base
from tests.repositories import make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_prompts, load_recipe
from reviewlore.adapters.training import DpoAdapters
from reviewlore.dialogue import render_preference, select_trainable
from reviewlore.domain.evaluation import Interval
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair, is_judged
from reviewlore.domain.recipe import NamedBase, Recipe
from reviewlore.flows import judge
from reviewlore.flows.bench import Remembering
from reviewlore.flows.fitting import Plan, fit_judged
from reviewlore.flows.judge import LoadedDataset, Rivals
from reviewlore.flows.rivals import find_rivals
from reviewlore.flows.training import TrainContext
from reviewlore.stages.dataset import build_dataset
from reviewlore.stages.dataset.build import make_manifest
from reviewlore.stages.evaluate import judge_pairs, paired_difference
from reviewlore.stages.gate import decide_gate
from reviewlore.stages.recipe import parse_recipe
from reviewlore.wiring import Workshop

_BASE = "local/base"
_PROMPTED = 40  # pairs that the prompted base is asked about: each is a prompt of its own
_RIVALS = ("embedded ranker", "prior", "prompt only", "few-shot", "lexical overlap", "comment only", "longer wins")


@dataclass(frozen=True)
class Size:
    """How much is done: steps of the base, of SFT and of DPO."""

    base: SmallBase = field(default_factory=SmallBase)
    warm: int = 40
    steps: int = 60
    prompted: int = _PROMPTED


QUICK = Size(SmallBase(layers=2, width=64, heads=2, vocabulary=800, steps=10, rows=4, length=128), 3, 6, 4)


def main(argv: list[str]) -> int:
    parser = make_parser("adapter", __doc__, "one small repository, a few steps")
    parser.add_argument("--repositories", type=int, default=3)
    parser.add_argument("--base", metavar="FOLDER", help="a published base model on this machine")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--base-steps", type=int, default=SmallBase.steps)
    parser.add_argument("--steps", type=int, default=Size.steps)
    arguments = parser.parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        return tell_absent("adapter", "repositories", "macro", "verdicts")
    if arguments.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # else the trainer takes the accelerator that is there
    whole = Size(replace(SmallBase(), steps=arguments.base_steps), steps=arguments.steps)
    size = QUICK if arguments.quick else whole
    episodes = [as_episode(row) for row in load_rows(source)]
    with tempfile.TemporaryDirectory(prefix="reviewlore-bench-") as folder:
        found = run(episodes, size, Path(folder), arguments)
    print(json.dumps(found))
    return 0


def run(episodes: Sequence[Episode], size: Size, folder: Path, arguments: Any) -> dict[str, Any]:
    begin = time.monotonic()
    datasets = _choose(episodes, arguments.seed, 1 if arguments.quick else arguments.repositories, arguments.quick)
    recipe = make_recipe(size)
    base = Path(arguments.base) if arguments.base else folder / "base"
    made = None
    if not arguments.base:
        others = [each for each in episodes if each.repository not in datasets]
        texts = _texts(build_dataset(others, seed=arguments.seed).pairs, recipe)
        made = train_base(texts, size.base, base, seed=arguments.seed, device=arguments.device, say=_say)
        _say(f"base: {made}")
    tables = {}
    for repository, dataset in datasets.items():
        place = folder / repository.replace("/", "-")
        place.mkdir()
        tables[repository] = compare(_context(place, base), dataset, recipe, size.prompted)
        _print(repository, tables[repository])
    return {
        "base": made or str(arguments.base and Path(arguments.base).name),
        "repositories": tables,
        "macro": _macro(tables),
        "verdicts": {name: table["verdict"] for name, table in tables.items()},
        "device": arguments.device,
        "seed": arguments.seed,
        "quick": arguments.quick,
        "seconds": round(time.monotonic() - begin, 1),
    }


def make_recipe(size: Size) -> Recipe:
    """The shipped recipe for a CPU with a base of its own, a supervised start and early stopping."""
    recipe = parse_recipe(load_recipe("smoke_cpu"), "bench")
    return replace(
        recipe,
        base=NamedBase(_BASE, "0" * 40),
        text=replace(recipe.text, hunk_characters=500, remark_characters=300, max_tokens=384),
        lora=replace(recipe.lora, rank=16, alpha=32),
        warm_start=replace(recipe.warm_start, max_steps=size.warm, epochs=2.0, learning_rate=1e-3),
        run=replace(recipe.run, learning_rate=5e-4, max_steps=size.steps, precision="float32", log_every=10),
        stopping=replace(recipe.stopping, every=15, patience=2, share=0.15, least_pairs=40, folds=0),
    )


def compare(context: TrainContext, dataset: LoadedDataset, recipe: Recipe, prompted: int) -> dict[str, Any]:
    """Train the adapter as the product does, and set it beside its rivals on the held-out pairs."""
    plan = Plan("adapter", recipe, dataset, context.adapters.settings(recipe))
    start = time.monotonic()
    judged = fit_judged(context, plan)
    own = Remembering(judged.scorer)
    rivals = find_rivals(context, plan, judged)
    versions = tuple(
        replace(rival, scorer=Remembering(rival.scorer), most=min(rival.most, prompted) if rival.most else 0)
        for rival in rivals.versions
    )
    evaluation, comparisons = judge.judge(
        own, Rivals(versions, rivals.incumbent, rivals.notes), dataset, context.clock, context.console
    )
    decision = decide_gate(
        judge.find_score(evaluation, plan.id), comparisons, judge.find_shortfall(dataset), evaluation.guards
    )
    rows = {score.name: score for score in evaluation.scores}
    ranker = next((rival.scorer for rival in versions if rival.scorer.version == "embedded ranker"), None)
    trainable = select_trainable(dataset.train, recipe.text, recipe.loss.method)[0]
    return {
        "pairs": {"train": len(dataset.train), "trainable": len(trainable), "test": len(dataset.test)},
        "pull_requests": {"train": len({p.pull_request for p in dataset.train}), "test": evaluation.pull_requests},
        "adapter": {"mean": _plain(rows[plan.id].overall), **_kinds(rows[plan.id].by_kind)},
        "rivals": {
            name: {"mean": _plain(rows[name].overall), **_kinds(rows[name].by_kind)} for name in _RIVALS if name in rows
        },
        "difference": {item.rival.name: _plain(item.difference) for item in comparisons if item.rival.name in _RIVALS},
        "difference_to_ranker_by_kind": _by_kind(dataset, own, ranker) if ranker else None,
        "stopped": judged.replay,
        "log": [{name: round(value, 3) for name, value in entry.items()} for entry in judged.log][-6:],
        "verdict": decision.verdict,
        "reason": decision.reason,
        "notes": list(evaluation.notes),
        "seconds": round(time.monotonic() - start, 1),
    }


def _by_kind(dataset: LoadedDataset, own: Any, other: Any) -> dict[str, Any]:
    """The paired difference of two scorers on each kind of pairs."""
    found: dict[str, Any] = {}
    for kind in sorted({pair.kind for pair in dataset.test}):
        pairs = [pair for pair in dataset.test if pair.kind == kind]
        wins = [_wins(pairs, scorer) for scorer in (own, other)]
        found[kind] = _plain(paired_difference(pairs, *wins, seed=dataset.manifest.seed))
    return found


def _wins(pairs: Sequence[PreferencePair], scorer: Any) -> dict[str, float]:
    return judge_pairs(pairs, lambda remark: scorer.score([remark])[0])


def _choose(episodes: Sequence[Episode], seed: int, count: int, quick: bool) -> dict[str, LoadedDataset]:
    """The repositories with most held-out pairs (quick: fewest), each as the product's dataset."""
    found = {}
    for repository, _ in Counter(each.repository for each in episodes).most_common():
        own = tuple(each for each in episodes if each.repository == repository)
        built = build_dataset(own, seed=seed)
        train = tuple(pair for pair in built.pairs if pair.split == "train")
        test = tuple(pair for pair in built.pairs if pair.split == "test" and is_judged(pair))
        manifest = make_manifest(built, own, seed=seed, created_at="", sources=(), dropped_rows={}, policy={})
        dataset = LoadedDataset(manifest, train, test, own, built)
        people = sum(pair.kind == "outcome" for pair in test)
        if judge.find_shortfall(dataset) is None and people >= 20:
            found[repository] = dataset
    names = sorted(found, key=lambda name: (-len(found[name].test), name))
    return {name: found[name] for name in (names[-1:] if quick else names[:count])}


def _context(place: Path, base: Path) -> TrainContext:
    workshop = Workshop(make_repository(place), QuietConsole())
    adapters = DpoAdapters(load_prompts(), QuietConsole(), {_BASE: base})
    return replace(workshop.train_context(), adapters=adapters)


def _texts(pairs: Sequence[PreferencePair], recipe: Recipe) -> list[str]:
    """Prompt and chosen remark of every place once: what a base can read without knowing the repositories asked."""
    prompts = load_prompts()
    found = (render_preference(prompts, pair, recipe.text) for pair in pairs)
    return list(dict.fromkeys(f"{each.prompt}{each.chosen}" for each in found))


def _macro(tables: dict[str, Any]) -> dict[str, Any]:
    """Means over the repositories."""
    adapter = [table["adapter"]["mean"]["accuracy"] for table in tables.values()]
    names = [name for name in _RIVALS if all(name in table["rivals"] for table in tables.values())]
    rivals = {name: [table["rivals"][name]["mean"]["accuracy"] for table in tables.values()] for name in names}
    gaps = {name: [table["difference"][name]["accuracy"] for table in tables.values()] for name in names}
    return {
        "adapter": round(sum(adapter) / len(adapter), 4),
        "rivals": {name: round(sum(values) / len(values), 4) for name, values in rivals.items()},
        "difference": {name: round(sum(values) / len(values), 4) for name, values in gaps.items()},
    }


def _kinds(kinds: dict[str, Interval]) -> dict[str, Any]:
    return {kind: _plain(interval) for kind, interval in kinds.items()}


def _plain(interval: Interval) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(interval).items()}


def _print(repository: str, table: dict[str, Any]) -> None:
    print(f"\n{repository}: {table['pairs']}, {table['seconds']} s, gate: {table['verdict']} ({table['reason']})")
    for name, row in (("adapter", table["adapter"]), *table["rivals"].items()):
        mean, gap = row["mean"], table["difference"].get(name)
        told = f"  adapter minus it {gap['accuracy']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]" if gap else ""
        print(f"  {name:18}{mean['accuracy']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]{told}", flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
