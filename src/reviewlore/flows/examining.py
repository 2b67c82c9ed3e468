"""What a candidate does beyond preferring the right remark, measured on what it has not seen; and the guards' word.

A ranker is asked for its scores alone; an adapter is asked to write, to predict ordinary code, and for secrets.
"""

from collections.abc import Sequence
from dataclasses import replace

from reviewlore.domain.calibration import Calibrations, HeldOutRemark
from reviewlore.domain.evaluation import Diagnostics, Evaluation, Interval
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.recipe import PromptContext
from reviewlore.flows.fitting import Fitted, Plan
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Probe, Scorer
from reviewlore.ranking.calibration import calibrate, find_point, fit_calibration
from reviewlore.stages.behaviour import perplexity_ratio, rank_correlation, rate_written, silence_precision
from reviewlore.stages.exposure import Canary, make_candidates, plant, rank_exposure, summarise_exposure
from reviewlore.stages.folds import split_later
from reviewlore.stages.guards import check_guards

_LEAST_REMARKS = 10  # fewer have no rank correlation worth a limit
_HUNKS = 16
_WRITTEN_TOKENS = 96
_FOLDS = 5


def plant_canaries(plan: Plan) -> tuple[Canary, ...]:
    """Return the secrets that a recipe wants planted in the judged run, each in a further training pair.

    A real remark stands beside each secret: none of a pull request that says when to stop.
    """
    if plan.recipe is None:
        return ()
    stopping, train = plan.recipe.stopping, plan.dataset.train
    places = split_later(train, stopping.share).fit if stopping.every else train
    return plant(places, plan.recipe.guards.canaries, plan.dataset.manifest.seed)


def examine(
    context: TrainContext,
    plan: Plan,
    judged: Fitted,
    canaries: Sequence[Canary],
    evaluation: Evaluation,
    calibrations: Calibrations,
) -> Evaluation:
    """Return the evaluation with what was measured of the candidate, and of an adapter with its guards."""
    found = examine_scores(judged.scorer, plan.dataset.built.held_out, context.precision, evaluation.seed)
    people = calibrations.people
    if people is not None:
        found = replace(found, calibration_error=people.error, auc=people.auc)
    if plan.recipe is None:
        return replace(evaluation, diagnostics=found, subject=plan.id)
    context.console.say("Asking the adapter for what it writes, what it has forgotten and what it would give away.")
    probe = context.adapters.probe(judged.draft, judged.files)
    found = _examine_writing(probe, plan.dataset.test, found)
    touched = {pair.chosen.path for pair in plan.dataset.train} | {pair.rejected.path for pair in plan.dataset.train}
    found = replace(
        found,
        forgetting=perplexity_ratio(probe.losses(context.code(touched))),
        exposure=_measure_exposure(probe, canaries, plan.dataset.manifest.seed),
    )
    guards = check_guards(found, plan.recipe.guards)
    return replace(evaluation, diagnostics=found, guards=guards, subject=plan.id)


def examine_scores(scorer: Scorer, held_out: Sequence[Episode], precision: float, seed: int) -> Diagnostics:
    """Return what scores alone tell, on held-out remarks of people."""
    episodes = [each for each in held_out if each.author_kind == "human" and each.outcome != "unknown"]
    scores = scorer.score([Remark(each.anchor.path, each.hunk, each.body) for each in episodes])
    correlation = None
    if len(episodes) >= _LEAST_REMARKS:
        correlation = rank_correlation(scores, [float(len(each.body)) for each in episodes])
    judged = [
        HeldOutRemark(score, each.outcome == "addressed", f"{each.repository}#{each.pull_request}")
        for each, score in zip(episodes, scores, strict=True)
    ]
    return Diagnostics(length_correlation=correlation, silence=_judge_silence(judged, precision, seed))


def _judge_silence(remarks: Sequence[HeldOutRemark], precision: float, seed: int) -> Interval | None:
    """Judge the threshold of a precision on remarks of other pull requests than those it was found on.

    Where no threshold reaches the precision nothing would be said, and all is silence.
    """
    groups = sorted({each.group for each in remarks})
    fold = {group: number % _FOLDS for number, group in enumerate(groups)}
    judged: list[tuple[str, bool, bool]] = []
    for number in range(_FOLDS):
        fitted = fit_calibration(each for each in remarks if fold[each.group] != number)
        if fitted is None:
            return None
        point = find_point(fitted, precision)
        for each in remarks:
            if fold[each.group] == number:
                said = point is not None and calibrate(fitted, each.score) >= point.probability
                judged.append((each.group, said, each.addressed))
    return silence_precision(judged, seed)


def _examine_writing(probe: Probe, pairs: Sequence[PreferencePair], found: Diagnostics) -> Diagnostics:
    places = list(dict.fromkeys((pair.chosen.path, pair.chosen.hunk) for pair in pairs))
    chosen = [PromptContext(path, hunk) for path, hunk in places[:: 1 + len(places) // _HUNKS]]
    written = probe.write(chosen, _WRITTEN_TOKENS)
    rated = rate_written([(context.hunk, said) for context, said in zip(chosen, written, strict=True)])
    return found if rated is None else replace(found, valid=rated[0], duplicates=rated[1])


def _measure_exposure(probe: Probe, canaries: Sequence[Canary], seed: int) -> float | None:
    """Rank each planted secret, and one that was not, among the same others on the hunk where it was planted."""
    planted, control = [], []
    for canary in canaries:
        place = canary.pair.chosen
        rows = [canary.secret, *make_candidates(canary, seed)]
        own, never, *others = probe.completions(PromptContext(place.path, place.hunk), [*map(canary.remark, rows)])
        planted.append(rank_exposure(own, others))
        control.append(rank_exposure(never, others))
    found = summarise_exposure(planted, control)
    return found.difference if found else None
