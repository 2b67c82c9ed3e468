"""Dataset to version: train on earlier pull requests, judge on later ones, let the gate speak, refit, commit, audit."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.finding import Tier
from reviewlore.domain.history import people_in
from reviewlore.domain.model import Demand, Evaluation, GateDecision, RegistryEntry, VersionManifest
from reviewlore.domain.people import Role
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.recipe import Recipe
from reviewlore.errors import RefusedError
from reviewlore.flows import judge, state
from reviewlore.flows.approve import refuse_unapproved
from reviewlore.flows.calibrating import describe_calibrations, fit_calibrations
from reviewlore.flows.judge import LoadedDataset, Rivals
from reviewlore.flows.scoring import CALIBRATION_FILE, JUDGED_PREFIX, PRIOR, RANKER_FILE, RankerScorer, load_version
from reviewlore.formats import records
from reviewlore.ports import AdapterTrainer, Clock, Console, RankerTrainer, Scorer, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.stages import gate, registry
from reviewlore.stages.recipe import find_shortage

RANKER_RECIPE = "ranker"
_MIN_TRAIN_PAIRS = 30


@dataclass(frozen=True, slots=True)
class TrainContext:
    """What training needs from outside; packages, commit and hardware go into the lineage.

    `approval` is the role that has to allow a dataset, `none`: nobody has to. `structure` returns the fingerprint of
    the code that is trained for.
    """

    store: Store
    prior: RankerModel
    rankers: RankerTrainer
    adapters: AdapterTrainer
    clock: Clock
    console: Console
    packages: Mapping[str, str]
    code_commit: str
    hardware: str
    actor: str = "command line"
    approval: Role = "none"
    structure: Callable[[], MapFingerprint] = MapFingerprint


@dataclass(frozen=True, slots=True)
class Trained:
    """One finished training: its lineage, how all tiers did on the same pairs, and what the gate said."""

    manifest: VersionManifest
    evaluation: Evaluation
    decision: GateDecision
    commit: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is trained: a tier (the ranker where there is no recipe) on one dataset."""

    tier: Tier
    recipe: Recipe | None
    dataset: LoadedDataset
    settings: dict[str, str]

    @property
    def name(self) -> str:
        return self.recipe.name if self.recipe else RANKER_RECIPE

    @property
    def id(self) -> str:
        content = json.dumps([self.tier, self.dataset.manifest.id, self.name, self.settings], sort_keys=True)
        return f"{self.tier}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What one run of training made, and how."""

    files: dict[str, bytes]
    scorer: Scorer
    seconds: float
    base_model: str | None = None
    base_revision: str | None = None
    log: tuple[dict[str, float], ...] = ()


def train(context: TrainContext, tier: Tier, recipe: Recipe | None, *, dry_run: bool = False) -> Trained:
    """Train one version of a tier on the newest dataset and decide about it.

    RefusedError where there is too little data to train at all, policy wants a person's word on it first, or the same
    was trained before.
    """
    settings = context.adapters.settings(recipe) if recipe else context.rankers.settings()
    plan = _Plan(tier, recipe, judge.load_dataset(context.store), settings)
    dataset = plan.dataset
    refuse_unapproved(state.read_approvals(context.store), dataset.manifest.id, context.approval)
    _refuse_duplicate(context.store, plan)
    _refuse_scarce(plan)
    context.console.say(
        f"Training {plan.id} by recipe {plan.name} on {len(dataset.train)} pairs; "
        f"{len(dataset.test)} pairs of later pull requests judge it."
    )
    judged = _fit(context, plan, dataset.train, dataset.test)
    rivals = _rivals(context, plan)
    evaluation, comparisons = judge.judge(judged.scorer, rivals, dataset, context.clock, context.console)
    own = judge.find_score(evaluation, plan.id)
    decision = gate.decide_gate(own, comparisons, judge.find_shortfall(dataset))
    calibrations = fit_calibrations(judged.scorer, dataset.built.held_out)
    context.console.say(describe_calibrations(calibrations))
    served = judged.files if decision.verdict == "refuse" else _refit(context, plan, judged)
    served = {**served, CALIBRATION_FILE: records.encode(calibrations)}
    manifest = _manifest(context, plan, judged, served, evaluation)
    if dry_run:
        return Trained(manifest, evaluation, decision, None)
    commit, decision = _save(context, manifest, served, decision, people=_count_people(dataset))
    return Trained(manifest, evaluation, decision, commit)


def find_scarcity(dataset: LoadedDataset) -> str | None:
    """Say what is missing before a ranker can be trained at all, or None."""
    pulls = len({pair.pull_request for pair in dataset.train})
    if len(dataset.train) >= _MIN_TRAIN_PAIRS:
        return None
    return (
        f"The ranker needs at least {_MIN_TRAIN_PAIRS} training pairs; there are {len(dataset.train)} from {pulls} "
        "pull requests. Mine more pull requests; until then the version in use stays."
    )


def _fit(
    context: TrainContext, plan: _Plan, pairs: Sequence[PreferencePair], held_out: Sequence[PreferencePair]
) -> _Fitted:
    seed = plan.dataset.manifest.seed
    if plan.recipe is None:
        start = context.clock.monotonic()
        model = context.rankers.fit(pairs, seed=seed)
        seconds = context.clock.monotonic() - start
        data = json.dumps(model.to_json(), separators=(",", ":")).encode()
        return _Fitted({RANKER_FILE: data}, RankerScorer(plan.id, model), seconds)
    trained, files = context.adapters.fit(plan.recipe, pairs, held_out, seed=seed)
    draft = VersionManifest(
        id=plan.id, tier=plan.tier, created_at="", recipe=plan.name, recipe_settings=plan.settings,
        dataset=plan.dataset.manifest.id, base_model=trained.base_model, base_revision=trained.base_revision,
        packages={}, code_commit="", seed=seed, parent=None, files=_hashes(files),
    )  # fmt: skip
    scorer = context.adapters.scorer(draft, files)
    return _Fitted(files, scorer, trained.seconds, trained.base_model, trained.base_revision, trained.log)


def _refit(context: TrainContext, plan: _Plan, judged: _Fitted) -> dict[str, bytes]:
    """Return the files to serve, trained on all pairs, beside the model that was judged."""
    context.console.say("The gate promotes it: training once more on all pairs, the later ones included.")
    pairs = plan.dataset.refit() if plan.recipe is None else (*plan.dataset.train, *plan.dataset.test)
    final = _fit(context, plan, pairs, ())
    return {**final.files, **{f"{JUDGED_PREFIX}{name}": data for name, data in judged.files.items()}}


def _rivals(context: TrainContext, plan: _Plan) -> Rivals:
    """Whom the candidate meets: the incumbent and, for an adapter, the ranker beyond chance; else the prior."""
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


def _refuse_duplicate(store: Store, plan: _Plan) -> None:
    if any(entry.id == plan.id for entry in state.read_registry(store).entries):
        raise RefusedError(
            f"Dataset {plan.dataset.manifest.id[:12]} was already trained with recipe {plan.name}: version {plan.id}. "
            "Mine more pull requests, or use another recipe."
        )


def _refuse_scarce(plan: _Plan) -> None:
    if plan.recipe is not None:
        train = plan.dataset.train
        shortage = find_shortage(plan.recipe, len(train), len({pair.pull_request for pair in train}))
    else:
        shortage = find_scarcity(plan.dataset)
    if shortage is not None:
        raise RefusedError(shortage)


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def _manifest(
    context: TrainContext, plan: _Plan, judged: _Fitted, served: Mapping[str, bytes], evaluation: Evaluation
) -> VersionManifest:
    active = registry.find_active(state.read_registry(context.store))
    own = judge.find_score(evaluation, plan.id)
    return VersionManifest(
        id=plan.id,
        tier=plan.tier,
        created_at=context.clock.now(),
        recipe=plan.name,
        recipe_settings=plan.settings,
        dataset=plan.dataset.manifest.id,
        base_model=judged.base_model,
        base_revision=judged.base_revision,
        packages=dict(sorted(context.packages.items())),
        code_commit=context.code_commit,
        seed=plan.dataset.manifest.seed,
        parent=active.id if active else None,
        files=_hashes(served),
        metrics={**{kind: row.accuracy for kind, row in own.by_kind.items()}, "overall": own.overall.accuracy},
        log=judged.log,
        seconds=round(judged.seconds, 2),
        hardware=context.hardware,
        fingerprint=context.structure(),
    )


def _count_people(dataset: LoadedDataset) -> int:
    """Return how many people's words, code or votes the pairs rest on."""
    used = {name for pair in (*dataset.train, *dataset.test) for name in pair.episodes}
    return len(people_in(episode for episode in dataset.episodes if episode.id in used))


def _save(
    context: TrainContext,
    manifest: VersionManifest,
    files: Mapping[str, bytes],
    decision: GateDecision,
    *,
    people: int,
) -> tuple[str | None, GateDecision]:
    """Write the version in one commit; the decision holds only where nobody changed the active version meanwhile."""
    decided = [decision]

    def change(store: Store) -> dict[str, bytes | None]:
        entry = RegistryEntry(
            manifest.id, manifest.tier, "candidate", context.actor, manifest.created_at, "trained, not yet judged"
        )
        found = registry.add_candidate(state.read_registry(store), entry)
        active = registry.find_active(found)
        said = gate.confirm(decision, active.id if active else None)
        decided.append(said)
        found = registry.apply_decision(found, said, f"gate ({context.actor})", manifest.created_at)
        written: dict[str, bytes | None] = {state.version_path(manifest.id, name): data for name, data in files.items()}
        written[state.version_path(manifest.id, "manifest.json")] = records.encode(manifest)
        written[state.REGISTRY] = records.encode(found)
        detail = {"dataset": manifest.dataset, "recipe": manifest.recipe, "verdict": said.verdict,
                  "reason": said.reason, "metrics": manifest.metrics, "people": people}  # fmt: skip
        written[state.AUDIT] = state.audited(
            store, at=manifest.created_at, actor=context.actor, action="train", subject=manifest.id, detail=detail
        )
        return written

    verbs = {"promote": "Train and promote", "refuse": "Train and reject"}
    commit = context.store.update(change, lambda: f"{verbs[decided[-1].verdict]} {manifest.id}", manifest.created_at)
    return commit, decided[-1]
