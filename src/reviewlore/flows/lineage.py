"""Which episodes and pairs a dataset was made of, told from the state branch's history. Used by `trace` and `log`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import PreferencePair
from reviewlore.flows import state
from reviewlore.ports import Store
from reviewlore.stages.dataset import dataset_id, rebuild_dataset

_ID = re.compile(rb'^\{"id":"((?:[^"\\]|\\.)*)"', re.MULTILINE)


@dataclass(slots=True)
class Lineage:
    """The datasets of a state branch with what they were made of; each is looked up once."""

    store: Store
    datasets: tuple[DatasetManifest, ...]
    _ids: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _pairs: dict[str, tuple[PreferencePair, ...] | None] = field(default_factory=dict)

    def contains(self, manifest: DatasetManifest, name: str) -> bool | None:
        """Whether an episode was among those a dataset was made from; None where history does not tell.

        The commit that first had the manifest has the episodes too. Where something was forgotten since, fewer are
        there than the manifest counts: what is found was in it, what is not found may have been.
        """
        ids = self.episodes(manifest)
        if ids is None:
            return None
        if name in ids:
            return True
        return False if len(ids) == manifest.episodes else None

    def episodes(self, manifest: DatasetManifest) -> frozenset[str] | None:
        """Return the ids of the episodes a dataset was made from, as far as they are still there, or None."""
        if manifest.id not in self._ids:
            then = self.store.when_added(state.dataset_path(manifest.id))
            ids = None if then is None else _read_ids(then)
            # More of them than there were: the history was cut off or joined, and this is a later state.
            self._ids[manifest.id] = ids if ids is not None and len(ids) <= manifest.episodes else None
        return self._ids[manifest.id]

    def pairs(self, manifest: DatasetManifest) -> tuple[PreferencePair, ...] | None:
        """Return a dataset's pairs, made again and checked by its id; None where they no longer come out the same."""
        if manifest.id not in self._pairs:
            then = self.store.when_added(state.dataset_path(manifest.id)) or self.store
            pairs = rebuild_dataset(state.read_episodes(then), manifest).pairs
            self._pairs[manifest.id] = pairs if dataset_id(pairs) == manifest.id else None
        return self._pairs[manifest.id]


def read_lineage(store: Store) -> Lineage:
    """Return the lineage of a state branch."""
    return Lineage(store, state.read_datasets(store))


def versions_by_dataset(store: Store) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the versions that were trained on each dataset, in the order of the registry."""
    found: dict[str, tuple[str, ...]] = {}
    for version in state.read_versions(store):
        found[version.dataset] = (*found.get(version.dataset, ()), version.id)
    return found


def _read_ids(store: Store) -> frozenset[str]:
    """Return the ids of all episodes of a state, read without the rest: each line begins with one."""
    names = (name for path in store.paths(state.EPISODES) for name in _ID.findall(store.read(path) or b""))
    return frozenset(name.decode("utf-8", "replace") for name in names)
