"""The publishing flow over the true adapter and the fake GitHub: what is said arrives once, whatever GitHub answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.github.demo import NAME, QUICK, build
from tests.github.fake import FakeGitHub
from tests.github.reviewing import only_speaks

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.diff import parse_diff
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.history import Anchor
from reviewlore.flows.publish import Desk, Published, Reviewed, publish_review


@pytest.fixture
def desk(fake: FakeGitHub, tmp_path: Path) -> Iterator[Desk]:
    build(fake, tmp_path)
    forge = GithubForge(connect(fake.workflow_token(NAME), fake.base, QUICK), NAME)
    yield Desk(forge, forge, "https://github.com/" + NAME)
    only_speaks(fake)


def reviewed(fake: FakeGitHub) -> Reviewed:
    pull, git = fake.repos[NAME].pulls[1], fake.repos[NAME].git
    patches = parse_diff(git.text("diff", pull.base_sha, pull.head_sha))
    findings = tuple(
        Finding(
            f"aaaaaa{line}", "rule", "architecture", Anchor("a.py", line), "", f"Title {line}", "Because.", "Do.",
            "warning", 0.9,
        )
        for line in (1, 2, 3)
    )  # fmt: skip
    return Reviewed(Review(NAME, pull.base_sha, pull.head_sha, "embedded", "prior", findings), patches)


def test_all_of_it_arrives_once(fake: FakeGitHub, desk: Desk) -> None:
    assert publish_review(desk, 1, reviewed(fake)) == Published(posted=3)
    assert publish_review(desk, 1, reviewed(fake)) == Published(known=3)
    repo = fake.repos[NAME]
    assert [comment.line for comment in repo.review_comments.values()] == [1, 2, 3]
    assert (len(repo.reviews), len(repo.issue_comments)) == (1, 1)


@pytest.mark.parametrize("what", ["/reviews$", "/issues/1/comments$"])
@pytest.mark.parametrize(
    "trouble", [{"status": 502}, {"status": 429, "headers": {"Retry-After": "1"}}, {"drop": True}, {"cut": True}]
)
@pytest.mark.parametrize("after_commit", [False, True])
def test_unclear_answers_lead_to_one_review_and_one_summary(
    fake: FakeGitHub, desk: Desk, what: str, trouble: dict[str, object], after_commit: bool
) -> None:
    fake.fault("POST", what, after_commit=after_commit, **trouble)
    published = publish_review(desk, 1, reviewed(fake))
    repo = fake.repos[NAME]
    assert (published.posted, published.skip_reason) == (3, "")
    assert (len(repo.reviews), len(repo.review_comments), len(repo.issue_comments)) == (1, 3, 1)


def test_a_head_that_moved_gets_nothing_stale(fake: FakeGitHub, desk: Desk) -> None:
    review = reviewed(fake)
    fake.commit(NAME, "feat", {"a.py": "x = 2\n"})
    assert publish_review(desk, 1, review) == Published(skip_reason="head_moved")
    assert not fake.repos[NAME].reviews
