"""Commands that steer: what they change, what they say, and what becomes of two at once or of one said twice."""

from tests.fakes.forge import FakeForge
from tests.flows.test_command import Scene

from reviewlore.domain.events import JobResult
from reviewlore.domain.markers import find_pause


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
