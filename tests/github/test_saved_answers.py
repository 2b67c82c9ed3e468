"""What saved REST answers say of remarks is what the forge says when it is asked for whole pull requests."""

import re
import urllib.request
from dataclasses import replace
from pathlib import Path

from tests.github import team
from tests.github.demo import QUICK
from tests.github.fake import FakeGitHub

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.github import connect
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import Position
from reviewlore.domain.history import RawRemark
from reviewlore.flows.sources import read_files
from reviewlore.stages.mine import read_pull


def saved(fake: FakeGitHub, listing: str) -> bytes:
    """All pages of a listing one after another, as `gh api --paginate` writes them."""
    pages, url = b"", f"{fake.base}/repos/{team.NAME}/{listing}"
    while url:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {fake.token('carol')}"})
        with urllib.request.urlopen(request) as answer:
            pages += answer.read()
            following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link") or "")
        url = following[1] if following else ""
    return pages


def plain(raw: RawRemark) -> RawRemark:
    """A remark without what only GraphQL tells, and without the order of answers of one second."""
    replies = tuple(sorted(raw.replies, key=lambda reply: (reply.created_at, reply.body)))
    return replace(
        raw, votes=(), approved_after=False, settled=False, edited_at=None, hidden=None, author_role=None, source="",
        replies=replies,
    )  # fmt: skip


def test_dump_and_forge_tell_the_same(fake: FakeGitHub, tmp_path: Path) -> None:
    team.build(fake, tmp_path, 24, 3)
    history = GithubHistory(connect(fake.workflow_token(team.NAME), fake.base, QUICK), team.NAME)
    asked = [
        raw
        for page in history.merged(Position())
        for merged in page.pulls
        for raw in read_pull(team.NAME, merged, lambda login: None)[0]
    ]
    files = [(name, saved(fake, name)) for name in ("pulls/comments?per_page=20", "pulls?state=all&per_page=20")]
    assert files[0][1].count(b"][") > 1
    source = read_files(files, QuietConsole())
    told = {raw.comment_id: plain(raw) for raw in source.raws}
    assert len(asked) > 30
    assert told == {raw.comment_id: plain(raw) for raw in asked}
    assert source.rejected == {"pull_request_not_merged": 1}
