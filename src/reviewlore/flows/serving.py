"""The state branch in, the verified files of one adapter out, as a model that writes is given them."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType

from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import TextBudget
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows import state
from reviewlore.flows.briefing import Trained
from reviewlore.flows.scoring import CALIBRATION_FILE, JUDGED_PREFIX, verified_file
from reviewlore.ports import Store
from reviewlore.stages.registry import find_entry


def adapter_files(store: Store, version: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files of an adapter as it is served, and the SHA-256 its manifest promises of each.

    RefusedError where the version is no adapter of the registry, StateError where a file was changed.
    """
    manifest = state.read_version(store, find_entry(state.read_registry(store), version).id)
    if manifest.tier != "adapter":
        raise RefusedError(f"{manifest.id} is no adapter.")
    names = [name for name in manifest.files if name != CALIBRATION_FILE and not name.startswith(JUDGED_PREFIX)]
    files = {name: verified_file(store, manifest, name) for name in names}
    return files, {name: manifest.files[name] for name in names}


def find_trained(
    store: Store, version: str, model: str, specialists: Mapping[str, str] = MappingProxyType({})
) -> Trained | None:
    """Return the form in which an adapter of the registry was trained.

    None where `model` (of the settings) is neither the base it was trained on nor a checkpoint it was merged into,
    which a server names by the version's id. `specialists` are versions by specialist: those of the same base and the
    same form write for theirs, of all others everybody's adapter does.
    """
    manifest = state.read_version(store, find_entry(state.read_registry(store), version).id)
    if model not in (manifest.base_model, manifest.id):
        return None
    budget = _read_budget(manifest)
    adapters = {"": manifest.id}
    for name, own in specialists.items():
        theirs = state.read_version(store, own)
        if theirs.base_model == model and _read_budget(theirs) == budget:
            adapters[name] = theirs.id
    return Trained(budget, adapters)


def _read_budget(manifest: VersionManifest) -> TextBudget:
    try:
        return TextBudget(*(int(manifest.recipe_settings[f"text.{field.name}"]) for field in fields(TextBudget)))
    except (KeyError, ValueError) as error:
        raise StateError(f"The manifest of {manifest.id} does not tell how it was asked: {error}.") from error
