"""Dataset to version: train on earlier pull requests, judge on later ones, let the gate speak, refit, commit, audit."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from reviewlore.domain.finding import Tier
from reviewlore.domain.recipe import Recipe
from reviewlore.errors import RefusedError
from reviewlore.flows import judge, state
from reviewlore.flows.approve import refuse_unapproved
from reviewlore.flows.bench import Remembering
from reviewlore.flows.calibrating import describe_calibrations, fit_calibrations
from reviewlore.flows.crossing import add_cross_validated
from reviewlore.flows.examining import examine, plant_canaries
from reviewlore.flows.fitting import Plan, fit_judged, fit_served
from reviewlore.flows.migration import find_migration, refuse_unjudged
from reviewlore.flows.rivals import find_rivals
from reviewlore.flows.scarcity import find_not_learned, refuse_scarce
from reviewlore.flows.scoring import CALIBRATION_FILE
from reviewlore.flows.training import TrainContext, Trained
from reviewlore.flows.training_lock import hold_training
from reviewlore.flows.versions import Made, count_people, make_manifest, save_version
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import gate


def train(
    context: TrainContext,
    tier: Tier,
    recipe: Recipe | None,
    *,
    specialist: str = "",
    migrate: bool = False,
    dry_run: bool = False,
) -> Trained:
    """Train one version of a tier on the newest dataset and decide about it.

    With a `specialist` on the pairs that are its business alone, for its findings alone. `migrate`: another base model
    than the incumbent's has to be as good only.
    RefusedError where there is too little data to train at all, policy wants a person's word on it first, or the same
    was trained before.
    """
    settings = context.adapters.settings(recipe) if recipe else context.rankers.settings()
    plan = Plan(tier, recipe, judge.load_dataset(context.store).narrowed(specialist), settings, specialist, migrate)
    dataset = plan.dataset
    refuse_unapproved(state.read_approvals(context.store), dataset.manifest.id, context.approval)
    _refuse_duplicate(context.store, plan)
    refuse_scarce(context, plan)
    migration = find_migration(context, plan)
    refuse_unjudged(context, plan, migration)
    context.console.say(
        f"Training {plan.id} by recipe {plan.name} on {len(dataset.train)} pairs; "
        f"{len(dataset.test)} pairs of later pull requests judge it."
    )
    for told in find_not_learned(plan, context.minima):
        context.console.say(f"{told[0].upper()}{told[1:]}.")
    with nullcontext() if dry_run else _hold(context, plan):  # a dry run writes nothing, so it holds nobody up
        trained = _fit_and_judge(context, plan, migration, dry_run=dry_run)
    if recipe is not None:
        context.adapters.discard(plan.id)
    return trained


def _hold(context: TrainContext, plan: Plan) -> AbstractContextManager[None]:
    clock, console = context.clock, context.console
    return hold_training(context.store, plan.id, context.actor, clock, console, context.pulse, context.signs)


def _fit_and_judge(context: TrainContext, plan: Plan, migration: str, *, dry_run: bool) -> Trained:
    dataset = plan.dataset
    canaries = plant_canaries(plan)
    judged = fit_judged(context, plan, planted=[canary.pair for canary in canaries])
    judged = replace(judged, scorer=Remembering(judged.scorer))
    evaluation, comparisons = judge.judge(
        judged.scorer, find_rivals(context, plan, judged, migration), dataset, context.clock, context.console,
        price=context.model.price_in,
    )  # fmt: skip
    calibrations = fit_calibrations(judged.scorer, dataset.built.held_out)
    context.console.say(describe_calibrations(calibrations))
    evaluation = examine(context, plan, judged, canaries, evaluation, calibrations)
    evaluation = add_cross_validated(context, plan, judged, evaluation)
    own, shortfall = judge.find_score(evaluation, plan.id), judge.find_shortfall(dataset)
    decision = gate.decide_gate(own, comparisons, shortfall, evaluation.guards, migration)
    final = judged
    if decision.verdict == "promote":
        final = fit_served(context, plan, judged)
        decision = gate.confirm_served(decision, judge.compare_served(final.scorer, judged.scorer, dataset))
    served = {**final.files, CALIBRATION_FILE: records.encode(calibrations)}
    manifest = make_manifest(context, plan, Made(judged, final, served), evaluation)
    trained = Trained(manifest, evaluation, decision, None)
    return trained if dry_run else save_version(context, trained, served, people=count_people(dataset))


def _refuse_duplicate(store: Store, plan: Plan) -> None:
    if any(entry.id == plan.id for entry in state.read_registry(store).entries):
        raise RefusedError(
            f"Dataset {plan.dataset.manifest.id[:12]} was already trained with recipe {plan.name}"
            f"{f' for {plan.specialist}' if plan.specialist else ''}: version {plan.id}. "
            "Mine more pull requests, or use another recipe."
        )
