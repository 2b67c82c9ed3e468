"""The GitHub adapter on the contract-checked fake, connected as a workflow would be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.github.demo import NAME, QUICK, build
from tests.github.fake import FakeGitHub, start_fake

from reviewlore.adapters.github import Connection, connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    with start_fake() as running:
        yield build(running, tmp_path)


@pytest.fixture
def connection(fake: FakeGitHub) -> Connection:
    return connect(fake.workflow_token(NAME), fake.base, QUICK)


@pytest.fixture
def forge(connection: Connection) -> GithubForge:
    return GithubForge(connection, NAME)


@pytest.fixture
def history(connection: Connection) -> GithubHistory:
    return GithubHistory(connection, NAME)
