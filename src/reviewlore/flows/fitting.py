"""One training as files: a plan in; the model that is judged, and the one that is served once it is promoted, out.

Early stopping looks at later pull requests of the training side, or at folds of it where those are few; never at the
pull requests that judge.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewlore.dialogue import select_trainable
from reviewlore.domain.finding import Tier
from reviewlore.domain.model import Spent, VersionManifest
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.recipe import NamedBase, Recipe, TrainedAdapter
from reviewlore.domain.training import JUDGED, SERVED, FitRequest
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.scoring import JUDGED_PREFIX, RANKER_FILE, RankerScorer
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Scorer
from reviewlore.stages.folds import HeldOut, split_folds, split_later
from reviewlore.stages.stopping import agree_on_steps, scale_steps

RANKER_RECIPE = "ranker"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained: a tier (the ranker where there is no recipe) on one dataset, by these settings.

    `specialist` is whose remarks the dataset was narrowed to, empty: everybody's. `migrate`: another base model than
    the incumbent's is wanted, if it is as good.
    """

    tier: Tier
    recipe: Recipe | None
    dataset: LoadedDataset
    settings: dict[str, str]
    specialist: str = ""
    migrate: bool = False

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name if self.recipe else RANKER_RECIPE

    @property
    def id(self) -> str:
        """The version's id: the same tier, dataset, recipe and settings have the same one."""
        parts = [self.tier, self.dataset.manifest.id, self.name, self.settings]
        content = json.dumps([*parts, self.specialist] if self.specialist else parts, sort_keys=True)
        return f"{self.tier}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one run of training made, and how; `draft` is the manifest it can be loaded by.

    `spent` is of this run and of those that were needed for it. `steps` found by early stopping on `pairs` that can be
    trained on are scaled for a run on more (0: the recipe decides). `replay` says how they were found.
    """

    files: dict[str, bytes]
    scorer: Scorer
    seconds: float
    draft: VersionManifest
    log: tuple[dict[str, float], ...] = ()
    spent: Spent = field(default_factory=Spent)
    steps: int = 0
    pairs: int = 0
    replay: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stop:
    """What a run is fitted on and what ends it, how that was found, and what finding it took."""

    pairs: tuple[PreferencePair, ...]
    validation: tuple[PreferencePair, ...] = ()
    steps: int | None = None
    replay: dict[str, str] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)


def fit_judged(context: TrainContext, plan: Plan, *, planted: Sequence[PreferencePair] = ()) -> Fitted:
    """Return the model that is judged: it has seen nothing of the pull requests that judge it.

    `planted` are further pairs, with made-up secrets (`Guards.canaries`), for this run alone.
    """
    if plan.recipe is None:
        return fit_ranker(context, plan, plan.dataset.train)
    stop = _find_stop(context, plan, plan.recipe)
    request = FitRequest(
        plan.recipe,
        plan.id,
        JUDGED,
        (*stop.pairs, *planted),
        stop.validation,
        plan.dataset.manifest.seed,
        stop.steps,
    )
    fitted, trained = fit_adapter(context, plan, request)
    if not (stop.validation or stop.steps):
        return fitted
    steps = _kept_step(trained)
    if stop.validation:
        context.console.say(f"Stopped early: the best of {trained.steps} steps was {steps}.")
    replay = {**stop.replay, f"{JUDGED}.steps": str(steps)}
    return replace(
        fitted, spent=add_spent(stop.spent, fitted.spent), steps=steps, pairs=count_trainable(plan.recipe, stop.pairs),
        replay=replay,
    )  # fmt: skip


def fit_served(context: TrainContext, plan: Plan, judged: Fitted) -> Fitted:
    """Return the model to serve, trained on all pairs, with the files of the one that was judged beside its own.

    Nothing is left to stop it by: it takes the steps that were found for the judged one, scaled to its pairs.
    """
    context.console.say("The gate promotes it: training once more on all pairs, the later ones included.")
    if plan.recipe is None:
        final = fit_ranker(context, plan, plan.dataset.refit(), run=SERVED)
    else:
        pairs = (*plan.dataset.train, *plan.dataset.test)
        steps = steps_as_judged(plan.recipe, judged, pairs)
        request = FitRequest(plan.recipe, plan.id, SERVED, pairs, (), plan.dataset.manifest.seed, steps)
        final, trained = fit_adapter(context, plan, request)
        final = replace(final, replay={f"{SERVED}.steps": str(trained.steps)})
    kept = {f"{JUDGED_PREFIX}{name}": data for name, data in judged.files.items()}
    return replace(final, files={**final.files, **kept})


def fit_ranker(context: TrainContext, plan: Plan, pairs: Sequence[PreferencePair], *, run: str = JUDGED) -> Fitted:
    """Return the embedded ranker trained on some pairs."""
    with context.meter.measure(accelerator=False) as measured:
        model = context.rankers.fit(pairs, seed=plan.dataset.manifest.seed)
    spent = measured()
    spent = replace(spent, runs={run: spent.seconds})
    data = json.dumps(model.to_json(), separators=(",", ":")).encode()
    return Fitted({RANKER_FILE: data}, RankerScorer(plan.id, model), spent.seconds, _draft(plan), spent=spent)


def fit_adapter(context: TrainContext, plan: Plan, request: FitRequest) -> tuple[Fitted, TrainedAdapter]:
    """Return what one run of an adapter made, and the trainer's record of it."""
    accelerator = isinstance(request.recipe.base, NamedBase)  # a made one is trained on the CPU
    with context.meter.measure(accelerator=accelerator) as measured:
        trained, files = context.adapters.fit(request)
    draft = replace(
        _draft(plan), base_model=trained.base_model, base_revision=trained.base_revision,
        hardware=trained.hardware, files=hash_files(files),
    )  # fmt: skip
    spent = spent_on(request.run, trained, measured())
    scorer = context.adapters.scorer(draft, files)
    return Fitted(files, scorer, trained.seconds, draft, trained.log, spent), trained


def add_spent(one: Spent, other: Spent) -> Spent:
    """Return what two parts of one training took; what one of them did not measure is not known of both."""
    if not one.runs:
        return other
    peak = None if one.peak_mib is None or other.peak_mib is None else max(one.peak_mib, other.peak_mib)
    parts: dict[str, float] = {}
    energy = None
    if one.energy_wh is not None and other.energy_wh is not None:
        energy = one.energy_wh + other.energy_wh
        names = [*one.energy_parts, *(name for name in other.energy_parts if name not in one.energy_parts)]
        parts = {name: one.energy_parts.get(name, 0.0) + other.energy_parts.get(name, 0.0) for name in names}
    return Spent(
        seconds=round(one.seconds + other.seconds, 2), runs={**one.runs, **other.runs}, energy_wh=energy,
        peak_mib=peak, phases={**one.phases, **other.phases}, energy_parts=parts,
    )  # fmt: skip


def spent_on(run: str, trained: TrainedAdapter, measured: Spent) -> Spent:
    """Return what one run of an adapter took: what the trainer measured, else what was measured around it.

    Of a run that was taken up again only the rest was measured, so its energy is not known.
    """
    whole = not trained.resumed_at
    energy = trained.energy_wh if trained.energy_wh is not None else measured.energy_wh if whole else None
    return Spent(
        seconds=trained.seconds,
        runs={run: trained.seconds},
        energy_wh=energy,
        peak_mib=trained.peak_mib if trained.peak_mib is not None else measured.peak_mib if whole else None,
        phases={f"{run}/{phase}": seconds for phase, seconds in trained.phases.items()},
        energy_parts=measured.energy_parts if energy is not None and trained.energy_wh is None else {},
    )


def hash_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file by name."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def _find_stop(context: TrainContext, plan: Plan, recipe: Recipe) -> _Stop:
    """Return how the judged run ends: by later pull requests, by what folds found, or by the recipe's own steps."""
    train, stopping = plan.dataset.train, recipe.stopping
    if not stopping.every:
        return _Stop(train)
    held = split_later(train, stopping.share)
    count = count_trainable(recipe, held.judged)
    requests = len({pair.pull_request for pair in held.judged})
    if count >= stopping.least_pairs and held.fit:
        context.console.say(f"{count} pairs of {requests} later pull requests of the training side say when to stop.")
        told = {"stopping": "later", "validation.pairs": str(count), "validation.pull_requests": str(requests)}
        return _Stop(held.fit, held.judged, replay=told)
    folds = [fold for fold in split_folds(train, stopping.folds) if _can_judge(recipe, fold)] if stopping.folds else []
    if not folds:
        return _Stop(train, replay={"stopping": "recipe"})
    context.console.say(
        f"{count} pairs of later pull requests are too few to stop by (at least {stopping.least_pairs}): "
        f"{len(folds)} folds of the pull requests find the number of steps."
    )
    return _agree(context, plan, recipe, folds)


def _agree(context: TrainContext, plan: Plan, recipe: Recipe, folds: Sequence[HeldOut]) -> _Stop:
    """Train each fold until its held-out pairs say stop, and let all of them say how many steps to take."""
    found, spent, replay = [], Spent(), {"stopping": "folds"}
    for number, fold in enumerate(folds, 1):
        run = f"fold-{number}"
        request = FitRequest(recipe, plan.id, run, fold.fit, fold.judged, plan.dataset.manifest.seed)
        fitted, trained = fit_adapter(context, plan, request)
        found.append((_kept_step(trained), count_trainable(recipe, fold.fit)))
        spent = add_spent(spent, fitted.spent)
        replay[f"{run}.steps"] = str(_kept_step(trained))
    train = plan.dataset.train
    steps = agree_on_steps(found, count_trainable(recipe, train), recipe.run.max_steps)
    context.console.say(f"The folds stopped after {', '.join(str(each) for each, _ in found)} steps: {steps} on all.")
    return _Stop(train, (), steps, replay, spent)


def _can_judge(recipe: Recipe, fold: HeldOut) -> bool:
    return bool(count_trainable(recipe, fold.fit) and count_trainable(recipe, fold.judged))


def steps_as_judged(recipe: Recipe, judged: Fitted, pairs: Sequence[PreferencePair]) -> int | None:
    """Return the steps found for the judged run, for as many passes over some pairs; None: the recipe decides."""
    if not judged.steps:
        return None
    return scale_steps(judged.steps, judged.pairs, count_trainable(recipe, pairs), recipe.run.max_steps)


def count_trainable(recipe: Recipe, pairs: Sequence[PreferencePair]) -> int:
    """Return how many of some pairs an adapter can learn from."""
    return len(select_trainable(pairs, recipe.text, recipe.loss.method)[0])


def _kept_step(trained: TrainedAdapter) -> int:
    return trained.best_step or trained.steps


def _draft(plan: Plan) -> VersionManifest:
    return VersionManifest(
        id=plan.id, tier=plan.tier, created_at="", recipe=plan.name, recipe_settings=plan.settings,
        dataset=plan.dataset.manifest.id, base_model=None, base_revision=None,
        packages={}, code_commit="", seed=plan.dataset.manifest.seed, parent=None, files={},
        specialist=plan.specialist,
    )  # fmt: skip
