"""The connection to GitHub in trouble: failures, limits, tokens, apps, enterprise servers; on the judged fake."""

import time
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.github.demo import MARKER, NAME, QUICK, build, merge
from tests.github.fake import FakeGitHub, start_fake

from reviewlore.adapters.github import Connection, Patience, connect, connect_app
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError


def test_a_passing_failure_on_page_two_is_overcome(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 104):
        merge(fake, number)
    fake.fault("GET", "/pulls[?]", 502, skip=1)
    fake.fault("POST", "/graphql", 502)
    assert len(list(history.closed_pulls())) == len(list(history.activity())) == 102
    assert history.requests_used() == fake.requests == 7


def test_a_query_too_large_for_github_is_asked_in_smaller_pages(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 32):
        merge(fake, number)
    fake.fault("POST", "/graphql", 502, times=1 + QUICK.retries)
    assert len(list(history.activity())) == 30
    assert [each.body["variables"]["first"] for each in fake.sent("POST", "/graphql")] == [100, 100, 100, 25, 25]
    fake.fault("POST", "/graphql", 502, times=2 + 2 * QUICK.retries)
    with pytest.raises(ForgeError, match="graphql"):
        list(history.activity())


def test_a_lasting_failure_ends_in_one_sentence(fake: FakeGitHub, history: GithubHistory) -> None:
    fake.fault("GET", "/pulls[?]", 502, times=99)
    with pytest.raises(ForgeError, match="GET /repos/octo/demo/pulls"):
        list(history.closed_pulls())
    assert len(fake.sent("GET", "/pulls[?]")) == 1 + QUICK.retries


@pytest.mark.parametrize("trouble", [{"cut": True}, {"drop": True, "times": 9}])
def test_halved_answers_are_errors(fake: FakeGitHub, forge: GithubForge, trouble: dict[str, object]) -> None:
    fake.fault("GET", "/pulls/1$", **trouble)
    with pytest.raises(ForgeError, match="GET /repos/octo/demo/pulls/1"):
        forge.pull(1)


def test_a_secondary_limit_is_waited_out(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.fault("GET", "/pulls/1$", 403, "You have exceeded a secondary rate limit", headers={"Retry-After": "1"})
    start = time.monotonic()
    assert forge.pull(1).number == 1
    assert 0.9 < time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("status", "message", "headers"),
    [
        (403, "You have exceeded a secondary rate limit", {"Retry-After": "3600"}),
        (429, "Too many requests", {"Retry-After": "3600"}),
    ],
)
def test_waits_are_bounded(
    fake: FakeGitHub, forge: GithubForge, status: int, message: str, headers: dict[str, str]
) -> None:
    fake.fault("GET", "/pulls/1$", status, message, headers=headers, times=9)
    start = time.monotonic()
    with pytest.raises(ForgeError, match=r"rate limit.*3600"):
        forge.pull(1)
    assert time.monotonic() - start < 1


def test_writes_keep_the_distance_that_github_asks_for(fake: FakeGitHub) -> None:
    assert Patience().between_writes == 1.0
    forge = GithubForge(connect(fake.workflow_token(NAME), fake.base, replace(QUICK, between_writes=0.2)), NAME)
    start = time.monotonic()
    for text in ("one", "two", "three"):
        forge.post_comment(1, text)
    assert time.monotonic() - start >= 0.4


def test_a_spent_budget_is_told_with_its_reset(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.remaining = 0
    with pytest.raises(ForgeError, match=r"rate limit stops GET .*reset: \d+"):
        forge.pull(1)


def test_what_is_not_there_is_the_users_to_mend(fake: FakeGitHub, connection: Connection, forge: GithubForge) -> None:
    with pytest.raises(InputError, match="pulls/99"):
        forge.pull(99)
    with pytest.raises(InputError, match="octo/none"):
        GithubHistory(connection, "octo/none")
    with pytest.raises(InputError, match="OWNER/NAME"):
        GithubHistory(connection, "demo")
    with pytest.raises(InputError, match="none"):
        connection.query('{ repository(owner: "octo", name: "none") { nameWithOwner } }')


def test_something_that_is_not_github_is_told(fake: FakeGitHub) -> None:
    fake.fault("GET", "/repos", 200, "Welcome to nginx")
    with pytest.raises(ForgeError, match="full_name"):
        GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME)
    with pytest.raises(ForgeError, match="no usable answer"):
        GithubForge(connect(fake.token("carol"), "http://127.0.0.1:9", QUICK), NAME)


def test_no_message_shows_a_token(fake: FakeGitHub, tmp_path: Path) -> None:
    secret = "ghp_" + "s3cret" * 5
    with pytest.raises(RefusedError) as refused:
        GithubForge(connect(secret, fake.base, QUICK), NAME)
    assert "did not accept the token" in str(refused.value)
    with pytest.raises(ForgeError) as unreachable:
        GithubForge(connect(secret, "http://127.0.0.1:9", QUICK), NAME)
    with pytest.raises(ConfigError) as malformed:
        connect(f"{secret}\nX-Other: 1", fake.base)
    for caught in (refused, unreachable, malformed):
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ConfigError, match="empty"):
        connect("  ", fake.base)
    for address in ("api.github.com", "ftp://example.org", "https://", "https://a b"):
        with pytest.raises(ConfigError, match="no address of a GitHub API"):
            connect(secret, address)


def test_an_app_speaks_in_its_own_name(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM
    key = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with start_fake(public, 7) as fake:
        build(fake, tmp_path)
        forge = GithubForge(connect_app(7, key, NAME, fake.base, QUICK), NAME)
        assert forge.post_comment(1, MARKER).author == forge.login == "reviewlore[bot]"
        assert len(forge.posted(1, MARKER).summaries) == 1
        with pytest.raises(RefusedError, match="the app's installation on octo/demo"):
            connect_app(8, key, NAME, fake.base, QUICK)
        with pytest.raises(ConfigError, match="cannot sign"):
            connect_app(7, "no key", NAME, fake.base, QUICK)


def test_an_enterprise_server_has_its_own_addresses(tmp_path: Path) -> None:
    with start_fake(prefix="/api/v3") as fake:
        build(fake, tmp_path)
        for number in range(2, 104):
            merge(fake, number)
        connection = connect(fake.workflow_token(NAME), fake.base + "/", QUICK)
        history = GithubHistory(connection, NAME)
        assert len(list(history.closed_pulls())) == len(list(history.activity())) == 102
        assert GithubForge(connection, NAME).post_comment(1, "Hello").number == 1
        assert {each.url.split("?")[0] for each in fake.sent("POST", "graphql")} == {"/api/graphql"}
