"""What reviewing is worth over time: recorded pull requests reviewed as people first saw them, learning as they end.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks timeline [--json] [--limit 30] [--data FOLDER]
        [--output FILE] [--plot FILE] [--repositories OWNER/NAME ...]

Each repository's recorded pull requests are gone through in the order in which people first spoke of them. What had
ended by then is mined from the fake GitHub; a version is trained whenever there is half as much again to learn from.
The pull request is reviewed at the commit of the first remark through the publishing flow, and what stands on the
forge then is compared with where people spoke, and with what the merge changed. Nobody saw these reviews: a share says
how often people did the same, not what a team would do with the comments. The prior is made without the repository it
is asked about, because the shipped one was made with it. The last line is one JSON object.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks._comments import Vectors, as_episode, find_file, load_rows
from benchmarks._held_out import held_out, left_out, score_left_out, usable
from benchmarks._timeline_measure import Replayed, Tally, by_lot
from benchmarks._timeline_replay import Played, replay
from benchmarks._timeline_report import count_arms, curve_table, differences, draw_curve, summarise, table
from benchmarks._timeline_review import LEARNED, PRIOR, PROMOTED, SETS, Prior
from tests.github.fake import start_fake

from benchmarks import attention
from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.preference import PairSettings
from reviewlore.ranking.attention import Attention, attention_features
from reviewlore.ranking.calibration import fit_calibration
from reviewlore.stages.dataset import build_dataset

REPOSITORIES = (
    "scrapy/scrapy",
    "pydantic/pydantic",
    "line/armeria",
    "linkedin/cruise-control",
    "pokt-network/pocket",
    "apple/servicetalk",
    "SainsburyWellcomeCentre/aeon_mecha",
)
LOT = "baseline: hunks by lot, as many as learned"
NOT_RUN = {"prompt": "not run: no model here", "adapter": "not run: no model here"}


def main(argv: list[str]) -> int:
    """Replay and report; exit 0 also where nothing could be replayed, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks timeline", description=__doc__)
    parser.add_argument("--repositories", nargs="*", default=REPOSITORIES, metavar="OWNER/NAME")
    parser.add_argument("--data", help="folder of the recorded rows; default: ../shared/data beside the project")
    parser.add_argument("--limit", type=int, default=24, help="pull requests reviewed in each repository (24)")
    parser.add_argument("--jobs", type=int, default=2, help="repositories replayed at a time (2)")
    parser.add_argument("--resamples", type=int, default=500, help="draws for the intervals (500)")
    parser.add_argument("--output", type=Path, help="write the result there, too, with one row a pull request")
    parser.add_argument("--again", type=Path, help="replay nothing: count again what an earlier run wrote there")
    parser.add_argument("--plot", type=Path, help="draw the curve over time into this file (.svg or .png)")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    started = time.perf_counter()
    source, clones = find_file(arguments.data), os.environ.get("REVIEWLORE_CLONES", "")
    names = [name for name in arguments.repositories if clones and Path(clones, _short(name)).is_dir()]
    if arguments.again:
        played = _read_rows(arguments.again)
    elif source is None or not names:
        print("Not measured: there are no recorded rows at --data, or no clones of their repositories below")
        print(f"REVIEWLORE_CLONES={clones or 'unset'}.")
        print(json.dumps({"pull_requests": 0, "not_measured": ["timeline"]}))
        return 0
    else:
        played = _replay_all(names, source, Path(clones), arguments)
    result = _count(played, arguments.resamples)
    result["not_measured"] = sorted(set(arguments.repositories) - set(played))
    result["seconds"] = round(time.perf_counter() - started, 1)
    _tell(result)
    if arguments.plot:
        draw_curve(result, _shown_arms(), _shown_scores(result), arguments.plot)
    if arguments.output:
        arguments.output.write_text(json.dumps({**result, **_rows(played)}) + "\n")
    print(json.dumps(result, sort_keys=True))
    return 0


def _count(played: Mapping[str, Played], resamples: int) -> dict[str, Any]:
    records = [record for each in played.values() for record in each.records]
    for record, name in itertools.product(records, SETS):
        record.arms[f"{LOT}{name}"] = by_lot(record.arms[LEARNED + name].comments, record.deserved)
    seen = [record for record in records if record.how != "head"]
    return {
        **summarise(records, resamples),
        "differences": _differences(records, resamples),
        # Without those whose first reviewed commit is lost: there the merged code was reviewed.
        "as_first_seen": {"pull_requests": len(seen), "arms": count_arms(seen, resamples)},
        "learning": {name: each.learning for name, each in played.items()},
        "tiers_not_run": NOT_RUN,
    }


def _replay_all(names: Sequence[str], source: Path, clones: Path, arguments: argparse.Namespace) -> dict[str, Played]:
    """Replay the repositories; what is done is written after each of them, since the whole takes its time."""
    priors, done = _make_priors(source, clones), dict[str, Played]()
    # Not forked: this process has trained, and OpenMP's threads do not survive a fork.
    with ProcessPoolExecutor(arguments.jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {
            pool.submit(_play, name, clones / _short(name), source.parent, priors(name), arguments.limit): name
            for name in names
        }
        for each in as_completed(waiting):
            done[waiting[each]] = each.result()
            if arguments.output:
                arguments.output.write_text(json.dumps(_rows(done)) + "\n")
    return {name: done[name] for name in names}


def _rows(played: Mapping[str, Played]) -> dict[str, Any]:
    """Return what was replayed as numbers, without a word of anybody."""
    rows = [asdict(record) for each in played.values() for record in each.records]
    return {"rows": rows, "learning": {name: each.learning for name, each in played.items()}}


def _read_rows(path: Path) -> dict[str, Played]:
    """Read what an earlier run wrote."""
    told = json.loads(path.read_text())
    records: dict[str, list[Replayed]] = {name: [] for name in told["learning"]}
    for row in told["rows"]:
        arms = {name: Tally(**counts) for name, counts in row.pop("arms").items()}
        records[row["repository"]].append(Replayed(**row, arms=arms))
    return {name: Played(tuple(records[name]), told["learning"][name]) for name in records}


def _play(name: str, clone: Path, data: Path, prior: Prior, limit: int) -> Played:
    with tempfile.TemporaryDirectory() as folder, start_fake() as past, start_fake() as present:
        played = replay(name, clone, data, Path(folder), prior, limit, (past, present))
    print(f"{name}: {len(played.records)} reviewed, {played.learning}", flush=True)
    return played


def _make_priors(source: Path, clones: Path) -> Callable[[str], Prior]:
    """Return what tells what is known of a repository on day 0: trained and calibrated on the others alone."""
    seen = list(attention.read_seen(source.parent, clones))
    features = [attention_features(one.hunk) for one in seen]
    episodes = [as_episode(row) for row in load_rows(source)]
    pairs = build_dataset(episodes, seed=1, settings=PairSettings(test_share=0.0)).pairs
    vectors, known = Vectors(), usable(episodes, 1)
    models = left_out(pairs, REPOSITORIES, 1, vectors, lambda text: print(text, file=sys.stderr, flush=True))
    scores = score_left_out(known, models, vectors)

    def prior(name: str) -> Prior:
        others = [each for each in known if each.repository != name]
        people, bots = (fit_calibration(held_out(others, scores, author)) for author in ("human", "bot"))
        model = models[name]
        trained = " ".join(sorted({pair.repository for pair in pairs} - {name}))
        about = (*model.about, ("id", f"prior without {name}"), ("repositories", trained))
        foreign = [place for place, one in enumerate(seen) if one.repository != name]
        weights, intercept = attention.fit([features[place] for place in foreign], [seen[place] for place in foreign])
        said = Attention(tuple(weights), intercept)
        return Prior(replace(model, about=about), Calibrations("prior", people, bots), said)

    return prior


def _differences(records: Sequence[Replayed], resamples: int) -> dict[str, Any]:
    """How the tiers compare with each other and with the baselines, on the pull requests where both say something."""
    found = {}
    for name in SETS if records else ():
        for one, other in (
            (LEARNED, PRIOR),
            (PROMOTED, PRIOR),
            (LEARNED, "baseline: no ranking"),
            (LEARNED, "baseline: random, as many as learned"),
            (LEARNED, "baseline: all facts"),
            (LEARNED, LOT),
        ):
            found[f"{one} - {other}{name}"] = differences(records, one + name, other + name, resamples)
    return found


def _shown_arms() -> list[str]:
    last = list(SETS)[-1]
    return [f"{arm}{last}" for arm in (PRIOR, LEARNED, PROMOTED, "baseline: no ranking", "baseline: all facts")]


def _shown_scores(result: dict[str, Any]) -> list[str]:
    """The scores that differ: those of facts, with silent kinds, and what scores every hunk."""
    last = list(SETS)[-1]
    return [name for name in result["hunk_scores"] if name.endswith(last) or f"{name}{last}" not in result["arms"]]


def _tell(result: dict[str, Any]) -> None:
    counts = {key: told for key, told in result.items() if isinstance(told, int) or key == "reviewed_commit"}
    print(f"\n{json.dumps(counts)}\n")
    print(table(result))
    print(f"\ntiers: {', '.join(f'{tier}: {why}' for tier, why in NOT_RUN.items())}\n")
    print(curve_table(result, _shown_arms(), list(result["hunk_scores"])))


def _short(name: str) -> str:
    return name.partition("/")[2]
