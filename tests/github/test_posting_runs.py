"""A review in two runs on the contract-checked fake: a fork's with a read-only token, and the one that posts."""

from pathlib import Path

import pytest
from tests.github.demo import NAME
from tests.github.fake import FakeGitHub
from tests.github.reviewing import Shop, only_speaks

READ_ONLY = {"contents": "read", "pull_requests": "read", "issues": "none", "actions": "none", "checks": "none"}


@pytest.fixture
def shop(fake: FakeGitHub, tmp_path: Path) -> Shop:
    return Shop(fake, tmp_path).build(fork="eve/demo")


def test_a_forks_pull_request_is_reviewed_by_the_run_that_may(shop: Shop) -> None:
    """Attack 25: the first run asks for nothing that its token is refused."""
    shop.permissions = dict(READ_ONLY)
    first = shop.analyse()
    assert first.status == 0
    assert first.outcome == ("success", "handed_over")
    assert [each.status for each in first.log if each.status >= 400] == []
    assert "1 remark" in first.runner.summary
    assert shop.remarks == []
    shop.permissions = {}
    second = shop.post()
    assert second.outcome == ("success", "")
    assert shop.remarks == ["shop/store/part0.py"]
    assert shop.post().outcome == ("success", "")
    assert len(shop.remarks) == 1
    only_speaks(shop.fake)


def test_a_head_that_moved_gets_nothing(shop: Shop) -> None:
    old = shop.repo.pulls[1].head_sha
    shop.fake.commit(NAME, "feat", {"more.py": "x = 1\n"})
    assert shop.post(head_sha=old).outcome == ("skipped", "head_moved")
    assert shop.remarks == []


def test_a_fork_that_was_deleted_meanwhile_gets_nothing(shop: Shop) -> None:
    shop.repo.pulls[1].fork = ""
    assert shop.post(head_repository={"full_name": "eve/demo"}).outcome == ("skipped", "no_open_pull_request")
