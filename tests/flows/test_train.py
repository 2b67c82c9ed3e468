"""From a mined dataset to a version in force, and everything that must refuse on the way. Through the command line."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.command_line import told
from tests.lineage import mine, mined, store_of
from tests.repositories import make_repository, mirror

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.resources import load_prior
from reviewlore.adapters.training import BoostedRankers
from reviewlore.cli import run
from reviewlore.domain.forgetting import NamedPull
from reviewlore.domain.preference import PreferencePair
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.forget import Act, forget
from reviewlore.flows.train import train
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Store
from reviewlore.ranking.model import RankerModel
from reviewlore.wiring import Workshop

NAMES = ("ledger", "invoice", "courier", "parcel", "locker", "tariff", "depot", "label", "route", "crate")
ASKED = (
    "Please rename `{n}` after what it holds",
    "`{n}` needs a test for the empty case",
    "Raise a LookupError for a missing `{n}`",
    "Please move `{n}` behind the port, services must not know storage",
)
IDLE = (
    "Just thinking aloud: one day `{n}` might be cached",
    "I wonder whether a library does `{n}`, never mind",
    "Interesting, I did not know that `{n}` works like so",
    "Personally I like shorter files than this, but whatever you prefer",
)


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Remarks in which what is asked about the code at hand is addressed, and musings are not."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        name, pull = f"{rng.choice(NAMES)}_{rng.choice(NAMES)}_{number}", 1 + number // 4
        good = number % 2 == 0
        body = rng.choice(ASKED if good else IDLE).format(n=name) + f" ({number})."
        made.append({
            "repo": "octo/demo", "pr_number": pull, "comment_id": number, "path": f"src/{rng.choice(NAMES)}.py",
            "diff_hunk": f"@@ -1,3 +1,4 @@\n def handle_{number}():\n     pass\n+    {name} = load({number})",
            "line": 3, "side": "RIGHT", "body": body, "author": f"reviewer{number % 3}", "pr_author": "wen",
            "created_at": f"2025-{1 + pull // 28:02d}-{1 + pull % 28:02d}T10:00:{number % 60:02d}Z",
            "outcome": "addressed" if good else "ignored", "confidence": "high", "intent": "suggestion", "replies": [],
        })  # fmt: skip
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose state branch has one promoted ranker."""
    home = mined(tmp_path_factory.mktemp("trained"), rows(280))
    assert run(["train", "--repo", str(home), "-q"]) == 0
    return home


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return mirror(trained, tmp_path / "copy")


def tamper(home: Path, choose: Callable[[str], bool], change: Callable[[bytes], bytes | None]) -> None:
    store = store_of(home)
    files = {path: change(store.read(path) or b"") for path in store.paths() if choose(path)}
    assert files
    store.update(lambda _: files, lambda: "Tamper", "2026-01-01T00:00:00Z")


def test_training_without_mining_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_repository(tmp_path)
    assert told(capsys, "train", "--repo", str(tmp_path)) == (
        2, "", "Error: Nothing was mined yet: run `reviewlore mine` first.\n"
    )  # fmt: skip


def test_too_little_data_is_refused_with_the_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine(make_repository(tmp_path), rows(6))
    code, out, err = told(capsys, "train", "--repo", str(tmp_path), "-q")
    assert (code, out) == (2, "")
    assert err.startswith("Error: The ranker needs at least 30 training pairs; there are ")
    assert "version in use stays" in err
    assert not [path for path in store_of(tmp_path).paths() if path.startswith("adapters/")]


def test_a_winner_is_promoted_with_its_lineage(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "status", "--repo", str(trained), "--format", "json")
    assert code == 0
    (entry,) = json.loads(out)["registry"]["entries"]
    assert (entry["state"], entry["tier"]) == ("active", "embedded")
    store = store_of(trained)
    manifest = json.loads(store.read(f"adapters/{entry['id']}/manifest.json") or b"")
    assert set(manifest["files"]) == {"ranker.json", "judged/ranker.json", "calibration.json"}
    assert manifest["dataset"] == json.loads(out)["dataset"]["id"]
    assert {"reviewlore", "lightgbm", "numpy"} <= set(manifest["packages"])
    assert manifest["seed"] and manifest["code_commit"] and manifest["hardware"]
    audit = [json.loads(line) for line in (store.read("audit.jsonl") or b"").splitlines()]
    assert [item["action"] for item in audit] == ["mine", "train"]


def test_the_same_training_twice_is_refused_as_a_duplicate(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = store_of(trained).head()
    code, out, err = told(capsys, "train", "--repo", str(trained), "-q")
    assert (code, out) == (2, "")
    assert "was already trained with recipe ranker: version embedded-" in err
    assert store_of(trained).head() == before


def test_new_data_no_better_than_chance_does_not_replace_the_incumbent(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = rows(320)
    (copy / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in extra))
    assert run(["mine", "--from", str(copy / "more.jsonl"), "--repo", str(copy), "-q"]) == 0
    code, out, _ = told(capsys, "train", "--repo", str(copy), "-q", "--format", "json")
    assert code == 0
    decision = json.loads(out)["decision"]
    assert decision["incumbent"].startswith("embedded-")
    assert decision["verdict"] == ("promote" if decision["difference"]["low"] > 0 else "refuse")
    states = {e["id"]: e["state"] for e in json.loads(store_of(copy).read("registry.json") or b"")["entries"]}
    assert sorted(states.values()) == (
        ["active", "retired"] if decision["verdict"] == "promote" else ["active", "rejected"]
    )


class Other(BoostedRankers):
    """Trains the same under another name, as a second runner with a newer version would."""

    def settings(self) -> dict[str, str]:
        return {**super().settings(), "made": "elsewhere"}


class AnHourLater(SystemClock):
    """A clock by which a training that began now has not been heard of for an hour."""

    def now(self) -> str:
        return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Overtaken(BoostedRankers):
    """While it trains what is to be served, after the judging, another run trains and promotes."""

    def __init__(self, prior: RankerModel, other: TrainContext) -> None:
        super().__init__(prior)
        self.other, self.fits = other, 0

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        self.fits += 1
        if self.fits == 2:
            assert train(self.other, "embedded", None).decision.verdict == "promote"
        return super().fit(pairs, seed=seed)


def test_of_two_runs_at_once_the_later_one_does_not_replace_whom_it_never_met(tmp_path: Path) -> None:
    mine(make_repository(tmp_path), rows(280))
    context = Workshop(tmp_path, QuietConsole()).train_context()
    other = Workshop(tmp_path, QuietConsole()).train_context()
    other = replace(other, rankers=Other(context.prior), clock=AnHourLater())  # it takes the first one for dead
    late = train(replace(context, rankers=Overtaken(context.prior, other)), "embedded", None)
    assert late.decision.verdict == "refuse"
    registry = state.read_registry(context.store)
    assert [entry.state for entry in registry.entries] == ["active", "rejected"]
    assert registry.entries[1].reason == late.decision.reason
    assert f"meanwhile {registry.entries[0].id} is active" in late.decision.reason
    assert run(["promote", late.manifest.id, "--repo", str(tmp_path)]) == 0


class Forgetful(BoostedRankers):
    """While it trains, somebody has a pull request forgotten."""

    def __init__(self, prior: RankerModel, store: Store) -> None:
        super().__init__(prior)
        self.store = store

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        forget(self.store, NamedPull("octo/demo", 3), Act("somebody", "2026-11-21T10:00:00Z"))
        return super().fit(pairs, seed=seed)


def test_what_was_trained_on_something_forgotten_meanwhile_is_not_kept(tmp_path: Path) -> None:
    mine(make_repository(tmp_path), rows(280))
    context = Workshop(tmp_path, QuietConsole()).train_context()
    with pytest.raises(RefusedError, match=r"was forgotten while embedded-.* was trained on it: nothing of it is kept"):
        train(replace(context, rankers=Forgetful(context.prior, context.store)), "embedded", None)
    assert state.read_registry(context.store).entries == ()
    assert not context.store.paths("adapters/")
    assert state.read_hold(context.store) is None


class Twisted(BoostedRankers):
    """What it trains to be served, after the judging, learned the opposite."""

    fits = 0

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        self.fits += 1
        if self.fits == 2:
            pairs = [replace(pair, chosen=pair.rejected, rejected=pair.chosen) for pair in pairs]
        return super().fit(pairs, seed=seed)


def test_what_got_worse_by_being_trained_once_more_is_not_served(tmp_path: Path) -> None:
    mine(make_repository(tmp_path), rows(280))
    context = Workshop(tmp_path, QuietConsole()).train_context()
    trained = train(replace(context, rankers=Twisted(context.prior)), "embedded", None)
    assert trained.decision.verdict == "refuse"
    assert "trained once more on all pairs it does worse" in trained.decision.reason
    assert [entry.state for entry in state.read_registry(context.store).entries] == ["rejected"]


def test_a_second_training_is_refused_while_one_is_under_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine(make_repository(tmp_path), rows(280))
    context = Workshop(tmp_path, QuietConsole()).train_context()
    other = replace(Workshop(tmp_path, QuietConsole()).train_context(), rankers=Other(context.prior))
    with pytest.raises(RefusedError, match=r"command line trains embedded-\w+ on this state branch since 20"):
        train(replace(context, rankers=Overtaken(context.prior, other)), "embedded", None)
    assert state.read_registry(context.store).entries == ()
    assert state.read_hold(context.store) is None
    assert [entry.action for entry in state.read_audit(context.store)] == ["mine"]
    assert "nobody trains" in told(capsys, "doctor", "--repo", str(tmp_path))[1]


def test_a_dry_run_trains_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine(make_repository(tmp_path), rows(120))
    before = store_of(tmp_path).head()
    code, out, _ = told(capsys, "train", "--repo", str(tmp_path), "-q", "--dry-run")
    assert code == 0
    assert "held-out later pull requests" in out
    assert store_of(tmp_path).head() == before


def test_evaluate_shows_every_tier_and_every_baseline(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "evaluate", "--repo", str(trained), "--format", "json", "-q")
    assert code == 0
    scores = {score["name"]: score for score in json.loads(out)["scores"]}
    assert {"prior", "random", "longer wins", "shorter wins", "lexical overlap", "comment only"} < set(scores)
    (version,) = [name for name in scores if name.startswith("embedded-")]
    for score in scores.values():
        for interval in score["by_kind"].values():
            assert 0.0 <= interval["low"] <= interval["accuracy"] <= interval["high"] <= 1.0
    assert scores[version]["overall"]["accuracy"] > scores["random"]["overall"]["accuracy"]


def test_evaluate_tells_how_far_it_is(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said = told(capsys, "evaluate", "--repo", str(trained))
    assert code == 0
    assert out.startswith("Preference accuracy")
    assert "Judging on later pull requests: 7 done" in said  # the version, the prior and five baselines


def test_evaluate_says_where_the_prior_is_no_fair_rival(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = dict(RankerModel.from_json(json.loads(load_prior())).about)["repositories"].split()[0]
    for name, said in ((seen, True), ("octo/demo", False)):
        home = make_repository(tmp_path / name)
        mine(home, [{**row, "repo": name} for row in rows(40)])
        code, _, err = told(capsys, "evaluate", "--repo", str(home), "-q")
        assert (code, "was trained on one of these repositories" in err) == (0, said)


def test_score_keeps_fields_and_order_and_each_row_stands_alone(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [{"id": n, "mine": {"x": [n]}, **{k: row[k] for k in ("path", "diff_hunk", "body")}}
             for n, row in enumerate(rows(12, seed=5))]  # fmt: skip
    source = tmp_path / "rows.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in table))
    code, out, err = told(capsys, "score", str(source), "--repo", str(trained), "--format", "json")
    assert code == 0
    assert err.startswith("Scoring with embedded-")
    scored = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in scored] == list(range(12))
    assert all(row["mine"] == {"x": [row["id"]]} for row in scored)
    assert sorted(row["rank"] for row in scored) == list(range(1, 13))
    assert [row["rank"] for row in sorted(scored, key=lambda row: (-row["score"], row["id"]))] == list(range(1, 13))
    source.write_text(json.dumps(table[7]))
    _, alone, _ = told(capsys, "score", str(source), "--repo", str(trained))
    assert json.loads(alone)["score"] == scored[7]["score"]


@pytest.mark.parametrize(
    "text", ["line\u2028end\x85and\u2029", "half \ud800", "nul \0", "é\U0001f600", "", "x" * 300_000]
)
def test_any_text_that_json_can_spell_comes_back_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    make_repository(tmp_path / "r")
    row = {"path": text, "diff_hunk": text, "body": text, "also": {text: [text, 10**400, 1.5]}}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    code, out, _ = told(capsys, "score", str(tmp_path / "rows.jsonl"), "--repo", str(tmp_path / "r"))
    assert code == 0
    (line,) = out.splitlines()
    assert {key: value for key, value in json.loads(line).items() if key in row} == row


def test_rows_that_cannot_be_scored_are_named_and_nothing_is_scored(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"path": "a.py", "diff_hunk": "@@", "body": "x"})
    (tmp_path / "rows.jsonl").write_text(f'{good}\n{{"path": "a.py"}}\n{{"path": \n{good}')
    code, out, err = told(capsys, "score", str(tmp_path / "rows.jsonl"), "--repo", str(trained))
    assert (code, out) == (2, "")
    assert "line 2: diff_hunk, body missing or not a text; line 3: not JSON" in err


def test_without_a_version_the_shipped_prior_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_repository(tmp_path / "r")
    (tmp_path / "rows.jsonl").write_text(json.dumps({"path": "a.py", "diff_hunk": "@@", "body": "x"}))
    code, out, err = told(capsys, "score", str(tmp_path / "rows.jsonl"), "--repo", str(tmp_path / "r"))
    assert (code, json.loads(out)["rank"]) == (0, 1)
    assert err == "Scoring with prior (embedded tier)\n"


def test_rollback_returns_to_the_prior_and_promote_returns_to_the_version(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = json.loads(store_of(copy).read("registry.json") or b"")["entries"][0]["id"]
    assert "Would roll back" in told(capsys, "rollback", "--repo", str(copy), "--dry-run")[1]
    assert told(capsys, "rollback", "--repo", str(copy), "--reason", "too loud")[1] == (
        f"Rolled back from {version} to the shipped prior: too loud\n"
    )
    assert told(capsys, "rollback", "--repo", str(copy))[0] == 2
    assert told(capsys, "promote", version[:14], "--repo", str(copy))[1] == (
        f"Promoted {version} (was retired): promoted by hand\n"
    )
    code, _, err = told(capsys, "promote", "nonsense", "--repo", str(copy))
    assert code == 2
    assert f"Known versions: {version}" in err
    audit = [json.loads(line) for line in (store_of(copy).read("audit.jsonl") or b"").splitlines()]
    assert [(item["action"], item["subject"]) for item in audit[2:]] == [("rollback", "prior"), ("promote", version)]


def test_rollback_verifies_what_it_returns_to(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = store_of(copy)
    registry = json.loads(store.read("registry.json") or b"")
    old = registry["entries"][0]
    registry["entries"] = [{**old, "state": "retired"}, {**old, "id": "embedded-new", "state": "active"}]
    registry["previous"] = [old["id"]]
    tamper(copy, lambda path: path == "registry.json", lambda _: json.dumps(registry).encode())
    tamper(copy, lambda path: path.endswith("/ranker.json"), lambda data: data.replace(b"1", b"2", 1))
    code, _, err = told(capsys, "rollback", "--repo", str(copy))
    assert code == 3
    assert "was changed after it was trained" in err
    assert json.loads(store.read("registry.json") or b"") == registry


DAMAGE = {
    "a tampered ranker": (
        lambda path: path.endswith("/ranker.json"), lambda data: data.replace(b"1", b"2", 1),
        "was changed after it was trained (SHA-256 differs); it is not loaded",
    ),
    "a missing ranker": (
        lambda path: path.endswith("/ranker.json"), lambda _: None, "ranker.json on the state branch is missing",
    ),
    "a corrupt manifest": (
        lambda path: path.startswith("adapters/") and path.endswith("manifest.json"), lambda data: data[:50],
        "manifest.json on the state branch is damaged",
    ),
    "a missing manifest": (
        lambda path: path.startswith("adapters/") and path.endswith("manifest.json"), lambda _: None,
        "is missing from the state branch, though the registry names it",
    ),
    "a registry of a newer version": (
        lambda path: path == "registry.json", lambda data: data.replace(b'"schema": 1', b'"schema": 99'),
        "was written by a newer reviewlore (format 99, this version knows 1). Upgrade reviewlore",
    ),
    "a registry without end": (
        lambda path: path == "registry.json", lambda _: b"[" * 100_000, "registry.json on the state branch is damaged",
    ),
    "a manifest without end": (
        lambda path: path.startswith("adapters/") and path.endswith("manifest.json"), lambda _: b"[" * 100_000,
        "manifest.json on the state branch is damaged",
    ),
    "a registry of the wrong shape": (
        lambda path: path == "registry.json", lambda _: b'{"entries": "none"}\n',
        "registry.json on the state branch is damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_state_branch_is_one_sentence_and_nothing_is_used(
    name: str, copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choose, change, sentence = DAMAGE[name]
    tamper(copy, choose, change)
    (tmp_path / "rows.jsonl").write_text(json.dumps({"path": "a.py", "diff_hunk": "@@", "body": "x"}))
    before = store_of(copy).head()
    code, out, err = told(capsys, "score", str(tmp_path / "rows.jsonl"), "--repo", str(copy))
    assert (code, out) == (3, "")
    assert sentence in err
    assert err.startswith("Fault: ") and err.count("\n") == 1
    assert told(capsys, "train", "--repo", str(copy), "-q")[0] in (2, 3)
    assert store_of(copy).head() == before


def test_a_broken_audit_chain_is_noticed(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(copy, lambda path: path == "audit.jsonl", lambda data: data.replace(b"command line", b"somebody else"))
    code, _, err = told(capsys, "status", "--repo", str(copy))
    assert code == 3
    assert "audit.jsonl on the state branch is broken at line 1" in err


def test_episodes_changed_by_hand_are_noticed_before_training(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(copy, lambda path: path.startswith("episodes/2025-01"), lambda data: data.replace(b"addressed", b"ignored"))
    code, _, err = told(capsys, "evaluate", "--repo", str(copy), "-q")
    assert code == 2
    assert "The episodes no longer give dataset" in err


def test_a_damaged_episode_names_its_line(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(copy, lambda path: path.startswith("episodes/2025-01"), lambda data: data[:-40])
    code, _, err = told(capsys, "evaluate", "--repo", str(copy), "-q")
    assert code == 3
    assert "episodes/2025-01.jsonl, line " in err and "is damaged" in err
