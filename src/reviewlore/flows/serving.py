"""The state branch in, the verified files of one adapter out, as a model that writes is given them."""

from reviewlore.errors import RefusedError
from reviewlore.flows import state
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
