"""Whom a candidate meets: the version in force, the cheaper tiers and the shipped prior, each with what is demanded."""

from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.flows import judge, state
from reviewlore.flows.fitting import Fitted, Plan
from reviewlore.flows.judge import LoadedDataset, Rival, Rivals
from reviewlore.flows.migration import open_old_base
from reviewlore.flows.scoring import PRIOR, RankerScorer, load_version
from reviewlore.flows.shots import Shots
from reviewlore.flows.training import TrainContext
from reviewlore.stages import gate, registry

EMBEDDED, PROMPT_ONLY, FEW_SHOT = "embedded ranker", "prompt only", "few-shot"
# Each remark is a prompt of its own, of thousands of tokens: so many pairs tell a difference of 4 points from chance.
_MOST_PROMPTED = 600
_MOST_PROMPTED_MADE = 60  # of a base that knows no language; its answers are told all the same


def find_rivals(context: TrainContext, plan: Plan, judged: Fitted, migration: str = "") -> Rivals:
    """Return whom a candidate is compared with.

    The incumbent and, for an adapter, the ranker of the same pairs are to be beaten beyond chance; the base model of an
    adapter, asked by prompts with and without examples of the team, may not be better beyond chance. Else there is the
    prior. Where a `migration` leads to another base, the old one is asked by a prompt, too.
    """
    incumbent = registry.find_incumbent(state.read_registry(context.store), plan.specialist)
    versions: list[Rival] = []
    ranker_known = False
    if incumbent is not None:
        manifest = state.read_version(context.store, incumbent.id)
        scorer = load_version(context.store, manifest, context.adapters, judged=True)
        versions.append(Rival(scorer, gate.demand_of_incumbent(migration, wanted=plan.migrate)))
        ranker_known = manifest.tier == "embedded" and _learned_the_same(manifest, plan)
    if plan.tier == "adapter" and not ranker_known:
        context.console.say("Training the embedded ranker on the same pairs, for comparison.")
        model = context.rankers.fit(plan.dataset.train, seed=plan.dataset.manifest.seed)
        versions.append(Rival(RankerScorer(EMBEDDED, model), "beat_beyond_chance"))
    if plan.recipe is not None:
        versions += _prompted(context, plan.dataset, plan.recipe, judged)
        if migration:
            versions.append(Rival(open_old_base(context, plan), "not_worse_beyond_chance", _MOST_PROMPTED))
    if judge.prior_has_seen(context.prior, plan.dataset):
        context.console.say("The shipped prior was trained on one of these repositories, so it is no fair rival.")
    else:
        versions.append(Rival(RankerScorer(PRIOR, context.prior), "beat"))
    return Rivals(tuple(versions), incumbent.id if incumbent else None, _absent(context))


def _learned_the_same(manifest: VersionManifest, plan: Plan) -> bool:
    return (manifest.dataset, manifest.specialist) == (plan.dataset.manifest.id, plan.specialist)


def _prompted(context: TrainContext, dataset: LoadedDataset, recipe: Recipe, judged: Fitted) -> list[Rival]:
    """Return what the base model can do without training, told nothing of the team, and shown what it did."""
    used = _episodes_of(dataset.train)
    shots = Shots(each for each in dataset.episodes if each.id in used)
    most = _MOST_PROMPTED_MADE if isinstance(recipe.base, MadeBase) else _MOST_PROMPTED
    asked = {PROMPT_ONLY: lambda _: (), FEW_SHOT: shots.choose}
    return [
        Rival(
            context.adapters.prompted(judged.draft, judged.files, name, choose),
            "not_worse_beyond_chance",
            most,
        )
        for name, choose in asked.items()
    ]


def _episodes_of(pairs: tuple[PreferencePair, ...]) -> frozenset[str]:
    return frozenset(name for pair in pairs for name in pair.episodes)


def _absent(context: TrainContext) -> tuple[str, ...]:
    """Say which model is not compared although the settings name it."""
    if context.model.kind != "openai":
        return ()
    name = context.model.name or "The model"
    return (f"{name} of the settings was not judged: a server is not asked for the log-probabilities that takes.",)
