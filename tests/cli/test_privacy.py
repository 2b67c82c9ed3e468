"""`reviewlore forget` on a real branch: text and JSON, what is asked for wrongly, and what follows of it elsewhere."""

import json
from pathlib import Path

import pytest
from tests.fakes.histories import HARBOR, KEY, MARIA, Past, make_filled, make_store
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.index import FILE, SqliteIndex
from reviewlore.adapters.store import REF, GitStore
from reviewlore.cli import run
from reviewlore.domain.retrieval import Passages
from reviewlore.flows import state


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return make_filled(tmp_path_factory.mktemp("past"))


@pytest.fixture
def store(tmp_path: Path, past: Past, monkeypatch: pytest.MonkeyPatch) -> GitStore:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("REVIEWLORE_PSEUDONYM_KEY", KEY.decode())
    made = make_store(tmp_path / "repo")
    past.copy_to(made)
    return made


@pytest.fixture
def told(store: GitStore, capsys: pytest.CaptureFixture[str]):
    def tell(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([arguments[0], "--repo", str(store._git_dir.parent), *arguments[1:]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return tell


def test_a_person_is_forgotten(store: GitStore, told) -> None:
    code, out, err = told("forget", "--author", "@maria")
    assert (code, err) == (0, "")
    assert out.startswith("Forgotten: 1 mention as the pull request's author, 3 pieces of evidence")
    assert MARIA not in git(store._git_dir, "log", "-p", REF)
    code, out, _ = told("forget", "--author", "maria")
    assert (code, out) == (
        0,
        "Nothing of this person is stored. (Or it was mined with another pseudonym key: then use that one.)\n"
        "It was on the list of what is not mined already.\n",
    )
    code, out, _ = told("forget", "--author", "maria", "--undo")
    assert (code, out) == (
        0,
        "This person is off the list. `reviewlore mine --since` a time before it reads it again.\n",
    )
    assert told("forget", "--author", "maria", "--undo")[:2] == (
        0,
        "This person was not on the list of what is not mined. Nothing was changed.\n",
    )


def test_the_index_of_precedents_goes_too(store: GitStore, told) -> None:
    path = store._git_dir / FILE
    SqliteIndex(store._git_dir).update({"rules.toml": "1"}, lambda _: Passages())
    told("forget", "--author", "maria", "--dry-run")
    assert path.exists()
    told("forget", "--author", "maria")
    assert not path.exists()


def test_what_an_interrupted_training_left_goes_too(
    store: GitStore, told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWLORE_RUNS", str(tmp_path / "runs"))
    for name in ("adapter-0123", "photographs"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "pairs.json").write_text("words")
    told("forget", "--author", "maria", "--dry-run")
    assert (tmp_path / "runs" / "adapter-0123").exists()
    told("forget", "--author", "maria")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["photographs"]


def test_a_dry_run_names_everything_and_writes_nothing(store: GitStore, told) -> None:
    head = store.head()
    code, out, _ = told("forget", "--pr", f"{HARBOR}#1", "--dry-run")
    assert code == 0
    assert out.startswith(
        f"Would forget 2 remarks, and make 8 commits again.\n  remarks {HARBOR}#1/11\n  remarks {HARBOR}#1/12\n"
    )
    assert "It would be listed, so that mining does not bring it back.\n" in out
    assert store.head() == head


def test_the_result_as_json(store: GitStore, told, past: Past) -> None:
    code, out, _ = told("forget", "--comment", f"{HARBOR}#4/41", "--format", "json", "--dry-run")
    found = json.loads(out)
    assert code == 0
    assert found["rewritten"] == {"before": store.head(), "head": None, "commits": 4, "held_by": []}
    del found["rewritten"]
    assert found == {
        "kind": "comment", "dry_run": True, "found": {"remarks": 1}, "items": [f"remarks {HARBOR}#4/41"],
        "datasets": past.datasets[1:], "versions": ["embedded-new"], "active": "embedded-new", "suppressed": True,
        "listed_before": False,
    }  # fmt: skip
    assert told("forget", "--comment", f"{HARBOR}#4/41", "--undo", "--format", "json")[1] == (
        '{\n  "kind": "comment",\n  "allowed": false,\n  "dry_run": false\n}\n'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say what to forget: one of --author, --pr, --comment and --expired."),
        (("--author", "a", "--expired"), "Say what to forget: one of"),
        (("--expired", "--undo"), "what is too old is not on a list"),
        (("--author", " @ "), "Nobody is named. Give the person's login."),
        (("--pr", "12"), "'12' names no pull request. Write OWNER/NAME#NUMBER"),
        (("--comment", "no such thing"), "names no comment. Write its id, its address"),
        (("--expired",), "there is no limit. Set `retention-days` under [learn]"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_sentence(
    store: GitStore, told, arguments: tuple[str, ...], said: str
) -> None:
    head = store.head()
    code, out, err = told("forget", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert store.head() == head


def test_without_the_key_nobody_can_be_named(store: GitStore, told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIEWLORE_PSEUDONYM_KEY")
    code, _, err = told("forget", "--author", "maria")
    assert code == 2
    assert "the key to these is not here. A maintainer has to set REVIEWLORE_PSEUDONYM_KEY" in err
    assert not (store._git_dir / "reviewlore-pseudonym.key").exists()
    assert told("forget", "--pr", f"{HARBOR}#1")[0] == 0, "what has a public name needs no key"
    (store._git_dir / "reviewlore-pseudonym.key").write_bytes(KEY.ljust(64, b"x"))
    assert told("forget", "--author", "maria")[0] == 0


def test_what_is_too_old_by_the_settings_goes(store: GitStore, told) -> None:
    commit(store._git_dir.parent, {".reviewlore.toml": "[learn]\nretention-days = 1\n"})
    code, out, _ = told("forget", "--expired")
    assert code == 0
    assert out.startswith("Forgotten: 8 remarks, 2 signals.")
    assert "listed" not in out
    assert state.read_episodes(store) == ()
    assert told("forget", "--expired")[1] == "Nothing that is stored is too old.\n"


def test_status_doctor_and_report_say_that_retraining_is_due(store: GitStore, told, tmp_path: Path) -> None:
    commit(store._git_dir.parent, {"a.py": "x = 1\n"})
    assert "Retraining is due" not in told("status")[1]
    told("forget", "--author", "maria")
    due = "Retraining is due: embedded-new is in force and learned from something that was forgotten on 20"
    assert due in " ".join(told("status")[1].split())
    code, out, _ = told("doctor")
    assert code == 2
    assert f"PROBLEM  forgotten data: {due}" in out
    page = tmp_path / "report.html"
    assert told("report", "-q", "--output", str(page))[0] == 0
    assert due in page.read_text()


def test_what_was_forgotten_is_not_mined_again_until_it_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole circle by the command line: mine, forget, mine, allow, mine."""
    monkeypatch.setenv("REVIEWLORE_PSEUDONYM_KEY", KEY.decode())
    folder = make_repository(tmp_path / "repo")
    rows = [
        {
            "repo": HARBOR, "pr_number": number, "comment_id": str(number), "path": f"harbor/part{number}.py",
            "diff_hunk": f"@@ -1,2 +1,3 @@\n def part{number}(ship):\n+    return ship.berth_{number}\n", "line": 2,
            "body": f"Please name the berth {number} by its dock, this reads like a crane.", "author": author,
            "pr_author": "xaver", "created_at": f"2026-01-{number:02}T10:00:00Z", "outcome": "addressed",
            "replies": [{"author": "maria", "body": "I would leave it to the pilots.", "created_at": "2026-02-01"}],
        }
        for number, author in enumerate(("maria", "tomas", "wanda"), 1)
    ]  # fmt: skip
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    def mine() -> tuple[set[str], int]:
        assert run(["mine", "--repo", str(folder), "-q", "--from", str(source)]) == 0, capsys.readouterr().err
        found = state.read_episodes(GitStore(GitRepo(folder)))
        return {episode.comment_id for episode in found}, sum(len(episode.replies) for episode in found)

    def forget(*arguments: str) -> None:
        assert run(["forget", "--repo", str(folder), *arguments]) == 0

    assert mine() == ({"1", "2", "3"}, 3)
    forget("--author", "maria")
    forget("--pr", f"{HARBOR}#2")
    assert mine() == ({"3"}, 0)
    assert MARIA not in git(folder, "log", "-p", REF)
    forget("--author", "Maria", "--undo")
    assert mine() == ({"1", "3"}, 2)
    forget("--pr", f"{HARBOR}#2", "--undo")
    assert mine() == ({"1", "2", "3"}, 3)
