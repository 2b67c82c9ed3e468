"""How far the code has moved since the judgement in force was learned: maps and manifests in, drift out."""

from collections.abc import Callable, Iterable

from reviewlore.architecture.conventions import Convention, mine_conventions
from reviewlore.architecture.drift import fingerprint_map, measure_drift
from reviewlore.architecture.layers import infer_layers
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.drift import AgedVersion, MapFingerprint
from reviewlore.flows import state
from reviewlore.flows.mapping import Mapper
from reviewlore.ports import Store
from reviewlore.stages.registry import find_active


def read_fingerprint(mapper: Mapper, commit: str) -> MapFingerprint:
    """Return the fingerprint of a commit, with its layers and habits; InputError where an object cannot be read."""
    tree = mapper.map(commit).map
    return take_fingerprint(tree, commit, mine_conventions(tree))


def take_fingerprint(tree: ArchitectureMap, commit: str, conventions: Iterable[Convention]) -> MapFingerprint:
    """Return the fingerprint of a map, with its layers; `conventions` are its habits."""
    layers = infer_layers(tree).layers
    return fingerprint_map(tree, commit, (" | ".join(layer) for layer in layers), conventions)


def find_aged(store: Store, version: str, now: Callable[[], MapFingerprint]) -> AgedVersion | None:
    """Return how far the code has moved since a version was trained.

    None where that is not known: the shipped prior, a version from before fingerprints, no code in a known language.
    `now` is only asked where there is something to compare with.
    """
    if version not in {entry.id for entry in state.read_registry(store).entries}:
        return None
    manifest = state.read_version(store, version)
    if manifest.fingerprint.empty:
        return None
    current = now()
    if current.empty:
        return None
    return AgedVersion(manifest.id, manifest.created_at, measure_drift(manifest.fingerprint, current))


def find_active_aged(store: Store, now: Callable[[], MapFingerprint]) -> AgedVersion | None:
    """Return what `find_aged` does of the version in force."""
    active = find_active(state.read_registry(store))
    return find_aged(store, active.id, now) if active else None
