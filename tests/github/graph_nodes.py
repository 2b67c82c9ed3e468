"""Pull requests, threads, comments, reviews and reactions as GraphQL nodes.

In: records of one repository. Out: dictionaries by the schema's field names; a field that is not there is an error.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from tests.github.graph_pages import Node, connection, refuse
from tests.github.shapes import WEB, is_bot
from tests.github.state import IssueComment, Pull, Reaction, Repository, Review, ReviewComment, Thread

INT_MAX = 2**31 - 1
CONTENT = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "confused": "CONFUSED",
    "heart": "HEART",
    "hooray": "HOORAY",
    "eyes": "EYES",
    "rocket": "ROCKET",
}
ORDER = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at"}


def actor(login: str | None) -> Node | None:
    """An author; GraphQL says of a bot what it is, and leaves "[bot]" out of its name."""
    if login is None:
        return None
    return {"__typename": "Bot" if is_bot(login) else "User", "login": login.removesuffix("[bot]")}


class RepositoryGraph:
    """The pull requests of one repository as GraphQL nodes."""

    def __init__(self, repo: Repository, may_write: bool) -> None:
        self.repo, self._may_write = repo, may_write
        self.said = 0  # how many comments and reviews were answered
        self._threads = _grouped(repo.threads.values(), lambda thread: thread.pull)
        self._reviews = _grouped(repo.reviews.values(), lambda review: review.pull)
        self._said = _grouped(repo.review_comments.values(), lambda comment: comment.in_reply_to or comment.id)
        self._talk = _grouped(repo.issue_comments.values(), lambda comment: comment.number)

    def node(self) -> Node:
        return {
            "__typename": "Repository",
            "nameWithOwner": self.repo.full_name,
            "pullRequest": self.pull_request,
            "pullRequests": self.pull_requests,
        }

    def find(self, node: str) -> Node | None:
        """Return the pull request, thread or comment of a global id."""
        if node.startswith(f"PR_{self.repo.id}_"):
            number = int(node.rpartition("_")[2])
            return self.pull(self.repo.pulls[number]) if number in self.repo.pulls else None
        for thread in self.repo.threads.values():
            if thread.node == node:
                return self.thread(thread)
        comment = self.repo.review_comments.get(numbered(node, "PRRC_"))
        return None if comment is None else self.comment(comment)

    def pull_request(self, info: Any, number: int) -> Node:
        if number not in self.repo.pulls:
            raise refuse(f"Could not resolve to a PullRequest with the number of {number}.", "NOT_FOUND")
        return self.pull(self.repo.pulls[number])

    def pull_requests(self, info: Any, **arguments: Any) -> Node:
        states = set(arguments.pop("states", None) or ("OPEN", "CLOSED", "MERGED"))
        order = arguments.pop("orderBy", None) or {"field": "CREATED_AT", "direction": "ASC"}
        field, down = ORDER[order["field"]], order["direction"] == "DESC"
        pulls = [pull for pull in self.repo.pulls.values() if _state(pull) in states]
        paged = connection(pulls, self.pull, lambda pull: (getattr(pull, field), pull.number), down)
        return paged(info, **arguments)

    def pull(self, pull: Pull) -> Node:
        fork = self.repo.full_name if pull.fork is None else pull.fork
        return {
            "__typename": "PullRequest",
            "id": f"PR_{self.repo.id}_{pull.number}",
            "number": pull.number,
            "title": pull.title,
            "body": pull.body,
            "author": actor(pull.login),
            "authorAssociation": pull.association,
            "state": _state(pull),
            "merged": pull.merged_at is not None,
            "isDraft": pull.draft,
            "locked": pull.locked,
            "createdAt": pull.created_at,
            "updatedAt": pull.updated_at,
            "mergedAt": pull.merged_at,
            "closedAt": pull.closed_at,
            "baseRefName": pull.base,
            "baseRefOid": pull.base_sha,
            "headRefName": pull.head,
            "headRefOid": pull.head_sha,
            "headRepository": {"nameWithOwner": fork} if fork else None,
            "mergeCommit": {"oid": pull.merge_commit} if pull.merge_commit else None,
            "url": f"{WEB}/{self.repo.full_name}/pull/{pull.number}",
            "labels": connection(pull.labels, lambda label: {"name": label}, lambda label: (label,)),
            "reviewThreads": connection(self._threads[pull.number], self.thread, lambda thread: (thread.root,)),
            "reviews": connection(self._reviews[pull.number], self.review, _by_id),
            "comments": connection(self._talk[pull.number], self.issue_comment, _by_id),
        }

    def thread(self, thread: Thread) -> Node:
        said = sorted(self._said[thread.root], key=_by_id)
        return {
            "__typename": "PullRequestReviewThread",
            "id": thread.node,
            "isResolved": thread.resolved_by is not None,
            "isOutdated": thread.outdated,
            "viewerCanResolve": self._may_write and thread.resolved_by is None,
            "isCollapsed": thread.resolved_by is not None,
            "resolvedBy": thread.resolved_by and {"__typename": "User", "login": thread.resolved_by},
            "path": said[0].path,
            "line": said[0].line,
            "startLine": said[0].start_line,
            "diffSide": said[0].side,
            "comments": connection(said, self.comment, _by_id),
        }

    def comment(self, comment: ReviewComment) -> Node:
        root = comment.in_reply_to if comment.in_reply_to in self.repo.review_comments else None
        return self._said_by(comment) | {
            "__typename": "PullRequestReviewComment",
            "id": f"PRRC_{comment.id}",
            "replyTo": root and {"fullDatabaseId": str(root)},
            "pullRequestReview": comment.review and {"fullDatabaseId": str(comment.review)},
            "path": comment.path,
            "subjectType": "FILE" if comment.whole_file else "LINE",
            "diffHunk": comment.diff_hunk,
            "line": comment.line,
            "originalLine": comment.original_line,
            "startLine": comment.start_line if comment.line else None,
            "originalStartLine": comment.start_line,
            "outdated": comment.line is None and not comment.whole_file,
            "commit": {"oid": comment.commit},
            "originalCommit": {"oid": comment.original_commit},
            "url": f"{WEB}/{self.repo.full_name}/pull/{comment.pull}#discussion_r{comment.id}",
        }

    def issue_comment(self, comment: IssueComment) -> Node:
        return self._said_by(comment) | {
            "__typename": "IssueComment",
            "id": f"IC_{comment.id}",
            "url": f"{WEB}/{self.repo.full_name}/pull/{comment.number}#issuecomment-{comment.id}",
        }

    def _said_by(self, comment: ReviewComment | IssueComment) -> Node:
        self.said += 1
        return {
            # The 32-bit field of the schema cannot hold today's ids.
            "databaseId": comment.id if comment.id <= INT_MAX else None,
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "author": actor(comment.login),
            "authorAssociation": comment.association,
            "createdAt": comment.created_at,
            "updatedAt": comment.updated_at,
            "lastEditedAt": comment.edited_at,
            "isMinimized": comment.minimized is not None,
            "viewerCanMinimize": self._may_write,
            "minimizedReason": comment.minimized,
            "reactionGroups": _groups(comment.reactions),
            "reactions": connection(comment.reactions, _reaction, _by_id),
        }

    def review(self, review: Review) -> Node:
        self.said += 1
        return {
            "__typename": "PullRequestReview",
            "id": f"PRR_{review.id}",
            "databaseId": review.id if review.id <= INT_MAX else None,
            "fullDatabaseId": str(review.id),
            "author": actor(review.login),
            "authorAssociation": review.association,
            "state": review.state,
            "body": review.body,
            "commit": {"oid": review.commit},
            "submittedAt": review.submitted_at,
            "url": f"{WEB}/{self.repo.full_name}/pull/{review.pull}#pullrequestreview-{review.id}",
        }


def numbered(node: str, prefix: str) -> int:
    text = node.removeprefix(prefix)
    return int(text) if node.startswith(prefix) and text.isdigit() else 0


def _by_id(record: Any) -> tuple[int]:
    return (record.id,)


def _grouped(records: Iterable[Any], key: Callable[[Any], int]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def _reaction(reaction: Reaction) -> Node:
    user = {"__typename": "User", "login": reaction.login} if reaction.login else None
    return {"content": CONTENT[reaction.content], "createdAt": reaction.created_at, "user": user}


def _groups(reactions: list[Reaction]) -> list[Node]:
    """One group for every kind of reaction, empty ones included, as GitHub answers."""
    groups = []
    for content, name in CONTENT.items():
        here = [each for each in reactions if each.content == content]
        who = connection(here, lambda each: actor(each.login) or {}, _by_id)
        groups.append({"content": name, "createdAt": here[0].created_at if here else None, "reactors": who})
    return groups


def _state(pull: Pull) -> str:
    return "MERGED" if pull.merged_at else pull.state.upper()
