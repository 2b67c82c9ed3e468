"""GitHub's JSON to records: whatever comes, a record or one clear error."""

import copy
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.github.contract import Contract
from tests.github.routing import PULL, REPO

from reviewlore.errors import ForgeError
from reviewlore.formats.github import (
    is_same_account,
    parse_issue_comment,
    parse_pull,
    parse_review,
    parse_role,
    parse_thread_comment,
    parsed,
)
from reviewlore.formats.github_graph import parse_merged_pull

CONTRACT = Contract()
OID = {"oid": "0" * 40}


def whole(*nodes: Any) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [*nodes]}


COMMENT = {
    "fullDatabaseId": "2400000001", "replyTo": None, "pullRequestReview": {"fullDatabaseId": "2400000009"},
    "path": "a.py", "subjectType": "LINE", "line": None, "originalLine": 3, "startLine": None, "originalStartLine": 2,
    "originalCommit": OID, "commit": OID, "author": {"__typename": "User", "login": "carol"},
    "authorAssociation": "MEMBER", "body": "Why?", "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-02T00:00:00Z", "lastEditedAt": "2026-01-02T00:00:00Z", "isMinimized": True,
    "minimizedReason": "off-topic", "url": "https://example.org/1",
}  # fmt: skip
REPLY = {**COMMENT, "fullDatabaseId": "2400000002", "replyTo": {"fullDatabaseId": "2400000001"}, "author": None}
REACTIONS = whole(
    {"content": "THUMBS_UP", "createdAt": "2026-01-03T00:00:00Z", "user": {"login": "dave"}},
    {"content": "THUMBS_UP", "createdAt": "2026-01-03T00:00:00Z", "user": None},
    {"content": "ROCKET", "createdAt": "2026-01-03T00:00:00Z", "user": {"login": "helper[bot]"}},
)
THREAD = {
    "id": "PRRT_1", "isResolved": True, "isOutdated": False, "diffSide": "LEFT",
    "resolvedBy": {"__typename": "User", "login": "carol"},
    "root": whole({"id": "PRRC_1", "diffHunk": "@@ -1 +1 @@", "reactions": REACTIONS}),
    "comments": whole(COMMENT, REPLY),
}  # fmt: skip
REVIEW = {
    "fullDatabaseId": "2400000002", "author": {"__typename": "Bot", "login": "helper"}, "state": "APPROVED",
    "body": "", "commit": OID, "submittedAt": "2026-01-01T00:00:00Z", "url": "https://example.org",
}  # fmt: skip
TALK = {
    "fullDatabaseId": "2400000003", "author": None, "authorAssociation": "NONE", "body": "Thanks",
    "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z", "url": "https://example.org",
}  # fmt: skip
MERGED = {
    "id": "PR_7", "number": 7, "title": "Title", "body": "", "author": None, "state": "MERGED", "isDraft": False,
    "locked": False, "url": "https://example.org", "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00Z", "mergedAt": "2026-01-01T00:00:00Z", "baseRefName": "main",
    "baseRefOid": "0" * 40, "headRefName": "feat", "headRefOid": "1" * 40, "headRepository": None,
    "mergeCommit": OID, "labels": whole({"name": "bug"}), "reviewThreads": whole(THREAD), "reviews": whole(REVIEW),
    "comments": whole(TALK),
}  # fmt: skip
# GitHub's own published examples, and for GraphQL what its schema allows.
CASES = {
    parse_pull: CONTRACT.example("GET", PULL, 200),
    parse_thread_comment: CONTRACT.example("GET", REPO + "/pulls/comments", 200),
    parse_issue_comment: CONTRACT.example("GET", REPO + "/issues/comments", 200),
    parse_review: CONTRACT.example("GET", PULL + "/reviews", 200),
    parse_merged_pull: MERGED,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("parse", CASES)
@given(value=JSON)
def test_anything_else_is_one_clear_error(parse: Any, value: object) -> None:
    with pytest.raises(ForgeError, match="as documented"):
        parsed(parse, value)


@pytest.mark.parametrize("parse", CASES)
@given(data=st.data())
def test_a_damaged_answer_is_a_record_or_one_clear_error(parse: Any, data: st.DataObject) -> None:
    value = copy.deepcopy(CASES[parse])
    assert parsed(parse, value) is not None
    for name in data.draw(st.lists(st.sampled_from(sorted(value)), min_size=1, max_size=3, unique=True)):
        if data.draw(st.booleans()):
            del value[name]
        else:
            value[name] = data.draw(JSON)
    try:
        record = parsed(parse, value)
    except ForgeError as error:
        assert "as documented" in str(error)
    else:
        assert record is None or dataclasses.is_dataclass(record)


def test_githubs_own_examples_are_read() -> None:
    pull = parse_pull(CASES[parse_pull])
    assert (pull.number, pull.author, pull.base_ref) == (1347, "octocat", "master")
    comment = parse_thread_comment(CASES[parse_thread_comment])
    assert (comment.pull_request, comment.in_reply_to, comment.side, comment.start_line) == (1, 8, "RIGHT", 1)


def test_a_merged_pull_request_comes_whole() -> None:
    merged = parse_merged_pull(MERGED)
    assert (merged.pull.state, merged.pull.merged, merged.pull.author, merged.pull.labels) == (
        "closed", True, None, ("bug",),
    )  # fmt: skip
    (thread,) = merged.threads
    assert (thread.resolved, thread.resolved_by, thread.outdated) == (True, "carol", False)
    root, reply = thread.comments
    assert (root.id, root.in_reply_to, root.review, root.side) == (2_400_000_001, None, 2_400_000_009, "LEFT")
    assert (root.line, root.original_line, root.original_start_line) == (None, 3, 2)
    assert (root.edited_at, root.hidden) == ("2026-01-02T00:00:00Z", "off-topic")
    assert root.reactions == {"+1": 2, "rocket": 1}  # a deleted account's too
    assert [(each.login, each.reaction, each.is_bot) for each in root.reacted] == [
        ("dave", "+1", False), ("helper[bot]", "rocket", True),
    ]  # fmt: skip
    assert (reply.in_reply_to, reply.author, reply.diff_hunk, reply.reactions) == (root.id, None, root.diff_hunk, {})
    assert [(each.author, each.author_is_bot, each.state) for each in merged.reviews] == [
        ("helper[bot]", True, "APPROVED"),
    ]  # fmt: skip
    assert [(each.number, each.author, each.body) for each in merged.conversation] == [(7, None, "Thanks")]


def test_a_thread_without_its_root_is_none() -> None:
    orphan = {**THREAD, "comments": whole(REPLY)}
    assert parse_merged_pull({**MERGED, "reviewThreads": whole(orphan, None)}).threads == ()
    empty = {**THREAD, "comments": whole(), "root": whole()}
    assert parse_merged_pull({**MERGED, "reviewThreads": whole(empty)}).threads == ()


@pytest.mark.parametrize(
    ("answer", "role"),
    [
        ({"role_name": "maintain", "permission": "write"}, "maintain"),
        ({"role_name": "security-champion", "permission": "write"}, "write"),
        ({"role_name": "custom", "permission": "odd"}, "none"),
        ({}, "none"),
    ],
)
def test_a_role_is_never_guessed_upwards(answer: dict[str, str], role: str) -> None:
    assert parse_role(answer) == role


def test_only_a_bot_may_be_named_without_its_suffix() -> None:
    assert is_same_account("lore[bot]", "lore[bot]", True)
    assert is_same_account("lore", "lore[bot]", True)
    assert not is_same_account("lore[bot]", "lore", False)
    assert not is_same_account("lore", "lore[bot]", False)
    assert not is_same_account("lore", None, False)
