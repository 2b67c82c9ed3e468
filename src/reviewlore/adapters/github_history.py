"""The past of one repository on GitHub, read in whole pages for mining (`ports.ForgeHistory`).

In: a connection and a repository's name. Out: records of `domain/forge.py`; never a request for a single comment.
REST lists what was said; only GraphQL knows which threads were resolved, and gives reviews without a call for each.
"""

from collections.abc import Iterator
from typing import Any

from reviewlore.adapters.github import Connection
from reviewlore.adapters.github_records import (
    parse_graph_review,
    parse_issue_comment,
    parse_pull,
    parse_thread,
    parse_thread_comment,
    parsed,
)
from reviewlore.domain.forge import IssueComment, PullActivity, PullRequest, ThreadComment
from reviewlore.errors import ForgeError, InputError

_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_THREAD = "id isResolved isOutdated resolvedBy { login } comments(first: 1) { nodes { fullDatabaseId } }"
_REVIEW = "fullDatabaseId author { __typename login } state body commit { oid } submittedAt url"
# 100 x (1 + 30 + 30 + 15) nodes and 32 points a page, of 500,000 and 5,000 an hour; the smaller page where GitHub gives
# up on the larger one (it ends a query after ten seconds).
_PULLS, _FEWER_PULLS = 100, 25
_ACTIVITY = f"""
query($owner: String!, $name: String!, $after: String, $first: Int!) {{ repository(owner: $owner, name: $name) {{
  pullRequests(states: MERGED, first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
    {_PAGE_INFO} nodes {{ number updatedAt
      reviewThreads(first: 30) {{ {_PAGE_INFO} nodes {{ {_THREAD} }} }}
      reviews(first: 15) {{ {_PAGE_INFO} nodes {{ {_REVIEW} }} }} }} }} }} }}"""
_REST = {
    field: f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{ repository(owner: $owner, name: $name) {{
  pullRequest(number: $number) {{ {field}(first: 100, after: $after) {{ {_PAGE_INFO} nodes {{ {node} }} }} }} }} }}"""
    for field, node in (("reviewThreads", _THREAD), ("reviews", _REVIEW))
}


def locate(connection: Connection, repository: str) -> str:
    """Return a repository's name as it is now; InputError where there is none.

    PyGithub follows the redirect of a renamed repository without the query, which would list something else.
    """
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise InputError(f"{repository!r} is no repository; write it as OWNER/NAME.")
    found = connection.get(f"/repos/{repository}")
    name = found.get("full_name") if isinstance(found, dict) else None
    if not isinstance(name, str):
        raise ForgeError(f"GitHub's answer to GET /repos/{repository} has no full_name; check the API address.")
    return name


class GithubHistory:
    """Implements `ports.ForgeHistory`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self.repository = locate(connection, repository)

    def closed_pulls(self, since: str | None = None) -> Iterator[PullRequest]:
        """Yield closed pull requests, the most recently updated first, down to `since`."""
        path = f"/repos/{self.repository}/pulls"
        for value in self._connection.pages(path, state="closed", sort="updated", direction="desc"):
            pull = parsed(parse_pull, value)
            if since is not None and pull.updated_at < since:
                return
            yield pull

    def thread_comments(self, since: str | None = None) -> Iterator[ThreadComment]:
        """Yield the review comments of the whole repository."""
        for value in self._updated("pulls/comments", since):
            yield parsed(parse_thread_comment, value)

    def issue_comments(self, since: str | None = None) -> Iterator[IssueComment]:
        """Yield the conversation comments of the whole repository."""
        for value in self._updated("issues/comments", since):
            yield parsed(parse_issue_comment, value)

    def activity(self, since: str | None = None) -> Iterator[PullActivity]:
        """Yield threads and reviews of merged pull requests, the most recently updated first, down to `since`."""
        after: str | None = None
        first = _PULLS
        while True:
            try:
                pulls = self._ask(_ACTIVITY, after, first=first)["pullRequests"]
            except ForgeError:
                if first == _FEWER_PULLS:
                    raise
                first = _FEWER_PULLS
                continue
            for node in pulls["nodes"]:
                if since is not None and node["updatedAt"] < since:
                    return
                yield self._activity(node)
            if not pulls["pageInfo"]["hasNextPage"]:
                return
            after = pulls["pageInfo"]["endCursor"]

    def requests_used(self) -> int:
        """Return how many requests the connection has sent so far."""
        return self._connection.requests

    def _updated(self, what: str, since: str | None) -> Iterator[Any]:
        query = {"sort": "updated", "direction": "asc"} | ({} if since is None else {"since": since})
        return self._connection.pages(f"/repos/{self.repository}/{what}", **query)

    def _activity(self, node: Any) -> PullActivity:
        number = int(node["number"])
        threads = [parsed(parse_thread, each) for each in self._whole(number, "reviewThreads", node)]
        reviews = [
            parsed(parse_graph_review, {**each, "pullRequest": number}) for each in self._whole(number, "reviews", node)
        ]
        kept = tuple(thread for thread in threads if thread is not None)
        return PullActivity(number, str(node["updatedAt"]), kept, tuple(reviews))

    def _whole(self, number: int, field: str, node: Any) -> Iterator[Any]:
        """Yield all nodes of one connection of a pull request; long ones continue in requests of their own."""
        page = node[field]
        yield from page["nodes"]
        while page["pageInfo"]["hasNextPage"]:
            found = self._ask(_REST[field], page["pageInfo"]["endCursor"], number=number)
            page = found["pullRequest"][field]
            yield from page["nodes"]

    def _ask(self, text: str, after: str | None, **variables: object) -> Any:
        owner, name = self.repository.split("/")
        return self._connection.query(text, owner=owner, name=name, after=after, **variables)["repository"]
