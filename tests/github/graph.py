"""GraphQL, executed on GitHub's published schema: pull requests with all that is said on them; three mutations.

In: a query and the caller's token. Out: GitHub's `data` and `errors`, and the query's cost. The schema refuses what
GitHub would refuse; a field that is in the schema but not served here is a violation, never an invented value.
"""

import functools
import lzma
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate
from tests.github.contract import DATA
from tests.github.graph_nodes import RepositoryGraph, numbered
from tests.github.graph_pages import MAX_NODES, Cost, Node, cost_of, refuse
from tests.github.state import Repository, Token

if TYPE_CHECKING:
    from tests.github.fake import FakeGitHub

TIMED_OUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub "
    "bug. Please include `0C38:5C14:1B8F:4A2D:6565F9E1` when reporting this issue."
)


@functools.cache
def shared_schema() -> GraphQLSchema:
    """Return GitHub's schema; parsing takes more than a second, so all tests of a run share it."""
    text = lzma.decompress((DATA / "github-graphql-schema.graphql.xz").read_bytes()).decode("utf8")
    return build_schema(text, assume_valid=True)


@functools.lru_cache(maxsize=256)
def _judged(query: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    """Parse and validate a query; a run asks the same few again and again."""
    document = parse(query)
    return document, tuple(validate(shared_schema(), document))


def execute(fake: "FakeGitHub", token: Token, body: Node) -> tuple[Node, Cost]:
    """Answer one GraphQL request, and say what it costs."""
    variables = body.get("variables") or {}
    try:
        document, errors = _judged(body["query"])
    except GraphQLError as error:
        return _answer(None, [error]), Cost(0, 0)
    cost = cost_of(document, variables) if not errors else Cost(0, 0)
    if cost.nodes > MAX_NODES:
        message = f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit of 500,000."
        errors = (refuse(message, "MAX_NODE_LIMIT_EXCEEDED"),)
    if errors:
        return _answer(None, [*errors]), cost
    root = Root(fake, token, cost)
    result = execute_sync(
        shared_schema(),
        document,
        root,
        variable_values=variables,
        field_resolver=functools.partial(_resolve, fake),
    )
    if fake.capacity is not None and root.said > fake.capacity:
        return _answer(None, [GraphQLError(TIMED_OUT)]), cost
    return _answer(result.data, result.errors or []), cost


def _answer(data: Any, errors: list[GraphQLError]) -> Node:
    said = [{**error.formatted, **(error.extensions or {})} for error in errors]
    for each in said:
        each.pop("extensions", None)
    return {"data": data, "errors": said} if said else {"data": data}


def _resolve(fake: "FakeGitHub", source: Any, info: Any, **arguments: Any) -> Any:
    """Find a field by its name in the schema; where there is none, the test must not pass by accident."""
    name = info.field_name
    if not (name in source if isinstance(source, dict) else hasattr(source, name)):
        where = f"{info.parent_type.name}.{name}"
        fake.violate("UNIMPLEMENTED", "POST", "/graphql", [f"no handler for {where}"])
        raise GraphQLError(f"{where} is not served by the fake")
    value = source[name] if isinstance(source, dict) else getattr(source, name)
    return value(info, **arguments) if callable(value) else value


class Root:
    """Query and mutation fields, by the schema's names."""

    def __init__(self, fake: "FakeGitHub", token: Token, cost: Cost) -> None:
        self.fake, self.token, self._cost = fake, token, cost
        self.viewer = {"login": token.login}
        self._graphs: dict[int, RepositoryGraph] = {}

    @property
    def said(self) -> int:
        return sum(graph.said for graph in self._graphs.values())

    def rateLimit(self, info: Any, **_: Any) -> Node:
        left = self.fake.graph
        return {
            "cost": self._cost.points,
            "nodeCount": self._cost.nodes,
            "limit": left.limit,
            "remaining": left.remaining,
            "used": left.limit - left.remaining,
        }

    def repository(self, info: Any, owner: str, name: str, **_: Any) -> Node:
        full_name = f"{owner}/{name}"
        repo = self.fake.visible(self.fake.renamed.get(full_name, full_name), self.token)
        if repo is None:
            raise refuse(f"Could not resolve to a Repository with the name '{full_name}'.", "NOT_FOUND")
        return self._graph(repo).node()

    def node(self, info: Any, id: str) -> Node:  # noqa: A002
        for repo in self._visible():
            found = self._graph(repo).find(id)
            if found is not None:
                return found
        raise refuse(f"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND")

    def resolveReviewThread(self, info: Any, input: Node) -> Node:  # noqa: A002
        return self._settle(input["threadId"], self.token.login)

    def unresolveReviewThread(self, info: Any, input: Node) -> Node:  # noqa: A002
        return self._settle(input["threadId"], None)

    def minimizeComment(self, info: Any, input: Node) -> Node:  # noqa: A002
        self._may_write()
        for repo in self.fake.repos.values():
            for prefix, store in (("PRRC_", repo.review_comments), ("IC_", repo.issue_comments)):
                comment = store.get(numbered(input["subjectId"], prefix))  # type: ignore[attr-defined]
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
                    return {"thread": RepositoryGraph(repo, True).thread(thread)}
        raise refuse(f"Could not resolve to a node with the global id of '{node}'", "NOT_FOUND")

    def _graph(self, repo: Repository) -> RepositoryGraph:
        if repo.id not in self._graphs:
            self._graphs[repo.id] = RepositoryGraph(repo, self._can_write())
        return self._graphs[repo.id]

    def _visible(self) -> list[Repository]:
        found = (self.fake.visible(name, self.token) for name in self.fake.repos)
        return [repo for repo in found if repo is not None]

    def _may_write(self) -> None:
        if not self._can_write():
            raise refuse("Resource not accessible by integration", "FORBIDDEN")

    def _can_write(self) -> bool:
        permissions = self.token.permissions
        return permissions is None or permissions.get("pull_requests") == "write"
