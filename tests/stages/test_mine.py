"""What a forge says becomes raw remarks with votes and later words; what belongs to none is counted."""

from dataclasses import replace
from typing import Any

import pytest

from reviewlore.domain.forge import (
    IssueComment,
    MergedPull,
    PostedReview,
    PullRequest,
    Reacted,
    ReviewThread,
    ThreadComment,
)
from reviewlore.domain.history import Vote
from reviewlore.domain.markers import marker
from reviewlore.domain.people import Role
from reviewlore.stages.mine import join_dump, read_pull

PULL = PullRequest(
    number=1, title="t", body="", author="wen", author_is_bot=False, state="closed", draft=False, merged=True,
    base_ref="main", base_sha="b" * 40, head_ref="f", head_sha="h" * 40, head_repository="o/r", labels=(),
    merge_commit="m" * 40, created_at="2026-01-01T00:00:00Z", updated_at="2026-01-01T00:00:00Z",
    merged_at="2026-01-02T00:00:00Z", url="",
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


def roles(login: str) -> Role | None:
    return {"mira": "write", "noor": "admin", "wen": "read"}.get(login)  # type: ignore[return-value]


def merged(*comments: ThreadComment, **changes: Any) -> MergedPull:
    thread = ReviewThread(comments, **changes)
    return MergedPull(PULL, (thread,), (), ())


def test_a_thread_becomes_a_remark_with_its_answers() -> None:
    ((raw,), _) = read_pull("o/r", merged(said(1), said(2, in_reply_to=1, body="Done.", author=None)), roles)
    assert (raw.comment_id, raw.author, raw.author_role, raw.pull_request_author) == ("1", "mira", "write", "wen")
    assert (raw.reviewed_commit, raw.last_commit, raw.base) == ("o" * 40, "h" * 40, "b" * 40)
    assert [(reply.author, reply.body) for reply in raw.replies] == [("", "Done.")]
    assert (raw.votes, raw.settled, raw.approved_after, raw.finding) == ((), False, False, None)


def test_what_is_said_after_the_merge_is_left_out_and_counted() -> None:
    late = said(1, created_at="2026-01-02T00:00:01Z")
    assert read_pull("o/r", merged(late), roles) == ((), {"said_after_merge": 1})
    assert read_pull("o/r", merged(replace(late, created_at="2026-01-02T00:00:00Z")), roles)[1] == {}


@pytest.mark.parametrize(
    ("author", "kept"), [("mira", True), ("ann", False), ("wen", False), (None, False), ("robo[bot]", True)]
)
def test_words_changed_after_the_merge_stay_where_their_author_may_write_or_is_a_bot(
    author: str | None, kept: bool
) -> None:
    one = said(1, author=author, author_is_bot=bool(author and author.endswith("[bot]")))
    edited = replace(one, edited_at="2026-01-02T00:00:01Z")
    raws, dropped = read_pull("o/r", merged(edited), roles)
    assert (len(raws), dropped) == ((1, {}) if kept else (0, {"edited_after_merge": 1}))
    assert len(read_pull("o/r", merged(replace(edited, edited_at="2026-01-02T00:00:00Z")), roles)[0]) == 1


def test_a_deleted_account_may_do_nothing() -> None:
    ((raw,), _) = read_pull("o/r", merged(said(1, author=None)), roles)
    assert (raw.author, raw.author_role) == (None, "none")


def test_reactions_and_the_resolution_become_votes() -> None:
    reacted = (Reacted("noor", "+1", "t1"), Reacted("ann", "-1", "t2"), Reacted("noor", "eyes", "t3"))
    ((raw,), _) = read_pull("o/r", merged(said(1, reacted=reacted), resolved=True, resolved_by="noor"), roles)
    assert raw.votes == (
        Vote("noor", "up", "t1", "admin"), Vote("ann", "down", "t2", None), Vote("noor", "resolved", "", "admin"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by", "bot", "votes"), [("mira", False, 1), ("robo", True, 1), ("other[bot]", False, 1), (None, False, 0)]
)
def test_a_bot_that_resolves_is_told_apart(by: str | None, bot: bool, votes: int) -> None:
    ((raw,), _) = read_pull("o/r", merged(said(1), resolved=True, resolved_by=by, resolved_by_bot=bot), roles)
    assert len(raw.votes) == votes
    assert [vote.is_bot for vote in raw.votes] == [by != "mira"] * votes


@pytest.mark.parametrize(
    ("author", "state", "at", "after"),
    [
        ("mira", "APPROVED", "2026-01-01T00:01:00Z", True),
        ("mira", "APPROVED", "2026-01-01T00:00:00Z", False),
        ("mira", "CHANGES_REQUESTED", "2026-01-01T00:01:00Z", False),
        ("noor", "APPROVED", "2026-01-01T00:01:00Z", False),
    ],
)
def test_an_approval_counts_for_the_approvers_own_earlier_remarks(
    author: str, state: Any, at: str, after: bool
) -> None:
    review = PostedReview(1, 1, author, author_is_bot=False, state=state, body="", commit=None, submitted_at=at, url="")
    ((raw,), _) = read_pull("o/r", replace(merged(said(1)), reviews=(review,)), roles)
    assert raw.approved_after is after


@pytest.mark.parametrize(
    ("author", "body", "at", "settled"),
    [
        ("wen", "Addressed all your comments, thanks!", "2026-01-01T00:01:00Z", True),
        ("wen", "All done.", "2026-01-01T00:01:00Z", True),
        ("wen", "Addressed all your comments, thanks!", "2026-01-01T00:00:00Z", False),
        ("mira", "Addressed all your comments, thanks!", "2026-01-01T00:01:00Z", False),
        ("wen", "What do you think?", "2026-01-01T00:01:00Z", False),
        ("wen", "Addressed the comments. " + "And more of it. " * 30, "2026-01-01T00:01:00Z", False),
    ],
)
def test_the_authors_later_word_settles_what_was_said_before(author: str, body: str, at: str, settled: bool) -> None:
    word = IssueComment(
        7, 1, body, author, author_is_bot=False, author_association="NONE", created_at=at, updated_at=at, url=""
    )
    ((raw,), _) = read_pull("o/r", replace(merged(said(1)), conversation=(word,)), roles)
    assert raw.settled is settled


def test_our_own_remark_is_known_by_its_marker_and_loses_its_small_print() -> None:
    body = f"**A new cycle**\n\na imports b.\n\n<sub>Not wanted? Id `abc123`.</sub>\n\n{marker('finding', 'abc123')}"
    ours = said(1, body=body, author="lore[bot]", author_is_bot=True)
    ((raw,), _) = read_pull("o/r", merged(ours), roles)
    assert (raw.finding, raw.body) == ("abc123", "**A new cycle**\n\na imports b.")
    ((forged,), _) = read_pull("o/r", merged(said(1, body=body)), roles)
    assert (forged.finding, forged.body) == (None, body)


def test_a_dump_is_joined_by_its_replies() -> None:
    comments = (said(3, in_reply_to=1, body="second"), said(1), said(2, in_reply_to=1, body="first"))
    (raw,), dropped = join_dump("o/r", comments, {1: PULL})
    assert [reply.body for reply in raw.replies] == ["first", "second"]
    assert (raw.last_commit, raw.pull_request_author, dropped) == ("h" * 40, "wen", {})
    (alone,), _ = join_dump("o/r", comments, {})
    assert (alone.last_commit, alone.pull_request_author) == ("c" * 40, None)


def test_what_belongs_to_no_remark_is_counted() -> None:
    comments = (said(1), said(5, in_reply_to=4), said(6, pull_request=2))
    raws, dropped = join_dump("o/r", comments, {1: PULL, 2: replace(PULL, number=2, merged=False)})
    assert [raw.comment_id for raw in raws] == ["1"]
    assert dropped == {"reply_to_a_remark_not_read": 1, "pull_request_not_merged": 1}


def test_an_outdated_comment_of_a_dump_without_pull_requests_tells_no_last_commit() -> None:
    (raw,), _ = join_dump("o/r", (said(1, line=None),), {})
    assert (raw.line, raw.last_commit) == (1, None)


def test_of_a_comment_saved_twice_the_later_one_counts() -> None:
    early, late = said(1, body="First"), said(1, body="Second", updated_at="2026-01-02T00:00:00Z")
    answer = said(2, in_reply_to=1)
    for comments in ((early, answer, late, answer), (late, answer, answer, early)):
        (raw,), dropped = join_dump("o/r", comments, {})
        assert (raw.body, len(raw.replies), dropped) == ("Second", 1, {"duplicate_row": 2})


def test_what_a_dump_has_from_after_the_merge_is_left_out_and_counted() -> None:
    comments = (said(1), said(2, created_at="2027-01-01T00:00:00Z"))
    assert [raw.comment_id for raw in join_dump("o/r", comments, {1: PULL})[0]] == ["1"]
    assert join_dump("o/r", comments, {1: PULL})[1] == {"said_after_merge": 1}
    assert len(join_dump("o/r", comments, {})[0]) == 2


def test_of_two_deleted_accounts_nobody_knows_that_they_are_one() -> None:
    pull = replace(PULL, author=None)
    word = IssueComment(9, 1, "All comments addressed.", None, False, "NONE", "2026-01-01T10:00:00Z", "", "")
    approval = PostedReview(7, 1, None, False, "APPROVED", "", None, "2026-01-01T10:00:00Z", "")
    ((raw,), _) = read_pull(
        "o/r", MergedPull(pull, (ReviewThread((said(1, author=None),)),), (approval,), (word,)), roles
    )
    assert (raw.settled, raw.approved_after) == (False, False)
