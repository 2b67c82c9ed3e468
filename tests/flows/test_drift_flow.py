"""Code that moves after a training: recorded with the version, shown by status, and told by the review."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lineage import NOW, enter_version, mined, newest, rows, store_of
from tests.repositories import commit

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.index import SqliteIndex
from reviewlore.cli import run
from reviewlore.domain.drift import MapFingerprint
from reviewlore.flows import state
from reviewlore.flows.data import read_status
from reviewlore.flows.drift import find_active_aged, find_aged
from reviewlore.flows.review import ReviewContext, review_change
from reviewlore.flows.scoring import PRIOR, RankerScorer
from reviewlore.flows.train import train
from reviewlore.formats import records
from reviewlore.wiring import Workshop

CODE = {
    "app/__init__.py": "",
    "app/cli/__init__.py": "import app.core\n",
    "app/core/__init__.py": "",
    "app/core/run.py": "import json\n",
}
MOVED = {
    "app/web/__init__.py": "",
    "app/web/page.py": "import app.core\n",
    "app/web/form.py": "",
    "app/cli/__init__.py": None,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with code, whose version in force learned from it as it was at first."""
    home = mined(tmp_path / "repo", rows(80))
    commit(home, CODE)
    enter_version(store_of(home), "embedded-one", newest(store_of(home)).id, "active")
    remember(home, Workshop(home, QuietConsole()).structure())
    return home


def remember(home: Path, fingerprint: MapFingerprint) -> None:
    store = store_of(home)
    manifest = replace(state.read_version(store, "embedded-one"), fingerprint=fingerprint)
    path = state.version_path("embedded-one", "manifest.json")
    store.update(lambda _: {path: records.encode(manifest)}, lambda: "Remember", NOW)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


def test_a_training_records_the_structure_of_the_default_branch(tmp_path: Path) -> None:
    home = mined(tmp_path / "repo", rows(280))
    head = commit(home, CODE)
    manifest = train(Workshop(home, QuietConsole()).train_context(), "embedded", None).manifest
    assert manifest.fingerprint.commit == head
    assert manifest.fingerprint.packages == {"app": 1, "app/cli": 1, "app/core": 2}
    assert state.read_version(store_of(home), manifest.id).fingerprint == manifest.fingerprint


def test_a_repository_without_code_records_nothing(tmp_path: Path) -> None:
    home = mined(tmp_path / "repo")
    assert Workshop(home, QuietConsole()).structure() == MapFingerprint()


def test_code_that_stays_is_no_reason_to_train(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has moved by 0 %; from 15 % on, training is due." in " ".join(
        told(capsys, "status", "--repo", str(home)).split()
    )
    found = read_status(store_of(home), NOW, structure=Workshop(home, QuietConsole()).structure, drift_threshold=0.15)
    assert found.standing.trained is not None
    assert found.standing.trained.aged is not None
    assert found.standing.trained.aged.drift.distance == 0
    assert found.advice.action != "retrain"


def test_code_that_moved_makes_training_due(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, MOVED)
    shown = " ".join(told(capsys, "status", "--repo", str(home)).split())
    assert "embedded-one judges as it learned on 2026-03-01; the structure of the code has moved by" in shown
    assert "new: app/web; gone: app/cli" in shown
    data = json.loads(told(capsys, "status", "--data", "--format", "json", "--repo", str(home)))
    assert data["standing"]["trained"]["aged"]["drift"]["packages_added"] == ["app/web"]
    assert data["advice"]["action"] == "mine"
    assert data["advice"]["reason"].endswith("Remarks about the code of today come first.")


def test_the_threshold_is_a_setting(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, MOVED | {".reviewlore.toml": "[learn]\ndrift-threshold = 0.95\n"})
    assert "from 95 % on, training is due." in " ".join(told(capsys, "status", "--repo", str(home)).split())


def test_a_review_says_how_old_its_judgement_is(home: Path) -> None:
    base = commit(home, MOVED)
    head = commit(home, {"app/web/page.py": "import app.core\nX = 1\n"})
    workshop = Workshop(home, QuietConsole())
    store = store_of(home)
    aged = find_aged(store, "embedded-one", workshop.structure)
    assert aged is not None
    scorer = RankerScorer("embedded-one", workshop.prior)
    context = ReviewContext("repo", workshop.repo, store, Grammars(), scorer, SqliteIndex, QuietConsole())
    assert review_change(context, base, head).notes[0] == aged.note(0.15)
    # The shipped prior was not learned from this code.
    prior = replace(context, scorer=RankerScorer(PRIOR, workshop.prior))
    assert review_change(prior, base, head).notes == ()


def test_versions_from_before_fingerprints_and_unknown_ones_have_no_age(home: Path) -> None:
    store, structure = store_of(home), Workshop(home, QuietConsole()).structure
    assert find_aged(store, "prior", structure) is None
    assert find_aged(store, "embedded-one", MapFingerprint) is None
    remember(home, MapFingerprint())
    assert find_active_aged(store_of(home), structure) is None
    path = state.version_path("embedded-one", "manifest.json")
    data = json.loads(store_of(home).read(path) or b"")
    del data["fingerprint"]
    store.update(lambda _: {path: json.dumps(data).encode()}, lambda: "As it was", NOW)
    assert state.read_version(store_of(home), "embedded-one").fingerprint.empty
