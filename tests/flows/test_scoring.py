"""An adapter that cannot run on this machine gives way to the newest ranker, and that is said."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.flows.test_train import rows
from tests.lineage import mined, store_of

from reviewlore.adapters.resources import load_prior
from reviewlore.adapters.store import GitStore
from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest
from reviewlore.errors import MissingExtra, StateError
from reviewlore.flows import state
from reviewlore.flows.scoring import load_active
from reviewlore.formats.records import encode
from reviewlore.ranking.model import RankerModel

PRIOR = RankerModel.from_json(json.loads(load_prior()))


class NoTorch:
    """An adapter trainer on a machine without the model extra."""

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> object:
        raise MissingExtra("Asking an adapter needs the model extra: pip install 'reviewlore[model]'.")


@pytest.fixture
def store(tmp_path: Path) -> GitStore:
    """A state branch whose active version is an adapter that came after a promoted ranker."""
    from reviewlore.cli import run

    home = mined(tmp_path / "repo", rows(280))
    assert run(["train", "--repo", str(home), "-q"]) == 0
    store = store_of(home)
    (ranker,) = state.read_registry(store).entries
    manifest = replace(state.read_version(store, ranker.id), id="adapter-1", tier="adapter", files={})
    registry = Registry(
        (replace(ranker, state="retired"), RegistryEntry("adapter-1", "adapter", "active", "gate", "t", "won")),
        previous=(ranker.id,),
    )
    files = {state.REGISTRY: encode(registry), state.version_path("adapter-1", "manifest.json"): encode(manifest)}
    store.update(lambda _: files, lambda: "Promote an adapter", "2026-01-01T00:00:00Z")
    return store


def test_the_newest_ranker_judges_instead_and_it_is_said(store: GitStore) -> None:
    scorer, notes = load_active(store, PRIOR, NoTorch())  # type: ignore[arg-type]
    assert (scorer.version, scorer.tier) == (state.read_registry(store).previous[0], "embedded")
    (note,) = notes
    assert note.startswith("The active version adapter-1 cannot run here, a cheaper one judges instead:")
    assert "pip install 'reviewlore[model]'" in note


def test_without_a_ranker_the_prior_judges(store: GitStore) -> None:
    registry = replace(state.read_registry(store), previous=())
    store.update(lambda _: {state.REGISTRY: encode(registry)}, lambda: "Forget", "2026-01-01T00:00:00Z")
    scorer, notes = load_active(store, PRIOR, NoTorch())  # type: ignore[arg-type]
    assert (scorer.version, len(notes)) == ("prior", 1)


def test_a_damaged_version_is_no_reason_to_take_another(store: GitStore) -> None:
    path = state.version_path("adapter-1", "manifest.json")
    store.update(lambda _: {path: b"{"}, lambda: "Damage", "2026-01-01T00:00:00Z")
    with pytest.raises(StateError):
        load_active(store, PRIOR, NoTorch())  # type: ignore[arg-type]
