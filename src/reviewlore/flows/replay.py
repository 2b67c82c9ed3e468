"""A version's training repeated from what its manifest recorded, and its files compared by hash. Nothing is written."""

from collections.abc import Mapping

from reviewlore.domain.lineage import ChangedSetting, Replayed, ReplayedFile
from reviewlore.domain.model import DatasetManifest, VersionManifest
from reviewlore.errors import ConfigError, RefusedError
from reviewlore.flows import judge, state
from reviewlore.flows.card import find_dataset
from reviewlore.flows.examining import plant_canaries
from reviewlore.flows.fitting import Plan, fit_judged, fit_served, hash_files
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.scoring import CALIBRATION_FILE, JUDGED_PREFIX
from reviewlore.flows.training import TrainContext
from reviewlore.stages import registry
from reviewlore.stages.recipe import recorded_recipe


def replay(context: TrainContext, version: str) -> Replayed:
    """Train a version again (its id, or the beginning of it) by its recorded settings, data and seed.

    RefusedError where something it learned from was forgotten, the data can no longer be made again, or the recipe is
    recorded in a way that says nothing any more; InputError where its base model is not here.
    """
    entry = registry.find_entry(state.read_registry(context.store), version)
    manifest = state.read_version(context.store, entry.id)
    if entry.forgotten_at:
        raise RefusedError(
            f"Something that {entry.id} learned from was forgotten on {entry.forgotten_at[:10]}: it cannot be repeated."
        )
    dataset, notes = _load(context, manifest)
    plan = _plan(manifest, dataset)
    context.console.say(f"Repeating {entry.id} by recipe {plan.name} on dataset {manifest.dataset[:12]}.")
    planted = [canary.pair for canary in plant_canaries(plan)]
    judged = fit_judged(context, plan, planted=planted)
    promoted = any(name.startswith(JUDGED_PREFIX) for name in manifest.files)
    made = fit_served(context, plan, judged) if promoted else judged
    if plan.recipe is not None:
        context.adapters.discard(plan.id)
    files = _compare(manifest.files, hash_files(made.files))
    return Replayed(
        version=entry.id,
        same=all(file.recorded == file.made for file in files),
        files=files,
        changed=_find_changes(context, manifest, plan, made.draft.hardware),
        seconds=round(judged.spent.seconds + (made.spent.seconds if promoted else 0.0), 2),
        notes=notes,
    )


def _load(context: TrainContext, manifest: VersionManifest) -> tuple[LoadedDataset, tuple[str, ...]]:
    """Return the version's dataset, made again of the episodes, or of those that were there when it was recorded."""
    known = find_dataset(context.store, manifest.dataset)
    if known is None:
        raise RefusedError(
            f"The manifest of dataset {manifest.dataset[:12]} is no longer on the state branch: {manifest.id} cannot "
            "be repeated. Restore it from a backup of the branch."
        )
    if known.forgotten_at:
        raise RefusedError(
            f"Something that dataset {known.id[:12]} held was forgotten on {known.forgotten_at[:10]}: {manifest.id} "
            "cannot be repeated."
        )
    try:
        return judge.rebuild(known, state.read_episodes(context.store)), ()
    except RefusedError as error:
        return _load_as_recorded(context, known, error)


def _load_as_recorded(
    context: TrainContext, known: DatasetManifest, error: RefusedError
) -> tuple[LoadedDataset, tuple[str, ...]]:
    then = context.store.when_added(state.dataset_path(known.id))
    if then is None:
        raise error
    try:
        dataset = judge.rebuild(known, state.read_episodes(then))
    except RefusedError:
        raise error from None
    return dataset, (
        f"The episodes on the state branch no longer give dataset {known.id[:12]}: they were changed since. It was "
        "repeated on those of the commit that recorded it.",
    )


def _plan(manifest: VersionManifest, dataset: LoadedDataset) -> Plan:
    """Return the plan of a repetition, under a name of its own: no checkpoint of the version is taken up."""
    settings = {**manifest.recipe_settings, "replay.of": manifest.id}
    if manifest.tier == "embedded":
        return Plan(manifest.tier, None, dataset.narrowed(manifest.specialist), settings, manifest.specialist)
    summary = manifest.replay.get("recipe.summary", "")
    if not summary:
        raise RefusedError(
            f"Version {manifest.id} was trained before recipes were recorded in full: it cannot be repeated exactly."
        )
    try:
        recipe = recorded_recipe(manifest.recipe_settings, manifest.recipe, summary)
    except ConfigError as error:
        raise RefusedError(
            f"The recipe that {manifest.id} recorded means something else to this version of reviewlore; use the one "
            f"that trained it ({manifest.packages.get('reviewlore', 'not recorded')}). {error}"
        ) from error
    return Plan(manifest.tier, recipe, dataset.narrowed(manifest.specialist), settings, manifest.specialist)


def _compare(recorded: Mapping[str, str], made: Mapping[str, str]) -> tuple[ReplayedFile, ...]:
    """Return every file of either side; calibrations are no part of a training, they are worked out from its scores."""
    names = sorted((recorded.keys() | made.keys()) - {CALIBRATION_FILE})
    return tuple(ReplayedFile(name, recorded.get(name, ""), made.get(name, "")) for name in names)


def _find_changes(
    context: TrainContext, manifest: VersionManifest, plan: Plan, hardware: str
) -> tuple[ChangedSetting, ...]:
    """Return what is not as it was recorded: code, packages, hardware, and what the trainers are set to."""
    here = context.adapters.settings(plan.recipe) if plan.recipe else context.rankers.settings()
    commit = context.code_commit
    # What was not committed then may be anything, also where the commit is the same.
    unknown = ", with changes of its own" if commit.endswith("-dirty") else ""
    pairs = [("code", manifest.code_commit, f"{commit}{unknown}")]
    pairs.append(("hardware", manifest.hardware, hardware or context.hardware))
    pairs += _differing("package ", manifest.packages, context.packages)
    pairs += _differing("setting ", manifest.recipe_settings, here)
    return tuple(ChangedSetting(name, then, now) for name, then, now in pairs if then != now)


def _differing(prefix: str, recorded: Mapping[str, str], here: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(f"{prefix}{key}", recorded.get(key, ""), here.get(key, "")) for key in sorted({*recorded, *here})]
