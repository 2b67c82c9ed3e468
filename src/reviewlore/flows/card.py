"""Model cards of the state branch: a version's id in; what is known of it, checked by the manifest's hashes, out."""

import hashlib
from collections.abc import Iterable

from reviewlore.domain.card import JUDGED_FILE, Judged, ModelCard
from reviewlore.domain.model import DatasetManifest, Registry, VersionManifest
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows import state
from reviewlore.flows.scoring import read_calibrations
from reviewlore.formats import records
from reviewlore.formats.card_judged import tell_guards
from reviewlore.formats.card_lineage import tell_spent
from reviewlore.ports import Store
from reviewlore.stages import registry


def read_card(store: Store, version: str) -> ModelCard:
    """Return the card of a version (its id, the beginning of it, or empty for the newest) as it stands now.

    RefusedError where there is no such version, StateError where the branch is damaged.
    """
    known = state.read_registry(store)
    entry = registry.find_entry(known, version or _newest(known))
    manifest = state.read_version(store, entry.id)
    return ModelCard(
        manifest,
        entry,
        find_dataset(store, manifest.dataset),
        read_calibrations(store, manifest),
        read_judged(store, manifest),
    )


def read_judged(store: Store, manifest: VersionManifest) -> Judged | None:
    """Return how a version was judged, verified; None where it is older than cards are."""
    if JUDGED_FILE not in manifest.documents:
        return None
    path = state.version_path(manifest.id, JUDGED_FILE)
    data = store.read(path)
    if data is None or hashlib.sha256(data).hexdigest() != manifest.documents[JUDGED_FILE]:
        problem = "is missing" if data is None else "was changed after it was written (SHA-256 differs)"
        raise StateError(f"{path} on the state branch {problem}. Restore it from an earlier commit of the branch.")
    return records.decode(data, Judged, path)


def read_all_judged(store: Store, manifests: Iterable[VersionManifest]) -> dict[str, Judged]:
    """Return how versions were judged, by their ids, as far as it is kept."""
    found = ((manifest.id, read_judged(store, manifest)) for manifest in manifests)
    return {name: judged for name, judged in found if judged is not None}


def describe_versions(store: Store, known: Registry) -> dict[str, str]:
    """Return one sentence a version: what it took and whether its guards held; or why that cannot be told."""
    return {entry.id: _describe(store, entry.id) for entry in known.entries}


def find_dataset(store: Store, name: str) -> DatasetManifest | None:
    """Return a dataset's manifest, or None where the branch no longer has it."""
    data = store.read(state.dataset_path(name))
    return None if data is None else records.decode(data, DatasetManifest, state.dataset_path(name))


def _describe(store: Store, version: str) -> str:
    try:
        manifest = state.read_version(store, version)
        judged = read_judged(store, manifest)
    except StateError as error:
        return str(error)
    guards = tell_guards(judged.evaluation.guards) if judged else ""
    return f"took {tell_spent(manifest)}{f'; guards: {guards}' if guards else ''}"


def _newest(known: Registry) -> str:
    if not known.entries:
        raise RefusedError("Nothing was trained yet, so there is no card: run `reviewlore train` first.")
    return known.entries[-1].id
