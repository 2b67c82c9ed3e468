"""What training leads to by policy: a canary, a version that waits, a specialist's own; through the command line."""

import json
from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.command_line import told
from tests.flows.test_train import rows
from tests.lineage import mine, mined, store_of
from tests.repositories import commit, git, make_repository

from reviewlore.cli import run
from reviewlore.domain.concern import specialist_of
from reviewlore.flows import state
from reviewlore.flows.judge import load_dataset


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that was mined."""
    return mined(tmp_path_factory.mktemp("learned") / "repo", rows(280))


@pytest.fixture
def home(learned: Path, tmp_path: Path) -> Path:
    """A repository of its own with what was mined, and a first commit on main."""
    folder = make_repository(tmp_path / "repo")
    git(folder, "fetch", "-q", str(learned), "reviewlore/state:reviewlore/state")
    commit(folder, {"a.py": "x = 1\n"})
    return folder


def test_a_winner_is_put_on_trial_where_settings_say_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, {".reviewlore.toml": "[learn]\ncanary-share = 20\n"})
    code, out, _ = told(capsys, "train", "--repo", str(home), "-q")
    assert code == 0
    (entry,) = state.read_registry(store_of(home)).entries
    assert (entry.state, entry.share) == ("canary", 20)
    assert f"{entry.id} judges 20 % of the pull requests, until what becomes of its remarks shows that it is" in out
    assert f"Train and put on trial {entry.id}" in git(home, "log", "--format=%s", "reviewlore/state").splitlines()
    last = state.read_audit(store_of(home))[-1]
    assert (last.action, json.loads(last.detail)["state"]) == ("train", "canary")


def test_a_winner_waits_where_settings_name_a_role(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, {".reviewlore.toml": '[learn]\npromotion-approval = "admin"\ncanary-share = 20\n'})
    code, out, _ = told(capsys, "train", "--repo", str(home), "-q")
    assert code == 0
    (entry,) = state.read_registry(store_of(home)).entries
    assert (entry.state, entry.waits_for) == ("candidate", "admin")
    assert f"{entry.id} waits for somebody with the role admin: `reviewlore approve {entry.id} --github" in out
    manifest = state.read_version(store_of(home), entry.id)
    assert "ranker.json" in manifest.files
    assert "judged/ranker.json" in manifest.files, "it was trained on all pairs, ready to serve"


def test_a_specialist_learns_from_its_own_remarks_for_its_own_findings(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "--repo", str(home), "-q"]) == 0
    store = store_of(home)
    (general,) = state.read_registry(store).entries
    everything = load_dataset(store)
    own = everything.narrowed("refactoring")
    concerns = {episode.id: episode.concern for episode in everything.episodes}
    assert 0 < len(own.train) < len(everything.train)
    assert {specialist_of(concerns[pair.episodes[0]]) for pair in (*own.train, *own.test, *own.refit())} == {
        "refactoring"
    }
    assert {specialist_of(each.concern) for each in own.built.held_out} == {"refactoring"}
    code, out, _ = told(capsys, "train", "--specialist", "refactoring", "--repo", str(home), "-q", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert found["manifest"]["specialist"] == found["standing"]["specialist"] == "refactoring"
    assert found["decision"]["incumbent"] == found["manifest"]["parent"] == general.id
    assert found["manifest"]["id"] != general.id
    registry = state.read_registry(store)
    assert (registry.entries[0].specialist, registry.entries[0].state) == ("", "active")
    assert registry.entries[1].state == ("active" if found["decision"]["verdict"] == "promote" else "rejected")
    code, _, err = told(capsys, "train", "--specialist", "refactoring", "--repo", str(home), "-q")
    assert code == 2
    assert "was already trained with recipe ranker for refactoring: version embedded-" in err
    code, _, err = told(capsys, "train", "--specialist", "documentation", "--repo", str(home), "-q")
    assert code == 2
    assert "documentation" in err


def test_a_promotion_by_training_says_that_a_pin_holds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--repo", str(home), "-q"]) == 0
    (first,) = state.read_registry(store_of(home)).entries
    assert run(["lock", "--repo", str(home)]) == 0
    git(home, "add", "reviewlore.lock")
    git(home, "commit", "-q", "-m", "Pin")
    assert run(["rollback", "--repo", str(home)]) == 0  # nothing is to be beaten
    mine(home, rows(300))
    code, out, err = told(capsys, "train", "--repo", str(home), "-q", "--format", "json")
    assert (code, json.loads(out)["decision"]["verdict"]) == (0, "promote")
    assert f"Reviews here stay with {first.id}: reviewlore.lock pins it." in err


def test_a_migration_is_of_an_adapter(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "train", "--migrate", "--repo", str(home), "-q")
    assert code == 2
    assert "--migrate belongs to --tier adapter; the embedded ranker has no base model." in err
