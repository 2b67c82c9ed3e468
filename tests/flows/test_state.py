"""The state branch as records: what is missing is empty, what is written is read back, what is newer is refused."""

import subprocess
from pathlib import Path

import pytest
from tests.fakes.histories import make_episode

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.mining import Approval, Approvals, Cursor, Cursors, Suppressions
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
