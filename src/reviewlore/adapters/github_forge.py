"""Reads and acts on one repository on GitHub (`ports.Forge`, `ports.ForgeVoice`, `ports.ForgeRuns`).

In: a connection, a repository's name, and records of what to say. Out: records of what is there now.
It never approves, merges or labels, never repeats a write, and decides nothing about what is worth saying.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from reviewlore.adapters.github import Connection
from reviewlore.adapters.github_history import find_role, locate
from reviewlore.domain.forge import (
    CommentKind,
    IssueComment,
    NewCheck,
    NewComment,
    NewReview,
    Posted,
    PostedReview,
    PullRequest,
    Reaction,
    ThreadComment,
)
from reviewlore.domain.people import Role
from reviewlore.errors import ForgeError, InputError
from reviewlore.formats.github import (
    is_same_account,
    parse_issue_comment,
    parse_pull,
    parse_review,
    parse_thread_comment,
    parsed,
)


class GithubForge:
    """Implements `ports.Forge`, `ForgeVoice`, `ForgeRuns`, `ForgeAccount` and `ForgeComments`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self.repository, _ = locate(connection, repository)
        self._base = f"/repos/{self.repository}"

    @functools.cached_property
    def login(self) -> str:
        """The name this identity posts under; asked by GraphQL, since a workflow's token may not GET /user."""
        viewer = self._connection.query("{ viewer { login } }").get("viewer") or {}
        if not viewer.get("login"):
            raise ForgeError("GitHub does not say whose the token is; try another token.")
        return str(viewer["login"])

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""
        return parsed(parse_pull, self._connection.get(f"{self._base}/pulls/{number}"))

    def role(self, login: str) -> Role:
        """Return a person's role; `none` whenever GitHub does not tell, so that an error never opens a door."""
        return find_role(self._connection, self.repository, login)

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment."""
        return parsed(parse_thread_comment, self._connection.get(f"{self._base}/pulls/comments/{comment}"))

    def issue_comment(self, comment: int) -> IssueComment:
        """Return one comment of a conversation."""
        return parsed(parse_issue_comment, self._connection.get(f"{self._base}/issues/comments/{comment}"))

    def recent_threads(self) -> Iterator[ThreadComment]:
        """Yield the review comments of the repository, newest first."""
        for value in self._connection.pages(f"{self._base}/pulls/comments", sort="created", direction="desc"):
            yield parsed(parse_thread_comment, value)

    def recent_talk(self) -> Iterator[IssueComment]:
        """Yield the conversation comments of the repository, newest first."""
        for value in self._connection.pages(f"{self._base}/issues/comments", sort="created", direction="desc"):
            yield parsed(parse_issue_comment, value)

    def posted(self, number: int, marker: str) -> Posted:
        """Return what this identity has posted with `marker`; the same text by anybody else does not count."""
        reviews = self._own(f"pulls/{number}/reviews", marker)
        comments = self._own(f"pulls/{number}/comments", marker)
        summaries = self._own(f"issues/{number}/comments", marker)
        return Posted(
            tuple(parsed(parse_review, value) for value in reviews),
            tuple(parsed(parse_thread_comment, value) for value in comments),
            tuple(parsed(parse_issue_comment, value) for value in summaries),
        )

    def post_review(self, number: int, review: NewReview) -> PostedReview:
        """Post one review, always as a comment, pinned to its commit: all of it or nothing."""
        body = {
            "commit_id": review.commit,
            "event": "COMMENT",
            "body": review.body,
            "comments": [_inline(comment) for comment in review.comments],
        }
        return parsed(parse_review, self._connection.write("POST", f"{self._base}/pulls/{number}/reviews", body))

    def post_comment(self, number: int, body: str) -> IssueComment:
        """Post one comment in the conversation."""
        path = f"{self._base}/issues/{number}/comments"
        return parsed(parse_issue_comment, self._connection.write("POST", path, {"body": body}))

    def edit_comment(self, comment: int, body: str) -> IssueComment:
        """Replace the text of one conversation comment."""
        path = f"{self._base}/issues/comments/{comment}"
        return parsed(parse_issue_comment, self._connection.write("PATCH", path, {"body": body}))

    def reply(self, number: int, comment: int, body: str) -> ThreadComment:
        """Answer in a thread, given the id of its first comment."""
        path = f"{self._base}/pulls/{number}/comments/{comment}/replies"
        return parsed(parse_thread_comment, self._connection.write("POST", path, {"body": body}))

    def react(self, kind: CommentKind, comment: int, reaction: Reaction) -> None:
        """Add a reaction; GitHub answers a second one of the same kind with the first."""
        where = "issues" if kind == "issue" else "pulls"
        self._connection.write("POST", f"{self._base}/{where}/comments/{comment}/reactions", {"content": reaction})

    def conclude_check(self, check: NewCheck) -> int:
        """Record a finished check run and return its id."""
        body: dict[str, object] = {
            "name": check.name,
            "head_sha": check.commit,
            "status": "completed",
            "conclusion": check.conclusion,
            "output": {"title": check.title, "summary": check.summary},
        }
        if check.details_url is not None:
            body["details_url"] = check.details_url
        return parsed(_id, self._connection.write("POST", f"{self._base}/check-runs", body))

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by its file name on a branch."""
        path = f"{self._base}/actions/workflows/{quote(workflow, safe='')}/dispatches"
        self._connection.write("POST", path, {"ref": ref, "inputs": dict(inputs)})

    def _own(self, what: str, marker: str) -> list[Any]:
        found = []
        for value in self._connection.pages(f"{self._base}/{what}"):
            user = value.get("user") or {}
            login, is_bot = user.get("login"), user.get("type") == "Bot"
            if marker in (value.get("body") or "") and is_same_account(self.login, login, is_bot):
                found.append(value)
        return found


def _inline(comment: NewComment) -> dict[str, object]:
    anchor = comment.anchor
    if anchor.line is None:
        raise InputError(f"A comment on {anchor.path} has no line; a review takes comments on lines only.")
    body: dict[str, object] = {"path": anchor.path, "line": anchor.line, "side": anchor.side, "body": comment.body}
    if anchor.start_line is not None and anchor.start_line != anchor.line:
        # GitHub refuses a range of one line.
        body |= {"start_line": anchor.start_line, "start_side": anchor.side}
    return body


def _id(value: Any) -> int:
    return int(value["id"])
