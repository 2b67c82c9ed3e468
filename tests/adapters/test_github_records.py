"""GitHub's JSON to records: whatever comes, a record or one clear error."""

import copy
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.github.contract import Contract
from tests.github.routing import PULL, REPO

from reviewlore.adapters.github_records import (
    is_same_account,
    parse_graph_review,
    parse_issue_comment,
    parse_pull,
    parse_review,
    parse_role,
    parse_thread,
    parse_thread_comment,
    parsed,
)
from reviewlore.errors import ForgeError

CONTRACT = Contract()
THREAD = {
    "id": "PRRT_1",
    "isResolved": True,
    "isOutdated": False,
    "resolvedBy": {"login": "carol"},
    "comments": {"nodes": [{"fullDatabaseId": "2400000001"}]},
}
REVIEW = {
    "pullRequest": 7,
    "fullDatabaseId": "2400000002",
    "author": {"__typename": "Bot", "login": "helper"},
    "state": "APPROVED",
    "body": "",
    "commit": {"oid": "0" * 40},
    "submittedAt": "2026-01-01T00:00:00Z",
    "url": "https://example.org",
}
# GitHub's own published examples, and for GraphQL what its schema allows.
CASES = {
    parse_pull: CONTRACT.example("GET", PULL, 200),
    parse_thread_comment: CONTRACT.example("GET", REPO + "/pulls/comments", 200),
    parse_issue_comment: CONTRACT.example("GET", REPO + "/issues/comments", 200),
    parse_review: CONTRACT.example("GET", PULL + "/reviews", 200),
    parse_thread: THREAD,
    parse_graph_review: REVIEW,
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
    assert parse_thread(THREAD).root == 2_400_000_001 and parse_thread(THREAD).resolved_by == "carol"
    assert parse_thread({**THREAD, "comments": {"nodes": []}}) is None
    review = parse_graph_review(REVIEW)
    assert (review.author, review.author_is_bot, review.pull_request) == ("helper[bot]", True, 7)


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
