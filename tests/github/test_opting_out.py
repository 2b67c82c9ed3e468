"""A stranger's `/lore opt-out`, the whole way: event, fake GitHub, a branch that is pushed over, answer, reaction."""

import json
import shutil
from pathlib import Path

import pytest
from tests.fakes.histories import KEY, MARIA, fill, make_store
from tests.github.demo import NAME, build
from tests.github.fake import FakeGitHub
from tests.repositories import git

from reviewlore.adapters.store import REF
from reviewlore.wiring_action import run


@pytest.fixture
def server(fake: FakeGitHub, tmp_path: Path) -> Path:
    """`octo/demo` with a state branch that learned of maria, where git reaches it by an address."""
    build(fake, tmp_path)
    bare = tmp_path / "server" / f"{NAME}.git"
    bare.parent.mkdir(parents=True)
    bare.symlink_to(tmp_path / "demo.git")
    store = make_store(tmp_path / "learned")
    fill(store)
    git(store._git_dir, "push", "-q", str(bare), REF)
    shutil.rmtree(store._git_dir)
    git(tmp_path, "clone", "-q", str(bare), "checkout")
    return bare


def say(fake: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str], login: str) -> tuple[int, str]:
    """Write the command and run the action on its event; returns the exit code and the log."""
    body = "/lore opt-out"
    comment = fake.add_issue_comment(NAME, 1, body, login)
    user = {"login": login, "type": "User"}
    payload = {
        "action": "created",
        "repository": {"full_name": NAME, "default_branch": "main"},
        "issue": {"number": 1, "state": "open", "pull_request": {"url": "x"}},
        "comment": {"id": comment.id, "body": body, "user": user},
        "sender": user,
    }
    event, output = folder / f"event-{comment.id}.json", folder / f"output-{comment.id}"
    event.write_text(json.dumps(payload))
    output.touch()
    code = run(
        {
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": "issue_comment",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_SERVER_URL": f"file://{folder}/server",
            "GITHUB_WORKSPACE": str(folder / "checkout"),
            "RUNNER_TEMP": str(folder),
            "INPUT_MODE": "command",
            "INPUT_GITHUB_TOKEN": fake.workflow_token(NAME),
            "INPUT_GITHUB_API_URL": fake.base,
        }
    )
    return code, capsys.readouterr().out


def test_a_stranger_opts_out_and_is_gone_from_the_branch_on_the_forge(
    fake: FakeGitHub, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWLORE_PSEUDONYM_KEY", KEY.decode())
    assert MARIA in git(server, "log", "-p", REF)
    before = int(git(server, "rev-list", "--count", REF))
    code, log = say(fake, tmp_path, capsys, "maria")
    assert code == 0 and "reviewlore: success\n" in log
    assert MARIA not in git(server, "log", "-p", REF)
    assert int(git(server, "rev-list", "--count", REF)) == before + 1
    command, answer = fake.repos[NAME].issue_comments.values()
    assert answer.body.startswith("Done. What you wrote, answered and voted here is removed from the state branch")
    assert "maria" not in answer.body and MARIA not in answer.body
    assert sorted(reaction.content for reaction in command.reactions) == ["eyes", "rocket"]


def test_without_the_key_the_branch_stays_and_the_answer_says_what_to_set(
    fake: FakeGitHub, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REVIEWLORE_PSEUDONYM_KEY", raising=False)
    before = git(server, "rev-parse", REF)
    code, log = say(fake, tmp_path, capsys, "maria")
    assert code == 2 and "reviewlore: failure (command_failed)\n" in log
    assert git(server, "rev-parse", REF) == before
    (_, answer) = fake.repos[NAME].issue_comments.values()
    assert "A maintainer has to set REVIEWLORE_PSEUDONYM_KEY (in a workflow: pseudonym-key)" in answer.body
