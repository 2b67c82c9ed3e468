"""Another reviewer's findings filtered by `score`: what bots said in real pull requests, and what became of it.

    python -m benchmarks foreign [--json] [--quick] [--data FILE] [--seed 1]

Across: one repository is left out at a time, and the better half of each bot's remarks by score is kept: precision
before and after, and the recall. Local: pull request by pull request in time order, each judged by what became of the
bot's remarks in earlier ones, as `train` calibrates on them; kept is what is at least as likely to be addressed as a
bot's remark anywhere. `trained` asks whether a ranker that also learns from those outcomes tells them apart. Intervals
are bootstraps over pull requests. The last line is one JSON object; progress goes to standard error.
"""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks._comments import find_file, make_parser, tell_absent
from benchmarks._held_out import held_out, left_out, remark_of, score_left_out
from benchmarks.calibration import Asked, Bench, interval, open_bench, say, told, within

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair
from reviewlore.ranking.calibration import calibrate, fit_calibration
from reviewlore.ranking.model import RankerModel

PARTNERS = 16
LEAST_OF_EACH = 8


def main(argv: list[str]) -> int:
    arguments = make_parser("foreign", __doc__, "four repositories, few pairs").parse_args(argv)
    source = find_file(arguments.data)
    if source is None:
        return tell_absent("foreign", "across", "local")
    bench = open_bench(source, arguments.seed, quick=arguments.quick)
    print(json.dumps(run(bench)))
    return 0


def run(bench: Bench) -> dict[str, Any]:
    bots = sorted(
        (each for each in bench.known if each.author_kind == "bot"), key=lambda each: (each.created_at, each.id)
    )
    models = left_out(bench.every, {each.repository for each in bots}, bench.seed, bench.vectors, say)
    scores = score_left_out(bots, models, bench.vectors)
    found = {
        "across": across(bench, bots, scores),
        "local": local(bench, bots, scores),
        "trained": trained(bench, bots, models, scores),
        "repositories": {
            name: {
                "remarks": len(own := [each for each in bots if each.repository == name]),
                "addressed": round(sum(each.outcome == "addressed" for each in own) / len(own), 4),
            }
            for name in sorted(models)
        },
        "seed": bench.seed,
    }
    show(found)
    return found


def across(bench: Bench, bots: Sequence[Episode], scores: dict[str, float]) -> dict[str, Any]:
    """Keep the better half by score in each repository, none of which the ranker has seen."""
    asked = []
    for repository in sorted({each.repository for each in bots}):
        own = [each for each in bots if each.repository == repository]
        middle = sorted(scores[each.id] for each in own)[len(own) // 2]
        asked += [judged(each, scores[each.id], scores[each.id], middle) for each in own]
    return filtered(bench, asked)


def local(bench: Bench, bots: Sequence[Episode], scores: dict[str, float]) -> dict[str, Any]:
    """Keep by what became of the same bot's remarks in the repository's earlier pull requests."""
    asked = []
    for repository in sorted({each.repository for each in bots}):
        own = [each for each in bots if each.repository == repository]
        others = [each for each in bots if each.repository != repository]
        usual = sum(each.outcome == "addressed" for each in others) / len(others)
        for past, now in in_time(own):
            fitted = fit_calibration(held_out(past, scores, "bot", by_pull_request=True))
            if fitted is not None:
                asked += [judged(each, scores[each.id], calibrate(fitted, scores[each.id]), usual) for each in now]
    return filtered(bench, asked)


def trained(
    bench: Bench, bots: Sequence[Episode], models: dict[str, RankerModel], scores: dict[str, float]
) -> dict[str, Any]:
    """Whether outcomes of the bot's earlier remarks, learned from as pairs, tell its later ones apart."""
    before, after = [], []
    for repository in sorted(models):
        own = [each for each in bots if each.repository == repository]
        hits = sum(each.outcome == "addressed" for each in own)
        if min(hits, len(own) - hits) < LEAST_OF_EACH:
            continue
        for past, now in in_time(own):
            pairs = pair_outcomes(past, bench.seed)
            if not pairs:
                continue
            prior = models[repository]
            model = train_ranker(pairs, seed=bench.seed, prior=prior, vectors=bench.vectors)
            before += [judged(each, scores[each.id], 0.0, 0.0) for each in now]
            after += [judged(each, model.score(remark_of(each)), 0.0, 0.0) for each in now]
        say(f"{repository}: {len(own)} remarks of bots in time order")
    if not after:
        return {}
    return {
        "count": len(after),
        "addressed": sum(each.addressed for each in after),
        "auc_within_prior": interval(bench, before, within),
        "auc_within_trained": interval(bench, after, within),
        "gain": interval(bench, after, within, before),
    }


def in_time(own: Sequence[Episode]) -> list[tuple[list[Episode], list[Episode]]]:
    """Return, per pull request but the first, the remarks of those before it and its own."""
    pulls = list(dict.fromkeys(each.pull_request for each in own))
    return [
        (
            [each for each in own if each.pull_request in pulls[:number]],
            [each for each in own if each.pull_request == pull],
        )
        for number, pull in enumerate(pulls)
        if number
    ]


def pair_outcomes(past: Sequence[Episode], seed: int) -> list[PreferencePair]:
    good = [each for each in past if each.outcome == "addressed"]
    bad = [each for each in past if each.outcome != "addressed"]
    rng = random.Random(seed)
    return [
        PreferencePair(
            id=f"{one.id} {other.id}",
            kind="outcome",
            chosen=remark_of(one),
            rejected=remark_of(other),
            weight=1.0,
            repository=one.repository,
            pull_request=f"{one.repository}#{one.pull_request}",
            created_at=one.created_at,
            episodes=(one.id, other.id),
        )
        for one in good
        for other in rng.sample(bad, min(PARTNERS, len(bad)))
    ]


def judged(episode: Episode, score: float, chance: float, least: float) -> Asked:
    addressed = episode.outcome == "addressed"
    return Asked(episode.repository, episode.pull_request, score, chance, (least,), addressed, 0.0)


def filtered(bench: Bench, asked: Sequence[Asked]) -> dict[str, Any]:
    """Precision before and after, the difference, the recall, pooled and the mean over repositories."""
    if not asked:
        return {}
    by_repository: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        by_repository[each.repository].append(each)
    return {
        "count": len(asked),
        "kept": len(kept(asked)),
        "repositories": len(by_repository),
        "silenced": sorted(name for name, own in by_repository.items() if not kept(own)),
        "before": interval(bench, asked, precision),
        "after": interval(bench, asked, lambda rows: precision(kept(rows))),
        "gain": interval(bench, asked, gain),
        "recall": interval(bench, asked, recall),
        "auc_within": interval(bench, asked, within),
    }


def kept(asked: Sequence[Asked]) -> list[Asked]:
    return [each for each in asked if each.thresholds[0] is not None and each.chance >= each.thresholds[0]]


def precision(asked: Sequence[Asked]) -> float | None:
    return sum(each.addressed for each in asked) / len(asked) if asked else None


def recall(asked: Sequence[Asked]) -> float | None:
    hits = [each for each in asked if each.addressed]
    return len(kept(hits)) / len(hits) if hits else None


def gain(asked: Sequence[Asked]) -> float | None:
    first, second = precision(kept(asked)), precision(asked)
    return None if first is None or second is None else first - second


def show(found: dict[str, Any]) -> None:
    whats = {"across": "the better half by score", "local": "by what became of the bot's earlier remarks"}
    for name, what in whats.items():
        table = found[name]
        if not table:
            continue
        print(f"{name}: {table['count']} remarks of bots in {table['repositories']} repositories; {what}")
        print(f"  kept {table['kept']}, silenced repositories: {', '.join(table['silenced']) or 'none'}")
        for key in ("before", "after", "gain", "recall", "auc_within"):
            print(f"  {key:12}{told(table[key])}")
    table = found["trained"]
    if table:
        print(f"trained on local outcomes: {table['count']} later remarks, {table['addressed']} addressed")
        for key in ("auc_within_prior", "auc_within_trained", "gain"):
            print(f"  {key:20}{told(table[key])}")
