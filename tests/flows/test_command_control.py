"""Commands that steer: what they change, what they say, and what becomes of two at once or of one said twice."""

from pathlib import Path

import pytest
import yaml
from tests.fakes.forge import FakeForge
from tests.flows.test_command import Scene

from reviewlore.domain.events import JobResult
from reviewlore.domain.hold import TrainingHold
from reviewlore.domain.markers import find_pause
from reviewlore.errors import InputError
from reviewlore.flows import state
from reviewlore.formats import records


class PushedForge(FakeForge):
    """Somebody pushes once a command is taken up."""

    def react(self, kind, comment, reaction):
        self.change_pull(head_sha="c" * 40)
        super().react(kind, comment, reaction)


def first_lines(scene):
    return [each.body.partition("\n")[0] for each in scene.forge.talk]


def test_a_push_between_the_command_and_its_review_is_not_reviewed_for_it():
    """Attack 12: the head is pinned when the command is allowed."""
    scene = Scene()
    scene.forge = PushedForge(roles=scene.forge.roles)
    assert scene.say("/lore review") == JobResult("skipped", "head_moved")
    assert scene.reviewed_heads == []
    assert first_lines(scene) == [
        "The pull request was pushed to after you asked about `bbbbbbbbbbbb`, so nothing was posted. Say "
        "`/lore review` again for its new head."
    ]
    assert scene.marks == ["eyes", "confused"]


def test_a_pause_is_kept_in_the_answer_alone():
    scene = Scene()
    assert scene.say("/lore pause", "wim", at="2026-11-20T09:59:58Z") == JobResult("success")
    found = find_pause(scene.forge.talk[0].body)
    assert (found.held, found.at, found.command) == (True, "2026-11-20T09:59:58Z", 501)
    assert scene.store.files == {}
    assert scene.forge.calls == ["react", "post_comment", "react"]
    scene.say("/lore pause", comment=502)
    assert "(it was paused already)" in first_lines(scene)[1]
    scene.say("/lore resume", comment=503)
    scene.say("/lore resume", comment=504)
    assert first_lines(scene)[3].startswith("Resumed: nothing was paused;")
    assert scene.say("/lore pause", "tess", comment=505) == JobResult("neutral", "role_too_low")
    assert scene.say("/lore pause", "ravi", comment=506) == JobResult("skipped", "no_permission")


def test_a_command_said_again_after_it_was_answered_does_nothing():
    scene = Scene()
    scene.say("/lore pause")
    scene.say("/lore resume", comment=502)
    assert scene.say("/lore pause") == JobResult("skipped", "already_answered")
    assert len(scene.forge.talk) == 2


def test_training_says_how_it_ends_only_where_the_workflow_can():
    scene = Scene(before={"dispatch": [InputError('Unexpected inputs provided: ["reply-to"]')]})
    assert scene.say("/lore train") == JobResult("success")
    assert scene.forge.dispatched == [("reviewlore-learn.yml", "main", {"mode": "train", "tier": "embedded"})]
    assert first_lines(scene)[0].endswith("Its workflow has no input `reply-to`, so nothing is said here when it ends.")
    scene.say("/lore train", comment=502)
    assert scene.forge.dispatched[1][2]["reply-to"] == "1"
    assert first_lines(scene)[1].endswith("The gate decides whether its result is used. How it ended is said here.")


def test_a_workflow_that_is_not_there_is_told():
    scene = Scene(before={"dispatch": [InputError("GitHub has nothing there: Not Found.")] * 2})
    assert scene.say("/lore train").skip_reason == "command_failed"
    assert scene.forge.dispatched == []
    assert first_lines(scene) == [
        "`/lore train` could not be carried out: `reviewlore-learn.yml` could not be started on `main`. GitHub has "
        "nothing there: Not Found. `reviewlore init` writes this workflow; the input `train-workflow` names another."
    ]


@pytest.mark.parametrize(("now", "started"), [("2026-11-20T10:44:00Z", 0), ("2026-11-20T10:46:00Z", 1)])
def test_no_training_is_asked_for_while_one_is_under_way(now, started):
    scene = Scene()
    hold = TrainingHold("a1", "adapter-81ce", "person-1a2b", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z")
    scene.store.files[state.TRAINING] = records.encode(hold)
    scene.now = now
    scene.say("/lore train")
    assert len(scene.forge.dispatched) == started
    if not started:
        assert first_lines(scene)[0] == (
            "`/lore train` could not be carried out: `adapter-81ce` is trained since `2026-11-20T09:00:00Z` (last "
            "heard of at `2026-11-20T10:00:00Z`), and one training runs at a time. Say it again when that one has "
            "ended; without a sign of life it is taken for dead after 45 minutes."
        )
        assert scene.marks == ["eyes", "confused"]


def test_our_own_workflow_takes_what_is_dispatched():
    learn = yaml.safe_load((Path(__file__).parents[2] / ".github/workflows/learn.yml").read_text())
    inputs = learn.get("on", learn.get(True))["workflow_dispatch"]["inputs"]
    scene = Scene()
    scene.say("/lore train adapter")
    ((_, _, given),) = scene.forge.dispatched
    assert given.keys() <= inputs.keys()
    assert len(inputs) <= 25
    for name, value in given.items():
        assert value in inputs[name].get("options", [value])
