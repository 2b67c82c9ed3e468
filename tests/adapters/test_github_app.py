"""Tokens of the App's installation: one repository each, with no more than the job needs; on the judged fake."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.github.apps import make_keys
from tests.github.demo import MARKER, NAME, QUICK, build
from tests.github.fake import FakeGitHub, start_fake

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_app import AppIdentity, GithubInstallations, describe_app
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.domain.app import AppJob
from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError

REVIEW = {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write"}


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    with start_fake(make_keys().public, 7) as running:
        build(running, tmp_path)
        running.add_repo("octo/other", tmp_path / "other.git")
        yield running


def identity(fake: FakeGitHub, app_id: str = "7") -> AppIdentity:
    return AppIdentity(app_id, make_keys().private, fake.base, QUICK)


def job_on(fake: FakeGitHub, **more: object) -> AppJob:
    known = AppJob("d-1", "pull_request", NAME, fake.repos[NAME].id, 42, "review", REVIEW, b"{}", 1)
    return replace(known, **more)  # type: ignore[arg-type]


def test_a_token_is_for_one_repository_and_ends_with_the_job(fake: FakeGitHub) -> None:
    installations = GithubInstallations(identity(fake))
    grant = installations.grant(job_on(fake))
    assert (grant.repository, grant.repository_id) == (NAME, fake.repos[NAME].id)
    assert grant.token not in repr(grant)
    held = fake.tokens[grant.token]
    assert held.repositories == {NAME} and held.permissions == REVIEW
    forge = GithubForge(connect(grant.token, fake.base, QUICK), NAME)
    assert forge.post_comment(1, MARKER).author == forge.login == "reviewlore[bot]"
    with pytest.raises(InputError, match="nothing at"):
        _ = GithubForge(connect(grant.token, fake.base, QUICK), "octo/other").repository
    installations.revoke(grant)
    with pytest.raises(RefusedError, match="did not accept the token"):
        forge.post_comment(1, MARKER)
    installations.revoke(grant)  # one that has ended is no error


def test_a_renamed_repository_is_found_by_its_number(fake: FakeGitHub) -> None:
    job = job_on(fake)
    fake.rename_repo(NAME, "octo/renamed")
    assert GithubInstallations(identity(fake)).grant(job).repository == "octo/renamed"


def test_without_a_number_the_name_is_asked_for(fake: FakeGitHub) -> None:
    grant = GithubInstallations(identity(fake)).grant(job_on(fake, repository_id=0))
    assert fake.sent("POST", "access_tokens")[0].body["repositories"] == ["demo"]
    assert grant.repository_id == fake.repos[NAME].id


def test_what_the_owner_did_not_allow_is_done_without(fake: FakeGitHub) -> None:
    del fake.installation.permissions["checks"]
    fake.installation.permissions["pull_requests"] = "read"
    grant = GithubInstallations(identity(fake)).grant(job_on(fake))
    wanted = {"metadata": "read", "contents": "read", "pull_requests": "read"}
    assert fake.tokens[grant.token].permissions == wanted


@pytest.mark.parametrize(
    ("happened", "error", "said"),
    [
        ("unknown", InputError, "nothing at"),
        ("suspended", RefusedError, "This installation has been suspended"),
        ("removed", InputError, "not accessible to the parent installation"),
        ("limited", ForgeError, "rate limit"),
        ("failed", ForgeError, "status 502"),
    ],
)
def test_no_token(fake: FakeGitHub, happened: str, error: type[Exception], said: str) -> None:
    """Attack and fault case 24: what can never be is told from what may be later."""
    job = job_on(fake, installation=43) if happened == "unknown" else job_on(fake)
    fake.installation.suspended = happened == "suspended"
    if happened == "removed":
        fake.installation.repositories = frozenset({"octo/other"})
    if happened == "limited":
        message = "You have exceeded a secondary rate limit."
        fake.fault("POST", "access_tokens", 429, message, headers={"Retry-After": "77"})
    if happened == "failed":
        fake.fault("POST", "access_tokens", 502)
    with pytest.raises(error, match=said) as raised:
        GithubInstallations(identity(fake)).grant(job)
    assert len(fake.sent("POST", "access_tokens")) == 1
    assert isinstance(raised.value, ForgeError) == (happened in {"limited", "failed"})
    if isinstance(raised.value, ForgeError):
        assert raised.value.wait == (77 if happened == "limited" else 0)


def test_an_app_that_github_does_not_know_loses_no_delivery(fake: FakeGitHub) -> None:
    with pytest.raises(ForgeError, match="does not accept the App's key"):
        GithubInstallations(identity(fake, "8")).grant(job_on(fake))
    with pytest.raises(ConfigError, match="cannot sign") as raised:
        AppIdentity("7", "no key", fake.base, QUICK).connect()
    assert "no key" not in str(raised.value)
    assert "PRIVATE" not in repr(identity(fake))


def test_a_token_for_more_than_one_repository_is_not_used(fake: FakeGitHub) -> None:
    body = {"token": "ghs_x", "repositories": []}
    fake.fault("POST", "access_tokens", 201, body=body)
    with pytest.raises(ForgeError, match="for 0 repositories instead of one"):
        GithubInstallations(identity(fake)).grant(job_on(fake))


def test_the_app_says_how_it_is_registered(fake: FakeGitHub) -> None:
    found = describe_app(identity(fake))
    assert (found.slug, found.permissions["contents"]) == ("reviewlore", "write")
    assert "push" in found.events
    with pytest.raises(RefusedError, match="Check the App's id, its private key and this machine's clock"):
        describe_app(identity(fake, "8"))
