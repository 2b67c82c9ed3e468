"""The real action.yml and workflows, run by act on this machine against the fake GitHub: event in, effect out."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.github.fake import FakeGitHub, start_fake

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).parent / "events"
ACT = Path(sys.executable).with_name("act")
RUNNERS = ("ubuntu-24.04", "self-hosted", "gpu")
# A stranger's modules in the checkout: whoever puts the checkout on the import path runs them.
COMMANDS = (ROOT / ".github/workflows/commands.yml").read_text()
# act only checks out by itself where no `ref` is asked for; this stands for actions/checkout with one.
CHECKOUT = """\
name: checkout
description: Clones the repository from the server at a branch, as actions/checkout does.
inputs:
  ref: {description: The branch., required: true}
  fetch-depth: {description: Not modelled., required: false}
  persist-credentials: {description: Not modelled., required: false}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REF: ${{ inputs.ref }}
      run: git clone --quiet --branch "$REF" "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" .
"""
TRAPS = {f"{name}.py": "open('/TRAP', 'w')\n" for name in ("click", "git", "json", "sitecustomize", "reviewlore")}
BASE = {
    ".reviewlore.toml": '[architecture]\nlayers = ["shop.api", "shop.services", "shop.storage"]\n',
    "shop/__init__.py": "",
    "shop/api.py": "from shop.services import ship\n\n\ndef post(order):\n    return ship(order)\n",
    "shop/services.py": "from shop.storage import save\n\n\ndef ship(order):\n    save(order)\n    return order\n",
    "shop/storage.py": "ROWS = []\n\n\ndef save(order):\n    ROWS.append(order)\n",
}
CHANGE = {"shop/storage.py": "from shop.api import post\n\nROWS = []\n\n\ndef save(order):\n    post(order)\n"}

pytestmark = pytest.mark.skipif(not ACT.exists(), reason="act is not installed; pip install '.[test]' brings it")


@dataclass
class Stage:
    """A fake GitHub with `octo/demo`, whose pull request 1 crosses a declared layer, and a runner's checkout of it."""

    fake: FakeGitHub
    root: Path
    head: str

    @property
    def repo(self):
        return self.fake.repos["octo/demo"]

    @property
    def state(self):
        """The files of the state branch with their contents."""
        names = self.repo.git.text("ls-tree", "-r", "--name-only", "reviewlore/state").split()
        return {name: self.repo.git.text("show", f"reviewlore/state:{name}") for name in names}

    def act(self, event, payload, token, workflow, checkout="main"):
        """Run one workflow as GitHub would and return (exit status, everything it printed).

        act copies the work tree instead of checking out, so `checkout` is what actions/checkout would have made.
        """
        workspace, home = self.root / "workspace", self.root / "home"
        if not workspace.exists():
            home.mkdir()
            (self.root / "checkout").mkdir()
            (self.root / "checkout/action.yml").write_text(CHECKOUT)
            git(self.root, "clone", "--quiet", str(self.repo.git.path), str(workspace))
        git(workspace, "checkout", "--quiet", "--detach", f"origin/{checkout}")
        (home / "event.json").write_text(json.dumps(payload))
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PATH": f"{ACT.parent}:{environ['PATH']}"}
        command = [str(ACT), event, "-W", f".github/workflows/{workflow}", "-e", str(home / "event.json")]
        command += [part for name in RUNNERS for part in ("-P", f"{name}=-self-hosted")]
        # Without --no-cache-server act listens on the address of this machine that faces the network.
        command += ["--action-offline-mode", "--no-cache-server", "--json", "-s", f"GITHUB_TOKEN={token}"]
        pinned = next(line.split()[1] for line in COMMANDS.splitlines() if "uses: actions/checkout@" in line)
        command += ["--local-repository", f"file://{self.root}/server/{pinned}={self.root}/checkout"]
        settings = {
            "GITHUB_API_URL": self.fake.base,
            "GITHUB_SERVER_URL": f"file://{self.root}/server",
            "GITHUB_REPOSITORY": "octo/demo",
            "REVIEWLORE_PYTHON": sys.executable,
        }
        command += [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
        done = subprocess.run(
            command, cwd=workspace, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, "\n".join(map(message_of, (done.stdout + done.stderr).splitlines()))

    def comment(self, body, login, token=None):
        """Write a comment and run the workflow of the commands for it."""
        comment = self.fake.add_issue_comment("octo/demo", 1, body, login)
        payload = json.loads((EVENTS / "issue_comment.json").read_text())
        payload["comment"] |= {"id": comment.id, "body": body, "user": {"login": login, "type": "User"}}
        # What the payload claims about the author must not matter.
        payload["comment"]["author_association"] = "OWNER"
        payload["sender"] = {"login": login, "type": "User"}
        token = token or self.fake.workflow_token("octo/demo")
        return comment, *self.act("issue_comment", payload, token, "commands.yml")

    def opened(self, token):
        """Run the workflow of the reviews for pull request 1 as it was opened."""
        payload = json.loads((EVENTS / "pull_request.json").read_text())
        payload["pull_request"]["head"]["sha"] = self.head
        return self.act("pull_request", payload, token, "review.yml", checkout="feat")

    def reactions(self, comment):
        return [reaction.content for reaction in comment.reactions]

    def writes(self):
        """All requests that change something (GraphQL is only read here)."""
        return [each for each in self.fake.log if each.method != "GET" and not each.url.endswith("/graphql")]

    def answers(self):
        return [each.body for each in self.repo.issue_comments.values() if "reviewlore:reply=" in each.body]


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def message_of(line):
    try:
        return json.loads(line).get("msg", "").rstrip()
    except ValueError:
        return line


@pytest.fixture
def stage(tmp_path):
    with start_fake() as fake:
        fake.add_repo("octo/demo", tmp_path / "server/octo/demo.git")
        for login, role in (("maria", "maintain"), ("wim", "write"), ("ravi", "read")):
            fake.set_role("octo/demo", login, role)
        fake.repos["octo/demo"].workflows.add("learn.yml")
        own = {path: (ROOT / path).read_text() for path in ("action.yml",)}
        own |= {f".github/workflows/{path.name}": path.read_text() for path in (ROOT / ".github/workflows").iterdir()}
        start = fake.commit("octo/demo", "main", BASE | own, "Start")
        traps = {name: text.replace("/TRAP", str(tmp_path / "trap")) for name, text in TRAPS.items()}
        head = fake.commit("octo/demo", "feat", CHANGE | traps, 'Ship "; touch x #`touch y`', parent=start)
        fake.open_pull("octo/demo", "main", "feat", "${{ github.token }} \"; echo '\n::error::x", login="alice")
        yield Stage(fake, tmp_path, head)
    assert not (tmp_path / "trap").exists(), "code of the pull request was executed"


def test_a_pull_request_ends_in_one_review_on_valid_lines_and_a_summary(stage):
    """Also attacks 3, 14 and 19: nothing of the pull request runs, and its title stays text."""
    token = stage.fake.workflow_token("octo/demo", issues="none", actions="none", checks="none")
    status, log = stage.opened(token)
    assert status == 0, log
    (review,) = stage.repo.reviews.values()
    (comment,) = stage.repo.review_comments.values()
    (summary,) = stage.repo.issue_comments.values()
    assert (review.state, review.commit, comment.review) == ("COMMENTED", stage.head, review.id)
    assert (comment.path, comment.line, comment.side) == ("shop/storage.py", 1, "RIGHT")
    assert comment.body.startswith("**`shop.storage` imports `shop.api` against the contract")
    assert summary.body.startswith("### reviewlore\n\n1 remark on `")
    outputs = {
        name: log.count(f"::set-output:: {name}") for name in ("conclusion=success", "findings-count=1", "skip-reason=")
    }
    assert all(outputs.values()), log
    assert "Summary - ## reviewlore" in log
    assert not any(token in json.dumps(each.body) for each in stage.fake.log)
    before = len(stage.writes())
    status, log = stage.opened(token)
    assert status == 0, log
    assert len(stage.writes()) == before, "a second run says nothing twice"


def test_an_answer_that_was_lost_makes_no_second_review(stage):
    """Attack 30, the part that concerns posting: 502 after GitHub stored the review."""
    stage.fake.fault("POST", r"/pulls/1/reviews", 502, after_commit=True)
    status, log = stage.opened(stage.fake.workflow_token("octo/demo"))
    assert status == 0, log
    assert (len(stage.repo.reviews), len(stage.repo.review_comments), len(stage.repo.issue_comments)) == (1, 1, 1)


def test_a_fork_gets_its_review_on_the_page_of_the_run(stage):
    """Attack 25: a read-only token posts nothing, the run ends well and says why."""
    token = stage.fake.workflow_token("octo/demo", pull_requests="read", issues="read", checks="read", actions="read")
    status, log = stage.opened(token)
    assert status == 0, log
    assert (stage.repo.reviews, stage.repo.review_comments, stage.repo.issue_comments) == ({}, {}, {})
    assert "Summary - ## reviewlore\n\nNothing is posted: this run may not write to the pull request." in log
    assert "`shop.storage` imports `shop.api` against the contract" in log
    assert "skip-reason=no_write_permission" in log


def test_lore_review_reviews_reacts_and_answers_once(stage):
    comment, status, log = stage.comment("/lore review", "maria")
    assert status == 0, log
    assert len(stage.repo.reviews) == 1
    assert stage.reactions(comment) == ["eyes", "rocket"]
    (answer,) = stage.answers()
    assert answer.startswith(f"Reviewed `{stage.head[:12]}`: 1 new remark on the changed lines.")


def test_lore_dismiss_in_a_thread_is_kept_on_the_state_branch(stage):
    token = stage.fake.workflow_token("octo/demo")
    stage.opened(token)
    (root,) = stage.repo.review_comments.values()
    body = "/lore dismiss intended the warehouse wants it"
    answer = stage.fake.add_review_comment("octo/demo", 1, "shop/storage.py", body, "wim", in_reply_to=root.id)
    payload = json.loads((EVENTS / "pull_request_review_comment.json").read_text())
    payload["comment"] |= {"id": answer.id, "in_reply_to_id": root.id, "body": body}
    payload["comment"]["user"] = payload["sender"] = {"login": "wim", "type": "User"}
    status, log = stage.act("pull_request_review_comment", payload, token, "commands.yml")
    assert status == 0, log
    assert stage.reactions(answer) == ["eyes", "rocket"], log
    (path,) = [name for name in stage.state if name.startswith("feedback/")]
    signal = json.loads(stage.state[path])
    assert (signal["reason"], signal["text"], signal["role"]) == ("intended", "the warehouse wants it", "write")
    assert f"<!-- reviewlore:finding={signal['finding']} -->" in root.body
    assert signal["author"].startswith("person-")
    assert "wim" not in stage.state[path]
    reply = list(stage.repo.review_comments.values())[-1]
    assert (reply.in_reply_to, reply.login) == (root.id, "github-actions[bot]")
    assert "is dismissed as `intended`" in reply.body


def test_lore_train_starts_the_workflow(stage):
    comment, status, log = stage.comment("/lore train", "maria")
    assert status == 0, log
    (dispatch,) = stage.repo.dispatches
    assert (dispatch.workflow, dispatch.ref, dispatch.inputs) == (
        "learn.yml",
        "main",
        {"mode": "train", "tier": "embedded", "reply-to": "1"},
    )
    assert stage.reactions(comment) == ["eyes", "rocket"]


@pytest.mark.parametrize("body", ["/lore review", "/lore train"])
def test_a_stranger_gets_nothing_done(stage, body):
    """Attacks 7 and 8: the payload says OWNER, the permission API says read."""
    comment, status, log = stage.comment(body, "ravi")
    assert status == 0, log
    assert "skip-reason=no_permission" in log
    assert stage.writes() == []
    assert stage.reactions(comment) == []


HOSTILE = "/lore help\n::set-output name=verdict::APPROVE\n::add-mask::a\nEOF\napproved=true\nx<<EOF\nrest"


def test_a_comment_cannot_speak_to_the_runner(stage):
    """Attacks 20 and 21: help is answered, no output but ours is set, and nothing is masked."""
    comment, status, log = stage.comment(HOSTILE, "wim")
    assert status == 0, log
    lines = [line.partition("::set-output::")[2] for line in log.split("\n") if "::set-output::" in line]
    names = {line.split("=")[0].strip() for line in lines}
    assert names == {"python", "conclusion", "findings-count", "results-file", "skip-reason", "run-id"}
    assert "***" not in log
    assert stage.reactions(comment) == ["eyes", "rocket"]
    (answer,) = stage.answers()
    assert "| `/lore pause` | leaves pushes to this pull request unreviewed until somebody resumes | write |" in answer


def test_a_wrong_command_does_nothing_and_says_what_to_type(stage):
    """Attack 1."""
    comment, status, log = stage.comment("/lore review --model.api_base=http://evil.example", "maria")
    assert status == 0, log
    assert stage.repo.reviews == {}
    assert stage.reactions(comment) == ["confused"]
    (answer,) = stage.answers()
    assert answer.startswith("`/lore review` does not take `--model.api_base=http://evil.example`.")


def test_own_comments_start_nothing(stage):
    """Attack 9: an event made by a bot's comment leads to no write at all."""
    payload = json.loads((EVENTS / "issue_comment.json").read_text())
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    payload["comment"]["user"], payload["sender"] = bot, bot
    status, log = stage.act("issue_comment", payload, stage.fake.workflow_token("octo/demo"), "commands.yml")
    assert status == 0, log
    assert stage.writes() == []


def test_the_nightly_run_learns_from_what_was_merged(stage):
    """Also: a job that may not write GitHub's conversation writes the state branch."""
    fake = stage.fake
    fake.commit(
        "octo/demo", "old", {"shop/pay.py": "def pay(x):\n    return x\n"}, "Pay", parent=stage.repo.git.rev("main")
    )
    fake.open_pull("octo/demo", "main", "old", "Pay")
    remark = fake.add_review_comment("octo/demo", 2, "shop/pay.py", "Please name the parameter amount.", "wim", line=1)
    fake.commit("octo/demo", "old", {"shop/pay.py": "def pay(amount):\n    return amount\n"}, "Rename")
    fake.add_review_comment("octo/demo", 2, "shop/pay.py", "Done.", "alice", in_reply_to=remark.id)
    fake.merge_pull("octo/demo", 2)
    token = fake.workflow_token("octo/demo", pull_requests="read", issues="none", actions="none", checks="none")
    status, log = stage.act("schedule", {"schedule": "23 4 * * *"}, token, "learn.yml")
    assert status == 0, log
    (path,) = [name for name in stage.state if name.startswith("episodes/")]
    (episode,) = map(json.loads, stage.state[path].splitlines())
    assert (episode["outcome"], episode["body"]) == ("addressed", "Please name the parameter amount.")
    assert "wim" not in stage.state[path]
    assert "Summary - ````text\n1 remarks read, 1 kept, 0 dropped" in log
    assert stage.writes() == []


def test_training_without_data_says_what_is_missing(stage):
    payload = json.loads((EVENTS / "workflow_dispatch.json").read_text())
    status, log = stage.act("workflow_dispatch", payload, stage.fake.workflow_token("octo/demo"), "learn.yml")
    assert status != 0
    assert "conclusion=failure" in log
    assert stage.writes() == []


def test_a_dispatch_on_another_branch_trains_nothing(stage):
    payload = json.loads((EVENTS / "workflow_dispatch.json").read_text()) | {"ref": "refs/heads/feat"}
    status, log = stage.act("workflow_dispatch", payload, stage.fake.workflow_token("octo/demo"), "learn.yml")
    assert status == 0, log
    assert "skip-reason=not_the_default_branch" in log
