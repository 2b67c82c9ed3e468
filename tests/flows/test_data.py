"""How the data stands and what is advised, from real state branches; and the log with what touched one person."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.command_line import told
from tests.lineage import NOW, REPOSITORY, enter_version, mined, newest, rows, store_of
from tests.repositories import commit

from reviewlore.cli import run
from reviewlore.domain.mining import Cursor, Cursors, Suppressions
from reviewlore.errors import StateError
from reviewlore.flows import state
from reviewlore.flows.data import read_status
from reviewlore.flows.log import read_log
from reviewlore.formats import records
from reviewlore.stages.redact import pseudonym
from reviewlore.wiring import Workshop

LATER = "2026-12-31T00:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return mined(tmp_path / "repo", rows(40))


def put(home: Path, files: dict[str, bytes | None]) -> None:
    store_of(home).update(lambda _: files, lambda: "Put", NOW)


def test_everything_stored_is_counted(home: Path) -> None:
    found = read_status(store_of(home), LATER)
    assert found.standing.episodes == 40
    assert found.outcomes == {"addressed": 20, "ignored": 20}
    assert found.sources == {"file": 40}
    assert found.repositories == {REPOSITORY: 40}
    assert found.languages == {"Python": 40}
    assert sum(found.months.values()) == 40
    assert found.report is not None
    assert found.report.episodes == 40
    assert [rate.judged for rate in found.standing.concerns] == [
        sum(e.concern == rate.concern for e in state.read_episodes(store_of(home))) for rate in found.standing.concerns
    ]


def test_an_empty_branch_is_told_to_mine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = mined(tmp_path / "repo")
    code, out, _ = told(capsys, "status", "--data", "--repo", str(home))
    assert code == 0
    assert out == (
        "No review remark is stored.\n\nNo dataset was made yet.\n\n"
        "Advised now: mine. Nothing was read yet.\n  reviewlore mine --github OWNER/NAME\n"
    )


def test_what_is_enough_for_precedents_only_is_said(tmp_path: Path) -> None:
    advice = read_status(store_of(mined(tmp_path / "repo", rows(24))), LATER).advice
    assert advice.action == "index"
    assert "held-out pairs" in advice.reason or "training pairs" in advice.reason


def test_the_first_training_is_advised_and_after_it_nothing(tmp_path: Path) -> None:
    home = mined(tmp_path / "repo", rows(80))
    assert read_status(store_of(home), LATER).advice.command == "reviewlore train"
    enter_version(store_of(home), "embedded-first", newest(store_of(home)).id, "active")
    found = read_status(store_of(home), LATER)
    assert found.standing.trained is not None
    assert (found.standing.trained.fresh, found.standing.trained.on_newest) == (0, True)
    assert found.advice.action == "nothing"


def test_a_version_that_learned_from_what_was_forgotten_is_due(tmp_path: Path) -> None:
    home = mined(tmp_path / "repo", rows(80))
    enter_version(store_of(home), "embedded-first", newest(store_of(home)).id, "active", forgotten_at=NOW)
    advice = read_status(store_of(home), LATER).advice
    assert (advice.action, advice.command) == ("retrain", "reviewlore train")


def test_policy_makes_a_dataset_wait_even_if_nothing_asked_yet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, {".reviewlore.toml": '[learn]\napproval = "admin"\n'})
    _, out, _ = told(capsys, "status", "--data", "--repo", str(home), "--format", "json")
    found = json.loads(out)
    assert found["advice"]["action"] == "approve"
    assert found["advice"]["command"].startswith(f"reviewlore approve {newest(store_of(home)).id[:12]} --github octo/")
    assert read_status(store_of(home), LATER).advice.action != "approve"


def test_an_interrupted_pass_and_what_is_suppressed_are_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cursors = Cursors({REPOSITORY: Cursor("c", "2026-01-05T00:00:00Z"), "octo/quay": Cursor("d", NOW, complete=True)})
    forgotten = Suppressions(("a" * 64,), ("octo/demo#1", "octo/demo#2"))
    put(home, {**state.cursor_file(cursors), **state.suppression_file(forgotten)})
    _, out, _ = told(capsys, "status", "--data", "--repo", str(home))
    assert "octo/demo                                    to 2026-01-05T00:00:00Z (interrupted; the next run" in out
    assert "octo/quay                                    to 2026-03-01T10:00:00Z (whole)" in out
    assert "Never mined again, because forgotten or opted out: people 1, pull requests 2" in out
    assert "Advised now: mine. The last pass over octo/demo was interrupted" in out
    assert out.rstrip().endswith("reviewlore mine --github octo/demo")


def test_a_later_pass_without_news_counts_as_reading(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, state.cursor_file(Cursors({REPOSITORY: Cursor("c", NOW, complete=True, read_on="2026-12-30")})))
    assert read_status(store_of(home), LATER).standing.mined_at == "2026-12-30T00:00:00Z"
    assert read_status(store_of(home), LATER).advice.action != "mine"
    advice = read_status(store_of(home), "2027-02-01T00:00:00Z").advice
    assert advice.reason == "Something new was last read 33 days ago, on 2026-12-30."
    assert told(capsys, "status", "--data", "--repo", str(home))[0] == 0


def test_episodes_changed_by_hand_lead_to_mining(home: Path) -> None:
    (path, *_) = store_of(home).paths(state.EPISODES)
    episodes = state.read_month(store_of(home), path)
    changed = [replace(each, body=f"{each.body} Or not at all") for each in episodes]
    put(home, {path: records.encode_lines(changed)})
    found = read_status(store_of(home), LATER)
    assert found.advice.action == "mine"
    assert "no longer give dataset" in found.notes[0]


def test_no_name_of_a_person_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for style in ("text", "json"):
        _, out, _ = told(capsys, "status", "--data", "--repo", str(home), "--format", style)
        assert not any(name in out for name in ("dana", "erik", "finn", "wen", "person-"))


def test_the_log_tells_what_touched_a_person(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enter_version(store_of(home), "embedded-first", newest(store_of(home)).id, "active")
    for remark in ("5000", "5001", "5003"):  # by dana, erik and dana
        assert told(capsys, "trace", remark, "--repo", str(home))[0] == 0
    run(["rollback", "--repo", str(home)])
    key = Workshop(home, None).pseudonym_key()  # type: ignore[arg-type]
    view = read_log(store_of(home), pseudonym("dana", key))
    assert (view.entries, view.remarks, view.mentions) == (5, 14, 0)
    assert [(line.action, line.about) for line in view.lines] == [
        ("mine", "14 remarks with them in it"),
        ("trace", "1 remark with them was shown"),
        ("trace", "1 remark with them was shown"),
    ]
    author = read_log(store_of(home), pseudonym("wen", key))
    assert (author.remarks, author.mentions) == (0, 40), "whose change was remarked on is touched, too"
    code, out, _ = told(capsys, "log", "--person", "dana", "--repo", str(home))
    assert code == 0
    assert "3 of 5 entries; each continues the one before it (checked)." in out
    assert "dana" not in out
    _, out, _ = told(capsys, "log", "--person", "nobody", "--repo", str(home))
    assert "No entry touches this person's data." in out


def test_what_was_trained_on_a_persons_remarks_is_in_their_log(home: Path) -> None:
    store, manifest = store_of(home), newest(store_of(home))
    enter_version(store, "embedded-first", manifest.id, "active")
    entry = state.audited(store, at=NOW, actor="gate", action="train", subject="embedded-first", detail={"people": 4})
    put(home, {state.AUDIT: entry})
    key = Workshop(home, None).pseudonym_key()  # type: ignore[arg-type]
    lines = read_log(store, pseudonym("erik", key)).lines
    assert [(line.action, line.about) for line in lines] == [
        ("mine", "13 remarks with them in it"),
        ("train", f"learned from dataset {manifest.id[:12]}"),
    ]


def test_a_person_is_looked_for_with_the_key_of_mining_only(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, plain, _ = told(capsys, "log", "--person", "dana", "--repo", str(home))
    assert told(capsys, "log", "--person", " @Dana", "--repo", str(home))[1] == plain
    key = Workshop(home, None).repo.git_dir / "reviewlore-pseudonym.key"  # type: ignore[arg-type]
    key.unlink()
    code, out, err = told(capsys, "log", "--person", "dana", "--repo", str(home))
    assert (code, out) == (2, "")
    assert "the key to these is not here" in err
    assert not key.exists()


def test_a_broken_chain_is_a_fault(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = store_of(home).read(state.AUDIT) or b""
    put(home, {state.AUDIT: data.replace(b'"command line"', b'"somebody else"')})
    code, out, err = told(capsys, "log", "--repo", str(home))
    assert (code, out) == (3, "")
    assert "broken at line 1" in err
    with pytest.raises(StateError):
        read_log(store_of(home))
