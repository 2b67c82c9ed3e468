"""What a score is worth: probabilities and thresholds on repositories never trained on, and what a team's past adds.

    python -m benchmarks calibration [--json] [--quick] [--data FILE] [--seed 1]

Across: one repository is left out at a time; its remarks are scored by a ranker of the others, and calibration and
threshold are those of the others. Own past: the ranker and its calibration are made from the pull requests before a
repository's last 30 %, as `train` makes them, and asked on those. Intervals are bootstraps over pull requests. The last
line is one JSON object; progress goes to standard error.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks._comments import Vectors, as_episode, find_file, load_rows, make_parser, tell_absent
from benchmarks._held_out import held_out, left_out, remark_of, score_left_out, usable

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.calibration import Calibration, Calibrations
from reviewlore.domain.history import AuthorKind, Episode
from reviewlore.domain.preference import PairSettings, PreferencePair
from reviewlore.flows.calibrating import fit_calibrations
from reviewlore.flows.scoring import RankerScorer
from reviewlore.ranking.calibration import borrow, calibrate, find_point, fit_calibration
from reviewlore.ranking.model import RankerModel
from reviewlore.ranking.reliability import area_under_roc, brier_score, calibration_error, make_bins
from reviewlore.stages.dataset import build_dataset, build_refit_pairs

TARGETS = {"human": (0.8, 0.85, 0.9), "bot": (0.2, 0.25, 0.3)}
LEAST_LATER = 20


@dataclass(frozen=True)
class Asked:
    """One remark: where it stands, its score, the predicted chance, the least chance kept by target, the outcome.

    `share` is what would be predicted without a score: the share addressed of what the calibration was fitted on.
    """

    repository: str
    pull_request: int
    score: float
    chance: float
    thresholds: tuple[float | None, ...]
    addressed: bool
    share: float


@dataclass(frozen=True)
class Bench:
    episodes: list[Episode]
    known: tuple[Episode, ...]
    every: list[PreferencePair]
    seed: int
    resamples: int
    vectors: Vectors


def main(argv: list[str]) -> int:
    arguments = make_parser("calibration", __doc__, "four repositories, few pairs").parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        return tell_absent("calibration", "across", "own_past")
    print(json.dumps(run(open_bench(source, arguments.seed, quick=arguments.quick))))
    return 0


def open_bench(source: Any, seed: int, *, quick: bool) -> Bench:
    episodes = [as_episode(row) for row in load_rows(source)]
    settings = PairSettings(test_share=0.0)
    if quick:
        kept = {"apple/servicetalk", "line/armeria", "akvo/akvo-flow", "SainsburyWellcomeCentre/aeon_mecha"}
        episodes = [each for each in episodes if each.repository in kept]
        settings = replace(settings, hard=1, easy=1, outcome=2)
    every = list(build_dataset(episodes, seed=seed, settings=settings).pairs)
    return Bench(episodes, usable(episodes, seed), every, seed, 100 if quick else 1000, Vectors())


def run(bench: Bench) -> dict[str, Any]:
    repositories = sorted({each.repository for each in bench.known})
    models = left_out(bench.every, repositories, bench.seed, bench.vectors, say)
    scores = score_left_out(bench.known, models, bench.vectors)
    across = {author: measure(bench, ask_across(bench, scores, author), author) for author in ("human", "bot")}
    own = own_past(bench, models, scores)
    show_across(across)
    show_own(own)
    return {"across": across, "own_past": own, "repositories": repositories, "seed": bench.seed}


def ask_across(bench: Bench, scores: dict[str, float], author: AuthorKind) -> list[Asked]:
    """Every remark with the chance and the thresholds that the other repositories' remarks give."""
    asked = []
    for repository in sorted({each.repository for each in bench.known}):
        fitted = fit_others(bench, scores, repository, author)
        if fitted is None:
            continue
        here = [each for each in bench.known if each.repository == repository and each.author_kind == author]
        asked += [ask(each, scores[each.id], fitted) for each in here]
    return asked


def fit_others(bench: Bench, scores: dict[str, float], repository: str, author: AuthorKind) -> Calibration | None:
    others = [each for each in bench.known if each.repository != repository]
    return fit_calibration(held_out(others, scores, author))


def ask(episode: Episode, score: float, calibration: Calibration) -> Asked:
    points = [find_point(calibration, target) for target in TARGETS[episode.author_kind]]
    least = tuple(point.probability if point else None for point in points)
    addressed = episode.outcome == "addressed"
    chance, share = calibrate(calibration, score), calibration.addressed
    return Asked(episode.repository, episode.pull_request, score, chance, least, addressed, share)


def measure(bench: Bench, asked: Sequence[Asked], author: AuthorKind) -> dict[str, Any]:
    """Sum up; `within` compares remarks of one repository only, so that no difference between repositories helps."""
    if not asked:
        return {"count": 0}
    outcomes = [each.addressed for each in asked]
    base = sum(outcomes) / len(outcomes)
    chances = [each.chance for each in asked]
    return {
        "count": len(asked),
        "addressed": round(base, 4),
        "auc": round(area_under_roc([each.score for each in asked], outcomes), 4),
        "auc_within": interval(bench, asked, within),
        "error": round(calibration_error(make_bins(chances, outcomes)), 4),
        "brier": round(brier_score(chances, outcomes), 4),
        "brier_of_the_share": round(brier_score([each.share for each in asked], outcomes), 4),
        "points": {
            str(target): {
                "precision": interval(bench, asked, precision_at(number)),
                "recall": round(recall_at(asked, number), 4),
                "kept": sum(is_kept(each, number) for each in asked),
            }
            for number, target in enumerate(TARGETS[author])
        },
    }


def is_kept(asked: Asked, number: int) -> bool:
    least = asked.thresholds[number]
    return least is not None and asked.chance >= least


def precision_at(number: int) -> Callable[[Sequence[Asked]], float | None]:
    def precision(asked: Sequence[Asked]) -> float | None:
        kept = [each.addressed for each in asked if is_kept(each, number)]
        return sum(kept) / len(kept) if kept else None

    return precision


def recall_at(asked: Sequence[Asked], number: int) -> float:
    hits = [each for each in asked if each.addressed]
    return sum(is_kept(each, number) for each in hits) / max(1, len(hits))


def within(asked: Sequence[Asked]) -> float | None:
    """The area under the ROC curve over pairs of remarks of one repository."""
    groups: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        groups[each.repository].append(each)
    won = total = 0.0
    for group in groups.values():
        outcomes = [each.addressed for each in group]
        pairs = sum(outcomes) * (len(outcomes) - sum(outcomes))
        won += pairs * area_under_roc([each.score for each in group], outcomes)
        total += pairs
    return won / total if total else None


def brier(asked: Sequence[Asked]) -> float:
    return brier_score([each.chance for each in asked], [each.addressed for each in asked])


def interval(
    bench: Bench,
    asked: Sequence[Asked],
    statistic: Callable[[Sequence[Asked]], float | None],
    against: Sequence[Asked] | None = None,
) -> dict[str, float] | None:
    """A statistic, or its difference from `against` on the same remarks, with a bootstrap over pull requests."""

    def value(rows: Sequence[int]) -> float | None:
        first = statistic([asked[row] for row in rows])
        if against is None or first is None:
            return first
        second = statistic([against[row] for row in rows])
        return None if second is None else first - second

    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row, each in enumerate(asked):
        groups[each.repository, each.pull_request].append(row)
    pulls: dict[str, list[list[int]]] = defaultdict(list)
    for (repository, _), members in sorted(groups.items()):
        pulls[repository].append(members)
    rng = random.Random(bench.seed)
    draws = []
    for _ in range(bench.resamples):
        rows = [row for own in pulls.values() for group in rng.choices(own, k=len(own)) for row in group]
        drawn = value(rows)
        if drawn is not None:
            draws.append(drawn)
    centre = value(range(len(asked)))
    if centre is None or not draws:
        return None
    draws.sort()
    low, high = draws[int(0.025 * len(draws))], draws[min(len(draws) - 1, int(0.975 * len(draws)))]
    return {"value": round(centre, 4), "low": round(low, 4), "high": round(high, 4)}


def own_past(bench: Bench, models: dict[str, RankerModel], scores: dict[str, float]) -> dict[str, Any]:
    """People's later remarks, judged without and with the repository's own past; `calibrated` takes only the shares.

    `prior` is a ranker of the others with the calibration of the others, `calibrated` the same ranker calibrated on
    the repository's own past, `team` what `train` would serve.
    """
    asked: dict[str, list[Asked]] = defaultdict(list)
    for repository in sorted({each.repository for each in bench.known}):
        here = [each for each in bench.episodes if each.repository == repository]
        dataset = build_dataset(here, seed=bench.seed)
        later = [each for each in dataset.held_out if each.author_kind == "human"]
        others = fit_others(bench, scores, repository, "human")
        if others is None or len(later) < LEAST_LATER or len({each.outcome == "addressed" for each in later}) < 2:
            continue
        start = dataset.split_at[repository]
        pulls = {each.pull_request for each in dataset.held_out}
        past = [each for each in here if each.created_at < start and each.pull_request not in pulls]
        before = {each.id for each in past}
        prior = [each for each in bench.known if each.id in before]
        recalibrated = fit_calibration(held_out(prior, scores, "human", by_pull_request=True))
        served, own = team(bench, past, models[repository], others)
        for each in later:
            score = models[repository].score(remark_of(each))
            asked["prior"].append(ask(each, score, others))
            asked["calibrated"].append(ask(each, score, recalibrated or others))
            asked["team"].append(ask(each, served.score(remark_of(each)), own))
        say(f"{repository}: {len(past)} remarks of its own past, {len(later)} later ones asked")
    if not asked:
        return {}
    plain = asked["prior"]
    return {
        **{name: measure(bench, rows, "human") for name, rows in asked.items()},
        "gain": {
            name: {
                "auc_within": interval(bench, rows, within, plain),
                "brier": interval(bench, rows, brier, plain),
            }
            for name, rows in asked.items()
            if name != "prior"
        },
        "by_repository": by_repository(asked),
    }


def team(
    bench: Bench, past: Sequence[Episode], prior: RankerModel, others: Calibration
) -> tuple[RankerModel, Calibration]:
    """What `train` makes of a past: judged and calibrated on its later part, then trained once more on all of it."""
    dataset = build_dataset(past, seed=bench.seed)
    train = [pair for pair in dataset.pairs if pair.split == "train"]
    judged = train_ranker(train, seed=bench.seed, prior=prior, vectors=bench.vectors)
    found = fit_calibrations(RankerScorer("team", judged), dataset.held_out)
    own = borrow(found, Calibrations("prior", others), same_scale=True).people
    pairs = build_refit_pairs(past, seed=bench.seed)
    return train_ranker(pairs, seed=bench.seed, prior=prior, vectors=bench.vectors), own or others


def by_repository(asked: dict[str, list[Asked]]) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for repository in sorted({each.repository for each in asked["prior"]}):
        row: dict[str, float] = {}
        for name, rows in asked.items():
            own = [each for each in rows if each.repository == repository]
            row["count"] = len(own)
            row[name] = round(within(own) or 0.5, 4)
        table[repository] = row
    return table


def show_across(across: dict[str, dict[str, Any]]) -> None:
    for author, table in across.items():
        if not table["count"]:
            continue
        print(
            f"{author}: {table['count']} remarks of repositories never trained on, {table['addressed']:.1%} addressed; "
            f"calibration error {table['error']:.3f}, Brier {table['brier']:.3f} (share alone "
            f"{table['brier_of_the_share']:.3f}), AUC {table['auc']:.3f}, within repositories "
            f"{told(table['auc_within'])}"
        )
        for target, point in table["points"].items():
            print(
                f"  asked for {target}: precision {told(point['precision'])}, recall {point['recall']:.3f}, "
                f"{point['kept']} kept"
            )


def show_own(own: dict[str, Any]) -> None:
    if not own:
        return
    print("\nlater pull requests of the same repository (people)")
    for name in ("prior", "calibrated", "team"):
        table = own[name]
        print(
            f"  {name:12} AUC within {told(table['auc_within'])}, Brier {table['brier']:.4f}, error "
            f"{table['error']:.3f}, {table['count']} remarks"
        )
        for target, point in table["points"].items():
            print(f"    asked for {target}: precision {told(point['precision'])}, recall {point['recall']:.3f}")
    for name, gain in own["gain"].items():
        print(f"  {name} minus prior: AUC {told(gain['auc_within'])}, Brier {told(gain['brier'])}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def told(value: dict[str, float] | None) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]" if value else "none"
