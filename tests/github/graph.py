"""GraphQL, executed on GitHub's published schema: pull requests with threads, reviews and reactions; three mutations.

In: a query and the caller's token. Out: GitHub's `data` and `errors`. The schema refuses what GitHub would refuse;
a field that is in the schema but not served here comes back as an error, never as an invented value.
"""

import functools
import lzma
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync
from tests.github.contract import DATA
from tests.github.shapes import WEB, is_bot
from tests.github.state import IssueComment, Pull, Reaction, Repository, Review, ReviewComment, Thread, Token

if TYPE_CHECKING:
    from tests.github.fake import FakeGitHub

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
Node = dict[str, Any]


@functools.cache
def shared_schema() -> GraphQLSchema:
    """Return GitHub's schema; parsing takes more than a second, so all tests of a run share it."""
    text = lzma.decompress((DATA / "github-graphql-schema.graphql.xz").read_bytes()).decode("utf8")
    return build_schema(text, assume_valid=True)


def execute(fake: "FakeGitHub", token: Token, body: Node) -> Node:
    """Answer one GraphQL request."""
    root = Root(fake, token)
    result = graphql_sync(shared_schema(), body["query"], root_value=root, variable_values=body.get("variables"))
    answer: Node = {"data": result.data}
    if result.errors:
        answer["errors"] = [{**error.formatted, **(error.extensions or {})} for error in result.errors]
    return answer


def refuse(message: str, kind: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


def actor(login: str | None) -> Node | None:
    """An author; GraphQL says of a bot what it is, and leaves "[bot]" out of its name."""
    if login is None:
        return None
    return {"__typename": "Bot" if is_bot(login) else "User", "login": login.removesuffix("[bot]")}


def connection(items: Sequence[Any], render: Callable[[Any], Node]) -> Callable[..., Node]:
    """A field that pages through items, 1 to 100 at a time, as GitHub demands."""

    def resolve(
        info: Any, first: int | None = None, last: int | None = None, after: str | None = None, **_: Any
    ) -> Node:
        size = first or last
        name = info.field_name
        if size is None:
            raise refuse(f"You must provide a `first` or `last` value to paginate the `{name}` connection.", "MISSING")
        if not 1 <= size <= 100:
            raise refuse(f"Requesting {size} records on the `{name}` connection exceeds the limit of 100.", "EXCESSIVE")
        start = int(after.partition(":")[2]) if after else 0 if first else max(0, len(items) - size)
        nodes = [render(item) for item in items[start : start + size]]
        end = start + len(nodes)
        page = {"hasNextPage": end < len(items), "endCursor": f"cursor:{end}", "hasPreviousPage": start > 0}
        return {"totalCount": len(items), "pageInfo": page | {"startCursor": f"cursor:{start}"}, "nodes": nodes}

    return resolve


class Root:
    """Query and mutation fields; graphql-core looks them up by the schema's names."""

    def __init__(self, fake: "FakeGitHub", token: Token) -> None:
        self.fake, self.token = fake, token
        self.viewer = {"login": token.login}

    def repository(self, info: Any, owner: str, name: str, **_: Any) -> Node:
        full_name = f"{owner}/{name}"
        repo = self.fake.visible(self.fake.renamed.get(full_name, full_name), self.token)
        if repo is None:
            raise refuse(f"Could not resolve to a Repository with the name '{full_name}'.", "NOT_FOUND")
        graph = RepositoryGraph(repo)
        return {"nameWithOwner": repo.full_name, "pullRequest": graph.pull_request, "pullRequests": graph.pull_requests}

    def resolveReviewThread(self, info: Any, input: Node) -> Node:  # noqa: A002
        return self._settle(input["threadId"], self.token.login)

    def unresolveReviewThread(self, info: Any, input: Node) -> Node:  # noqa: A002
        return self._settle(input["threadId"], None)

    def minimizeComment(self, info: Any, input: Node) -> Node:  # noqa: A002
        self._may_write()
        for repo in self.fake.repos.values():
            for prefix, store in (("PRRC_", repo.review_comments), ("IC_", repo.issue_comments)):
                comment = store.get(_number(input["subjectId"], prefix))  # type: ignore[attr-defined]
                if comment is not None:
                    comment.minimized = input["classifier"].lower().replace("_", "-")
                    kind = "PullRequestReviewComment" if prefix == "PRRC_" else "IssueComment"
                    seen = {"__typename": kind, "isMinimized": True, "minimizedReason": comment.minimized}
                    return {"minimizedComment": seen}
        raise refuse(f"Could not resolve to a node with the global id of '{input['subjectId']}'", "NOT_FOUND")

    def _settle(self, node: str, by: str | None) -> Node:
        self._may_write()
        for repo in self.fake.repos.values():
            for thread in repo.threads.values():
                if thread.node == node:
                    thread.resolved_by = by
                    repo.pulls[thread.pull].updated_at = self.fake.now()
                    return {"thread": RepositoryGraph(repo).thread(thread)}
        raise refuse(f"Could not resolve to a node with the global id of '{node}'", "NOT_FOUND")

    def _may_write(self) -> None:
        permissions = self.token.permissions
        if permissions is not None and permissions.get("pull_requests") != "write":
            raise refuse("Resource not accessible by integration", "FORBIDDEN")


class RepositoryGraph:
    """The pull requests of one repository as GraphQL nodes."""

    def __init__(self, repo: Repository) -> None:
        self.repo = repo
        self._threads = _grouped(repo.threads.values(), lambda thread: thread.pull)
        self._reviews = _grouped(repo.reviews.values(), lambda review: review.pull)
        self._said = _grouped(repo.review_comments.values(), lambda comment: comment.in_reply_to or comment.id)

    def pull_request(self, info: Any, number: int) -> Node:
        if number not in self.repo.pulls:
            raise refuse(f"Could not resolve to a PullRequest with the number of {number}.", "NOT_FOUND")
        return self.pull(self.repo.pulls[number])

    def pull_requests(self, info: Any, **arguments: Any) -> Node:
        states = set(arguments.pop("states", None) or ("OPEN", "CLOSED", "MERGED"))
        order = arguments.pop("orderBy", None) or {"field": "CREATED_AT", "direction": "ASC"}
        field = {"UPDATED_AT": "updated_at"}.get(order["field"], "created_at")
        pulls = [pull for pull in self.repo.pulls.values() if _state(pull) in states]
        pulls.sort(key=lambda pull: (getattr(pull, field), pull.number), reverse=order["direction"] == "DESC")
        return connection(pulls, self.pull)(info, **arguments)

    def pull(self, pull: Pull) -> Node:
        return {
            "__typename": "PullRequest",
            "id": f"PR_{pull.number}",
            "number": pull.number,
            "state": _state(pull),
            "merged": pull.merged_at is not None,
            "mergedAt": pull.merged_at,
            "updatedAt": pull.updated_at,
            "headRefOid": pull.head_sha,
            "author": actor(pull.login),
            "reviewThreads": connection(self._threads[pull.number], self.thread),
            "reviews": connection(self._reviews[pull.number], self.review),
        }

    def thread(self, thread: Thread) -> Node:
        root = self.repo.review_comments[thread.root]
        return {
            "id": thread.node,
            "isResolved": thread.resolved_by is not None,
            "isOutdated": thread.outdated,
            "isCollapsed": thread.resolved_by is not None,
            "resolvedBy": thread.resolved_by and {"login": thread.resolved_by},
            "path": root.path,
            "line": root.line,
            "startLine": root.start_line,
            "diffSide": root.side,
            "comments": connection(self._said[thread.root], self.comment),
        }

    def comment(self, comment: ReviewComment | IssueComment) -> Node:
        return {
            "id": f"PRRC_{comment.id}",
            # The 32-bit field of the schema cannot hold today's ids.
            "databaseId": comment.id if comment.id <= INT_MAX else None,
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "author": actor(comment.login),
            "authorAssociation": comment.association,
            "createdAt": comment.created_at,
            "updatedAt": comment.updated_at,
            "isMinimized": comment.minimized is not None,
            "minimizedReason": comment.minimized,
            "reactionGroups": _groups(comment.reactions),
        }

    def review(self, review: Review) -> Node:
        return {
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


def _grouped(records: Iterable[Any], key: Callable[[Any], int]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def _groups(reactions: list[Reaction]) -> list[Node]:
    """One group for every kind of reaction, empty ones included, as GitHub answers."""
    groups = []
    for content, name in CONTENT.items():
        here = [each for each in reactions if each.content == content]
        who = connection(here, lambda each: actor(each.login) or {})
        groups.append({"content": name, "createdAt": here[0].created_at if here else None, "reactors": who})
    return groups


def _state(pull: Pull) -> str:
    return "MERGED" if pull.merged_at else pull.state.upper()


def _number(node: str, prefix: str) -> int:
    text = node.removeprefix(prefix)
    return int(text) if node.startswith(prefix) and text.isdigit() else 0
