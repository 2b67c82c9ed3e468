"""What a version of scarce data is like, by cross-validation: where too little is held out to judge by, a row is added.

Each pull request is judged by a training that has not seen it. The gate does not look at it: folds share most of their
training pairs and mix times, so it shows what to expect, and proves nothing.
"""

from dataclasses import replace

from reviewlore.domain.evaluation import Evaluation, TierScore
from reviewlore.domain.preference import is_judged
from reviewlore.domain.training import FitRequest
from reviewlore.errors import RefusedError
from reviewlore.flows import judge
from reviewlore.flows.fitting import Fitted, Plan, fit_adapter, fit_ranker, steps_as_judged
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Scorer
from reviewlore.stages import evaluate
from reviewlore.stages.folds import HeldOut, split_folds

_FOLDS = 5  # of the ranker, which takes a second each


def add_cross_validated(context: TrainContext, plan: Plan, judged: Fitted, evaluation: Evaluation) -> Evaluation:
    """Return the evaluation with a cross-validated row where the held-out pairs are too few, else as it is."""
    folds = plan.recipe.stopping.folds if plan.recipe else _FOLDS
    if folds < 2 or judge.find_shortfall(plan.dataset) is None:
        return evaluation
    score = _cross_validate(context, plan, judged, folds)
    if score is None:
        return evaluation
    told = (
        f"{score.name} is judged on {score.overall.count} pairs of all pull requests by trainings that had not seen "
        "them; the gate does not look at it."
    )
    return replace(evaluation, scores=(*evaluation.scores, score), notes=(*evaluation.notes, told))


def _cross_validate(context: TrainContext, plan: Plan, judged: Fitted, folds: int) -> TierScore | None:
    parts = split_folds((*plan.dataset.train, *plan.dataset.test), folds)
    wins: dict[str, float] = {}
    pairs = []
    for number, part in enumerate(context.console.track(parts, "Cross-validating", len(parts)), 1):
        asked = [pair for pair in part.judged if is_judged(pair)]
        scorer = _fit(context, plan, judged, part, number) if asked else None
        if scorer is not None:
            wins |= judge.judge_together(scorer, asked)
            pairs += asked
    if not pairs:
        return None
    name = f"{plan.id}, {len(parts)} folds"
    return evaluate.summarise(pairs, wins, name=name, tier=plan.tier, seed=plan.dataset.manifest.seed)


def _fit(context: TrainContext, plan: Plan, judged: Fitted, part: HeldOut, number: int) -> Scorer | None:
    """Return what one fold's training scores by; None where its pairs train nothing."""
    run = f"cross-{number}"
    try:
        if plan.recipe is None:
            return fit_ranker(context, plan, part.fit, run=run).scorer
        steps = steps_as_judged(plan.recipe, judged, part.fit)
        request = FitRequest(plan.recipe, plan.id, run, part.fit, (), plan.dataset.manifest.seed, steps)
        return fit_adapter(context, plan, request)[0].scorer
    except RefusedError:
        return None
