"""What a forge lists apart becomes raw remarks; what belongs to none is counted."""

from typing import Any

import pytest

from reviewlore.domain.forge import PullActivity, PullRequest, Thread, ThreadComment
from reviewlore.stages.mine import join_threads

PULL = PullRequest(
    number=1, title="t", body="", author="wen", author_is_bot=False, state="closed", draft=False, merged=True,
    base_ref="main", base_sha="b" * 40, head_ref="f", head_sha="h" * 40, head_repository="o/r", labels=(),
    merge_commit="m" * 40, created_at="2026-01-01T00:00:00Z", updated_at="2026-01-01T00:00:00Z",
    merged_at="2026-01-01T00:00:00Z", url="",
)  # fmt: skip


def said(number: int, **changes: Any) -> ThreadComment:
    plain: dict[str, Any] = {
        "id": number, "in_reply_to": None, "review": 1, "pull_request": 1, "path": "a.py", "line": 1,
        "original_line": 1, "side": "RIGHT", "start_line": None, "original_start_line": None, "diff_hunk": "@@",
        "body": "Please rename this.", "author": "mira", "author_is_bot": False, "author_association": "MEMBER",
        "created_at": f"2026-01-01T00:00:{number:02d}Z", "updated_at": "2026-01-01T00:00:00Z",
        "original_commit": "o" * 40, "commit": "c" * 40, "url": "",
    }  # fmt: skip
    return ThreadComment(**(plain | changes))


def test_replies_join_their_remark_in_the_order_of_time() -> None:
    comments = (said(3, in_reply_to=1, body="second"), said(1), said(2, in_reply_to=1, body="first"))
    (raw,), dropped = join_threads("o/r", {1: PULL}, comments, {})
    assert [reply.body for reply in raw.replies] == ["first", "second"]
    assert (raw.resolved, dropped) == (None, {})


def test_what_belongs_to_no_remark_is_counted() -> None:
    comments = (said(1), said(5, in_reply_to=4), said(6, pull_request=2))
    raws, dropped = join_threads("o/r", {1: PULL}, comments, {})
    assert [raw.comment_id for raw in raws] == ["1"]
    assert dropped == {"reply_to_a_remark_not_read": 1, "pull_request_not_merged": 1}


@pytest.mark.parametrize(
    ("resolved", "by", "counts"),
    [
        (True, "mira", True),
        (False, None, False),
        (True, "robo", False),  # the graph leaves the suffix of an app's name out
        (True, "other[bot]", False),
        (True, None, False),
    ],
)
def test_a_thread_counts_as_resolved_where_a_person_did_it(resolved: bool, by: str | None, counts: bool) -> None:
    comments = (said(1), said(2, author="robo[bot]", author_is_bot=True, in_reply_to=1))
    activity = {1: PullActivity(1, "", (Thread("n", 1, resolved, by, outdated=False),), ())}
    (raw,), _ = join_threads("o/r", {1: PULL}, comments, activity)
    assert raw.resolved is counts
