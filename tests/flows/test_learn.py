"""Mining rows into the state branch: counted, scrubbed, idempotent, never half-written."""

import gzip
import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.config import LearnSettings
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import RawRemark
from reviewlore.domain.shadow import ShadowReview
from reviewlore.domain.spending import Spent
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext
from reviewlore.flows.learn import Source, learn
from reviewlore.flows.spending import read_spent, spent_files
from reviewlore.formats import records
from reviewlore.formats.rows import parse_comment_row

_WISHES = (
    "rename the value", "raise a ValueError early", "move this import", "close the file", "drop the second loop",
    "test the empty list", "log the reason",
)  # fmt: skip
_PLACES = ("the parser", "its caller", "the base class", "cache.py", "this branch", "a helper", "docs", "setup", "main")
_REASONS = (
    "a name says what it holds", "callers rely on it", "cycles hurt start-up", "handles leak", "one pass is enough",
    "nobody would notice", "operators need it", "readers look there", "we agreed on it", "it is slow", "it is public",
)  # fmt: skip


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "repo": "octo/demo", "pr_number": 1 + number // 3, "comment_id": 1000 + number, "path": f"src/m{number % 5}.py",
        "diff_hunk": f"@@ -1,2 +1,3 @@\n def f{number}():\n+    value_{number} = load_{number}()",
        "line": 2, "side": "RIGHT",
        "body": f"Please {_WISHES[number % 7]} in {_PLACES[number // 7 % 9]}, as {_REASONS[number % 11]}: no {number}.",
        "author": "mira", "author_role": None, "pr_author": "wen", "replies": [],
        "created_at": f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}T10:00:00Z",
        "outcome": "addressed" if number % 3 else "ignored", "confidence": "high", "intent": "suggestion", **changes,
    }  # fmt: skip


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in rows))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("REVIEWLORE_PSEUDONYM_KEY", raising=False)
    make_repository(tmp_path / "state")
    return tmp_path


def mine(home: Path, source: Path, *options: str) -> int:
    return run(["mine", "--from", str(source), "--repo", str(home / "state"), "-q", *options])


def branch(home: Path) -> dict[str, str]:
    names = git(home / "state", "ls-tree", "-r", "--name-only", "reviewlore/state").split("\n")
    return {name: git(home / "state", "show", f"reviewlore/state:{name}") for name in names}


def test_a_first_run_writes_episodes_dataset_and_audit(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mine(home, write(home / "rows.jsonl", [row(n) for n in range(60)]), "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    counts = report["counts"]
    assert (counts["read"], counts["kept"], counts["fresh"]) == (60, 60, 60)
    assert counts["outcomes"] == {"addressed": 40, "ignored": 20}
    files = branch(home)
    assert {name.split("/")[0] for name in files} == {"episodes", "datasets", "audit.jsonl"}
    assert sum(text.count("\n") + 1 for name, text in files.items() if name.startswith("episodes/")) == 60
    assert report["dataset"]["splits"]["test"] > 0


def test_a_second_run_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(home / "rows.jsonl", [row(n) for n in range(30)])
    mine(home, source)
    before = git(home / "state", "rev-parse", "reviewlore/state")
    capsys.readouterr()
    assert mine(home, source) == 0
    assert git(home / "state", "rev-parse", "reviewlore/state") == before
    assert capsys.readouterr().out.endswith("nothing new to write\n")


def test_a_dry_run_writes_nothing_and_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mine(home, write(home / "rows.jsonl", [row(n) for n in range(30)]), "--dry-run") == 0
    assert git(home / "state", "for-each-ref") == ""
    told = capsys.readouterr().out
    assert "30 episodes in all, 30 of them new" in told
    assert told.endswith("nothing was written: this was a dry run\n")


def test_the_order_of_rows_does_not_matter(home: Path) -> None:
    rows = [row(n) for n in range(40)]
    mine(home, write(home / "a.jsonl", rows))
    first = {name for name in branch(home) if name.startswith("datasets/")}
    git(home / "state", "update-ref", "-d", "refs/heads/reviewlore/state")
    mine(home, write(home / "b.jsonl", rows[::-1]))
    assert {name for name in branch(home) if name.startswith("datasets/")} == first


def test_later_rows_join_the_earlier_ones(home: Path) -> None:
    mine(home, write(home / "a.jsonl", [row(n) for n in range(20)]))
    mine(home, write(home / "b.jsonl", [row(n) for n in range(10, 40)]))
    files = branch(home)
    assert sum(text.count("\n") + 1 for name, text in files.items() if name.startswith("episodes/")) == 40
    assert sum(name.startswith("datasets/") for name in files) == 2


def test_a_vote_in_one_repository_says_nothing_of_the_same_number_in_another(home: Path) -> None:
    vote = {"author": "noor", "kind": "up", "role": "write"}
    same = {"pr_number": 1, "comment_id": 7, "outcome": None}
    mine(home, write(home / "a.jsonl", [row(1, repo="octo/a", votes=[vote], **same), row(2, repo="octo/b", **same)]))
    (text,) = (text for name, text in branch(home).items() if name.startswith("episodes/"))
    told = {
        each["repository"]: [item["kind"] for item in each["evidence"]] for each in map(json.loads, text.split("\n"))
    }
    assert "reaction_up" in told["octo/a"]
    assert "reaction_up" not in told["octo/b"]


@pytest.mark.parametrize(
    "option", [["--since", "2026-01-01"], ["--all"], ["--max-requests", "5"], ["--max-wait", "0"], ["--no-fetch-code"]]
)
def test_options_of_a_forge_are_not_passed_over(
    home: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert mine(home, write(home / "a.jsonl", [row(1)]), *option) == 2
    assert f"{option[0]} goes with --github only" in capsys.readouterr().err
    assert git(home / "state", "for-each-ref") == ""


def test_a_remark_whose_time_was_learned_later_stands_in_one_month_only(home: Path) -> None:
    mine(home, write(home / "a.jsonl", [row(n, created_at=None) for n in range(3)]))
    assert "episodes/undated.jsonl" in branch(home)
    mine(home, write(home / "b.jsonl", [row(n) for n in range(3)]))
    assert [name for name in branch(home) if name.startswith("episodes/")] == ["episodes/2025-01.jsonl"]


class Counting(GitRepo):
    """A repository that counts the diffs that were asked for."""

    asked = 0

    def diffs(self, pairs: Iterable[tuple[str, str]], *rest: Any) -> Iterator[str]:
        asked = list(pairs)
        self.asked += len(asked)
        return super().diffs(asked, *rest)


def test_one_diff_serves_all_remarks_of_a_span_whatever_their_order(home: Path) -> None:
    repo = Counting(home / "state")
    ids = [commit(home / "state", {"src/m0.py": f"a = {n}\n"}) for n in range(4)]
    raws = [
        RawRemark(
            repository="octo/demo", pull_request=n % 3, comment_id=str(n), path="src/m0.py",
            hunk=f"@@ -1 +1 @@\n+a = {n % 3}", body="Please rename this.", author="mira", author_is_bot=False,
            pull_request_author="wen", created_at=f"2026-01-01T00:00:{n:02d}Z", line=1,
            reviewed_commit=ids[n % 3], last_commit=ids[3],
        )
        for n in range(12)
    ]  # fmt: skip
    clock = SystemClock()
    context = LearnContext(GitStore(repo), repo, b"k" * 32, LearnSettings(), clock, QuietConsole())
    report = learn(context, Source("test", raws, {}))
    assert report.counts.outcomes == {"addressed": 12}
    assert repo.asked == 3


def test_a_dry_run_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mine(home, write(home / "rows.jsonl", [row(n) for n in range(30)]), "--dry-run") == 0
    assert "30 remarks read" in capsys.readouterr().out
    assert git(home / "state", "for-each-ref") == ""


def test_gzip_is_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(home / "rows.jsonl", [row(n) for n in range(30)])
    packed = home / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(source.read_bytes()))
    assert mine(home, packed) == 0
    assert "30 kept" in capsys.readouterr().out


def test_malformed_lines_are_counted_named_and_lose_nothing_else(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ['{"repo": "octo/de', "[1]", "nonsense", {"repo": "octo/demo"}, row(99, pr_number="one"), "[" * 100_000]
    assert mine(home, write(home / "rows.jsonl", [*[row(n) for n in range(30)], *bad])) == 0
    told = capsys.readouterr()
    assert "36 remarks read, 30 kept, 6 dropped" in told.out
    assert "malformed_line" in told.out
    assert "rows.jsonl: 6 lines are no review comments and were left out (line 31: not JSON" in told.err
    assert "and 3 more" in told.err


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Please rename this \ud800 here"},
        {"path": "src/caf\udce9.py"},
        {"repo": "octo/\udfff"},
        {"author": "\ud800"},
        {"replies": [{"author": "wen", "body": "Done \udc00", "created_at": ""}]},
    ],
    ids=["body", "path", "repo", "author", "reply"],
)
def test_half_a_character_is_a_malformed_line(
    home: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    assert mine(home, write(home / "rows.jsonl", [row(0), row(1, **changes)])) == 0
    told = capsys.readouterr()
    assert "2 remarks read, 1 kept, 1 dropped" in told.out
    assert "line 2: holds half a character" in told.err


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("9999-12-31T23:59:59-05:00", ""),
        ("0001-01-01T00:00:00+05:00", ""),
        ("0999-02-03T00:00:00Z", "0999-02-03T00:00:00Z"),
        ("2025-02-03T04:05:06.789+02:00", "2025-02-03T02:05:06Z"),
        ("2025-02-03", "2025-02-03T00:00:00Z"),
        ("../../etc", ""),
        ("tomorrow", ""),
    ],
)
def test_times_are_utc_and_sort_as_text_or_are_not_known(home: Path, written: str, kept: str) -> None:
    assert mine(home, write(home / "rows.jsonl", [row(0, created_at=written)])) == 0
    episodes = {name: text for name, text in branch(home).items() if name.startswith("episodes/")}
    assert list(episodes) == [f"episodes/{kept[:7] or 'undated'}.jsonl"]
    assert json.loads(next(iter(episodes.values())))["created_at"] == kept


def test_a_file_s_name_that_is_no_text_can_still_be_mined(home: Path) -> None:
    source = write(home / "caf\udce9\n.jsonl", [row(0)])
    assert mine(home, source) == 0
    assert "caf" in git(home / "state", "log", "-1", "--format=%B", "reviewlore/state")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x1f\x8b\x08\x00broken", "is a damaged gzip file"),
        (gzip.compress(b'{"repo": "o/r"}' * 100, mtime=0)[:40], "is a damaged gzip file"),
        (b"\xff\xfe{\x00", "is not UTF-8 text (byte 0)"),
        (b"", "No usable review remark in rows.jsonl (the source is empty). Nothing was written."),
        (b"garbage\n", "No usable review remark in rows.jsonl (malformed_line 1). Nothing was written."),
    ],
    ids=["no gzip at all", "truncated gzip", "no text", "empty", "no rows"],
)
def test_an_unusable_file_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], content: bytes, sentence: str
) -> None:
    (home / "rows.jsonl").write_bytes(content)
    assert mine(home, home / "rows.jsonl") == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert told.out == ""
    assert git(home / "state", "for-each-ref") == ""


def test_people_and_secrets_are_not_stored(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = "ghp_" + "Zz9" * 12
    rows = [row(n) for n in range(20)]
    rows[3]["body"] = f"@mira-real said to mail mira@toolshed.coop, and never commit {token} please"
    rows[4]["replies"] = [{"author": "wen", "body": "Done, thanks @mira-real", "created_at": "2025-02-01T00:00:00Z"}]
    rows[5] |= {
        "evidence": f"@mira-real committed {token}",
        "language": token,
        "url": f"https://{token}@github.com/o/r",
    }
    rows[6] |= {"path": f"src/{token}.py", "original_commit": token}
    assert mine(home, write(home / "rows.jsonl", rows)) == 0
    everything = "\n".join(branch(home).values())
    for leak in ("mira", "wen", "toolshed.coop", token):
        assert leak not in everything, leak
    assert "person-" in everything
    out = capsys.readouterr().out
    assert "github-token" in out and "email" in out


def test_the_pseudonym_key_stays_beside_the_clone_and_off_the_branch(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(home / "rows.jsonl", [row(n) for n in range(20)])
    mine(home, source)
    key = home / "state" / ".git" / "reviewlore-pseudonym.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text() not in "\n".join(branch(home).values())
    first = branch(home)
    git(home / "state", "update-ref", "-d", "refs/heads/reviewlore/state")
    monkeypatch.setenv("REVIEWLORE_PSEUDONYM_KEY", "another" * 8)
    mine(home, source)
    assert {k: v for k, v in branch(home).items() if k.startswith("episodes")} != {
        k: v for k, v in first.items() if k.startswith("episodes")
    }


def test_outcomes_come_from_git_where_the_commits_are_at_hand(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = home / "state"
    first = commit(code, {"src/m0.py": "a = 1\nb = 2\nc = 3\n" * 5, "src/m1.py": "x = 1\n" * 9})
    second = commit(code, {"src/m0.py": "a = 1\nb = 22\nc = 3\n" + "a = 1\nb = 2\nc = 3\n" * 4})
    rows = []
    for n in range(30):
        item = row(n, path=f"src/m{n % 2}.py", line=2, original_commit=first, pr_last_commit=second)
        del item["outcome"], item["confidence"]
        rows.append(item)
    assert mine(home, write(home / "rows.jsonl", rows), "--format", "json") == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["outcomes"] == {"addressed": 15, "ignored": 15}
    assert counts["evidence"] == {"line_gone": 15, "file_identical": 15}


def test_commits_that_are_not_there_are_no_evidence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row(n, original_commit="a" * 40, pr_last_commit="b" * 40, outcome=None) for n in range(5)]
    assert mine(home, write(home / "rows.jsonl", rows), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["outcomes"] == {"unknown": 5}


def test_no_identity_is_needed(home: Path) -> None:
    source = write(home / "rows.jsonl", [row(n) for n in range(20)])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "reviewlore", "mine", "--from", str(source), "--repo", str(home / "state"), "-q"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert git(home / "state", "log", "-1", "--format=%an", "reviewlore/state") == "reviewlore"


class Still(SystemClock):
    """A clock that stands still."""

    def __init__(self, at: str = "2025-03-01T00:00:00Z") -> None:
        self.at = at

    def now(self) -> str:
        return self.at


def test_what_is_older_than_policy_allows_leaves_with_the_next_mining(home: Path) -> None:
    repo = GitRepo(home / "state")
    store = GitStore(repo)
    raws = [parse_comment_row(row(n), n) for n in range(50)]  # of January and February
    source = Source("test", [raw for raw in raws if isinstance(raw, RawRemark)], {})
    forever = LearnContext(store, repo, b"k" * 32, LearnSettings(), Still("2025-02-28T00:00:00Z"), QuietConsole())
    assert learn(forever, source).episodes == 50
    old, older, new = (
        FeedbackSignal(f"octo/demo#1/{at}", "dismissed", "octo/demo", 1, "f", "wrong", "", "person-1", "write", at)
        for at in ("2025-01-05T00:00:00Z", "2025-01-04T00:00:00Z", "2025-02-20T00:00:00Z")
    )
    files = {"feedback/a.jsonl": records.encode_lines([old, new]), "feedback/b.jsonl": records.encode_lines([older])}
    store.update(lambda _: files, lambda: "Put", old.at)
    month = replace(forever, settings=LearnSettings(retention_days=30), clock=Still())
    report = learn(month, source)
    assert (report.expired, report.episodes, report.counts.fresh) == (28, 22, 0)
    assert report.counts.dropped == {"older_than_retention": 28}
    assert min(each.created_at for each in state.read_episodes(store)) == "2025-02-01T10:00:00Z"
    assert state.read_feedback(store) == (new,)
    assert json.loads(state.read_audit(store)[-1].detail)["expired_dismissals"] == 2
    head = store.head()
    assert learn(month, source).expired == 0
    assert store.head() == head


def test_a_dismissal_that_is_too_old_leaves_by_itself(home: Path) -> None:
    repo = GitRepo(home / "state")
    store = GitStore(repo)
    raw = parse_comment_row(row(50), 50)
    assert isinstance(raw, RawRemark)
    month = LearnContext(store, repo, b"k" * 32, LearnSettings(retention_days=30), Still(), QuietConsole())
    learn(month, Source("test", [raw], {}))
    old = FeedbackSignal("o#1/1", "dismissed", "o", 1, "f", "wrong", "", "person-1", "write", "2025-01-05T00:00:00Z")
    store.update(lambda _: {"feedback/a.jsonl": records.encode_lines([old])}, lambda: "Put", old.at)
    learn(month, Source("test", [raw], {}))
    assert store.paths("feedback/") == ()
    assert state.read_audit(store)[-1].action == "mine"


def test_accounts_and_unsaid_reviews_that_are_too_old_leave_too(home: Path) -> None:
    repo = GitRepo(home / "state")
    store = GitStore(repo)
    times = ("2025-01-05T00:00:00Z", "2025-01-30T00:00:00Z", "2025-02-20T00:00:00Z")
    spent = [Spent(at, "octo/demo", 1, "small", 1, 9, 1, 0.0, 1.0, 1.0) for at in times]
    shadows = {at: ShadowReview(at, "octo/demo", 1, "b", "h", at, "embedded", "prior") for at in times}
    forever = LearnContext(store, repo, b"k" * 32, LearnSettings(), Still(), QuietConsole())
    store.update(lambda tip: {**spent_files(tip, spent), **state.shadow_files(tip, shadows)}, lambda: "Put", times[0])
    source = Source("test", [parse_comment_row(row(50), 50)], {})  # type: ignore[list-item]
    learn(forever, source)
    assert len(state.read_shadows(store)) == 3
    learn(replace(forever, settings=LearnSettings(retention_days=30)), source)
    assert [each.at for each in state.read_shadows(store)] == [times[1], times[2]]
    assert store.paths("usage/") == ("usage/2025-01.jsonl", "usage/2025-02.jsonl")
    assert [each.at for each in read_spent(store, "2025-01")] == [times[1]]
