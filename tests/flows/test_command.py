import json

import pytest
from tests.fakes.forge import FakeForge, make_pull
from tests.fakes.runner import FakeClock, FakeStore

from reviewlore.diff import parse_diff
from reviewlore.domain.events import Annotation, CommandEvent, JobResult
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.history import Anchor
from reviewlore.domain.model import AT_ONCE, Policies, Registry, RegistryEntry
from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError
from reviewlore.flows import state
from reviewlore.flows.command import answer_command
from reviewlore.flows.command_tools import CommandTools
from reviewlore.flows.publish import Desk, Reviewed
from reviewlore.formats import records

URL = "https://github.com/octo/demo"
RUN = f"{URL}/actions/runs/7"
FOOT = f"\n\n<sub>Answer to [this command]({URL}/pull/1#issuecomment-501).</sub>\n\n<!-- reviewlore:reply=501 -->"
PATCHES = parse_diff("diff --git a/a.py b/a.py\nindex 1..2 100644\n--- a/a.py\n+++ b/a.py\n@@ -1,1 +1,2 @@\n x\n+y\n")
FINDING = Finding("3fa9c1d2e4", "rule", "architecture", Anchor("a.py", 2), "", "Title", "Why", "Do", "warning", 0.9)


class Scene:
    """A forge with a maintainer, a writer, a triager and a reader, and all that commands touch."""

    def __init__(self, **forge):
        roles = {"maria": "maintain", "wim": "write", "tess": "triage", "ravi": "read"}
        self.forge = FakeForge(roles=roles, **forge)
        self.store = FakeStore()
        self.reviewed_heads = []
        self.review_error = None
        self.pinned = str
        self.evaluation, self.judged = None, set()
        self.now = "2026-11-20T10:00:00Z"
        self.policy, self.promotion = "none", AT_ONCE

    def review(self, standing, anew):
        pull = standing.pull
        self.reviewed_heads.append(pull.head_sha)
        if self.review_error:
            raise self.review_error
        review = Review("octo/demo", "a" * 40, pull.head_sha, "embedded", "prior", (FINDING,), files_reviewed=1)
        return Reviewed(review, PATCHES)

    def look_into(self, pull):
        raise AssertionError(pull)

    def evaluate(self, versions):
        self.judged = set(versions)
        return self.evaluation

    def tools(self):
        return CommandTools(
            desk=Desk(self.forge, self.forge, URL),
            runs=lambda: self.forge,
            store=lambda: self.store,
            key=lambda: b"key",
            kept_key=lambda: b"key",
            policies=lambda: Policies(self.policy, self.promotion),
            clock=FakeClock(self.now),
            review=self.review,
            evaluate=self.evaluate,
            job=lambda reviewed, published: JobResult(
                "failure", published.skip_reason, len(reviewed.review.findings), exit_code=1
            ),
            look_into=self.look_into,
            run_url=RUN,
            pinned=self.pinned,
        )

    def say(self, body, author="maria", **more):
        event = CommandEvent(
            "octo/demo", 1, more.pop("comment", 501), more.pop("kind", "issue"), author, body, "main", **more
        )
        return answer_command(event, self.tools())

    @property
    def marks(self):
        return [reaction for _, _, reaction in self.forge.reactions]


def test_help_is_answered_once_with_two_reactions():
    scene = Scene()
    assert scene.say("/lore help", "tess") == JobResult("success")
    assert scene.marks == ["eyes", "rocket"]
    assert len(scene.forge.talk) == 1
    assert scene.forge.talk[0].body.startswith("Write a command as the first line of a new comment on an open")
    assert scene.forge.talk[0].body.endswith(FOOT)


def test_review_runs_publishes_and_answers():
    scene = Scene()
    assert scene.say("/lore review") == JobResult("failure", findings=1, exit_code=0)
    assert scene.reviewed_heads == ["b" * 40]
    assert [thread.body.splitlines()[0] for thread in scene.forge.threads] == ["**Title**"]
    assert scene.forge.talk[-1].body == "Reviewed `bbbbbbbbbbbb`: 1 new remark on the changed lines." + FOOT
    assert scene.marks == ["eyes", "rocket"]


def test_a_push_during_the_review_posts_nothing_stale():
    """Attack 12: the head is pinned at authorisation and compared again before posting."""
    scene = Scene()
    original = scene.review

    def review(standing, anew):
        scene.forge.change_pull(head_sha="c" * 40)
        return original(standing, anew)

    scene.review = review
    assert scene.say("/lore review").skip_reason == "head_moved"
    assert scene.forge.threads == []
    assert scene.forge.talk[0].body == (
        "Reviewed `bbbbbbbbbbbb`, but the pull request was pushed to meanwhile, so nothing was posted; "
        "the review of the new head follows by itself." + FOOT
    )
    assert scene.marks == ["eyes", "confused"]


@pytest.mark.parametrize("author", ["ravi", "nobody", "octo-owner-in-payload"])
@pytest.mark.parametrize("text", ["/lore review", "/lore help", "/lore train", "/lore nonsense"])
def test_strangers_get_nothing_done(author, text):
    """Attacks 7 and 8: the permission API alone decides, and `none` is its answer whenever it cannot tell."""
    scene = Scene()
    assert scene.say(text, author) == JobResult("skipped", "no_permission")
    assert scene.forge.calls == []
    assert scene.reviewed_heads == []


def test_a_team_member_without_the_role_is_told():
    scene = Scene()
    assert scene.say("/lore train", "wim") == JobResult("neutral", "role_too_low")
    assert scene.forge.dispatched == []
    assert scene.marks == ["confused"]
    assert scene.forge.talk[0].body == (
        "`/lore train` needs the role maintain in this repository; yours is write. Nothing was done." + FOOT
    )


@pytest.mark.parametrize("text", ["nice work", "> /lore review", "```\n/lore review\n```", ""])
def test_other_comments_are_not_looked_at(text):
    scene = Scene()
    assert scene.say(text) == JobResult("skipped", "not_a_command")
    assert scene.forge.calls == []


def test_a_wrong_command_is_answered_with_what_to_type():
    scene = Scene()
    assert scene.say("/lore reviw --model.api_base=http://evil") == JobResult("neutral", "command_not_understood")
    assert scene.marks == ["confused"]
    assert scene.forge.talk[0].body == (
        "There is no command `reviw`. Did you mean `/lore review`? Nothing was done; `/lore help` lists the commands."
        + FOOT
    )


@pytest.mark.parametrize(
    ("changes", "reason"), [({"state": "closed"}, "pull_request_closed"), ({"locked": True}, "pull_request_locked")]
)
def test_the_live_pull_request_decides_whether_it_is_open(changes, reason):
    scene = Scene()
    scene.forge.change_pull(**changes)
    assert scene.say("/lore review") == JobResult("skipped", reason)
    assert scene.forge.calls == []


def test_a_redelivered_comment_is_not_answered_again():
    scene = Scene()
    scene.say("/lore train")
    scene.forge.calls.clear()
    assert scene.say("/lore train") == JobResult("skipped", "already_answered")
    assert scene.forge.calls == []


def test_train_starts_the_workflow_on_the_default_branch():
    scene = Scene()
    assert scene.say("/lore train adapter").conclusion == "success"
    assert scene.forge.dispatched == [
        ("reviewlore-learn.yml", "main", {"mode": "train", "tier": "adapter", "reply-to": "1"})
    ]
    assert scene.forge.talk[0].body.startswith(
        f"Training of the `adapter` tier is asked for; it starts when a runner is free: "
        f"{URL}/actions/workflows/reviewlore-learn.yml."
    )


def test_status_is_told_from_the_state_branch():
    scene = Scene()
    entry = RegistryEntry("embedded-1", "embedded", "active", "gate", "2026-11-19T00:00:00Z", "won by 0.1")
    scene.store.files["registry.json"] = records.encode(Registry((entry,)))
    scene.store.files["feedback/2026-11.jsonl"] = b"{}\n{}\n"
    scene.say("/lore status", "tess")
    assert scene.forge.talk[0].body == (
        "Learned from 0 review remarks and 2 signals.\n\n"
        "| version | tier | state | since | why |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `embedded-1` | embedded | active | 2026-11-19 | won by 0.1 |" + FOOT
    )


def test_a_dismissal_in_the_thread_is_kept_with_its_reason():
    scene = Scene()
    scene.say("/lore review")
    thread = scene.forge.threads[0].id
    text = "/lore dismiss intended @alice wanted it, see anna@harbour.dev"
    assert scene.say(text, "wim", comment=702, kind="review", thread=thread).conclusion == "success"
    assert json.loads(scene.store.files["feedback/2026-11.jsonl"]) == {
        "id": "octo/demo#1/702",
        "kind": "dismissed",
        "repository": "octo/demo",
        "pull_request": 1,
        "finding": "3fa9c1d2e4",
        "reason": "intended",
        "text": "@someone wanted it, see [redacted:email]",
        "author": "person-4716ee7ef582",
        "role": "write",
        "at": "2026-11-20T10:00:00Z",
        "anchor": None,
    }
    assert scene.store.messages == ["Keep a dismissal (intended) of 3fa9c1d2e4"]
    answer = scene.forge.threads[-1]
    assert answer.in_reply_to == thread
    assert answer.body.startswith("Noted: `3fa9c1d2e4` is dismissed as `intended` (done on purpose).")
    assert answer.body.endswith(f"{URL}/pull/1#discussion_r702).</sub>\n\n<!-- reviewlore:reply=702 -->")


@pytest.mark.parametrize(
    "text", ["/lore dismiss wrong", "/lore dismiss wrong 3fa9c1", "/lore dismiss 3fa9c1d2e4 wrong"]
)
def test_a_dismissal_in_the_conversation_names_the_remark_or_there_is_only_one(text):
    scene = Scene()
    scene.say("/lore review")
    assert scene.say(text, comment=502).conclusion == "success"
    assert json.loads(scene.store.files["feedback/2026-11.jsonl"])["finding"] == "3fa9c1d2e4"


@pytest.mark.parametrize(("word", "finding"), [("bbbbbb2", "bbbbbb2"), ("1234567", "aaaaaa1"), ("", "aaaaaa1")])
def test_in_a_thread_the_id_of_another_remark_goes_before_the_thread_and_no_other_word_does(word, finding):
    scene = Scene()
    thread, _ = (scene.forge.add_thread(f"x\n\n<!-- reviewlore:finding={name} -->", scene.forge.login).id
                 for name in ("aaaaaa1", "bbbbbb2"))  # fmt: skip
    scene.say(f"/lore dismiss wrong {word}", kind="review", thread=thread)
    assert json.loads(scene.store.files["feedback/2026-11.jsonl"])["finding"] == finding


def test_a_remark_of_the_summary_can_be_dismissed():
    scene = Scene()
    scene.forge.post_comment(1, "### reviewlore\n\n<sub>Id `77aa00bb`</sub>\n\nend\n\n<!-- reviewlore:summary -->")
    scene.say("/lore dismiss too-minor 77aa00bb")
    assert json.loads(scene.store.files["feedback/2026-11.jsonl"])["finding"] == "77aa00bb"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([], "There is no remark of mine on this pull request to dismiss."),
        (
            ["aaaaaa1", "bbbbbb2"],
            "Which remark? Answer in its thread, or name it: `/lore dismiss <reason> <id>`. "
            "On this pull request: `aaaaaa1`, `bbbbbb2`.",
        ),
    ],
)
def test_a_dismissal_of_nothing_in_particular_is_asked_back(said, answer):
    scene = Scene()
    for name in said:
        scene.forge.add_thread(f"x\n\n<!-- reviewlore:finding={name} -->", scene.forge.login)
    scene.forge.add_thread("x\n\n<!-- reviewlore:finding=ccccc3 -->", "mallory")
    assert scene.say("/lore dismiss wrong") == JobResult("neutral", "command_refused")
    assert scene.forge.talk[0].body == f"`/lore dismiss` could not be carried out: {answer}" + FOOT
    assert scene.store.files == {}


def test_a_dismissal_is_kept_once_even_if_the_answer_was_lost():
    scene = Scene()
    scene.say("/lore review")
    scene.say("/lore dismiss wrong", comment=502)
    del scene.forge.talk[-1]
    scene.say("/lore dismiss wrong", comment=502)
    assert scene.store.files["feedback/2026-11.jsonl"].count(b"\n") == 1


def test_the_last_comment_on_a_remark_holds_whichever_run_comes_first():
    scene = Scene()
    scene.say("/lore review")
    scene.say("/lore accept", comment=503, at="2026-11-20T09:58:00Z")
    scene.now = "2026-11-20T10:01:00Z"
    scene.say("/lore dismiss wrong", comment=502, at="2026-11-20T09:57:00Z")
    assert state.read_dismissals(scene.store, "octo/demo") == ()
    assert [each.at for each in state.read_audit(scene.store)] == ["2026-11-20T10:00:00Z", scene.now]


@pytest.mark.parametrize("at", ["", "../../../etc", "2026-11-20"])
def test_a_comment_that_does_not_say_when_it_was_written_counts_from_now(at):
    scene = Scene()
    scene.say("/lore review")
    scene.say("/lore dismiss wrong", comment=502, at=at)
    assert [each.at for each in state.read_feedback(scene.store)] == [scene.now]


def test_a_signal_is_kept_once_even_if_its_comment_is_read_again_in_another_month():
    scene = Scene()
    scene.say("/lore review")
    scene.say("/lore dismiss wrong", comment=502, at="2026-11-20T09:57:00Z")
    del scene.forge.talk[-1]
    scene.now = "2026-12-01T00:00:00Z"
    scene.say("/lore dismiss wrong", comment=502, at="2026-11-20T09:57:00Z")
    assert len(state.read_feedback(scene.store)) == 1


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (
            ConfigError("`.reviewlore.toml` has no key x."),
            "`/lore review` could not be carried out: `.reviewlore.toml` has no key x.",
            2,
        ),
        (
            ForgeError("GitHub failed at /secret/path."),
            "`/lore review` could not be carried out: something went wrong that is not your doing.\n\n"
            f"[The log of this run]({RUN}) has the details.",
            3,
        ),
    ],
)
def test_a_failure_is_told_in_one_reply(error, text, code):
    scene = Scene()
    scene.review_error = error
    note = Annotation("error", str(error), title="reviewlore")
    assert scene.say("/lore review") == JobResult("failure", "command_failed", annotations=(note,), exit_code=code)
    assert [comment.body for comment in scene.forge.talk] == [text + FOOT]
    assert scene.marks == ["eyes", "confused"]


def test_a_reply_that_arrived_in_spite_of_an_error_is_not_repeated():
    scene = Scene(after={"post_comment": [ForgeError("502")]})
    scene.say("/lore help")
    assert len(scene.forge.talk) == 1
    assert scene.marks == ["eyes", "rocket"]


def test_a_reply_that_did_not_arrive_is_sent_once_more():
    scene = Scene(before={"post_comment": [ForgeError("502")]})
    scene.say("/lore help")
    assert len(scene.forge.talk) == 1


def test_a_reaction_that_fails_does_not_matter():
    scene = Scene(before={"react": [ForgeError("502"), ForgeError("502")]})
    assert scene.say("/lore help").conclusion == "success"
    assert len(scene.forge.talk) == 1


def test_without_write_permission_nothing_is_done():
    refusals = {"react": [RefusedError("403")] * 2, "post_comment": [RefusedError("403")]}
    scene = Scene(before=refusals)
    assert scene.say("/lore train").skip_reason == "no_write_permission"
    assert scene.forge.dispatched == []
    assert scene.forge.bodies() == []


@pytest.mark.parametrize("word", ["@octo/team", "octo/demo@team", "octo#7", "<b>", "![x](https://evil.example/x)"])
def test_a_failure_quotes_what_was_said_without_waking_anybody(word):
    scene = Scene()
    assert scene.say(f"/lore forget pr {word}").skip_reason == "command_failed"
    assert word not in scene.forge.talk[0].body


def test_a_pull_request_that_is_not_there_is_an_error():
    scene = Scene(pulls={2: make_pull(2)})
    with pytest.raises(InputError, match="no pull request 1"):
        scene.say("/lore review")


def test_a_reply_carries_no_secret():
    scene = Scene()
    scene.review_error = ConfigError("The key ghp_" + "A1b2" * 9 + " is wrong.")
    scene.say("/lore review")
    assert "The key [redacted:github-token] is wrong." in scene.forge.talk[0].body
