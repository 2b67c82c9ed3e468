"""The state branch as records: what is missing is empty, what is written is read back, what is newer is refused."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.histories import make_episode

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.mining import Approval, Approvals, Cursor, Cursors, Suppressions
from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest, VersionState
from reviewlore.errors import StateError
from reviewlore.flows import state
from reviewlore.formats import records

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def store(tmp_path: Path) -> GitStore:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "state")], check=True)
    return GitStore(GitRepo(tmp_path / "state"))


def test_nothing_was_mined_forgotten_or_asked_for_on_a_new_branch(store: GitStore) -> None:
    assert state.read_cursors(store) == Cursors()
    assert state.read_suppressions(store) == Suppressions()
    assert state.read_approvals(store) == Approvals()
    assert state.read_feedback(store) == ()


def test_what_is_written_is_read_back(store: GitStore) -> None:
    cursors = Cursors({"acme/harbor": Cursor("c1", NOW, True, tags={"/pulls": 'W/"1"'})})
    suppressions = Suppressions(("a" * 64,), ("acme/harbor#1",), ("acme/harbor#2/3",))
    approvals = Approvals((Approval("d" * 64, "maintain", NOW),))
    files = state.cursor_file(cursors) | state.suppression_file(suppressions) | state.approval_file(approvals)
    assert sorted(files) == ["approvals.json", "cursor.json", "suppressions.json"]
    store.update(lambda _: files, lambda: "Write", NOW)
    assert state.read_cursors(store) == cursors
    assert state.read_suppressions(store) == suppressions
    assert state.read_approvals(store) == approvals


@pytest.mark.parametrize("time", ["../../x", "\x1b[31m", "2026-13-01T00:00:00Z", "20260101T000000Z"])
def test_a_remark_with_a_time_that_is_none_is_damage(store: GitStore, time: str) -> None:
    line = records.encode_lines([make_episode(1, 2, "maria", "Rename this.", created_at=time)])
    store.update(lambda _: {"episodes/2026-01.jsonl": line}, lambda: "Write", NOW)
    with pytest.raises(StateError, match=r"episodes/2026-01.jsonl on the state branch is damaged: .* is no time"):
        state.read_episodes(store)


def test_a_file_of_a_newer_version_is_refused(store: GitStore) -> None:
    store.update(lambda _: {state.SUPPRESSIONS: b'{"schema": 2}'}, lambda: "Write", NOW)
    with pytest.raises(StateError, match=r"suppressions.json .* newer reviewlore"):
        state.read_suppressions(store)


def _entry(name: str, state: VersionState = "rejected", **more: Any) -> RegistryEntry:
    return RegistryEntry(name, "embedded", state, "test", NOW, "for a test", **more)


@pytest.mark.parametrize(
    ("registry", "told"),
    [
        (Registry((_entry("../../x"),)), "'../../x' is no id of a version"),
        (Registry((_entry("<script>alert(1)</script>"),)), "is no id of a version"),
        (Registry((_entry("a; rm -rf ~"),)), "is no id of a version"),
        (Registry((_entry("a\x1b[2J"),)), r"'a\x1b[2J' is no id of a version"),
        (Registry((_entry("a" * 101),)), "is no id of a version"),
        (Registry((_entry("a"),), previous=("..",)), "'..' is no id of a version"),
        (Registry((_entry("a"), _entry("a"))), "a stands there twice"),
        (Registry((_entry("a", "canary", share=1000),)), "a judges 1000 percent"),
        (Registry((_entry("a", "canary", share=-1),)), "a judges -1 percent"),
        (Registry((_entry("a", "canary", share=5), _entry("b", "canary"))), "two versions are canary for everybody"),
        (
            Registry((_entry("a", "active", specialist="testing"), _entry("b", "active", specialist="testing"))),
            "two versions are active for testing",
        ),
    ],
)
def test_a_registry_that_is_none_of_ours_is_not_used(store: GitStore, registry: Registry, told: str) -> None:
    store.update(lambda _: {state.REGISTRY: records.encode(registry)}, lambda: "Write", NOW)
    with pytest.raises(StateError) as error:
        state.read_registry(store)
    assert str(error.value).startswith("registry.json on the state branch is damaged: ")
    assert told in str(error.value)


def test_a_manifest_of_another_version_is_not_believed(store: GitStore) -> None:
    made = VersionManifest(
        id="../../x", tier="embedded", created_at=NOW, recipe="ranker", recipe_settings={}, dataset="d",
        base_model=None, base_revision=None, packages={}, code_commit="", seed=1, parent=None, files={},
    )  # fmt: skip
    path = state.version_path("a", "manifest.json")
    store.update(lambda _: {path: records.encode(made)}, lambda: "Write", NOW)
    with pytest.raises(StateError, match=r"adapters/a/manifest.json on the state branch is that of '../../x'"):
        state.read_version(store, "a")
