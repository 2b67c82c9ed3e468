"""An invented repository on the fake GitHub, of any size, spread as real ones are: few pull requests hold most talk.

In: a size and a seed. Out: pull requests, threads, reviews, reactions and a conversation on the fake, the same ones for
the same seed. No pull request has code of its own: what is counted is requests, and git asks for none.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.github.fake import FakeGitHub
from tests.github.speech import Speech

NAME = "octo/world"
WRITERS = tuple(f"maintainer{number}" for number in range(1, 9))
READERS = tuple(f"contributor{number}" for number in range(1, 61))
BOTS = ("lint-helper[bot]", "coverage[bot]")
_START = datetime(2024, 1, 8, 9, tzinfo=UTC)
_SPAN = timedelta(days=730)
_MOST = 130  # comments on one pull request: some 70 threads


@dataclass(frozen=True)
class Size:
    """How large a world is; comments and conversation are those of the merged pull requests."""

    merged: int = 1_000
    unmerged: int = 250
    comments: int = 5_000
    conversation: int = 3_000

    def scaled(self, merged: int) -> "Size":
        """The same proportions with another number of merged pull requests."""
        share = merged / self.merged
        counts = (round(each * share) for each in (self.unmerged, self.comments, self.conversation))
        return Size(merged, *counts)


def build(fake: FakeGitHub, folder: str, size: Size, seed: int = 1) -> None:
    """Fill `NAME` on the fake; its bare git repository in `folder` has one commit."""
    fake.add_repo(NAME, folder)
    for login in WRITERS:
        fake.set_role(NAME, login, "write")
    fake.set_role(NAME, WRITERS[0], "maintain")
    _Builder(fake, size, seed).run()


class _Builder:
    def __init__(self, fake: FakeGitHub, size: Size, seed: int) -> None:
        self.fake, self.size, self.rng = fake, size, random.Random(seed)
        self.speech = Speech(self.rng)
        self.sha = fake.commit(NAME, "main", {"app/core.py": "X = 1\n"}, "Start")
        self.moment = _START

    def run(self) -> None:
        size = self.size
        total = size.merged + size.unmerged
        said = _spread(self.rng, size.comments, size.merged)
        talked = _spread(self.rng, size.conversation, size.merged)
        merged = set(self.rng.sample(range(total), size.merged))
        left = iter(zip(said, talked, strict=True))
        for index in range(total):
            opened = _START + _SPAN * (index / total)
            kept = index in merged
            # What was closed without a merge has its talk too; mining must not count it.
            comments, conversation = next(left) if kept else (self.rng.choice((0, 0, 1, 2)), self.rng.choice((0, 1, 2)))
            self._pull(index + 1, opened, (comments, conversation), merged=kept)

    def _pull(self, number: int, opened: datetime, counts: tuple[int, int], *, merged: bool) -> None:
        self.moment = opened
        author = self.rng.choice(WRITERS if self.rng.random() < 0.5 else READERS)
        pull = self.fake.open_pull(
            NAME, "main", f"change-{number}", f"{self.speech.phrase()} ({number})", login=author, number=number,
            created_at=self._tick(), head_sha=self.sha, base_sha=self.sha,
        )  # fmt: skip
        reviewers = self.rng.sample([each for each in WRITERS if each != author], 3)
        self._reviews(number, reviewers, counts[0])
        left = counts[0]
        while left > 0:
            left -= self._thread(number, author, reviewers, left)
        for _ in range(counts[1]):
            who = self.rng.choice((author, *reviewers, self.rng.choice(READERS), BOTS[1]))
            self.fake.add_issue_comment(NAME, number, self.speech.chatter(), who, self._tick())
        if merged:
            self.fake.merge_pull(NAME, number, merged_at=self._tick(), merge_commit=self.sha)
        else:
            self.fake.close_pull(NAME, number)
            pull.closed_at = self._tick()
        pull.updated_at = self._tick()

    def _reviews(self, number: int, reviewers: list[str], comments: int) -> None:
        states = ["COMMENTED"] * min(comments, self.rng.randint(1, 3)) + ["CHANGES_REQUESTED"] * (comments > 8)
        states += ["APPROVED"] * self.rng.randint(1, 2)
        for state in states:
            review = self.fake.add_review(NAME, number, state, "", self.rng.choice(reviewers))
            review.submitted_at = self._tick()

    def _thread(self, number: int, author: str, reviewers: list[str], most: int) -> int:
        """Add one thread of at most so many comments, and return how many it has."""
        replies = min(most - 1, self.rng.choices((0, 1, 2, 3, 6, 12), (45, 30, 14, 7, 3, 1))[0])
        reviewer = self.rng.choice(BOTS) if self.rng.random() < 0.08 else self.rng.choice(reviewers)
        line = self.rng.randint(3, 400)
        root = self.fake.add_review_comment(
            NAME, number, f"app/{self.speech.noun()}/{self.speech.noun()}.py", self.speech.remark(), reviewer,
            line=line, diff_hunk=self._hunk(line), created_at=self._tick(),
        )  # fmt: skip
        for turn in range(replies):
            who = author if turn % 2 == 0 else reviewer
            text = self.speech.answer() if turn == 0 else f"{self.speech.phrase()}?"
            self.fake.add_review_comment(
                NAME, number, "", text, who, in_reply_to=root.id, diff_hunk=root.diff_hunk, created_at=self._tick()
            )
        if self.rng.random() < 0.45:
            self.fake.repos[NAME].threads[root.id].resolved_by = self.rng.choice((author, reviewers[0]))
        if self.rng.random() < 0.12:
            self.fake.react(root, self.rng.choice((*WRITERS, *READERS)), self.rng.choice(("+1", "-1", "heart")))
        return replies + 1

    def _hunk(self, line: int) -> str:
        rows = [f"+    {self.speech.noun()} = {self.speech.noun()}({n})" for n in range(self.rng.randint(3, 14))]
        first = max(1, line - len(rows) + 1)
        return "\n".join([f"@@ -{first},0 +{first},{len(rows)} @@ def {self.speech.noun()}():", *rows])

    def _tick(self) -> str:
        self.moment += timedelta(minutes=self.rng.randint(1, 90))
        return f"{self.moment:%Y-%m-%dT%H:%M:%SZ}"


def _spread(rng: random.Random, total: int, places: int) -> list[int]:
    """Divide a total among places with a long tail; the sum is exact."""
    weights = [rng.lognormvariate(0.0, 1.5) for _ in range(places)]
    counts = [min(_MOST, int(total * weight / sum(weights))) for weight in weights]
    while (missing := total - sum(counts)) > 0:
        for place in rng.choices(range(places), weights, k=missing):
            counts[place] += counts[place] < _MOST
    return counts
