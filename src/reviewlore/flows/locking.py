"""`reviewlore.lock`: exactly the version that it names, verified by its hash, or an error; never another one.

What is read of the store is the version's manifest, whose SHA-256 the lock holds, and the files whose SHA-256 that
manifest holds. Nothing else of the store decides anything.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reviewlore.config import LOCK_FILE, Lock, parse_lock
from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.mining import Rewritten
from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest
from reviewlore.errors import ConfigError, InputError, MissingExtra, RefusedError, StateError, StorageError
from reviewlore.flows import state
from reviewlore.flows.in_force import InForce
from reviewlore.flows.promote import refuse_forgotten, refuse_planted
from reviewlore.flows.scoring import Judgement, load_calibrations, load_version, verified_files
from reviewlore.formats import records
from reviewlore.ports import AdapterTrainer, Repo, Rewriting, Store
from reviewlore.stages.registry import find_active, find_entry


def read_lock(repo: Repo, commit: str) -> Lock | None:
    """Return the lock of a commit, None where it has none; ConfigError where it cannot be used."""
    data = repo.read(commit, LOCK_FILE)
    if data is None:
        if next(iter(repo.contents([(commit, LOCK_FILE)]))) is not None:  # else the pin would hold nobody, unsaid
            raise ConfigError(
                f"{LOCK_FILE} at {commit[:12]} is a link, and nothing is read through one. Commit the file itself, "
                "as `reviewlore lock` writes it."
            )
        return None
    return parse_lock(data.decode("utf-8", "replace"), f"{LOCK_FILE} at {commit[:12]}")


def make_lock(store: Store, version: str | None, repository: str, branch: str) -> Lock:
    """Return the lock of a version (None: the active one) of a store, its files verified.

    RefusedError where there is none, it is not for use (`refuse_forgotten`, `refuse_planted`), or it is a specialist's
    own: a pinned version judges everything.
    """
    registry = state.read_registry(store)
    entry = find_active(registry) if version is None else find_entry(registry, version)
    where = repository or "this repository"
    if entry is None:
        raise RefusedError(f"No version is active in {where}: name one, or train and promote one first.")
    if entry.specialist:
        raise RefusedError(f"{entry.id} judges {entry.specialist} findings alone; pin a version that judges all.")
    manifest = state.read_version(store, entry.id)
    refuse_forgotten(entry)
    refuse_planted(manifest)
    verified_files(store, manifest)
    return Lock(entry.id, hashlib.sha256(_manifest(store, entry.id) or b"").hexdigest(), repository, branch)


def holds(store: Store, lock: Lock) -> bool:
    """Whether a store has the manifest that a lock names."""
    data = _manifest(store, lock.version)
    return data is not None and hashlib.sha256(data).hexdigest() == lock.manifest


def load_locked(
    lock: Lock, open_source: Callable[[Lock], Store], prior: Calibrations, adapters: AdapterTrainer
) -> InForce:
    """Return the judgement of the pinned version, whoever else is active.

    StateError where the source has another version under this name, or none; RefusedError where secrets were planted in
    it; InputError where it cannot run here.
    """
    source = open_source(lock)
    manifest = _verified(source, lock)
    refuse_planted(manifest)  # who writes a lock by hand asks nobody
    store = _Held(source, lock, manifest)
    try:
        scorer = load_version(store, manifest, adapters)
    except (MissingExtra, InputError) as error:
        raise InputError(
            f"{LOCK_FILE} pins {lock.version}, which cannot run here: {error} Nothing else judges in its place: mend "
            "that, or pin another version."
        ) from error
    judgement = Judgement(scorer, load_calibrations(store, scorer, prior))
    return InForce(judgement, store, (tell_pinned(lock), *_forgotten(source, lock)), pinned=True)


def tell_pinned(lock: Lock) -> str:
    """Say which version is pinned, and where it comes from."""
    return f"Pinned to {lock.version} by {LOCK_FILE} (manifest {lock.manifest[:12]}, from {lock.source})."


def tell_unmoved(lock: Lock | None) -> str:
    """Say that a promotion changes nothing for reviews while a pin holds; empty where there is none."""
    if lock is None:
        return ""
    return (
        f"Reviews here stay with {lock.version}: {LOCK_FILE} pins it. Run `reviewlore lock` and commit the file to "
        "have what is active judge."
    )


def _verified(source: Store, lock: Lock) -> VersionManifest:
    """Return the manifest that the lock means; StateError where the source has no such one."""
    data = _manifest(source, lock.version)
    path = state.version_path(lock.version, "manifest.json")
    digest = "" if data is None else hashlib.sha256(data).hexdigest()
    if data is None or digest != lock.manifest:
        found = f"has SHA-256 {digest[:12]}…" if digest else "is not there"
        raise StateError(
            f"{LOCK_FILE} pins {lock.version} with manifest {lock.manifest[:12]}…, but {path} on {lock.source} "
            f"{found}. Nothing judges in its place. Ask who changed that branch, or pin a version by `reviewlore lock`."
        )
    manifest = records.decode(data, VersionManifest, path)
    if manifest.id != lock.version or manifest.specialist:
        problem = f"is that of {manifest.id}" if manifest.id != lock.version else "judges one specialist's findings"
        raise StateError(f"{path} on {lock.source} {problem}, so it cannot be pinned. Run `reviewlore lock` again.")
    return manifest


def _forgotten(source: Store, lock: Lock) -> tuple[str, ...]:
    """Say that a pinned version learned from what was forgotten since, as far as its source tells."""
    for entry in state.read_registry(source).entries:
        if entry.id == lock.version and entry.forgotten_at:
            return (
                f"{lock.version} learned from something that was forgotten on {entry.forgotten_at[:10]}: pin a newer "
                "version.",
            )
    return ()


def _manifest(store: Store, version: str) -> bytes | None:
    return store.read(state.version_path(version, "manifest.json"))


@dataclass(frozen=True, slots=True)
class _Held(Store):
    """A store as it was verified: the pinned version's manifest, a registry of it alone, and its files as they are.

    Files are verified against this manifest when they are read, so that nobody who changes the branch meanwhile is
    believed.
    """

    source: Store
    lock: Lock
    manifest: VersionManifest

    def head(self) -> str | None:
        return self.source.head()

    def read(self, path: str) -> bytes | None:
        if path == state.REGISTRY:
            version, tier = self.lock.version, self.manifest.tier
            return records.encode(Registry((RegistryEntry(version, tier, "active", LOCK_FILE, "", "pinned"),)))
        if path == state.version_path(self.lock.version, "manifest.json"):
            return records.encode(self.manifest)
        return self.source.read(path) if path.startswith(self._folder) else None

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(path for path in self.source.paths(self._folder) if path.startswith(prefix))

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        return {path: name for path, name in self.source.ids(self._folder).items() if path.startswith(prefix)}

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        raise StorageError("What is pinned is only read.")

    def when_added(self, path: str) -> Store | None:
        return self.source.when_added(path)

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        raise StorageError("What is pinned is only read.")

    @property
    def _folder(self) -> str:
        return state.version_path(self.lock.version, "")
