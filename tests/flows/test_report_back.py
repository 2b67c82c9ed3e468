import hashlib
from dataclasses import replace

import pytest
from tests.fakes.forge import FakeForge, make_pull
from tests.fakes.runner import FakeClock, FakeRunner, FakeStore

from reviewlore.domain.card import JUDGED_FILE, Judged
from reviewlore.domain.evaluation import Evaluation, GateDecision, Interval, TierScore
from reviewlore.domain.events import ActionInputs, RunContext
from reviewlore.domain.model import Policies, Registry, RegistryEntry, VersionManifest
from reviewlore.errors import ForgeError, RefusedError
from reviewlore.flows.action import run_action
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.publish import Desk
from reviewlore.flows.state import REGISTRY, version_path
from reviewlore.formats import records

URL = "https://github.com/octo/demo"
CANARY = "ghp_" + "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8"
SHARE = Interval(0.71, 0.6, 0.8, 120)
JUDGED = Judged(
    Evaluation("d" * 64, (TierScore("embedded-2", "embedded", {}, SHARE),), {"ranking": 120}, 31, 1),
    GateDecision("promote", f"It is better. {CANARY} @octo/admins", "embedded-2", None),
    9,
)


@pytest.fixture
def stage():
    return Stage()


class Stage:
    """A state branch with one version of its own, and runs of the mode report."""

    def __init__(self):
        self.forge = FakeForge(pulls={4: make_pull(4)})
        self.store, self.runner = FakeStore(), FakeRunner()

    def trained(self):
        """Put a version with its judgement on the state branch, as a training would."""
        judged = records.encode(JUDGED)
        manifest = VersionManifest(
            id="embedded-2", tier="embedded", created_at="2026-11-20T10:00:00Z", recipe="ranker", recipe_settings={},
            dataset="d" * 64, base_model=None, base_revision=None, packages={}, code_commit="", seed=7, parent=None,
            files={}, documents={JUDGED_FILE: hashlib.sha256(judged).hexdigest()},
        )  # fmt: skip
        entry = RegistryEntry("embedded-2", "embedded", "active", "gate", "2026-11-20T10:00:00Z", "better")
        self.store.files |= {
            REGISTRY: records.encode(Registry((entry,))),
            version_path("embedded-2", "manifest.json"): records.encode(manifest),
            version_path("embedded-2", JUDGED_FILE): judged,
        }

    def run(self, run_id="7-1", name="workflow_dispatch", **inputs):
        self.runner = FakeRunner()
        tools = ActionTools(
            runner=self.runner,
            clock=FakeClock(),
            desk=lambda: Desk(self.forge, self.forge, URL),
            runs=lambda: self.forge,
            store=lambda: self.store,
            key=lambda: b"key",
            kept_key=lambda: b"key",
            policies=Policies,
            code=lambda: None,
            fetch=lambda *_: None,
            bring=lambda _: None,
            review_context=lambda *_: None,
            learn=str,
            train=lambda *_: "",
            evaluate=lambda _: None,
            page=lambda: b"<html></html>",
        )
        repository = {"full_name": "octo/demo", "default_branch": "main"}
        payload = {"repository": repository, "ref": "refs/heads/main", "schedule": "1 1 * * *"}
        url = f"{URL}/actions/runs/{run_id.partition('-')[0]}"
        context = RunContext(
            name, payload, "octo/demo", "https://github.com", run_id, url, ActionInputs("report", **inputs)
        )
        return run_action(context, tools)

    @property
    def said(self):
        return [each.body for each in self.forge.talk]


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", "push"])
def test_the_page_is_written_and_nothing_is_said(stage, name):
    assert stage.run(name=name) == 0
    assert stage.runner.outputs["results-file"] == "/temp/reviewlore-report.html"
    assert stage.runner.files["reviewlore-report.html"] == b"<html></html>"
    assert stage.runner.summary.startswith("## reviewlore\n\nIn force is the ranker that is shipped")
    assert stage.forge.calls == []


def test_a_training_that_ended_well_is_told_with_its_numbers(stage):
    stage.trained()
    assert stage.run(reply_to=4, outcome="success") == 0
    (body,) = stage.said
    assert body.startswith(
        f"**The training has ended.** [Its run]({URL}/actions/runs/7) has the log.\n\n### Promoted: "
    )
    assert "stood by in 71 % of 120 pairs (95 % interval 60 to 80 %) from 31 later pull requests" in body
    assert "In force is embedded-2 (embedded), since 2026-11-20." in body
    assert body.endswith("<!-- reviewlore:reply=run7 -->")
    assert CANARY not in body
    assert "@octo/admins" not in body, "a mention is made inert"


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("failure", "The training has failed."),
        ("cancelled", "The training was cancelled."),
        ("skipped", "The training was not run."),
    ],
)
def test_a_training_that_did_not_is_told_with_what_stays_in_force(stage, outcome, told):
    stage.trained()
    assert stage.run(reply_to=4, outcome=outcome) == 0
    (body,) = stage.said
    assert body.startswith(f"**{told}** [Its run]({URL}/actions/runs/7)")
    assert "Promoted" not in body
    assert "In force is embedded-2" in body


def test_a_run_says_it_once_and_a_later_attempt_mends_it(stage):
    stage.trained()
    for run_id, outcome in (("7-1", "failure"), ("7-1", "failure"), ("7-2", "success"), ("7-3", "success")):
        assert stage.run(run_id, reply_to=4, outcome=outcome) == 0
    (body,) = stage.said
    assert body.startswith("**The training has ended.**")
    assert stage.forge.calls == ["post_comment", "edit_comment"]
    stage.run("8-1", reply_to=4, outcome="failure")
    assert len(stage.said) == 2


def test_an_unclear_answer_is_looked_at_before_it_is_said_again(stage):
    stage.forge.after = {"post_comment": [ForgeError("502")]}
    assert stage.run(reply_to=4, outcome="failure") == 0
    assert len(stage.said) == 1
    stage.forge.before = {"edit_comment": [ForgeError("502")]}
    stage.run("7-2", reply_to=4, outcome="cancelled")
    assert stage.said[0].startswith("**The training was cancelled.**")


@pytest.mark.parametrize(
    ("changes", "reason"), [({"state": "closed"}, "pull_request_closed"), ({"locked": True}, "pull_request_locked")]
)
def test_where_nothing_may_be_said_the_run_says_so(stage, changes, reason):
    stage.forge.pulls[4] = replace(stage.forge.pulls[4], **changes)
    assert stage.run(reply_to=4, outcome="success") == 0
    assert (stage.runner.outputs["skip-reason"], stage.said) == (reason, [])
    (note,) = stage.runner.annotations
    assert note.message.startswith("Pull request 4 was not told how the training ended: it is ")
    assert stage.runner.outputs["results-file"]


def test_what_is_no_pull_request_is_told(stage):
    stage.run(reply_to=5, outcome="success")
    assert stage.runner.outputs["skip-reason"] == "no_such_pull_request"


def test_a_token_that_may_not_write_is_a_result(stage):
    stage.forge.before = {"post_comment": [RefusedError("403")]}
    assert stage.run(reply_to=4, outcome="success") == 0
    assert stage.runner.outputs["skip-reason"] == "no_write_permission"


def test_somebody_elses_comment_with_the_marker_is_not_ours(stage):
    stage.forge.login = "eve"
    stage.forge.post_comment(4, "x\n\n<!-- reviewlore:reply=run7 -->")
    stage.forge.login = "github-actions[bot]"
    stage.run(reply_to=4, outcome="failure")
    assert len(stage.said) == 2
