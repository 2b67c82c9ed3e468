"""From one version to all it rests on: dataset, ancestors, and what was decided about it. It writes nothing.

No remark and no person is looked up, so it is no entry of the audit log.
"""

from reviewlore.domain.lineage import TracedVersion, VersionTrace
from reviewlore.domain.model import DatasetManifest, Registry, VersionManifest
from reviewlore.flows import state
from reviewlore.flows.card import find_dataset
from reviewlore.flows.lineage import read_lineage
from reviewlore.ports import Store
from reviewlore.stages.registry import find_entry

_TIERS = ("embedded-", "adapter-")


def names_version(asked: str) -> bool:
    """Whether a text is the id of a version or the beginning of one, rather than a comment's name."""
    return asked.strip().startswith(_TIERS)


def trace_version(store: Store, asked: str) -> VersionTrace:
    """Return the whole chain of a version by its id or the beginning of it; RefusedError where there is none."""
    registry = state.read_registry(store)
    entry = find_entry(registry, asked.strip())
    manifest = state.read_version(store, entry.id)
    dataset = find_dataset(store, manifest.dataset)
    repeatable, left = _check(store, dataset) if dataset else (False, None)
    return VersionTrace(
        manifest=manifest,
        standing=entry,
        dataset=dataset,
        repeatable=repeatable,
        episodes_left=left,
        ancestors=_ancestors(store, registry, manifest),
        decisions=tuple(each for each in state.read_audit(store) if each.subject == entry.id),
    )


def _check(store: Store, dataset: DatasetManifest) -> tuple[bool, int | None]:
    """Return whether a dataset's pairs come out the same, and how many of its episodes are still there."""
    lineage = read_lineage(store)
    episodes = lineage.episodes(dataset)
    return lineage.pairs(dataset) is not None, None if episodes is None else len(episodes)


def _ancestors(store: Store, registry: Registry, manifest: VersionManifest) -> tuple[TracedVersion, ...]:
    entries = {entry.id: entry for entry in registry.entries}
    found: list[TracedVersion] = []
    name = manifest.parent
    while name and name not in {each.id for each in found}:
        entry = entries.get(name)
        if entry is None:
            found.append(TracedVersion(name, None))
            break
        found.append(TracedVersion(name, entry.state, entry.decided_at, entry.reason))
        name = state.read_version(store, name).parent
    return tuple(found)
