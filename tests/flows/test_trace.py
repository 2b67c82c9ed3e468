"""From one comment to all that rests on it: through the command line, on real state branches."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.command_line import told
from tests.fakes.runner import FakeStore
from tests.lineage import NOW, REPOSITORY, enter_version, mine, mined, newest, rows, store_of

from reviewlore.domain.events import FeedbackSignal
from reviewlore.errors import StorageError
from reviewlore.flows import state
from reviewlore.flows.lineage import read_lineage
from reviewlore.flows.trace import Inquiry, trace
from reviewlore.formats import records
from reviewlore.stages.dataset import rebuild_dataset
from reviewlore.stages.tracing import fingerprint_of

REMARK = f"{REPOSITORY}#6/5020"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository mined twice: 60 remarks, then 20 more; a version learned from each dataset, the first in force."""
    home = mined(tmp_path_factory.mktemp("grown") / "repo", rows(60))
    store = store_of(home)
    enter_version(store, "embedded-first", newest(store).id, "active")
    time.sleep(1.0)  # datasets are told apart by the second they were made in
    mine(home, rows(20, start=60))
    enter_version(store, "embedded-second", newest(store).id, "rejected")
    return home


@pytest.mark.parametrize("asked", [REMARK, "5020", f"https://github.com/{REPOSITORY}/pull/6#discussion_r5020"])
def test_a_remark_is_followed_to_pairs_datasets_and_versions(
    grown: Path, capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    code, out, _ = told(capsys, "trace", asked, "--repo", str(grown), "--format", "json", "--dry-run")
    assert code == 0
    remark = json.loads(out)["remark"]
    assert (remark["id"], remark["outcome"], remark["confidence"]) == (REMARK, "addressed", "high")
    assert [(item["kind"], item["outcome"]) for item in remark["evidence"]] == [("imported", "addressed")]
    assert remark["author"].startswith("person-")
    first, second = remark["datasets"]
    assert (first["contains"], first["newest"], second["contains"], second["newest"]) == (True, False, True, True)
    assert [(v["id"], v["state"]) for v in first["versions"]] == [("embedded-first", "active")]
    assert [(v["id"], v["state"]) for v in second["versions"]] == [("embedded-second", "rejected")]
    store = store_of(grown)
    pairs = rebuild_dataset(state.read_episodes(store), newest(store)).pairs
    expected = sum(REMARK in pair.episodes for pair in pairs)
    assert expected > 0
    assert sum(each["train"] + each["test"] for each in second["pairs"]) == expected
    assert sum(each["train"] + each["test"] for each in first["pairs"]) > 0, "of the version in force, too"
    assert {each["side"] for each in second["pairs"]} == {"chosen", "rejected"}


def test_a_later_remark_is_not_in_the_earlier_dataset(grown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "trace", "5070", "--repo", str(grown), "--format", "json", "--dry-run")
    first, second = json.loads(out)["remark"]["datasets"]
    assert (first["contains"], first["pairs"], second["contains"]) == (False, None, True)


def test_no_name_of_a_person_is_told(grown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for style in ("text", "json"):
        _, out, _ = told(capsys, "trace", REMARK, "--repo", str(grown), "--format", style, "--dry-run")
        assert not any(name in out for name in ("dana", "erik", "finn", "wen"))


def test_each_trace_is_logged_by_hash_and_a_dry_run_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = mined(tmp_path / "repo", rows(40))
    store = store_of(home)
    assert told(capsys, "trace", "5001", "--repo", str(home), "--dry-run")[0] == 0
    assert [entry.action for entry in state.read_audit(store)] == ["mine"]
    assert told(capsys, "trace", "5001", "--repo", str(home))[0] == 0
    entry = state.read_audit(store)[-1]
    name = fingerprint_of(f"{REPOSITORY}#1/5001")
    assert (entry.action, entry.actor, entry.subject) == ("trace", "command line", name)
    assert json.loads(entry.detail) == {"kind": "remark", "remarks": [name]}


def test_nothing_is_told_where_the_trace_cannot_be_logged(tmp_path: Path) -> None:
    real = store_of(mined(tmp_path / "repo", rows(8)))
    store = FakeStore({path: real.read(path) or b"" for path in real.paths()}, failure=StorageError("the disk is full"))
    with pytest.raises(StorageError, match="full"):
        trace(store, "5001", Inquiry("command line", NOW))
    found = trace(store, "5001", Inquiry("command line", NOW), dry_run=True)
    assert found.remark is not None
    assert found.remark.datasets[0].contains is True, "its pairs come out the same, though there is no history"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("77", "No comment with the number 77, nor a finding whose id begins so: looked for '77' in 80 mined remarks"),
        (f"{REPOSITORY}#9/1", f"No remark 1 of pull request 9 of {REPOSITORY}: looked for"),
        ("abcdef12", "No finding whose id begins with abcdef12: looked for"),
        (
            f"https://github.com/{REPOSITORY}/pull/6#issuecomment-5020",
            "Comment 5020 of the conversation of octo/demo#6",
        ),
        ("what?", "'what?' names no comment. Write OWNER/NAME#PULL/COMMENT"),
    ],
)
def test_what_is_not_known_says_where_it_was_looked_for(
    grown: Path, capsys: pytest.CaptureFixture[str], asked: str, said: str
) -> None:
    before = store_of(grown).head()
    code, out, err = told(capsys, "trace", asked, "--repo", str(grown))
    assert (code, out) == (2, "")
    assert said in err
    assert store_of(grown).head() == before


def test_a_number_that_two_repositories_have_is_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = [{**row, "repo": "octo/other", "body": row["body"] + " Elsewhere."} for row in rows(4)]
    home = mined(tmp_path / "repo", [*rows(4), *other])
    code, _, err = told(capsys, "trace", "5001", "--repo", str(home))
    assert code == 2
    assert "Several remarks have the number 5001: octo/demo#1/5001, octo/other#1/5001. Name the one you mean" in err
    assert told(capsys, "trace", "octo/other#1/5001", "--repo", str(home))[0] == 0


def test_where_something_was_forgotten_since_membership_is_not_guessed(tmp_path: Path) -> None:
    store = store_of(mined(tmp_path / "repo", rows(12)))
    manifest = newest(store)
    lineage = read_lineage(store)
    assert lineage.contains(manifest, f"{REPOSITORY}#1/5001") is True
    assert lineage.contains(manifest, "octo/demo#1/9") is False
    counted = state.dataset_path("f" * 64)
    more, fewer = replace(manifest, id="e" * 64, episodes=99), replace(manifest, id="f" * 64, episodes=1)
    files = {state.dataset_path(each.id): records.encode(each) for each in (more, fewer)}
    store.update(lambda _: files, lambda: "Add", NOW)
    lineage = read_lineage(store)
    assert counted in store.paths("datasets/")
    assert lineage.contains(more, f"{REPOSITORY}#1/5001") is True
    assert lineage.contains(more, "octo/demo#1/9") is None, "there were more, and one of them may be it"
    assert lineage.contains(fewer, f"{REPOSITORY}#1/5001") is None, "this is not the branch as it was then"


def test_a_dismissed_finding_is_known_without_the_forge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = mined(tmp_path / "repo", rows(12))
    signal = FeedbackSignal(
        f"{REPOSITORY}#9/77",
        "dismissed",
        REPOSITORY,
        9,
        "3fa9c1d2e4",
        "too-minor",
        "Not here.",
        "person-1",
        "write",
        NOW,
    )
    files = {"feedback/2026-03.jsonl": records.encode_lines([signal])}
    store_of(home).update(lambda _: files, lambda: "Keep", NOW)
    code, out, _ = told(capsys, "trace", "3fa9c1", "--repo", str(home))
    assert code == 0
    assert out == (
        "Finding 3fa9c1d2e4, a comment of ours\n\nDismissed\n"
        "  2026-03-01T10:00:00Z  too-minor, by person-1 (write) on octo/demo#9: “Not here.”\n\n"
        "Where and by which version it was posted stands in the comment itself: add --github.\n"
    )
