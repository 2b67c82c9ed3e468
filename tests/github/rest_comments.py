"""REST operations on review comments, conversation comments and reactions.

In: a `Call`. Out: status and JSON, or ApiError with GitHub's own wording.
"""

from collections.abc import Iterable
from typing import Any

from tests.github.rest_pulls import add_inline, check_anchor
from tests.github.routing import PULL, REPO, Answer, ApiError, Call, Listing, check_length, find, operation, revision
from tests.github.state import IssueComment, Pull, ReviewComment

REVIEW_COMMENT = REPO + "/pulls/comments/{comment_id}"
ISSUE_COMMENT = REPO + "/issues/comments/{comment_id}"
CONVERSATION = REPO + "/issues/{issue_number}/comments"


def _chosen(call: Call, comments: Iterable[Any]) -> list[Any]:
    """Comments as the query of a listing asks: `since` by update, `sort` and `direction`."""
    since = call.query.get("since", "")
    chosen = [comment for comment in comments if comment.updated_at >= since]
    updated = call.query.get("sort") == "updated"
    chosen.sort(key=lambda comment: (comment.updated_at if updated else comment.created_at, comment.id))
    # GitHub ignores `direction` without `sort`.
    if call.query.get("direction") == "desc" and "sort" in call.query:
        chosen.reverse()
    return chosen


def _review_comments(call: Call, comments: Iterable[ReviewComment]) -> Answer:
    return 200, Listing(_chosen(call, comments), lambda each: call.fake.shapes.review_comment(call.repo, each))


def _issue_comments(call: Call, comments: Iterable[IssueComment]) -> Answer:
    return 200, Listing(_chosen(call, comments), lambda each: call.fake.shapes.issue_comment(call.repo, each))


@operation("GET", REPO + "/pulls/comments")
def list_all_review_comments(call: Call) -> Answer:
    return _review_comments(call, call.repo.review_comments.values())


@operation("GET", PULL + "/comments")
def list_review_comments(call: Call) -> Answer:
    number = call.pull.number
    return _review_comments(call, (each for each in call.repo.review_comments.values() if each.pull == number))


@operation("GET", REVIEW_COMMENT)
def get_review_comment(call: Call) -> Answer:
    comment = find(call.repo.review_comments, call.id("comment_id"))
    return 200, call.fake.shapes.review_comment(call.repo, comment)


@operation("POST", PULL + "/comments")
def create_review_comment(call: Call) -> Answer:
    check_length(call.body["body"], "PullRequestReviewComment")
    body = call.body | {"commit_id": revision(call.git, call.body["commit_id"])}
    try:
        check_anchor(call.repo, call.pull, body, body["commit_id"])
    except ApiError as error:
        field = "pull_request_review_thread.line"
        detail = {"resource": "PullRequestReviewComment", "code": "custom", "field": field}
        raise ApiError(422, "Validation Failed", [detail | {"message": f"{field} must be part of the diff"}]) from error
    stored = call.repo.review_comments[add_inline(call, call.pull, body, None)]
    return 201, call.fake.shapes.review_comment(call.repo, stored)


@operation("POST", PULL + "/comments/{comment_id}/replies")
def reply_to_review_comment(call: Call) -> Answer:
    root, pull = find(call.repo.review_comments, call.id("comment_id")), call.pull
    _check_open(pull)
    check_length(call.body["body"], "PullRequestReviewComment")
    if root.in_reply_to is not None:  # "Replies to replies are not supported", says the description
        raise ApiError(422, "Validation Failed", ["in_reply_to is not the first comment of a thread"])
    reply = call.fake.add_review_comment(
        call.repo.full_name, pull.number, root.path, call.body["body"], call.login, in_reply_to=root.id
    )
    return 201, call.fake.shapes.review_comment(call.repo, reply)


@operation("GET", REPO + "/issues/comments")
def list_all_issue_comments(call: Call) -> Answer:
    return _issue_comments(call, call.repo.issue_comments.values())


@operation("GET", CONVERSATION)
def list_issue_comments(call: Call) -> Answer:
    number = call.id("issue_number")
    return _issue_comments(call, (each for each in call.repo.issue_comments.values() if each.number == number))


@operation("POST", CONVERSATION)
def create_issue_comment(call: Call) -> Answer:
    number = call.id("issue_number")
    _check_open(find(call.repo.pulls, number))
    check_length(call.body["body"], "IssueComment")
    comment = call.fake.add_issue_comment(call.repo.full_name, number, call.body["body"], call.login)
    return 201, call.fake.shapes.issue_comment(call.repo, comment)


@operation("GET", ISSUE_COMMENT)
def get_issue_comment(call: Call) -> Answer:
    comment = find(call.repo.issue_comments, call.id("comment_id"))
    return 200, call.fake.shapes.issue_comment(call.repo, comment)


@operation("PATCH", ISSUE_COMMENT)
def update_issue_comment(call: Call) -> Answer:
    comment = find(call.repo.issue_comments, call.id("comment_id"))
    check_length(call.body["body"], "IssueComment")
    call.fake.edit_comment(comment, call.body["body"])
    return 200, call.fake.shapes.issue_comment(call.repo, comment)


def _check_open(pull: Pull) -> None:
    if pull.locked:
        raise ApiError(403, "Unable to create comment because issue is locked.")


def _list_reactions(call: Call, comment: ReviewComment | IssueComment) -> Answer:
    return 200, Listing(comment.reactions, call.fake.shapes.reaction)


def _create_reaction(call: Call, comment: ReviewComment | IssueComment) -> Answer:
    reaction, new = call.fake.react(comment, call.login, call.body["content"])
    return 201 if new else 200, call.fake.shapes.reaction(reaction)


@operation("GET", REVIEW_COMMENT + "/reactions")
def list_review_comment_reactions(call: Call) -> Answer:
    return _list_reactions(call, find(call.repo.review_comments, call.id("comment_id")))


@operation("POST", REVIEW_COMMENT + "/reactions")
def create_review_comment_reaction(call: Call) -> Answer:
    return _create_reaction(call, find(call.repo.review_comments, call.id("comment_id")))


@operation("GET", ISSUE_COMMENT + "/reactions")
def list_issue_comment_reactions(call: Call) -> Answer:
    return _list_reactions(call, find(call.repo.issue_comments, call.id("comment_id")))


@operation("POST", ISSUE_COMMENT + "/reactions")
def create_issue_comment_reaction(call: Call) -> Answer:
    return _create_reaction(call, find(call.repo.issue_comments, call.id("comment_id")))
