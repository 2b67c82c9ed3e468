"""The fake's GraphQL: pages and prices as GitHub publishes them, and nothing answered that is not served."""

import time
from typing import Any

import pytest
from graphql import parse
from tests.github.fake import FakeGitHub
from tests.github.graph import execute, shared_schema
from tests.github.graph_pages import cost_of
from tests.github.state import Token

from reviewlore.adapters import github_queries as queries

NAME = "octo/demo"
# The example of "Rate limits and query limits for the GraphQL API", with the figures GitHub gives for it.
PUBLISHED = """
query { viewer { login repositories(first: 100) { edges { node { id
  issues(first: 50) { edges { node { id labels(first: 60) { edges { node { id name } } } } } } } } } } }"""
PULLS = """query($after: String, $before: String, $first: Int, $last: Int, $direction: OrderDirection!) {
  repository(owner: "octo", name: "demo") {
    pullRequests(first: $first, last: $last, after: $after, before: $before,
                 orderBy: {field: UPDATED_AT, direction: $direction}) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { number } } } }"""


@pytest.fixture
def ask(demo: FakeGitHub) -> Any:
    def query(text: str, **variables: object) -> Any:
        return execute(demo, Token("carol", None, time.time() + 60), {"query": text, "variables": variables})[0]

    return query


def pulls(ask: Any, direction: str = "ASC", **variables: object) -> Any:
    return ask(PULLS, direction=direction, **variables)["data"]["repository"]["pullRequests"]


def more(demo: FakeGitHub, count: int) -> None:
    sha = demo.repos[NAME].pulls[1].head_sha
    for number in range(2, 2 + count):
        demo.open_pull(NAME, "main", "feat", f"Pull {number}", number=number, head_sha=sha, base_sha=sha)


def shown(page: Any) -> list[int]:
    return [node["number"] for node in page["nodes"]]


def test_a_published_example_costs_what_github_says() -> None:
    cost = cost_of(parse(PUBLISHED), {})
    assert (cost.connections, cost.points, cost.nodes) == (5_101, 51, 100 + 5_000 + 300_000)


def test_what_mining_asks_costs_what_it_says() -> None:
    page = cost_of(parse(queries.MERGED_PAGE), {"first": 25})
    assert (page.connections, page.points, page.nodes) == (1_601, 16, 12_275)
    parts = [queries.Unfinished(1, "PR_1", queries.THREADS, {"pageInfo": {"endCursor": "x"}})] * 25
    assert cost_of(parse(queries.plan_rest(parts)[0]), {}).points == 30
    assert cost_of(parse(queries.plan_pulls(range(25))[0]), {}).points == 16
    for light in (queries.MERGED_BACKWARDS, queries.MERGED_NEXT):
        assert cost_of(parse(light), {}).points == 1


def test_pages_are_cut_by_what_they_show_not_by_where_it_stood(demo: FakeGitHub, ask: Any) -> None:
    more(demo, 9)
    first = pulls(ask, first=4)
    assert shown(first) == [1, 2, 3, 4] and first["totalCount"] == 10
    demo.edit_pull(NAME, 2, title="Moves to the end")
    second = pulls(ask, first=4, after=first["pageInfo"]["endCursor"])
    assert shown(second) == [5, 6, 7, 8]  # a cursor that counted would have left 5 out
    last = pulls(ask, first=4, after=second["pageInfo"]["endCursor"])
    assert shown(last) == [9, 10, 2] and not last["pageInfo"]["hasNextPage"]


def test_pages_go_backwards_and_downwards_too(demo: FakeGitHub, ask: Any) -> None:
    more(demo, 9)
    end = pulls(ask, last=4)
    assert shown(end) == [7, 8, 9, 10] and end["pageInfo"]["hasPreviousPage"]
    assert shown(pulls(ask, last=4, before=end["pageInfo"]["startCursor"])) == [3, 4, 5, 6]
    down = pulls(ask, "DESC", first=4)
    assert shown(down) == [10, 9, 8, 7]
    rest = pulls(ask, "DESC", first=100, after=down["pageInfo"]["endCursor"])
    assert shown(rest) == [6, 5, 4, 3, 2, 1] and not rest["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({"first": 101}, "EXCESSIVE_PAGINATION"),
        ({"last": 0}, "EXCESSIVE_PAGINATION"),
        ({}, "MISSING_PAGINATION_BOUNDARIES"),
        ({"first": 1, "after": "nonsense"}, "INVALID_CURSOR_ARGUMENTS"),
        ({"first": 1, "after": "Y3Vyc29yOg=="}, "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_what_github_refuses_about_pages(ask: Any, variables: dict[str, object], kind: str) -> None:
    (error,) = ask(PULLS, direction="ASC", **variables)["errors"]
    assert error["type"] == kind


def test_half_a_million_nodes_are_the_most(ask: Any) -> None:
    text = """{ repository(owner: "octo", name: "demo") { pullRequests(first: 100) { nodes {
      reviewThreads(first: 100) { nodes { comments(first: 50) { nodes { body } } } } } } } }"""
    answer = ask(text)
    assert answer["data"] is None and answer["errors"][0]["type"] == "MAX_NODE_LIMIT_EXCEEDED"


def test_a_field_of_the_schema_that_is_not_served_fails_the_test(demo: FakeGitHub, ask: Any) -> None:
    answer = ask('{ repository(owner: "octo", name: "demo") { nameWithOwner homepageUrl } }')
    assert "Repository.homepageUrl is not served" in answer["errors"][0]["message"]
    demo.expect_violation("UNIMPLEMENTED .*Repository.homepageUrl")
    assert ask("{ meta { gitHubServicesSha } }")["errors"]
    demo.expect_violation("UNIMPLEMENTED .*Query.meta")


def test_a_query_that_breaks_the_schema_is_refused(ask: Any) -> None:
    assert (
        "Did you mean"
        in ask('{ repository(owner: "octo", name: "demo") { pullRequest(numbr: 1) { id } } }')["errors"][0]["message"]
    )
    assert ask("{ repository(")["errors"]
    assert shared_schema() is shared_schema()


def test_queries_are_paid_in_points(demo: FakeGitHub, ask: Any) -> None:
    limits = ask("{ rateLimit { cost nodeCount limit remaining used } viewer { login } }")["data"]
    assert limits == {
        "rateLimit": {"cost": 1, "nodeCount": 0, "limit": 5000, "remaining": 5000, "used": 0},
        "viewer": {"login": "carol"},
    }


def test_nodes_are_found_by_their_ids(demo: FakeGitHub, ask: Any) -> None:
    root = demo.add_review_comment(NAME, 1, "a.py", "Why?", line=7)
    thread = demo.repos[NAME].threads[root.id].node
    text = "query($i: ID!) { node(id: $i) { __typename id } }"
    ids = [f"PR_{demo.repos[NAME].id}_1", thread, f"PRRC_{root.id}"]
    found = [ask(text, i=each)["data"]["node"] for each in ids]
    assert found == [
        {"__typename": kind, "id": each}
        for kind, each in zip(("PullRequest", "PullRequestReviewThread", "PullRequestReviewComment"), ids, strict=True)
    ]
    assert ask(text, i="PRRC_1")["errors"][0]["type"] == "NOT_FOUND"
