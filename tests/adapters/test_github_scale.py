"""How few requests a large repository costs: 1,250 closed pull requests with all that was said on them."""

import random

from tests.github.demo import NAME, QUICK, merge
from tests.github.fake import FakeGitHub

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import Position

MERGED, CLOSED, REMARKS, TALK = 1_000, 250, 5_000, 3_000


def build(fake: FakeGitHub) -> None:
    """Most discussions are short, a few pull requests have 60 threads or 80 comments, some threads 15 replies."""
    draw, sha = random.Random(3), fake.repos[NAME].pulls[1].head_sha
    numbers = range(2, 2 + MERGED)
    for number in numbers:
        merge(fake, number)
        fake.add_review(NAME, number, draw.choice(["APPROVED", "CHANGES_REQUESTED"]), login="carol")
    for number in range(2 + MERGED, 2 + MERGED + CLOSED):
        fake.open_pull(NAME, "main", "feat", number=number, head_sha=sha, base_sha=sha)
        fake.close_pull(NAME, number)
    long = draw.sample(numbers, 12)
    roots = [number for number in long[:6] for _ in range(60)] + draw.choices(numbers, k=2_600)
    place = {"commit": sha, "diff_hunk": "@@ -1 +1 @@\n+x", "line": 2}
    remarks = [fake.add_review_comment(NAME, number, "a.py", "Why?", "carol", **place) for number in roots]
    replied = [root for root in remarks[:5] for _ in range(15)]
    for root in replied + draw.choices(remarks, k=REMARKS - len(remarks) - len(replied)):
        fake.add_review_comment(NAME, root.pull, "a.py", "Done", "alice", in_reply_to=root.id)
    for root in draw.sample(remarks, 500):
        fake.react(root, "dave", "+1")
    talked = [number for number in long[6:] for _ in range(80)]
    for number in talked + draw.choices(numbers, k=TALK - len(talked)):
        fake.add_issue_comment(NAME, number, "Thanks")


def test_a_thousand_pull_requests_cost_at_most_110_requests(fake: FakeGitHub) -> None:
    build(fake)
    token = fake.workflow_token(NAME)
    history = GithubHistory(connect(token, fake.base, QUICK), NAME)
    position, pulls, remarks, talk, reviews, votes = Position(), 0, 0, 0, 0, 0
    for page in history.merged(position):
        position, pulls = page.position, pulls + len(page.pulls)
        for merged in page.pulls:
            remarks += sum(len(thread.comments) for thread in merged.threads)
            votes += sum(len(thread.comments[0].reacted) for thread in merged.threads)
            talk, reviews = talk + len(merged.conversation), reviews + len(merged.reviews)
    history.touched(str(position.updated_at))
    assert history.writers() == {"octo", "carol"}
    assert (pulls, remarks, talk, reviews, votes) == (MERGED, REMARKS, TALK, MERGED, 500)
    assert history.requests_used() == fake.requests <= 75, fake.requests
    points = sum(each.points for each in fake.log)
    assert points <= 760, points  # of 5,000 an hour
    first = fake.requests
    again = GithubHistory(connect(token, fake.base, QUICK), NAME, history.tags())
    (nothing,) = again.merged(position)
    assert nothing.pulls == () and again.touched(str(position.updated_at)) == frozenset()
    assert again.requests_used() == fake.requests - first == 3
    assert [each.status for each in fake.log[first:]] == [304, 200, 304]
