"""Versions on a state branch without any training: the shipped ranker, or its contrary, under another name."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.resources import load_prior
from reviewlore.adapters.store import GitStore
from reviewlore.domain.finding import Tier
from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest
from reviewlore.flows import state
from reviewlore.flows.scoring import RANKER_FILE
from reviewlore.formats import records
from reviewlore.ranking.model import RankerModel

NOW = "2026-02-01T00:00:00Z"
STATE = "refs/heads/reviewlore/state"


def contrary() -> RankerModel:
    """The shipped ranker turned round: what it likes best comes last."""
    prior = RankerModel.from_json(json.loads(load_prior()))
    return replace(prior, parts=tuple(replace(part, weight=-part.weight) for part in prior.parts))


def add_version(folder: Path, version: str, *, active: bool = False, tier: Tier = "embedded", damaged: bool = False):
    """Write a version to the state branch of a repository; `active` puts it in force."""
    data = json.dumps(contrary().to_json()).encode()
    files = {} if tier == "adapter" else {RANKER_FILE: hashlib.sha256(data).hexdigest()}
    manifest = VersionManifest(
        id=version, tier=tier, created_at=NOW, recipe="ranker", recipe_settings={}, dataset="d" * 64, base_model=None,
        base_revision=None, packages={}, code_commit="", seed=7, parent=None, files=files,
    )  # fmt: skip
    entry = RegistryEntry(version, tier, "active" if active else "rejected", "gate", NOW, "as the test asks")
    store = GitStore(GitRepo(folder), STATE)

    def change(snapshot: GitStore) -> dict[str, bytes | None]:
        registry = state.read_registry(snapshot)
        written: dict[str, bytes | None] = {
            state.REGISTRY: records.encode(Registry((*registry.entries, entry))),
            state.version_path(version, "manifest.json"): records.encode(manifest),
        }
        if tier != "adapter":
            written[state.version_path(version, RANKER_FILE)] = b"{}" if damaged else data
        return written

    store.update(change, lambda: f"Add {version}", NOW)
