"""An adapter's files as the model's process gets them: the served ones, each checked against its manifest."""

from hashlib import sha256

import pytest
from tests.fakes.runner import FakeStore

from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows.serving import adapter_files, find_trained
from reviewlore.formats import records

FILES = {"adapter_model.safetensors": b"weights", "run.json": b"{}", "calibration.json": b"[]", "judged/run.json": b"x"}


def make_store(tier="adapter"):
    manifest = VersionManifest(
        id="adapter-1", tier=tier, created_at="2026-01-01T00:00:00Z", recipe="r", recipe_settings={}, dataset="d",
        base_model="o/m", base_revision="ab" * 20, packages={}, code_commit="c", seed=1, parent=None,
        files={name: sha256(data).hexdigest() for name, data in FILES.items()},
    )  # fmt: skip
    entry = RegistryEntry("adapter-1", tier, "active", "gate", "2026-01-01T00:00:00Z", "won")
    files = {f"adapters/adapter-1/{name}": data for name, data in FILES.items()}
    files["adapters/adapter-1/manifest.json"] = records.encode(manifest)
    return FakeStore({**files, "registry.json": records.encode(Registry(entries=(entry,)))})


def test_the_files_that_are_served_come_with_their_hashes():
    files, hashes = adapter_files(make_store(), "adapter-1")
    assert files == {"adapter_model.safetensors": b"weights", "run.json": b"{}"}
    assert hashes == {name: sha256(data).hexdigest() for name, data in files.items()}


def test_what_was_changed_or_is_no_adapter_is_refused():
    store = make_store()
    store.files["adapters/adapter-1/run.json"] = b"{ }"
    with pytest.raises(StateError, match="was changed after it was trained"):
        adapter_files(store, "adapter-1")
    with pytest.raises(RefusedError, match="is no adapter"):
        adapter_files(make_store("embedded"), "adapter-1")
    with pytest.raises(RefusedError, match="not in the registry"):
        adapter_files(make_store(), "../../secrets")


def test_an_adapter_is_asked_in_its_form_only_on_the_base_it_was_trained_on():
    assert find_trained(make_store(), "adapter-1", "o/another") is None
    with pytest.raises(StateError, match="does not tell how it was asked"):
        find_trained(make_store(), "adapter-1", "o/m")
