"""All 329 published webhook payloads: each is read without a crash, and with the decision that was reasoned out here.

The tables below were written from GitHub's documentation of the events and from what reviewlore is for, before the
code was run on the payloads; they say nothing about how it decides.
"""

import copy
from collections import Counter
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.github.examples import find_example, load_examples

from reviewlore.domain.events import (
    AnalysedEvent,
    CommandEvent,
    Ignored,
    Mode,
    PullRequestEvent,
    PushEvent,
    ThreadEvent,
)
from reviewlore.flows.dispatch import choose_job
from reviewlore.stages.intake import read_event

REVIEWS = {"review", "analyse"}  # in one run, or the first of two
# event, what tells its kinds apart -> how many of them there are, and the modes that they start or why there is none.
PULL_REQUESTS = {
    # A pull request with code that nobody looked at yet.
    "opened": (4, REVIEWS),
    "reopened": (2, REVIEWS),
    "synchronize": (1, REVIEWS),
    "ready_for_review": (3, REVIEWS),
    # Its code did not change.
    "assigned": (2, "action_not_reviewed"),
    "unassigned": (2, "action_not_reviewed"),
    "labeled": (2, "action_not_reviewed"),
    "unlabeled": (2, "action_not_reviewed"),
    "locked": (2, "action_not_reviewed"),
    "unlocked": (2, "action_not_reviewed"),
    "review_requested": (1, "action_not_reviewed"),
    "review_request_removed": (1, "action_not_reviewed"),
    # The author does not want a review now, or any more.
    "converted_to_draft": (3, "action_not_reviewed"),
    "closed": (2, "action_not_reviewed"),
}
ISSUE_COMMENTS = {
    "created": (5, "not_a_pull_request"),  # all published ones stand on plain issues
    "edited": (2, "comment_not_new"),  # an old, harmless comment must not become a command
    "deleted": (2, "comment_not_new"),
}
REVIEW_COMMENTS = {
    "created": (3, {"command"}),  # a person's, on an open pull request; whether it is a command its text tells
    "edited": (1, "comment_not_new"),
    "deleted": (1, "comment_not_new"),
}
PUSHES = {
    "refs/heads/master": (2, {"learn", "report"}),  # the default branch: what was merged has its outcome now
    "refs/tags/simple-tag": (5, "not_the_default_branch"),
}
DISPATCHES = {
    "refs/heads/main": (1, {"learn", "train", "report"}),
    "refs/heads/master": (1, {"learn", "train", "report"}),
}
RUNS = {
    "requested": (2, "run_not_completed"),
    "completed": (3, "run_not_of_a_pull_request"),  # a hand and repository_dispatch started them
}
HANDLED = {
    "pull_request": ("action", PULL_REQUESTS),
    "issue_comment": ("action", ISSUE_COMMENTS),
    "pull_request_review_comment": ("action", REVIEW_COMMENTS),
    "push": ("ref", PUSHES),
    "workflow_dispatch": ("ref", DISPATCHES),
    "workflow_run": ("action", RUNS),
}
# Events that concern nothing that reviewlore does: no job of it may start by them.
OTHERS = {
    "branch_protection_rule": 5,
    "check_run": 9,
    "check_suite": 9,
    "code_scanning_alert": 6,
    "commit_comment": 5,
    "create": 5,
    "delete": 4,
    "dependabot_alert": 3,
    "deploy_key": 2,
    "deployment": 4,
    "deployment_review": 1,
    "deployment_status": 4,
    "discussion": 15,
    "discussion_comment": 4,
    "fork": 3,
    "github_app_authorization": 2,
    "gollum": 3,
    "installation": 7,
    "installation_repositories": 3,
    "issues": 29,
    "label": 6,
    "marketplace_purchase": 4,
    "member": 4,
    "membership": 5,
    "merge_group": 2,
    "meta": 2,
    "milestone": 5,
    "org_block": 4,
    "organization": 5,
    "package": 3,
    "page_build": 3,
    "ping": 4,
    "project": 3,
    "project_card": 9,
    "project_column": 4,
    "projects_v2_item": 7,
    "public": 3,
    "pull_request_review": 4,
    "pull_request_review_thread": 3,
    "release": 13,
    "repository": 13,
    "repository_dispatch": 2,
    "repository_import": 2,
    "repository_vulnerability_alert": 4,
    "security_advisory": 4,
    "sponsorship": 4,
    "star": 3,
    "status": 4,
    "team": 6,
    "team_add": 3,
    "watch": 3,
    "workflow_job": 8,
}
EXAMPLES = load_examples()
READ = [each for each in EXAMPLES if each.event in HANDLED]
MODES = get_args(Mode)


def expected(example):
    """The modes that a payload starts, or the reason why there is none, by the tables."""
    if example.event not in HANDLED:
        return "event_not_handled"
    field, table = HANDLED[example.event]
    return table[example.payload[field]][1]


def test_the_tables_cover_all_that_was_published():
    counted = Counter((each.event, each.payload[HANDLED[each.event][0]]) for each in READ)
    told = {(event, value): row[0] for event, (_, table) in HANDLED.items() for value, row in table.items()}
    assert counted == told
    others = Counter(each.event for each in EXAMPLES if each.event not in HANDLED)
    assert others == OTHERS
    assert len(EXAMPLES) == 329


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.id)
def test_every_published_payload_ends_in_the_right_decision(example):
    event = read_event(example.event, example.payload, "octo/elsewhere")
    decision = expected(example)
    if isinstance(decision, str):
        assert event == Ignored(decision)
        assert [choose_job(mode, event) for mode in MODES] == [event] * len(MODES)
        return
    jobs = {mode: choose_job(mode, event) for mode in MODES}
    assert {mode for mode, job in jobs.items() if job == mode} == decision
    assert {job for mode, job in jobs.items() if mode not in decision} == {Ignored("event_not_for_mode")}


def test_what_is_read_of_them_is_what_they_say():
    """The fields, checked by eye against the published JSON."""
    assert read_event("pull_request", find_example("pull_request", action="synchronize")) == PullRequestEvent(
        repository="Codertocat/Hello-World",
        number=2,
        action="synchronize",
        head_sha="ec26c3e57ca3a959ca5aad62de7213c562f8c821",
        base_sha="f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        from_fork=False,
    )
    comment = read_event("pull_request_review_comment", find_example("pull_request_review_comment", action="created"))
    assert comment == CommandEvent(
        repository="Codertocat/Hello-World",
        number=2,
        comment=284312630,
        kind="review",
        author="Codertocat",
        body="Maybe you should use more emoji on this line.",
        default_branch="master",
        thread=284312630,
        at="2019-05-15T15:20:37Z",
    )
    assert read_event("push", find_example("push", ref="refs/heads/master")) == PushEvent(
        "Codertocat/Hello-World", "Codertocat"
    )


# One thing about a published payload is otherwise; what that changes.
TURNS = [
    ("pull_request", "opened", ("pull_request", "head", "repo", "full_name"), "stranger/Hello-World", REVIEWS),
    ("pull_request", "opened", ("pull_request", "head", "repo"), None, REVIEWS),
    ("pull_request", "opened", ("pull_request", "user"), None, REVIEWS),
    ("pull_request", "opened", ("pull_request", "state"), "closed", "pull_request_closed"),
    ("pull_request", "opened", ("pull_request", "locked"), True, "pull_request_locked"),
    ("pull_request", "opened", ("pull_request", "head", "sha"), None, "payload_incomplete"),
    ("pull_request", "opened", ("action",), "edited", "action_not_reviewed"),
    ("issue_comment", "created", ("issue", "pull_request"), {"url": "x"}, {"command"}),
    ("pull_request_review_comment", "created", ("comment", "user"), None, "sender_is_not_author"),
    ("pull_request_review_comment", "created", ("comment", "user", "type"), "Bot", "author_is_bot"),
    ("pull_request_review_comment", "created", ("sender", "login"), "other", "sender_is_not_author"),
    ("pull_request_review_comment", "created", ("sender", "login"), "x[bot]", "author_is_bot"),
    ("pull_request_review_comment", "created", ("pull_request", "state"), "closed", "pull_request_closed"),
    ("push", "refs/heads/master", ("deleted",), True, "branch_deleted"),
    ("push", "refs/heads/master", ("ref",), "refs/heads/feature", "not_the_default_branch"),
    ("push", "refs/heads/master", ("ref",), "refs/tags/master", "not_the_default_branch"),
    ("workflow_run", "completed", ("workflow_run", "event"), "pull_request", "run_without_result"),
    ("workflow_dispatch", "refs/heads/main", ("ref",), "refs/heads/feature", "not_the_default_branch"),
]


@pytest.mark.parametrize(("event", "kind", "path", "value", "decision"), TURNS)
def test_one_thing_otherwise_turns_the_decision(event, kind, path, value, decision):
    payload = find_example(event, **{HANDLED[event][0]: kind})
    place = payload
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    read = read_event(event, payload)
    if isinstance(decision, str):
        assert read == Ignored(decision)
    else:
        assert {mode for mode in MODES if choose_job(mode, read) == mode} == decision


def test_a_run_that_analysed_a_pull_request_is_posted():
    """Of a fork's run, what the forge says itself: its commit, and the repository and branch that it came from."""
    payload = find_example("workflow_run", action="completed")
    payload["workflow_run"] |= {"event": "pull_request", "conclusion": "success"}
    assert read_event("workflow_run", payload) == AnalysedEvent(
        repository="Codertocat/Hello-World",
        run=1589141559,
        head_repository="octo-org/octo-repo",
        head_branch="main",
        head_sha="5779607b49aab1200488439f02372c57b4f75444",
    )


def test_a_run_of_a_comment_in_a_thread_names_the_comment():
    payload = find_example("workflow_run", action="completed")
    payload["workflow_run"] |= {"event": "pull_request_review_comment", "conclusion": "success"}
    payload["workflow_run"]["display_title"] = "reviewlore thread 284312630"
    heard = ThreadEvent("Codertocat/Hello-World", 284312630, payload["workflow_run"]["created_at"], "main")
    assert read_event("workflow_run", payload) == heard
    assert [mode for mode in MODES if choose_job(mode, heard) == mode] == ["command"]
    for title in (None, "", "reviewlore thread 0", "reviewlore thread 1\n", "reviewlore thread \u0661", "x 1", 1):
        payload["workflow_run"]["display_title"] = title
        assert read_event("workflow_run", payload) == Ignored("payload_incomplete")
    payload["workflow_run"]["conclusion"] = "skipped"
    assert read_event("workflow_run", payload) == Ignored("run_without_result")


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just([]), st.just({}), st.just([{}])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(example=st.sampled_from(READ), draw=st.data())
def test_a_published_payload_with_anything_in_any_place_is_read(example, draw):
    """Ghost users, deleted forks, fields that a later API leaves out: the reader never raises."""
    payload = copy.deepcopy(example.payload)
    for _ in range(draw.draw(st.integers(1, 4))):
        place, depth = payload, draw.draw(st.integers(0, 3))
        while True:
            key = draw.draw(st.sampled_from(sorted(place)))
            if depth == 0 or not isinstance(place[key], dict) or not place[key]:
                break
            place, depth = place[key], depth - 1
        if draw.draw(st.booleans()):
            place[key] = draw.draw(ANYTHING)
        else:
            del place[key]
        if not payload:
            break
    event = read_event(example.event, payload)
    assert isinstance(event, Ignored) or {mode for mode in MODES if choose_job(mode, event) == mode}
