import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.events import (
    AnalysedEvent,
    CommandEvent,
    DispatchEvent,
    Ignored,
    PullRequestEvent,
    PushEvent,
    ScheduledEvent,
)
from reviewlore.stages.intake import read_event

EVENTS = Path(__file__).parents[1] / "action" / "events"
NAMES = [
    "pull_request",
    "issue_comment",
    "pull_request_review_comment",
    "schedule",
    "workflow_dispatch",
    "push",
    "ping",
]


def payload(name, **changes):
    """A payload of tests/action/events with values replaced by dotted path (`pull_request__draft=True`)."""
    value = json.loads((EVENTS / f"{name}.json").read_text())
    for path, new in changes.items():
        *parents, last = path.split("__")
        place = value
        for key in parents:
            place = place[key]
        place[last] = new
    return value


def test_an_opened_pull_request_is_an_event():
    event = read_event("pull_request", payload("pull_request"))
    assert event == PullRequestEvent("octo/demo", 1, "opened", "b" * 40, "a" * 40, from_fork=False)


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize", "ready_for_review"])
def test_actions_that_are_reviewed(action):
    event = read_event("pull_request", payload("pull_request", action=action))
    assert isinstance(event, PullRequestEvent)
    assert event.action == action


def test_a_fork_is_recognised_also_when_it_was_deleted():
    fork = payload("pull_request", pull_request__head__repo={"full_name": "stranger/demo"})
    gone = payload("pull_request", pull_request__head__repo=None)
    assert [read_event("pull_request", value).from_fork for value in (fork, gone)] == [True, True]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": "labeled"}, "action_not_reviewed"),
        ({"action": ["opened"]}, "action_not_reviewed"),
        ({"action": "closed", "pull_request__state": "closed"}, "action_not_reviewed"),
        ({"pull_request__state": "closed"}, "pull_request_closed"),
        ({"pull_request__locked": True}, "pull_request_locked"),
        ({"pull_request__number": "1"}, "payload_incomplete"),
        ({"pull_request__head": None}, "payload_incomplete"),
        ({"pull_request": None}, "payload_incomplete"),
    ],
)
def test_pull_requests_that_are_ignored_say_why(changes, reason):
    assert read_event("pull_request", payload("pull_request", **changes)) == Ignored(reason)


def test_a_draft_is_an_event_since_the_settings_decide():
    assert isinstance(read_event("pull_request", payload("pull_request", pull_request__draft=True)), PullRequestEvent)


def test_a_comment_on_a_pull_request_is_an_event():
    assert read_event("issue_comment", payload("issue_comment")) == CommandEvent(
        repository="octo/demo",
        number=1,
        comment=501,
        kind="issue",
        author="maria",
        body="/lore review",
        default_branch="main",
        at="2026-11-20T10:00:00Z",
    )


def test_an_answer_in_a_thread_names_its_root():
    answer = read_event("pull_request_review_comment", payload("pull_request_review_comment"))
    root = read_event(
        "pull_request_review_comment", payload("pull_request_review_comment", comment__in_reply_to_id=None)
    )
    assert (answer.kind, answer.comment, answer.thread) == ("review", 702, 701)
    assert (root.comment, root.thread) == (702, 702)


BOT = {"login": "helper[bot]", "type": "Bot"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": "edited"}, "comment_not_new"),
        ({"action": "deleted"}, "comment_not_new"),
        ({"comment__user": BOT, "sender": BOT}, "author_is_bot"),
        ({"comment__user": {"login": "x[Bot]", "type": "User"}}, "author_is_bot"),
        ({"sender": BOT}, "author_is_bot"),
        ({"comment__performed_via_github_app": {"id": 1, "slug": "app"}}, "author_is_bot"),
        ({"sender": {"login": "other", "type": "User"}}, "sender_is_not_author"),
        ({"issue__pull_request": None}, "not_a_pull_request"),
        ({"issue__state": "closed"}, "pull_request_closed"),
        ({"issue__locked": True}, "pull_request_locked"),
        ({"comment__id": None}, "payload_incomplete"),
        ({"comment__user": None, "sender": None}, "payload_incomplete"),
    ],
)
def test_comments_that_are_ignored_say_why(changes, reason):
    assert read_event("issue_comment", payload("issue_comment", **changes)) == Ignored(reason)


def test_a_plain_issue_is_ignored():
    value = payload("issue_comment")
    del value["issue"]["pull_request"]
    assert read_event("issue_comment", value) == Ignored("not_a_pull_request")


def test_an_association_in_the_payload_decides_nothing():
    owner, stranger = (
        read_event("issue_comment", payload("issue_comment", comment__author_association=association))
        for association in ("OWNER", "NONE")
    )
    assert owner == stranger


def test_a_schedule_needs_no_repository_in_its_payload():
    assert read_event("schedule", {"schedule": "17 3 * * *"}, "octo/demo") == ScheduledEvent("octo/demo", "17 3 * * *")


def test_a_dispatch_runs_from_the_default_branch_only():
    good = payload("workflow_dispatch")
    assert read_event("workflow_dispatch", good) == DispatchEvent("octo/demo", "maria")
    assert read_event("workflow_dispatch", good | {"ref": "refs/heads/x"}) == Ignored("not_the_default_branch")
    assert read_event("workflow_dispatch", good | {"ref": None}) == Ignored("payload_incomplete")


def pushed(ref="refs/heads/main", **more):
    return {"ref": ref, "repository": {"full_name": "o/r", "default_branch": "main"}, "sender": {"login": "ann"}} | more


def test_a_push_to_the_default_branch_is_read():
    assert read_event("push", pushed()) == PushEvent("o/r", "ann")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (pushed("refs/heads/other"), "not_the_default_branch"),
        (pushed("refs/tags/main"), "not_the_default_branch"),
        (pushed(deleted=True), "branch_deleted"),
        (pushed(repository={"full_name": "o/r"}), "payload_incomplete"),
    ],
)
def test_other_pushes_are_ignored(payload, reason):
    assert read_event("push", payload) == Ignored(reason)


@pytest.mark.parametrize("name", ["ping", "pull_request_target", "workflow_job", ""])
def test_other_events_are_not_handled(name):
    assert read_event(name, payload("pull_request")) == Ignored("event_not_handled")


def ran(**changes):
    run = {
        "id": 30433642,
        "event": "pull_request",
        "conclusion": "success",
        "head_sha": "b" * 40,
        "head_branch": "feat",
        "head_repository": {"full_name": "eve/r"},
        "pull_requests": [],
    }
    return {"action": "completed", "repository": {"full_name": "o/r"}, "workflow_run": run | changes}


@pytest.mark.parametrize("conclusion", ["success", "failure"])
def test_a_run_that_has_ended_may_have_left_a_review(conclusion):
    event = read_event("workflow_run", ran(conclusion=conclusion))
    assert event == AnalysedEvent("o/r", 30433642, "eve/r", "feat", "b" * 40)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (ran() | {"action": "requested"}, "run_not_completed"),
        (ran(event="push"), "run_not_of_a_pull_request"),
        (ran(event="pull_request_target"), "run_not_of_a_pull_request"),
        (ran(conclusion="cancelled"), "run_without_result"),
        (ran(conclusion=["success"]), "run_without_result"),
        (ran(head_sha="--upload-pack=x"), "payload_incomplete"),
        (ran(head_branch=None), "payload_incomplete"),
        (ran(head_repository=None), "payload_incomplete"),
        (ran() | {"workflow_run": 3}, "run_not_of_a_pull_request"),
    ],
)
def test_other_runs_are_ignored(payload, reason):
    assert read_event("workflow_run", payload) == Ignored(reason)


@pytest.mark.parametrize("value", [None, [], "x", 3, {}, {"repository": 3}, {"repository": {"full_name": "a/b/c"}}])
def test_odd_payloads_are_incomplete(value):
    assert read_event("pull_request", value) == Ignored("payload_incomplete")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(NAMES), st.data())
def test_no_payload_makes_it_crash(name, data):
    """Any value of a real payload may be missing or of another type."""
    value = copy.deepcopy(payload("pull_request") | payload("issue_comment"))
    place = value
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(JSON)
        break
    event = read_event(name, value)
    assert isinstance(event, PullRequestEvent | CommandEvent | ScheduledEvent | DispatchEvent | Ignored)
