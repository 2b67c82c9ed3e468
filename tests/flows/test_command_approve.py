"""A dataset is approved by a comment: by whom policy names, once, on record, and without a person's pseudonym shown."""

import json

import pytest
from tests.flows.test_command import Scene
from tests.records import a_dataset

from reviewlore.domain.events import JobResult
from reviewlore.domain.mining import Approval, Approvals
from reviewlore.flows import state
from reviewlore.formats import records

NEWEST = "c0ffee" * 10 + "beef"


@pytest.fixture
def scene():
    """`octo/demo` with a dataset made from it, which waits for a maintainer."""
    found = Scene()
    found.policy = "maintain"
    manifest = records.encode(a_dataset()).replace(b'"acme/shop"', b'"octo/demo"')
    found.store.files[state.dataset_path(NEWEST)] = manifest
    asked = Approvals((Approval(NEWEST, "maintain", "2026-11-01T00:00:00Z"),))
    found.store.files |= state.approval_file(asked)
    return found


def test_a_maintainer_approves_and_may_then_train(scene):
    assert scene.say("/lore train", comment=500) == JobResult("neutral", "command_refused")
    assert scene.forge.dispatched == []
    assert "has not been approved yet" in scene.forge.talk[-1].body
    assert scene.say("/lore approve c0ffee looked through, with @bob", comment=501) == JobResult("success")
    answer = scene.forge.talk[-1].body
    assert answer.startswith("Dataset `c0ffeec0ffee` is approved. `/lore train` starts a training on it;")
    assert "person-" not in answer, "the comment shows who gave the command"
    (asked,) = state.read_approvals(scene.store).requests
    assert (asked.state, asked.reason, asked.decided_at) == (
        "approved", "looked through, with @someone", "2026-11-20T10:00:00Z"
    )  # fmt: skip
    (entry,) = state.read_audit(scene.store)
    assert (entry.action, entry.actor, entry.subject) == ("approve", asked.decided_by, NEWEST)
    assert json.loads(entry.detail) == {"reason": asked.reason, "repository": "octo/demo", "role": "maintain"}
    assert scene.say("/lore train", comment=502).conclusion == "success"
    assert len(scene.forge.dispatched) == 1


def test_a_role_below_the_policy_is_refused(scene):
    assert scene.say("/lore approve c0ffee", "wim") == JobResult("neutral", "command_refused")
    assert "takes the role maintain in octo/demo; GitHub says write." in scene.forge.talk[-1].body
    assert state.read_approvals(scene.store).requests[0].state == "waiting"
    assert scene.say("/lore approve c0ffee", "tess", comment=502) == JobResult("neutral", "role_too_low")


def test_without_a_reason_the_place_is_kept(scene):
    scene.say("/lore approve c0ffee")
    assert state.read_approvals(scene.store).requests[0].reason == "approved on octo/demo#1"


def test_an_approval_twice_or_of_what_is_unknown_changes_nothing(scene):
    scene.say("/lore approve c0ffee", comment=501)
    before = dict(scene.store.files)
    scene.say("/lore approve c0ffee", comment=502)
    assert "was approved already" in scene.forge.talk[-1].body
    scene.say("/lore approve dead", comment=503)
    assert "'dead' is no dataset on the state branch. The latest: c0ffeec0ffee." in scene.forge.talk[-1].body
    assert scene.store.files == before


def test_a_dismissal_is_an_entry_of_the_log():
    scene = Scene()
    scene.say("/lore review")
    scene.say("/lore dismiss wrong", "wim", comment=502)
    (entry,) = state.read_audit(scene.store)
    assert (entry.action, entry.subject) == ("dismiss", "3fa9c1d2e4")
    assert entry.actor.startswith("person-")
    assert json.loads(entry.detail) == {"pull_request": "octo/demo#1", "reason": "wrong"}
