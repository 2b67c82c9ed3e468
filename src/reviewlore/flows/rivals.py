"""Whom a candidate meets: the version in force, the cheaper tiers and the shipped prior, each with what is demanded."""

from reviewlore.domain.evaluation import Demand
from reviewlore.flows import judge, state
from reviewlore.flows.fitting import Plan
from reviewlore.flows.judge import Rivals
from reviewlore.flows.scoring import PRIOR, RankerScorer, load_version
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Scorer
from reviewlore.stages import registry


def find_rivals(context: TrainContext, plan: Plan) -> Rivals:
    """Return the incumbent and, for an adapter, the ranker, both to be beaten beyond chance; else the prior."""
    active = registry.find_active(state.read_registry(context.store))
    versions: list[tuple[Scorer, Demand]] = []
    ranker_active = False
    if active is not None:
        manifest = state.read_version(context.store, active.id)
        versions.append((load_version(context.store, manifest, context.adapters, judged=True), "beat_beyond_chance"))
        ranker_active = manifest.tier == "embedded"
    if plan.tier == "adapter" and not ranker_active:
        context.console.say("Training the embedded ranker on the same pairs, for comparison.")
        model = context.rankers.fit(plan.dataset.train, seed=plan.dataset.manifest.seed)
        versions.append((RankerScorer("embedded ranker", model), "beat_beyond_chance"))
    if judge.prior_has_seen(context.prior, plan.dataset):
        context.console.say("The shipped prior was trained on one of these repositories, so it is no fair rival.")
    else:
        versions.append((RankerScorer(PRIOR, context.prior), "beat"))
    return Rivals(tuple(versions), active.id if active else None)
