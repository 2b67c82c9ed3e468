import json
import subprocess
from dataclasses import replace

import pytest
from tests.fakes.forge import FakeForge, make_pull
from tests.fakes.runner import FakeClock, FakeRunner, FakeStore

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.index import SqliteIndex
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.events import ActionInputs, RunContext
from reviewlore.domain.model import Policies
from reviewlore.errors import ConfigError, ForgeError, RefusedError
from reviewlore.flows.action import run_action
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.publish import Desk
from reviewlore.flows.review import ReviewContext

URL = "https://github.com/octo/demo"
FILES = {
    ".reviewlore.toml": '[architecture]\nlayers = ["shop.api", "shop.store"]\n[review]\nfail-on = "error"\n',
    "shop/__init__.py": "",
    "shop/api.py": "from shop.store import save\n\n\ndef post(order):\n    return save(order)\n",
    "shop/store.py": "def save(order):\n    return order\n",
}


class Level:
    """A scorer that prefers nothing."""

    tier = "embedded"
    version = "level"

    def score(self, remarks):
        return [0.0 for _ in remarks]


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """A real repository whose head crosses a declared layer, and tries to change the rules it is judged by."""
    folder = tmp_path_factory.mktemp("code")
    git(folder, "init", "--quiet", "--initial-branch=main")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "base")
    base = git(folder, "rev-parse", "HEAD")
    (folder / "shop/store.py").write_text("from shop.api import post\n\n\ndef save(order):\n    return post(order)\n")
    (folder / ".reviewlore.toml").write_text('[review]\nmax-comments = 0\nfail-on = "never"\n')
    git(folder, "commit", "--quiet", "-am", "head")
    return folder, base, git(folder, "rev-parse", "HEAD")


@pytest.fixture
def scene(code):
    return Scene(*code)


class Scene:
    def __init__(self, folder, base, head):
        self.runner, self.store = FakeRunner(), FakeStore()
        self.forge = FakeForge(pulls={1: make_pull(head=head, base=base)}, roles={"maria": "maintain"})
        self.repo, self.base, self.head = GitRepo(folder), base, head
        self.fetched, self.trained, self.brought = [], [], []

    def review_context(self, number, base):
        return ReviewContext("octo/demo", self.repo, self.store, Grammars(), Level(), SqliteIndex, QuietConsole())

    def train(self, tier, recipe):
        self.trained.append((tier, recipe))
        return "trained"

    def run(self, name, payload, mode="review", **inputs):
        tools = ActionTools(
            runner=self.runner,
            clock=FakeClock(),
            desk=lambda: Desk(self.forge, self.forge, URL),
            runs=lambda: self.forge,
            store=lambda: self.store,
            key=lambda: b"key",
            kept_key=lambda: b"key",
            policies=Policies,
            code=lambda: self.repo,
            bring=self.brought.append,
            fetch=lambda *commits: self.fetched.append(commits),
            review_context=self.review_context,
            learn=lambda: "learned",
            train=self.train,
            evaluate=lambda _: Evaluation("", (), {}, 0, 7),
        )
        context = RunContext(
            name,
            payload,
            "octo/demo",
            "https://github.com",
            "7-1",
            f"{URL}/actions/runs/7",
            ActionInputs(mode, **inputs),
        )
        return run_action(context, tools)

    def opened(self, **inputs):
        pull = {"number": 1, "state": "open", "head": {"sha": self.head}, "base": {"sha": self.base}}
        payload = {"action": "opened", "repository": {"full_name": "octo/demo"}, "pull_request": pull}
        return self.run("pull_request", payload, **inputs)

    def outcome(self):
        return tuple(self.runner.outputs[name] for name in ("conclusion", "findings-count", "skip-reason"))


def test_a_review_fails_the_run_by_the_rules_of_the_base(scene):
    """Attack 2: the pull request sets fail-on to never and allows no comment; the base says error."""
    assert scene.opened() == 1
    assert scene.outcome() == ("failure", "1", "")
    assert scene.runner.outputs["run-id"] == "7-1"
    assert scene.fetched == [(1, scene.base, scene.head)]
    assert [(thread.path, thread.line) for thread in scene.forge.threads] == [("shop/store.py", 1)]
    assert scene.runner.summary.startswith("## reviewlore\n\n1 remark on")
    assert scene.runner.annotations == []


def test_the_results_are_the_review_as_json(scene):
    scene.opened()
    assert scene.runner.outputs["results-file"] == "/temp/reviewlore-review.json"
    review = json.loads(scene.runner.files["reviewlore-review.json"])
    assert [finding["path"] for finding in review["findings"]] == ["shop/store.py"]


@pytest.mark.parametrize(("fail_on", "status"), [("never", 0), ("error", 1), ("warning", 1), ("info", 1)])
def test_the_input_overrules_the_configuration(scene, fail_on, status):
    assert scene.opened(fail_on=fail_on) == status


def test_without_permission_the_page_of_the_run_says_it_all(scene):
    scene.forge.before = {"post_review": [RefusedError("403")]}
    assert scene.opened(fail_on="never") == 0
    assert scene.outcome() == ("success", "1", "no_write_permission")
    notice, warning = scene.runner.annotations
    assert notice.level == "notice"
    assert notice.message in scene.runner.summary
    assert (warning.level, warning.path, warning.line) == ("warning", "shop/store.py", 1)
    assert warning.title == "`shop.store` imports `shop.api` against the contract “layers”"


class Pushed(FakeForge):
    """The head moves between the review and its posting."""

    def posted(self, number, marker):
        self.change_pull(head_sha="f" * 40)
        return super().posted(number, marker)


def test_a_stale_review_neither_posts_nor_fails(scene):
    scene.forge = Pushed(pulls=scene.forge.pulls)
    assert scene.opened() == 0
    assert scene.outcome() == ("skipped", "1", "head_moved")
    assert scene.forge.calls == []


@pytest.mark.parametrize(
    ("changes", "reason"), [({"draft": True}, "draft"), ({"state": "closed"}, "pull_request_closed")]
)
def test_the_live_pull_request_decides(scene, changes, reason):
    scene.forge.pulls[1] = replace(scene.forge.pulls[1], **changes)
    assert scene.opened() == 0
    assert scene.outcome() == ("skipped", "0", reason)


@pytest.mark.parametrize(
    ("name", "payload", "mode", "reason"),
    [
        ("issues", {}, "review", "event_not_handled"),
        ("pull_request", {"action": "opened"}, "review", "payload_incomplete"),
        ("schedule", {"schedule": "1 1 * * *"}, "review", "event_not_for_mode"),
        ("schedule", {"schedule": "1 1 * * *"}, "command", "event_not_for_mode"),
    ],
)
def test_what_is_ignored_says_why(scene, name, payload, mode, reason):
    assert scene.run(name, {"repository": {"full_name": "octo/demo"}} | payload if payload else {}, mode) == 0
    assert scene.outcome() == ("skipped", "0", reason)
    assert scene.runner.lines == [f"reviewlore: skipped ({reason})"]


def test_learning_and_training_tell_what_they_did(scene):
    assert scene.run("schedule", {"schedule": "1 1 * * *"}, "learn") == 0
    assert scene.run("schedule", {"schedule": "1 1 * * *"}, "train", tier="adapter", recipe="smoke_cpu") == 0
    assert scene.runner.summary == "learnedtrained"
    assert scene.trained == [("adapter", "smoke_cpu")]


def test_a_command_reviews_and_its_run_stays_green(scene):
    comment = {"id": 501, "body": "/lore review", "user": {"login": "maria", "type": "User"}}
    payload = {
        "action": "created",
        "repository": {"full_name": "octo/demo", "default_branch": "main"},
        "issue": {"number": 1, "state": "open", "pull_request": {"url": "x"}},
        "comment": comment,
        "sender": comment["user"],
    }
    assert scene.run("issue_comment", payload, "command") == 0
    assert scene.outcome() == ("failure", "1", "")
    assert len(scene.forge.reviews) == 1
    assert scene.forge.reactions == [("issue", 501, "eyes"), ("issue", 501, "rocket")]


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (ConfigError("Wrong key."), 2, "reviewlore"),
        (ForgeError("GitHub is away."), 3, "reviewlore: a fault, not your doing"),
    ],
)
def test_errors_become_annotations_and_exit_codes(scene, error, status, title):
    scene.forge.before = {"post_review": [error, error]}
    assert scene.opened() == status
    (note,) = scene.runner.annotations
    assert (note.level, note.message, note.title) == ("error", str(error), title)
    assert scene.outcome() == ("failure", "0", "error")
