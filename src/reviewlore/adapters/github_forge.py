"""Reads and acts on one repository on GitHub (`ports.Forge`, `ports.ForgeVoice`, `ports.ForgeRuns`).

In: a connection, a repository's name, and records of what to say. Out: records of what is there now.
It never approves, merges or labels, never repeats a write, and decides nothing about what is worth saying.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from reviewlore.adapters.github import Connection
from reviewlore.adapters.github_history import find_role, locate
from reviewlore.adapters.github_standing import read_standing
from reviewlore.domain.forge import (
    CheckNote,
    CommentKind,
    IssueComment,
    NewCheck,
    NewComment,
    NewReview,
    Posted,
    PostedReview,
    PullRequest,
    Reaction,
    Standing,
    ThreadComment,
)
from reviewlore.domain.people import Role
from reviewlore.errors import ForgeError, InputError
from reviewlore.formats.github import (
    parse_issue_comment,
    parse_pull,
    parse_review,
    parse_thread_comment,
    parsed,
)

_EDITED = "query($id: ID!) { node(id: $id) { ... on PullRequestReviewComment { lastEditedAt } } }"


class GithubForge:
    """Implements `ports.Forge`, `ForgeVoice`, `ForgeRuns`, `ForgeAccount` and `ForgeComments`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection, self._asked_for = connection, repository

    @functools.cached_property
    def repository(self) -> str:
        """`owner/name` as it is now, whatever it was asked for by; InputError where there is none."""
        return locate(self._connection, self._asked_for)[0]

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

    def open_pulls(self, head_repository: str, branch: str) -> tuple[PullRequest, ...]:
        """Return the open pull requests whose head is a branch of a repository.

        GitHub is asked by the head's owner and branch; that the repository is the one meant is checked here. Source:
        https://docs.github.com/rest/pulls/pulls#list-pull-requests
        """
        wanted = f"{head_repository.partition('/')[0]}:{branch}"
        listed = self._connection.pages(f"{self._base}/pulls", state="open", head=wanted)
        pulls = (parsed(parse_pull, value) for value in listed)
        return tuple(pull for pull in pulls if (pull.head_repository, pull.head_ref) == (head_repository, branch))

    def role(self, login: str) -> Role:
        """Return a person's role; `none` whenever GitHub does not tell, so that an error never opens a door."""
        return find_role(self._connection, self.repository, login)

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment."""
        return parsed(parse_thread_comment, self._connection.get(f"{self._base}/pulls/comments/{comment}"))

    def dated_comment(self, comment: int) -> ThreadComment:
        """Return one review comment with when its words were changed, which REST does not tell; two requests."""
        value = self._connection.get(f"{self._base}/pulls/comments/{comment}")
        found = parsed(parse_thread_comment, value)
        data = self._connection.query(_EDITED, {"id": parsed(_node, value)})
        return replace(found, edited_at=parsed(_edited_at, data))

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

    def standing(self, number: int, marker: str) -> Standing:
        """Return a pull request with what this identity has posted with `marker`: one request, unless it is long."""
        known = self.__dict__.get("repository", self._asked_for)
        found = read_standing(self._connection, known, number, marker, self._connection.tell)
        # Both are told with it, and need not be asked for by themselves.
        self.repository, self.login = found.repository, found.login
        return found

    def posted(self, number: int, marker: str) -> Posted:
        """Return what this identity has posted with `marker`; the same text by anybody else does not count."""
        return self.standing(number, marker).posted

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

    def tidy(self, comments: Sequence[str], threads: Sequence[str]) -> tuple[str, ...]:
        """Minimise comments as outdated and resolve threads, all in one request; return those that GitHub refused.

        Nothing is deleted: https://docs.github.com/graphql/reference/mutations#minimizecomment
        """
        nodes = [*comments, *threads]
        names = ", ".join(f"$id{place}: ID!" for place in range(len(nodes)))
        fields = [
            f"act{place}: minimizeComment(input: {{ subjectId: $id{place}, classifier: OUTDATED }}) "
            "{ minimizedComment { isMinimized } }"
            if place < len(comments)
            else f"act{place}: resolveReviewThread(input: {{ threadId: $id{place} }}) {{ thread {{ isResolved }} }}"
            for place in range(len(nodes))
        ]
        text = "\n  ".join([f"mutation({names}) {{", *fields]) + " }"
        data, _ = self._connection.mutate(text, {f"id{place}": node for place, node in enumerate(nodes)})
        return tuple(node for place, node in enumerate(nodes) if not data.get(f"act{place}"))

    def conclude_check(self, check: NewCheck) -> int:
        """Record a finished check run and return its id."""
        output = {"title": check.title, "summary": check.summary, "annotations": [_note(note) for note in check.notes]}
        body: dict[str, object] = {
            "name": check.name,
            "head_sha": check.commit,
            "status": "completed",
            "conclusion": check.conclusion,
            "output": output,
        }
        if check.details_url is not None:
            body["details_url"] = check.details_url
        return parsed(_id, self._connection.write("POST", f"{self._base}/check-runs", body))

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by its file name on a branch."""
        path = f"{self._base}/actions/workflows/{quote(workflow, safe='')}/dispatches"
        self._connection.write("POST", path, {"ref": ref, "inputs": dict(inputs)})

    @property
    def _base(self) -> str:
        return f"/repos/{self.repository}"


def _inline(comment: NewComment) -> dict[str, object]:
    anchor = comment.anchor
    if anchor.line is None:
        raise InputError(f"A comment on {anchor.path} has no line; a review takes comments on lines only.")
    body: dict[str, object] = {"path": anchor.path, "line": anchor.line, "side": anchor.side, "body": comment.body}
    if anchor.start_line is not None and anchor.start_line != anchor.line:
        # GitHub refuses a range of one line.
        body |= {"start_line": anchor.start_line, "start_side": anchor.side}
    return body


def _note(note: CheckNote) -> dict[str, object]:
    body: dict[str, object] = {"path": note.path, "start_line": note.line, "end_line": note.line}
    return body | {"annotation_level": note.level, "title": note.title, "message": note.message}


def _node(value: Any) -> str:
    return str(value["node_id"])


def _edited_at(value: Any) -> str | None:
    edited = value["node"]["lastEditedAt"]
    return None if edited is None else str(edited)


def _id(value: Any) -> int:
    return int(value["id"])
