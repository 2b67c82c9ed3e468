"""One pull request as it is now, with all that its reader has said on it, in one GraphQL query.

In: a connection, a repository's name of any age, a number, and the marker of what is ours. Out: a `Standing`. It
follows pages only where there are more than fit, and tells so: 100 threads, reviews, comments and labels, 20 comments a
thread. By GitHub's rule that costs 1 + 4 + 100 threads x (comments, root, the root's reactions) = 305 connections, 3
points; a pull request takes no more than 2,500 comments, so that the pages have an end.
"""

from collections.abc import Callable
from typing import Any

from reviewlore.adapters.github import Connection
from reviewlore.adapters.github_history import split_name
from reviewlore.adapters.github_queries import (
    CONVERSATION,
    LABELS,
    PULL_FIELDS,
    REPLIES,
    REVIEWS,
    Part,
    Unfinished,
    add_rest,
    goes_on,
    plan_rest,
)
from reviewlore.domain.forge import Standing
from reviewlore.errors import ForgeError
from reviewlore.formats.github import parsed
from reviewlore.formats.github_graph import parse_standing

_BATCH = 25
_THREADS = Part(
    "PullRequest",
    "reviewThreads",
    100,
    f"""pageInfo {{ hasNextPage endCursor }} nodes {{
  id isResolved isOutdated diffSide viewerCanResolve
  root: comments(first: 1) {{ nodes {{ id diffHunk viewerCanMinimize reactions(first: 1) {{ totalCount }} }} }}
  comments(first: 20) {{ totalCount {REPLIES.selection} }} }}""",
)
_PARTS = (LABELS, _THREADS, REVIEWS, CONVERSATION)
_FIELDS = "\n  ".join(f"{part.field}(first: 100) {{ {part.selection} }}" for part in _PARTS)
_STANDING = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{ nameWithOwner pullRequest(number: $number) {{
  {PULL_FIELDS}
  {_FIELDS} }} }} }}"""


def read_standing(
    connection: Connection, repository: str, number: int, marker: str, tell: Callable[[str], None]
) -> Standing:
    """Return a pull request with what its reader has said; InputError where there is none, or none of that name.

    A renamed repository is found by its old name; the record says what it is called now.
    """

    def standing(value: Any) -> Standing:
        _complete(connection, value["repository"]["pullRequest"], tell)
        return parse_standing(value, marker)

    owner, name = split_name(repository)
    data = connection.query(_STANDING, {"owner": owner, "name": name, "number": number})
    found = data.get("repository") or {}
    if not isinstance(found.get("pullRequest"), dict):
        raise ForgeError(f"GitHub answered without pull request {number} of {repository}; check the API address.")
    return parsed(standing, data)


def _complete(connection: Connection, node: Any, tell: Callable[[str], None]) -> None:
    """Add what a page did not show."""
    number = int(node["number"])
    waiting = [Unfinished(number, node["id"], part, node[part.field]) for part in _PARTS]
    waiting = [each for each in waiting if goes_on(each.connection)] + _long_threads(number, node["reviewThreads"])
    if waiting:
        tell(f"Pull request {number} holds more than one answer of GitHub; reading on")
    while waiting:
        batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
        text, variables = plan_rest(batch)
        data = connection.query(text, variables, missing=True)
        for index, unfinished in enumerate(batch):
            found = data[f"part{index}"]
            waiting += add_rest(unfinished, found)
            if unfinished.part is _THREADS and found:
                waiting += _long_threads(number, found["rest"])


def _long_threads(number: int, threads: Any) -> list[Unfinished]:
    found = (Unfinished(number, thread["id"], REPLIES, thread["comments"]) for thread in threads["nodes"] if thread)
    return [each for each in found if goes_on(each.connection)]
