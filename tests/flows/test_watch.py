"""Our own remarks are counted when they are mined, and a version that does worse than the one before is taken back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.runner import FakeStore
from tests.lineage import NOW, enter_version, mined, newest, rows, store_of

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.config import LearnSettings
from reviewlore.domain.history import Origin, RawRemark
from reviewlore.domain.online import OnlineRow
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext
from reviewlore.flows.learn import Source, learn
from reviewlore.flows.watch import watch
from reviewlore.formats import records
from reviewlore.formats.mining import render_learning
from reviewlore.stages.registry import find_active

RULE = "architecture/test_partner_missing"


def ours(number: int, version: str, *, heeded: bool) -> RawRemark:
    return RawRemark(
        repository="octo/demo", pull_request=500 + number, comment_id=str(9000 + number), path=f"src/m{number}.py",
        hunk=f"@@ -1 +1,2 @@\n def f{number}():\n+    return {number}", author="reviewlore[bot]", author_is_bot=True,
        body=f"Code number {number} changes, and no test of it does", pull_request_author="wen",
        created_at=f"2026-11-{1 + number % 28:02d}T10:00:00Z", line=2, finding=f"{number:08x}",
        said=Origin("embedded", version, RULE), imported_outcome="addressed" if heeded else "ignored",
        imported_evidence="lines_changed", imported_confidence="high",
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository that was mined, with one version in force and the shipped prior before it."""
    made = mined(tmp_path / "repo", rows(60))
    enter_version(store_of(made), "embedded-new", newest(store_of(made)).id, "active")
    return made


def learned(home: Path, store: GitStore, *, good: bool, rollback: bool = True) -> str:
    """Mine 25 remarks of the prior, most of them heeded, and 25 of the new version; return what is told of it."""
    raws = [ours(number, "prior", heeded=number % 5 > 0) for number in range(25)]
    raws += [ours(number, "embedded-new", heeded=(number % 5 > 0) == good) for number in range(25, 50)]
    settings = LearnSettings(auto_rollback=rollback)
    context = LearnContext(store, GitRepo(home), b"k" * 32, settings, SystemClock(), QuietConsole())
    return render_learning(learn(context, Source("made", raws, {})))


def test_a_version_that_is_heeded_less_is_taken_back_and_that_is_said(home: Path) -> None:
    store = store_of(home)
    told = learned(home, store, good=False)
    assert "Rolled back from embedded-new to the shipped prior: taken back by itself: 5 of 25 of its settled" in told
    assert find_active(state.read_registry(store)) is None
    last = state.read_audit(store)[-1]
    assert (last.actor, last.action, last.subject) == ("reviewlore", "rollback", "prior")
    assert "Fisher's exact test" in last.detail


def test_the_counts_stand_on_the_branch(home: Path) -> None:
    store = store_of(home)
    learned(home, store, good=True)
    found = state.read_online(store).rows
    assert sum(row.posted for row in found if row.version == "prior") == 25
    assert OnlineRow("2026-W44", "embedded", "prior", "", RULE, 1, 0, 0, 1) in found
    assert {(row.tier, row.specialist, row.rule) for row in found} == {("embedded", "", RULE)}


def test_one_that_does_as_well_stays(home: Path) -> None:
    store = store_of(home)
    assert "Rolled back" not in learned(home, store, good=True)
    active = find_active(state.read_registry(store))
    assert active is not None
    assert active.id == "embedded-new"


def test_it_stays_where_that_is_not_wanted(home: Path) -> None:
    store = store_of(home)
    assert "Rolled back" not in learned(home, store, good=False, rollback=False)
    assert find_active(state.read_registry(store)) is not None


def test_without_a_version_in_force_there_is_nothing_to_take_back() -> None:
    assert watch(FakeStore(), NOW, take_back=True) == ""


def test_nothing_damaged_is_gone_back_to(home: Path) -> None:
    store = store_of(home)
    enter_version(store, "embedded-old", newest(store).id, "retired")  # the manifest names files that are not there
    registry = replace(state.read_registry(store), previous=("embedded-old",))
    store.update(lambda _: {state.REGISTRY: records.encode(registry)}, lambda: "Put one before it", NOW)
    raws = [ours(number, "embedded-old", heeded=True) for number in range(25)]
    raws += [ours(number, "embedded-new", heeded=False) for number in range(25, 50)]
    context = LearnContext(store, GitRepo(home), b"k" * 32, LearnSettings(), SystemClock(), QuietConsole())
    note = learn(context, Source("made", raws, {})).note
    assert note.startswith("embedded-new does worse than the version before it")
    assert "is missing" in note
    assert find_active(state.read_registry(store)) is not None


def test_status_tells_it_as_text_and_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learned(home, store_of(home), good=True)
    capsys.readouterr()
    assert run(["status", "--online", "--repo", str(home)]) == 0
    text = capsys.readouterr().out
    assert "embedded-new (embedded)                             25         20          0        5   80 %\n" in text
    assert f"{RULE:<46}      50         40          0       10   80 %\n" in text
    assert run(["status", "--online", "--repo", str(home), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(row["posted"] for row in found["rows"]) == 50
    assert found["shadow"]["reviews"] == 0
