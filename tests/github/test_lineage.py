"""Answering for the data over the true adapter and the fake GitHub: our comments are found again, roles are checked."""

import json
import shutil
from pathlib import Path

import pytest
from tests import command_line
from tests.github.demo import NAME, QUICK, build
from tests.github.fake import FakeGitHub
from tests.lineage import enter_version, mined, newest, rows, store_of
from tests.repositories import commit

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.diff import parse_diff
from reviewlore.domain.finding import Finding, Precedent, Review
from reviewlore.domain.history import Anchor
from reviewlore.flows import state
from reviewlore.flows.publish import Desk, Reviewed, publish_review
from reviewlore.stages.approvals import request_approval

FINDING = "aaaaaa22bbbbbb22"
URL = f"https://github.com/{NAME}"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of `octo/demo` with a mined past, and a version that learned from it."""
    home = mined(tmp_path_factory.mktemp("past") / "home", rows(40))
    enter_version(store_of(home), "embedded-first", newest(store_of(home)).id, "active")
    return home


@pytest.fixture
def home(fake: FakeGitHub, past: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that clone; the first pull request was reviewed by a workflow run."""
    build(fake, tmp_path)
    fake.set_role(NAME, "maria", "maintain")
    home = tmp_path / "home"
    shutil.copytree(past, home)
    forge = GithubForge(connect(fake.workflow_token(NAME), fake.base, QUICK), NAME)
    publish_review(Desk(forge, forge, URL, run="8123456"), 1, reviewed(fake))
    monkeypatch.setenv("GITHUB_API_URL", fake.base)
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("carol"))
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    return home


def reviewed(fake: FakeGitHub) -> Reviewed:
    pull, git = fake.repos[NAME].pulls[1], fake.repos[NAME].git
    patches = parse_diff(git.text("diff", pull.base_sha, pull.head_sha))
    said = Precedent(
        f"{NAME}#6/5020", 6, "src/part0.py", "Cover it", "addressed", 0.7, f"{URL}/pull/6#discussion_r5020"
    )
    gone = Precedent(f"{NAME}#99/1", 99, "src/gone.py", "Gone", "addressed", 0.6)
    findings = (
        Finding(FINDING, "rule", "architecture", Anchor("a.py", 2), "", "Title", "Because.", "Do.", "warning", 0.9,
                precedents=(said, gone)),
        Finding("cccccc33", "rule", "architecture", Anchor("b.py", None), "", "Outside", "Because.", "", "info", 0.8),
    )  # fmt: skip
    return Reviewed(Review(NAME, pull.base_sha, pull.head_sha, "embedded", "embedded-first", findings), patches)


def told(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    return command_line.told(capsys, *arguments, "--repo", str(home))


def traced(capsys: pytest.CaptureFixture[str], home: Path, asked: str) -> dict[str, object]:
    code, out, err = told(capsys, home, "trace", asked, "--github", NAME, "--format", "json")
    assert code == 0, err
    found: dict[str, object] = json.loads(out)["finding"]
    return found


@pytest.mark.parametrize("how", ["number", "address", "id", "beginning"])
def test_our_comment_leads_to_run_version_dataset_and_precedents(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    (comment,) = fake.repos[NAME].review_comments.values()
    asked = {
        "number": str(comment.id),
        "address": f"{URL}/pull/1#discussion_r{comment.id}",
        "id": FINDING,
        "beginning": FINDING[:8],
    }[how]
    found = traced(capsys, home, asked)
    assert found["finding"] == FINDING
    (posting,) = found["postings"]
    assert (posting["account"], posting["by_bot"], posting["in_summary"]) == ("github-actions[bot]", True, False)
    assert (posting["repository"], posting["pull_request"], posting["path"], posting["line"]) == (NAME, 1, "a.py", 2)
    assert posting["run_url"] == f"{URL}/actions/runs/8123456"
    (version,) = found["versions"]
    manifest = newest(store_of(home))
    assert (version["id"], version["state"], version["dataset"]) == ("embedded-first", "active", manifest.id)
    assert (version["dataset_episodes"], version["pairs"]) == (40, manifest.pairs)
    first, second = found["precedents"]
    assert (first["episode"], first["outcome"]) == (f"{NAME}#6/5020", "addressed")
    assert first["pairs"] > 0
    assert (second["episode"], second["cited"]["pull_request"]) == (None, 99)


def test_a_finding_in_the_summary_is_found_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (posting,) = traced(capsys, home, "cccccc33")["postings"]
    assert (posting["in_summary"], posting["said"]["version"], posting["run_url"]) == (True, "embedded-first", "")


def test_the_address_of_a_summary_leads_to_its_finding(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (talk,) = fake.repos[NAME].issue_comments.values()
    assert traced(capsys, home, f"{URL}/pull/1#issuecomment-{talk.id}")["finding"] == "cccccc33"


def test_a_copy_of_our_hidden_line_is_told_apart(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.add_review_comment(NAME, 1, "a.py", "Mine!\n\n<!-- reviewlore:finding=dddddd44 -->", "mallory", line=1)
    (posting,) = traced(capsys, home, "dddddd44")["postings"]
    assert posting["by_bot"] is False
    assert posting["account"].startswith("person-")
    _, out, _ = told(capsys, home, "trace", "dddddd44", "--github", NAME)
    assert "a person: anybody can copy our hidden line" in out
    assert "mallory" not in out


def test_somebody_elses_comment_is_none_of_ours(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comment = fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=1)
    code, _, err = told(capsys, home, "trace", str(comment.id), "--github", NAME)
    assert code == 2
    assert "in 40 mined remarks, 0 dismissals and the comments on GitHub" in err


def test_a_trace_of_our_comment_is_logged_with_the_remarks_it_names(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traced(capsys, home, FINDING)
    entry = state.read_audit(store_of(home))[-1]
    assert (entry.action, json.loads(entry.detail)["kind"]) == ("trace", "finding")
    assert len(json.loads(entry.detail)["remarks"]) == 1


def waiting(home: Path, role: str = "maintain") -> str:
    """Let the newest dataset wait for a role, as policy on the default branch says."""
    store = store_of(home)
    commit(home, {".reviewlore.toml": f'[learn]\napproval = "{role}"\n'})
    dataset = newest(store).id
    asked = request_approval(state.read_approvals(store), dataset, role, "2026-01-01T00:00:00Z")
    store.update(lambda _: state.approval_file(asked), lambda: "Ask", "2026-01-01T00:00:00Z")
    return dataset


def test_only_the_role_of_the_policy_may_decide_and_it_is_on_record(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = waiting(home)
    before = store_of(home).head()
    code, _, err = told(capsys, home, "approve", dataset[:8], "--github", NAME, "--reason", "fine")
    assert code == 2
    assert f"takes the role maintain in {NAME}; GitHub says write. Ask somebody who has it." in err
    code, _, err = told(capsys, home, "approve", dataset[:8], "--reason", "fine")
    assert code == 2
    assert f"a role can only be checked on GitHub: add --github OWNER/NAME with one of {NAME}" in err
    assert store_of(home).head() == before
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("maria"))
    assert told(capsys, home, "approve", dataset[:8], "--github", NAME, "--reason", "x", "--dry-run")[0] == 0
    assert store_of(home).head() == before
    code, out, _ = told(capsys, home, "approve", dataset[:8], "--github", NAME, "--reason", "fine, @bob looked")
    assert code == 0
    assert out.startswith(f"Approved dataset {dataset[:12]} as person-")
    (asked,) = state.read_approvals(store_of(home)).requests
    assert (asked.state, asked.reason) == ("approved", "fine, @someone looked")
    entry = state.read_audit(store_of(home))[-1]
    assert (entry.action, entry.subject, entry.actor) == ("approve", dataset, asked.decided_by)
    assert "maria" not in out + entry.detail + entry.actor


def test_a_role_elsewhere_does_not_count(
    fake: FakeGitHub, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = waiting(home)
    fake.add_repo("mallory/own", tmp_path / "own.git")
    fake.set_role("mallory/own", "mallory", "admin")
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("mallory"))
    code, _, err = told(capsys, home, "approve", dataset[:8], "--github", "mallory/own", "--reason", "mine")
    assert code == 2
    assert f"was not made from mallory/own, so a role there does not count. Name one of {NAME}." in err


def test_nothing_is_trained_before_the_word_is_given_nor_after_a_refusal(
    fake: FakeGitHub, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = waiting(home)
    code, _, err = told(capsys, home, "train", "-q")
    assert code == 2
    assert f"Dataset {dataset[:12]} has not been approved yet" in err
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("maria"))
    arguments = ("approve", dataset, "--github", NAME, "--refuse", "--reason", "one person's taste")
    code, out, _ = told(capsys, home, *arguments)
    assert code == 0
    assert "Nothing is trained on it. Trained on it before: embedded-first; `reviewlore rollback`" in out
    assert state.read_audit(store_of(home))[-1].action == "refuse"
    commit(home, {".reviewlore.toml": "[learn]\n"})
    code, _, err = told(capsys, home, "train", "-q")
    assert code == 2
    assert "was refused on" in err
    assert "one person's taste" in err


def test_where_nobody_has_to_allow_anything_there_is_nothing_to_decide(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = newest(store_of(home)).id
    code, _, err = told(capsys, home, "approve", dataset, "--github", NAME, "--reason", "fine")
    assert code == 2
    assert "waits for nobody: [learn] approval in .reviewlore.toml names no role" in err
