"""The ranker on repositories it has not seen: leave one out at a time, beside baselines and controls.

    python -m benchmarks ranker [--json] [--quick] [--data FILE] [--seed 1]

Three kinds of questions (`_comments.protocol_pairs`): outcome, hard, easy; one score for all. Accuracy is pooled over
all pairs as the judge prints it (macro over repositories beside it); intervals are bootstraps clustered by pull
request. The last line is one JSON object. Progress goes to standard error.
"""

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks._comments import (
    Row,
    Vectors,
    as_episode,
    find_file,
    load_rows,
    make_parser,
    pooled,
    protocol_pairs,
    tell_absent,
)

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.evaluation import Interval
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PairSettings, PreferencePair, Remark
from reviewlore.ranking.baselines import UNTRAINED, comment_only
from reviewlore.ranking.features import feature_names
from reviewlore.ranking.model import Part, RankerModel
from reviewlore.stages.dataset import build_dataset
from reviewlore.stages.evaluate import judge_pairs, paired_difference, summarise

KINDS = {"outcome": "outcome", "hard": "relevance_hard", "easy": "relevance_easy"}
Scorer = Callable[[Remark], float]


@dataclass(frozen=True)
class Bench:
    rows: list[Row]
    episodes: list[Episode]
    settings: PairSettings
    seed: int
    resamples: int
    vectors: Vectors

    def pairs(self, episodes: Sequence[Episode]) -> list[PreferencePair]:
        return list(build_dataset(episodes, seed=self.seed, settings=self.settings).pairs)

    def train(self, pairs: Sequence[PreferencePair], **options: Any) -> RankerModel:
        return train_ranker(pairs, seed=self.seed, vectors=self.vectors, **options)

    def scorer(self, model: RankerModel) -> Scorer:
        return lambda remark: model.score_vector(self.vectors(remark), remark.body)


def main(argv: list[str]) -> int:
    arguments = make_parser("ranker", __doc__, "two small repositories, few pairs").parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        return tell_absent("ranker", "outcome", "hard", "easy", "own_past_gain")
    rows = load_rows(source)
    settings = PairSettings(test_share=0.0)
    if arguments.quick:
        settings = PairSettings(test_share=0.0, hard=1, easy=1, outcome=2)
    resamples = 200 if arguments.quick else 1000
    bench = Bench(rows, [as_episode(r) for r in rows], settings, arguments.seed, resamples, Vectors())
    print(json.dumps(run(bench, quick=arguments.quick)))
    return 0


def run(bench: Bench, *, quick: bool) -> dict[str, Any]:
    asked = protocol_pairs(bench.rows)
    held = _held_out(asked, quick)
    asked = [p for p in asked if p.repository in held]
    every = bench.pairs(bench.episodes)
    wins: dict[str, dict[str, float]] = defaultdict(dict)
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    models: dict[str, RankerModel] = {}
    seconds: list[float] = []
    for repository in held:
        others = [p for p in every if p.repository != repository]
        here = [p for p in asked if p.repository == repository]
        started = time.process_time()
        models[repository] = model = bench.train(others)
        seconds.append(time.process_time() - started)
        _judge_all(bench, model, others, here, wins)
        for group, scorer in _shuffled(bench, model, here).items():
            groups[group].update(judge_pairs(here, scorer))
        _say(f"{repository}: {len(here)} pairs asked, {len(others)} trained on")
    tables = {name: _table(bench, asked, won) for name, won in wins.items()}
    _print_tables(bench, asked, tables, wins, groups)
    gains = _own_past(bench, every, held, models)
    timing = _timing(bench, models[held[0]], seconds)
    print("\nwhat the repository's own past (first 70 % in time) adds to the others, on its later pull requests")
    for name, gain in gains.items():
        print(f"  {name:32}{_show(gain)}")
    print(f"Training {timing['train_cpu_seconds']:.0f} s of CPU, scoring {timing['rows_per_second']:.0f} rows/s of CPU")
    ranker = tables["ranker"]
    return {
        **{kind: ranker[kind] for kind in KINDS},
        "own_past_gain": _plain(gains["mixed"]) if gains else None,
        "own_past_controls": {name: _plain(gain) for name, gain in gains.items() if name != "mixed"},
        "prior": {kind: tables["prior (no words)"][kind] for kind in KINDS},
        "baselines": {name: {k: t[k]["accuracy"] for k in KINDS} for name, t in tables.items() if name != "ranker"},
        "timing": timing,
        "pairs": {kind: ranker[kind]["count"] for kind in KINDS},
        "repositories": held,
        "seed": bench.seed,
        "quick": quick,
    }


def _held_out(asked: Sequence[PreferencePair], quick: bool) -> list[str]:
    """Repositories with outcome pairs; those of bots alone teach nothing about people. Quick: the two smallest."""
    counts: dict[str, int] = defaultdict(int)
    for pair in asked:
        counts[pair.repository] += pair.kind == "outcome"
    held = sorted((r for r, n in counts.items() if n), key=lambda r: (-counts[r], r))
    return held[-2:] if quick else held


def _judge_all(
    bench: Bench, model: RankerModel, others: list[PreferencePair], here: list[PreferencePair],
    wins: dict[str, dict[str, float]],
) -> None:  # fmt: skip
    scorers: dict[str, Scorer] = {
        "ranker": bench.scorer(model),
        "prior (no words)": bench.scorer(RankerModel(model.features, tuple(_wordless(model)))),
        "comment only": comment_only(others),
        **UNTRAINED,
    }
    for name, scorer in scorers.items():
        wins[name].update(judge_pairs(here, scorer))


def _wordless(model: RankerModel) -> list[Part]:
    return [replace(part, words=()) for part in model.parts]


def _shuffled(bench: Bench, model: RankerModel, here: Sequence[PreferencePair]) -> dict[str, Scorer]:
    """Per group of features: the model with that group's numbers taken from another remark of the same repository."""
    remarks = sorted({r for p in here for r in (p.chosen, p.rejected)}, key=lambda r: (r.path, r.hunk, r.body))
    donors = dict(zip(remarks, random.Random(bench.seed).sample(remarks, len(remarks)), strict=True))
    names = feature_names()

    def scorer(group: str) -> Scorer:
        taken = [name.split(".")[0] == group for name in names]

        def score(remark: Remark) -> float:
            own, other = bench.vectors(remark), bench.vectors(donors[remark])
            mixed = [b if take else a for a, b, take in zip(own, other, taken, strict=True)]
            return model.score_vector(mixed, remark.body)

        return score

    def words(remark: Remark) -> float:
        return model.score_vector(bench.vectors(remark), donors[remark].body)

    return {**{g: scorer(g) for g in sorted({n.split(".")[0] for n in names})}, "hashed words": words}


def _table(bench: Bench, asked: Sequence[PreferencePair], won: dict[str, float]) -> dict[str, dict[str, float]]:
    whole = summarise(pooled(asked), won, name="", seed=bench.seed, resamples=bench.resamples)
    macro = summarise(asked, won, name="", seed=bench.seed, resamples=1)
    return {
        kind: {**_plain(whole.by_kind[key]), "macro": round(macro.by_kind[key].accuracy, 4)}
        for kind, key in KINDS.items()
        if key in whole.by_kind
    }


def _print_tables(
    bench: Bench, asked: list[PreferencePair], tables: dict[str, Any], wins: dict[str, dict[str, float]],
    groups: dict[str, dict[str, float]],
) -> None:  # fmt: skip
    print(f"{'one repository left out at a time':34}" + "".join(f"{kind:>30}" for kind in KINDS))
    for name, table in tables.items():
        cells = [f"{t['accuracy']:.3f} [{t['low']:.3f}, {t['high']:.3f}] m {t['macro']:.3f}" for t in table.values()]
        print(f"{name:34}" + "".join(f"{cell:>30}" for cell in cells))
    print("\nby repository (ranker)")
    for repository in sorted({p.repository for p in asked}):
        own = [p for p in asked if p.repository == repository]
        table = _table(bench, own, wins["ranker"])
        print(
            f"  {repository:32}" + "".join(f"{k:>10} {t['accuracy']:.3f} ({t['count']:3.0f})" for k, t in table.items())
        )
    print("\nwhat carries it: accuracy lost when a group of features is taken from another remark")
    for group, won in groups.items():
        lost = {k: tables["ranker"][k]["accuracy"] - t["accuracy"] for k, t in _table(bench, asked, won).items()}
        print(f"  {group:32}" + "".join(f"{kind:>10} {value:+.3f}" for kind, value in lost.items()))


def _own_past(
    bench: Bench, every: list[PreferencePair], held: list[str], models: dict[str, RankerModel]
) -> dict[str, Interval]:
    """What a repository's first 70 % in time adds to the others, asked on the rest: accuracy minus that of the others.

    `mixed` is what the product does: a ranker of its own past, mixed with that of the others as its prior. `pooled`
    trains one ranker on all pairs together. `size_matched` takes own pairs in place of as many foreign ones: what is
    own counts, not that it is more.
    """
    asked: list[PreferencePair] = []
    wins: dict[str, dict[str, float]] = defaultdict(dict)
    for repository in held:
        past, later = _in_time(bench, repository)
        here = protocol_pairs(later, least=20)
        own = bench.pairs(past)
        if not here or not own:
            continue
        others = [p for p in every if p.repository != repository]
        rng = random.Random(f"{bench.seed}:{repository}")
        fewer = rng.sample(others, max(0, len(others) - len(own)))
        asked += here
        for name, model in (
            ("alone", models[repository]),
            ("mixed", bench.train(own, prior=models[repository])),
            ("pooled", bench.train([*others, *own])),
            ("size_matched", bench.train([*fewer, *own])),
        ):
            wins[name].update(judge_pairs(here, bench.scorer(model)))
        _say(f"{repository}: own past of {len(own)} pairs, {len(here)} later pairs asked")
    alone = wins.pop("alone", {})
    options: dict[str, int] = {"seed": bench.seed, "resamples": bench.resamples}
    gains = {name: paired_difference(pooled(asked), won, alone, **options) for name, won in wins.items()}
    outcome = [p for p in asked if p.kind == "outcome"]
    if outcome:
        gains["mixed, outcome only"] = paired_difference(pooled(outcome), wins["mixed"], alone, **options)
    return gains


def _in_time(bench: Bench, repository: str) -> tuple[list[Episode], list[Row]]:
    """Split a repository's pull requests by time; nothing said in the first part is asked again in the second."""
    rows = [r for r in bench.rows if r["repo"] == repository]
    began: dict[int, float] = {}
    for row in sorted(rows, key=lambda r: r["time_quantile"]):
        began.setdefault(row["pr_number"], row["time_quantile"])
    past = [r for r in rows if began[r["pr_number"]] < 0.7]
    said = {" ".join(r["body"].casefold().split()) for r in past}
    later = [r for r in rows if began[r["pr_number"]] >= 0.7 and " ".join(r["body"].casefold().split()) not in said]
    return [as_episode(r) for r in past], later


def _timing(bench: Bench, model: RankerModel, seconds: list[float]) -> dict[str, float]:
    """CPU seconds, because other work may share the machine; features of the first training included."""
    remarks = [Remark(r["path"], r["diff_hunk"], r["body"]) for r in bench.rows[:1500]]
    started = time.process_time()
    for remark in remarks:
        model.score(remark)
    spent = time.process_time() - started
    return {"train_cpu_seconds": round(seconds[0], 1), "rows_per_second": round(len(remarks) / spent, 1)}


def _plain(interval: Interval) -> dict[str, float]:
    values = {"accuracy": interval.accuracy, "low": interval.low, "high": interval.high}
    return {**{key: round(value, 4) for key, value in values.items()}, "count": interval.count}


def _show(interval: Interval) -> str:
    return f"{interval.accuracy:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}] on {interval.count} pairs"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
