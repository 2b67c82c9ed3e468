"""The GraphQL queries that mining asks, and what they cost.

In: nothing, or what a batch asks for. Out: the text of a query and its variables. The answers are read by
`formats/github_graph.py`. By GitHub's rule ("Rate limits and query limits for the GraphQL API") a query costs one point
for every 100 connections that it may open, rounded to the nearest, and may ask for at most 500,000 nodes:

    a page of 25 pull requests: 1 + 25 x (labels, threads, reviews, conversation) + 500 threads x (comments, root, the
    root's reactions) = 1,601 connections, 16 points, 12,275 nodes; 640 of 5,000 points an hour for 1,000 pull requests.

Reactions are asked of the root alone, through a second alias of the same comments: of all comments they cost 55 points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_PAGE = "pageInfo { hasNextPage endCursor }"
_ACTOR = "{ __typename login }"
_LABELS = f"{_PAGE} nodes {{ name }}"
_REACTIONS = f"{_PAGE} nodes {{ content createdAt user {{ login }} }}"
_REVIEWS = f"{_PAGE} nodes {{ fullDatabaseId author {_ACTOR} state body commit {{ oid }} submittedAt url }}"
_CONVERSATION = f"""{_PAGE} nodes {{
  fullDatabaseId author {_ACTOR} authorAssociation body createdAt updatedAt url }}"""
_REPLIES = f"""{_PAGE} nodes {{
  fullDatabaseId replyTo {{ fullDatabaseId }} pullRequestReview {{ fullDatabaseId }} path subjectType
  line originalLine startLine originalStartLine originalCommit {{ oid }} commit {{ oid }}
  author {_ACTOR} authorAssociation body createdAt updatedAt lastEditedAt isMinimized minimizedReason url }}"""
_THREADS = f"""{_PAGE} nodes {{
  id isResolved isOutdated diffSide resolvedBy {_ACTOR}
  root: comments(first: 1) {{ nodes {{ id diffHunk reactions(first: 10) {{ {_REACTIONS} }} }} }}
  comments(first: 10) {{ {_REPLIES} }} }}"""
PULL_FIELDS = f"""id number title body author {_ACTOR} state isDraft locked url createdAt updatedAt mergedAt
  baseRefName baseRefOid headRefName headRefOid headRepository {{ nameWithOwner }} mergeCommit {{ oid }}"""
_PULL = f"""fragment pull on PullRequest {{
  {PULL_FIELDS}
  labels(first: 20) {{ {_LABELS} }}
  reviewThreads(first: 20) {{ {_THREADS} }}
  reviews(first: 10) {{ {_REVIEWS} }}
  comments(first: 20) {{ {_CONVERSATION} }} }}"""
_MERGED = "states: MERGED, orderBy: {field: UPDATED_AT, direction: ASC}"

MERGED_PAGE = f"""
query($owner: String!, $name: String!, $first: Int!, $after: String) {{ repository(owner: $owner, name: $name) {{
  pullRequests({_MERGED}, first: $first, after: $after) {{ {_PAGE} nodes {{ ...pull }} }} }} }}
{_PULL}"""

# One point: which pull requests there are, 100 a query, from the last updated backwards, with a cursor for each.
MERGED_BACKWARDS = f"""
query($owner: String!, $name: String!, $before: String) {{ repository(owner: $owner, name: $name) {{
  pullRequests({_MERGED}, last: 100, before: $before) {{
    pageInfo {{ hasPreviousPage startCursor }} edges {{ cursor node {{ updatedAt }} }} }} }} }}"""

# One point: which pull request comes next.
MERGED_NEXT = f"""
query($owner: String!, $name: String!, $after: String) {{ repository(owner: $owner, name: $name) {{
  pullRequests({_MERGED}, first: 1, after: $after) {{ nodes {{ number }} }} }} }}"""


@dataclass(frozen=True, slots=True)
class Part:
    """One connection that may be longer than a page shows: where it is, and how it goes on."""

    owner: str
    field: str
    first: int
    selection: str


# As long as GitHub allows; threads cost three connections each, so that 25 of these parts are 30 points.
LABELS = Part("PullRequest", "labels", 100, _LABELS)
THREADS = Part("PullRequest", "reviewThreads", 40, _THREADS)
REVIEWS = Part("PullRequest", "reviews", 100, _REVIEWS)
CONVERSATION = Part("PullRequest", "comments", 100, _CONVERSATION)
REPLIES = Part("PullRequestReviewThread", "comments", 100, _REPLIES)
REACTIONS = Part("PullRequestReviewComment", "reactions", 100, _REACTIONS)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A connection of one pull request that goes on; `connection` is the answer so far, to be added to."""

    number: int
    node: str
    part: Part
    connection: Any


def find_unfinished(pull: Any) -> list[Unfinished]:
    """Return the connections of a pull request's answer, those of its threads included, that go on."""
    number, node = int(pull["number"]), pull["id"]
    parts = [Unfinished(number, node, part, pull[part.field]) for part in (LABELS, THREADS, REVIEWS, CONVERSATION)]
    threads = find_unfinished_threads(number, pull["reviewThreads"])
    return [each for each in parts if goes_on(each.connection)] + threads


def find_unfinished_threads(number: int, threads: Any) -> list[Unfinished]:
    """Return the connections that go on of some threads of a pull request."""
    parts: list[Unfinished] = []
    for thread in filter(None, threads["nodes"]):
        parts.append(Unfinished(number, thread["id"], REPLIES, thread["comments"]))
        parts += (Unfinished(number, root["id"], REACTIONS, root["reactions"]) for root in thread["root"]["nodes"])
    return [each for each in parts if goes_on(each.connection)]


def plan_rest(parts: Sequence[Unfinished], share: float = 1.0) -> tuple[str, dict[str, object]]:
    """Return one query for the rest of several connections, each under the alias `part<index>`.

    `share` is how much of what GitHub allows is asked of each: less where GitHub gave up on more.
    """
    names = "".join(f"$id{index}: ID!, $after{index}: String, " for index in range(len(parts)))
    fields = "".join(
        f"\n  part{index}: node(id: $id{index}) {{ ... on {each.part.owner} {{ rest: {each.part.field}"
        f"(first: {max(1, int(each.part.first * share))}, after: $after{index}) {{ {each.part.selection} }} }} }}"
        for index, each in enumerate(parts)
    )
    variables: dict[str, object] = {f"id{index}": each.node for index, each in enumerate(parts)}
    variables |= {f"after{index}": each.connection["pageInfo"]["endCursor"] for index, each in enumerate(parts)}
    return f"query({names.rstrip(', ')}) {{{fields} }}", variables


def add_rest(unfinished: Unfinished, found: Any) -> list[Unfinished]:
    """Add what a query has found to a connection, and return what of it still goes on."""
    connection, rest = unfinished.connection, (found or {}).get("rest")
    if rest is None:  # deleted since
        return []
    connection["nodes"] += rest["nodes"]
    connection["pageInfo"] = rest["pageInfo"]
    threads = find_unfinished_threads(unfinished.number, rest) if unfinished.part is THREADS else []
    return [unfinished, *threads] if goes_on(connection) else threads


def plan_pulls(numbers: Sequence[int]) -> tuple[str, dict[str, object]]:
    """Return one query for some pull requests by number, each under the alias `pull<index>`."""
    names = "".join(f", $number{index}: Int!" for index in range(len(numbers)))
    fields = "".join(
        f"\n  pull{index}: pullRequest(number: $number{index}) {{ ...pull }}" for index in range(len(numbers))
    )
    text = f"query($owner: String!, $name: String!{names}) {{ repository(owner: $owner, name: $name) {{{fields} }} }}"
    return f"{text}\n{_PULL}", {f"number{index}": number for index, number in enumerate(numbers)}


def goes_on(connection: Any) -> bool:
    """Whether a connection of an answer has another page."""
    return bool(connection and connection["pageInfo"]["hasNextPage"])
