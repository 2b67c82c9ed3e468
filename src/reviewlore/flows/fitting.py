"""One training as files: a plan in; the model that is judged, and the one that is served once it is promoted, out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.recipe import Recipe
from reviewlore.domain.training import JUDGED, SERVED, FitRequest
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.scoring import JUDGED_PREFIX, RANKER_FILE, RankerScorer
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Scorer

RANKER_RECIPE = "ranker"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained: a tier (the ranker where there is no recipe) on one dataset, by these settings."""

    tier: Tier
    recipe: Recipe | None
    dataset: LoadedDataset
    settings: dict[str, str]

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name if self.recipe else RANKER_RECIPE

    @property
    def id(self) -> str:
        """The version's id: the same tier, dataset, recipe and settings have the same one."""
        content = json.dumps([self.tier, self.dataset.manifest.id, self.name, self.settings], sort_keys=True)
        return f"{self.tier}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one run of training made, and how; `draft` is the manifest it can be loaded by."""

    files: dict[str, bytes]
    scorer: Scorer
    seconds: float
    draft: VersionManifest
    log: tuple[dict[str, float], ...] = ()


def fit_judged(context: TrainContext, plan: Plan) -> Fitted:
    """Return the model that is judged: it has seen nothing of the pull requests that judge it."""
    return _fit(context, plan, plan.dataset.train, run=JUDGED)


def fit_served(context: TrainContext, plan: Plan, judged: Fitted) -> dict[str, bytes]:
    """Return the files to serve, trained on all pairs, beside the model that was judged."""
    context.console.say("The gate promotes it: training once more on all pairs, the later ones included.")
    pairs = plan.dataset.refit() if plan.recipe is None else (*plan.dataset.train, *plan.dataset.test)
    final = _fit(context, plan, pairs, run=SERVED)
    return {**final.files, **{f"{JUDGED_PREFIX}{name}": data for name, data in judged.files.items()}}


def hash_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file by name."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def _fit(context: TrainContext, plan: Plan, pairs: Sequence[PreferencePair], *, run: str) -> Fitted:
    seed = plan.dataset.manifest.seed
    draft = VersionManifest(
        id=plan.id, tier=plan.tier, created_at="", recipe=plan.name, recipe_settings=plan.settings,
        dataset=plan.dataset.manifest.id, base_model=None, base_revision=None,
        packages={}, code_commit="", seed=seed, parent=None, files={},
    )  # fmt: skip
    if plan.recipe is None:
        start = context.clock.monotonic()
        model = context.rankers.fit(pairs, seed=seed)
        seconds = context.clock.monotonic() - start
        data = json.dumps(model.to_json(), separators=(",", ":")).encode()
        return Fitted({RANKER_FILE: data}, RankerScorer(plan.id, model), seconds, draft)
    request = FitRequest(plan.recipe, plan.id, run, tuple(pairs), seed=seed)
    trained, files = context.adapters.fit(request)
    draft = replace(draft, base_model=trained.base_model, base_revision=trained.base_revision, files=hash_files(files))
    return Fitted(files, context.adapters.scorer(draft, files), trained.seconds, draft, trained.log)
