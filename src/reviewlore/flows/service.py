"""What is in force, put where a server takes it up: versions written to a folder, a running server told to load them.

A promotion never depends on it: what cannot be put into service is said, and the state branch stays as it is.
"""

from dataclasses import dataclass, replace
from pathlib import PurePath

from reviewlore.domain.model import Registry, RegistryEntry
from reviewlore.domain.serving import Exported, ExportForm
from reviewlore.errors import InputError, MissingExtra, RefusedError, StateError, StorageError
from reviewlore.flows import state
from reviewlore.flows.promote import refuse_forgotten, refuse_planted
from reviewlore.flows.serving import adapter_files
from reviewlore.ports import Store
from reviewlore.ports.serving import AdapterServer, Exporter
from reviewlore.stages.registry import find_entry, find_predecessors


@dataclass(frozen=True, slots=True)
class Service:
    """Where adapters are put: `folder` on this machine, `seen_as` the same folder as the server sees it.

    `server` is None where none runs that takes adapters up.
    """

    exporter: Exporter
    folder: PurePath
    seen_as: PurePath
    server: AdapterServer | None


def export_version(store: Store, exporter: Exporter, version: str, output: PurePath, form: ExportForm) -> Exported:
    """Write one adapter of the registry (an id or its beginning) to a folder that does not exist yet.

    RefusedError where it is none or something it learned from was forgotten, StateError where its files were changed.
    """
    entry = check_exportable(store, version)
    manifest = state.read_version(store, entry.id)
    refuse_planted(manifest)
    files, hashes = adapter_files(store, entry.id)
    return exporter.export(replace(manifest, files=hashes), files, output, form)


def check_exportable(store: Store, version: str) -> RegistryEntry:
    """Return the entry of an adapter that may leave the state branch; RefusedError as `export_version`."""
    entry = find_entry(state.read_registry(store), version)
    if entry.tier != "adapter":
        raise RefusedError(f"{entry.id} is no adapter: a ranker is asked by `reviewlore score`, not served.")
    refuse_forgotten(entry)
    return entry


def put_into_service(store: Store, service: Service) -> tuple[str, ...]:
    """Write the adapters in force to the folder and have the server serve them; return what was done, or why not.

    In force are active and canary versions. The server puts down adapters of the registry that are neither in force nor
    what a rollback would bring back; what else it serves is not touched.
    """
    registry = state.read_registry(store)
    wanted = [each.id for each in registry.entries if each.tier == "adapter" and each.state in ("active", "canary")]
    told: list[str] = []
    try:
        for version in wanted:
            told += _write(store, service, version)
        if service.server is not None:
            told += _swap(service.server, service.seen_as, wanted, _superseded(registry))
    except (InputError, MissingExtra, RefusedError, StateError, StorageError) as error:
        told.append(f"Not put into service: {error}")
    return tuple(told)


def _write(store: Store, service: Service, version: str) -> list[str]:
    folder = service.folder / version
    if service.exporter.find(version, folder) is not None:
        return []
    exported = export_version(store, service.exporter, version, folder, "adapter")
    return [f"Wrote {version} to {exported.folder}.", *exported.notes]


def _swap(server: AdapterServer, folder: PurePath, wanted: list[str], superseded: frozenset[str]) -> list[str]:
    """Load first, see that it is served, then unload: at no time is nothing served."""
    served, told = server.served(), []
    missing = [version for version in wanted if version not in served]
    for version in missing:
        server.load(version, str(folder / version))
    if missing:
        served = server.served()
    for version in missing:
        if version not in served:
            raise InputError(
                f"{server.shown} was told to load {version}, agreed, and does not list it: is it a server of models? "
                "Nothing was unloaded. Look at its log and at `[model] address`."
            )
        told.append(f"{server.shown} serves {version}.")
    for version in sorted(served & superseded):
        server.unload(version)
        told.append(f"{server.shown} no longer serves {version}.")
    return told


def _superseded(registry: Registry) -> frozenset[str]:
    """Return the adapters of the registry that are neither in force nor what a rollback would bring back."""
    kept = {each.id for each in registry.entries if each.state in ("active", "canary")}
    for specialist in {each.specialist for each in registry.entries}:
        kept |= set(find_predecessors(registry, specialist)[:1])
    return frozenset(each.id for each in registry.entries if each.tier == "adapter" and each.id not in kept)
