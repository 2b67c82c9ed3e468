"""The connection to GitHub in trouble: failures, limits, tokens, apps, enterprise servers; on the judged fake."""

import socket
import time
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from tests.github.demo import NAME, QUICK, build, merge
from tests.github.fake import FakeGitHub, start_fake

from reviewlore.adapters.github import Connection, Patience, connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import Position
from reviewlore.errors import BudgetError, ConfigError, ForgeError, InputError, RefusedError

LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def patient(fake: FakeGitHub, told: list[str]) -> Connection:
    """A connection that says what it waits for."""
    return connect(fake.workflow_token(NAME), fake.base, replace(QUICK, max_wait=5), told.append)


def test_a_passing_failure_on_page_three_is_overcome(fake: FakeGitHub, connection: Connection) -> None:
    for number in range(2, 252):
        merge(fake, number)
    for trouble in ({"status": 502}, {"status": 503}, {"drop": True}, {"cut": True}):
        fake.fault("GET", "[?].*page=3", **trouble)
        before = fake.requests
        assert len(list(connection.pages(f"/repos/{NAME}/pulls", state="all"))) == 251
        assert fake.requests - before == 4
    assert connection.requests == fake.requests


def test_a_lasting_failure_ends_in_one_sentence(fake: FakeGitHub, connection: Connection) -> None:
    fake.fault("GET", "/pulls", 502, times=99)
    with pytest.raises(ForgeError, match="GitHub failed at GET /repos/octo/demo/pulls with status 502: Server Error"):
        list(connection.pages(f"/repos/{NAME}/pulls"))
    assert len(fake.sent("GET", "/pulls")) == 1 + QUICK.retries


@pytest.mark.parametrize("trouble", [{"cut": True}, {"drop": True}])
def test_halved_answers_are_errors(fake: FakeGitHub, forge: GithubForge, trouble: dict[str, object]) -> None:
    fake.fault("GET", "/pulls/1$", times=1 + QUICK.retries, **trouble)
    with pytest.raises(ForgeError, match="no usable answer to GET /repos/octo/demo/pulls/1"):
        forge.pull(1)
    assert forge.pull(1).number == 1


def test_what_never_answers_is_given_up(fake: FakeGitHub) -> None:
    """An answer that takes longer than the timeout; nobody listens to what comes later."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ForgeError, match="ReadTimeoutError"):
            _ = GithubForge(connect("t", address, replace(QUICK, timeout=1, retries=1)), NAME).repository
        assert 1.9 < time.monotonic() - start < 3


def test_an_unreachable_address_is_told_soon() -> None:
    start = time.monotonic()
    with pytest.raises(ForgeError, match=r"cannot be reached for GET /repos/octo/demo \(NewConnectionError\)"):
        _ = GithubForge(connect("t", "http://127.0.0.1:9"), NAME).repository
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("status", [403, 429])
def test_a_named_wait_is_kept_and_told(fake: FakeGitHub, patient: Connection, told: list[str], status: int) -> None:
    fake.fault("GET", "/demo$", status, LIMIT, headers={"Retry-After": "1"})
    start = time.monotonic()
    assert patient.get(f"/repos/{NAME}")["full_name"] == NAME
    assert 0.9 < time.monotonic() - start < 5
    assert told == ["Waiting 1 s for GitHub's rate limit"]


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_without_a_time_is_waited_out_longer_each_time(
    fake: FakeGitHub, patient: Connection, status: int
) -> None:
    assert Patience().secondary_wait >= 60  # "at least one minute"
    fake.fault("GET", "/demo$", status, LIMIT, times=2)
    start = time.monotonic()
    assert patient.get(f"/repos/{NAME}")["full_name"] == NAME
    assert time.monotonic() - start >= QUICK.secondary_wait * 3
    fake.fault("GET", "/demo$", status, LIMIT, times=9)
    with pytest.raises(ForgeError, match=r"rate limit stops GET /repos/octo/demo: You have exceeded"):
        patient.get(f"/repos/{NAME}")
    assert len(fake.sent("GET", "/demo$")) == 3 + 1 + QUICK.retries


@pytest.mark.parametrize("status", [403, 429])
def test_waits_are_bounded(fake: FakeGitHub, forge: GithubForge, status: int) -> None:
    fake.fault("GET", "/pulls/1$", status, LIMIT, headers={"Retry-After": "3600"}, times=9)
    start = time.monotonic()
    with pytest.raises(ForgeError, match=r"rate limit stops GET .* for 3600 s, .* 2 s .* Come back at 20\d\d-.* UTC"):
        forge.pull(1)
    assert time.monotonic() - start < 1 and len(fake.sent("GET", "/pulls/1$")) == 1


def test_a_limited_query_waits_instead_of_shrinking(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 32):
        merge(fake, number)
    fake.fault("POST", "/graphql", 403, LIMIT, headers={"Retry-After": "1"})
    fake.fault("POST", "/graphql", 200, body={"errors": [{"message": LIMIT}]})
    assert len([merged for page in history.merged(Position()) for merged in page.pulls]) == 30
    assert [each.body["variables"]["first"] for each in fake.sent("POST", "/graphql")] == [25, 25, 25, 25]


def test_the_last_allowed_request_is_known_and_the_reset_is_waited_for(
    fake: FakeGitHub, patient: Connection, told: list[str]
) -> None:
    assert patient.remaining() is None
    patient.get(f"/repos/{NAME}")
    assert (patient.remaining(), patient.remaining("graphql")) == (4999, None)
    fake.core.remaining, fake.core.reset = 1, time.time() + 0.2
    patient.get(f"/repos/{NAME}")
    assert patient.remaining() == 0
    patient.get(f"/repos/{NAME}")
    assert [each.status for each in fake.log] == [200, 200, 200]  # not one was refused
    assert patient.remaining() == 4999 and len(told) == 1 and told[0].endswith("s for GitHub's rate limit")


def test_points_are_another_allowance_than_requests(fake: FakeGitHub, patient: Connection) -> None:
    fake.core.use_up()
    assert patient.query("{ viewer { login } }")["viewer"]["login"] == "github-actions[bot]"
    assert (patient.remaining("graphql"), patient.remaining()) == (4999, None)
    fake.graph.use_up(0.1)
    assert patient.query("{ viewer { login } }")  # refused with status 200 and RATE_LIMITED, waited for
    assert [each.status for each in fake.log] == [200, 200, 200] and patient.remaining("graphql") == 4999
    fake.graph.use_up()
    with pytest.raises(ForgeError, match=r"rate limit stops POST .*graphql for 36\d\d s"):
        patient.query("{ viewer { login } }")


def test_a_spent_budget_is_told_with_its_reset(fake: FakeGitHub, connection: Connection, forge: GithubForge) -> None:
    assert forge.repository == NAME
    fake.core.use_up()
    for _ in range(2):
        with pytest.raises(ForgeError, match=r"rate limit stops GET .* for 36\d\d s.* Come back at"):
            forge.pull(1)
    assert len(fake.sent("GET", "/pulls/1$")) == 1  # the second is not even asked
    with pytest.raises(ForgeError, match="rate limit stops POST"):
        connection.write("POST", f"/repos/{NAME}/issues/1/comments", {"body": "x"})
    assert not fake.sent("POST")


def test_no_more_requests_than_allowed(fake: FakeGitHub) -> None:
    connection = connect(fake.workflow_token(NAME), fake.base, replace(QUICK, max_requests=2))
    fake.fault("GET", "/demo$", 502, times=2)
    with pytest.raises(BudgetError, match="2 requests that were allowed are used up before GET /repos/octo/demo"):
        connection.get(f"/repos/{NAME}")
    assert fake.requests == connection.requests == 2
    fake.rename_repo(NAME, "octo/new")
    connection = connect(fake.token("carol"), fake.base, replace(QUICK, max_requests=1))
    with pytest.raises(BudgetError, match="redirected"):
        connection.get(f"/repos/{NAME}")
    assert fake.requests == 3 and connection.requests == 1


def test_an_unchanged_answer_is_free(fake: FakeGitHub, connection: Connection) -> None:
    page = connection.page(f"/repos/{NAME}")
    assert page is not None and page.data["full_name"] == NAME and page.following is None
    left = fake.core.remaining
    assert connection.page(f"/repos/{NAME}", page.tag) is None
    assert fake.core.remaining == left and fake.log[-1].status == 304
    fake.rename_repo(NAME, "octo/new")
    owner = connect(fake.token("octo"), fake.base, QUICK)
    moved = owner.page(f"/repos/{NAME}", page.tag)
    assert moved is not None and moved.data["full_name"] == "octo/new"
    with pytest.raises(ForgeError, match="status 307"):  # a write is not sent to another address
        owner.write("POST", f"/repos/{NAME}/issues/1/comments", {"body": "x"})
    assert not fake.repos["octo/new"].issue_comments


def test_writes_keep_the_distance_that_github_asks_for(fake: FakeGitHub) -> None:
    assert Patience().between_writes == 1.0
    forge = GithubForge(connect(fake.workflow_token(NAME), fake.base, replace(QUICK, between_writes=0.2)), NAME)
    start = time.monotonic()
    for text in ("a review", "and its summary"):  # two are not many
        forge.post_comment(1, text)
    assert time.monotonic() - start < 0.2
    for text in ("three", "four"):
        forge.post_comment(1, text)
    assert time.monotonic() - start >= 0.4


def test_a_limit_on_writes_is_waited_for_before_the_next_write(fake: FakeGitHub, told: list[str]) -> None:
    """GitHub, "Best practices for using the REST API": whoever goes on against a secondary limit may be banned."""
    connection = connect(fake.workflow_token(NAME), fake.base, replace(QUICK, max_wait=1.5), told.append)
    path, body = f"/repos/{NAME}/issues/1/comments", {"body": "x"}
    fake.fault("POST", "/comments$", 403, LIMIT, headers={"Retry-After": "1"})
    start = time.monotonic()
    with pytest.raises(ForgeError, match="rate limit"):
        connection.write("POST", path, body)
    assert connection.get(f"/repos/{NAME}")["full_name"] == NAME  # reading need not wait
    assert time.monotonic() - start < 0.9
    assert connection.write("POST", path, body)["body"] == "x"
    assert time.monotonic() - start > 0.9
    fake.fault("POST", "/comments$", 403, LIMIT, headers={"Retry-After": "300"})
    for _ in range(2):
        with pytest.raises(ForgeError, match=r"for (299|300) s.* Come back at"):
            connection.write("POST", path, body)
    assert len(fake.sent("POST", "/comments$")) == 3  # the last one was not even sent


def test_what_is_not_there_is_the_users_to_mend(fake: FakeGitHub, connection: Connection, forge: GithubForge) -> None:
    with pytest.raises(InputError, match="pulls/99"):
        forge.pull(99)
    with pytest.raises(InputError, match="octo/none"):
        GithubHistory(connection, "octo/none")
    with pytest.raises(InputError, match="none"):
        connection.query('{ repository(owner: "octo", name: "none") { nameWithOwner } }')


def test_something_that_is_not_github_is_told(fake: FakeGitHub) -> None:
    fake.fault("GET", "/repos", 200, "Welcome to nginx")
    with pytest.raises(ForgeError, match="full_name"):
        _ = GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME).repository
    fake.fault("GET", "/repos", 200, body=["Welcome"])
    with pytest.raises(ForgeError, match="full_name"):
        _ = GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME).repository
    fake.fault("GET", "/pulls", 200, body={"not": "a list"})
    with pytest.raises(ForgeError, match="not a list"):
        list(connect(fake.token("carol"), fake.base, QUICK).pages(f"/repos/{NAME}/pulls"))


def test_no_message_shows_a_token(fake: FakeGitHub, tmp_path: Path) -> None:
    secret = "ghp_" + "s3cret" * 5
    with pytest.raises(RefusedError) as refused:
        _ = GithubForge(connect(secret, fake.base, QUICK), NAME).repository
    assert "did not accept the token" in str(refused.value)
    with pytest.raises(ForgeError) as unreachable:
        _ = GithubForge(connect(secret, "http://127.0.0.1:9", QUICK), NAME).repository
    with pytest.raises(ConfigError) as malformed:
        connect(f"{secret}\nX-Other: 1", fake.base)
    for caught in (refused, unreachable, malformed):
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ConfigError, match="empty"):
        connect("  ", fake.base)
    for address in ("api.github.com", "ftp://example.org", "https://", "https://a b"):
        with pytest.raises(ConfigError, match="no address of a GitHub API"):
            connect(secret, address)


def test_an_enterprise_server_has_its_own_addresses(tmp_path: Path) -> None:
    with start_fake(prefix="/api/v3") as fake:
        build(fake, tmp_path)
        for number in range(2, 104):
            merge(fake, number)
        connection = connect(fake.workflow_token(NAME), fake.base + "/", QUICK)
        history = GithubHistory(connection, NAME)
        assert len([merged for page in history.merged(Position()) for merged in page.pulls]) == 102
        assert len(list(connection.pages(f"/repos/{NAME}/pulls", state="all"))) == 103
        assert GithubForge(connection, NAME).post_comment(1, "Hello").number == 1
        assert {each.url.split("?")[0] for each in fake.sent("POST", "graphql")} == {"/api/graphql"}
