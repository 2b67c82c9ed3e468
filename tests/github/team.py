"""A small team on the fake GitHub with every signal that mining reads, the same one for the same seed.

In: a fake, a folder and a number of pull requests. Out: `octo/team`, merged pull requests with code in git, threads,
suggestions, replies, votes, resolutions, reviews, a conversation; bots, strangers, deleted accounts, hidden remarks.
"""

import random
from pathlib import Path

from tests.github.fake import FakeGitHub
from tests.github.speech import Speech
from tests.github.state import ReviewComment

NAME = "octo/team"
MAINTAINERS = ("carol", "dave", "erin")
AUTHORS = ("alice", "frank", "dave")  # alice may write, frank is a contributor who may not
BOT = "lint-helper[bot]"
_ROWS = 24
_CHANGED = (5, 6)  # rows that the second commit of each pull request answers
_SUGGESTED = 20  # a row whose suggestion is committed, in every second one
_UNTOUCHED = (12, 15)


def build(fake: FakeGitHub, folder: Path, pulls: int, coded: int, seed: int = 1) -> None:
    """Fill `octo/team`: the first `coded` pull requests have commits of their own, the others share theirs."""
    fake.add_repo(NAME, folder / "octo" / "team.git")
    for login in (*MAINTAINERS, "alice"):
        fake.set_role(NAME, login, "write")
    Team(fake, seed).work(pulls, coded)


class Team:
    """Opens, discusses, answers and merges pull requests."""

    def __init__(self, fake: FakeGitHub, seed: int) -> None:
        self.fake, self.rng = fake, random.Random(seed)
        self.speech = Speech(self.rng)
        self.base = fake.commit(NAME, "main", {"app/core.py": "X = 1\n"}, "Start")
        self._shared: list[tuple[str, str, str]] = []  # before, after, merged

    def work(self, pulls: int, coded: int) -> None:
        for number in range(1, pulls + 1):
            self.pull(number, coded)
        self.fake.open_pull(NAME, "main", f"change-{coded}", "Still open", number=pulls + 1)
        place = f"app/part{coded}.py"
        self.fake.add_review_comment(NAME, pulls + 1, place, self.speech.remark(), "carol", line=3)

    def pull(self, number: int, coded: int) -> None:
        author = None if number % 9 == 0 else AUTHORS[number % len(AUTHORS)]
        place = number if number <= coded else number % coded + 1
        path, branch = f"app/part{place}.py", f"change-{place}"
        before, after = _versions(place)
        if number <= coded:
            sha = self.fake.commit(NAME, branch, {path: before}, f"Add part {place}", parent=self.base)
            self.fake.open_pull(NAME, "main", branch, f"Part {number}", author, number=number)
        else:
            sha = self._shared[place - 1][0]
            known = {"head_sha": sha, "base_sha": self.base}
            self.fake.open_pull(NAME, "main", branch, f"Part {number}", author, number=number, **known)
        roots = self._remarks(number, place, author)
        merged = None
        if number <= coded:
            answered = self.fake.commit(NAME, branch, {path: after}, f"Answer the review of part {place}")
        else:
            _, answered, merged = self._shared[place - 1]
            self.fake.repos[NAME].pulls[number].head_sha = answered
        for root in roots:
            self._answer(number, root, author)
        self._talk(number, author)
        merged = self.fake.merge_pull(NAME, number, merge_commit=merged, squash=number % 2 == 0)
        if number <= coded:
            self._shared.append((sha, answered, merged))

    def _remarks(self, number: int, place: int, author: str | None) -> list[ReviewComment]:
        reviewers = [login for login in MAINTAINERS if login != author]
        roots: list[ReviewComment] = []
        if number % 13 == 0:  # merged without a word
            return roots
        lines = [*_CHANGED, *_UNTOUCHED, _SUGGESTED][: self.rng.randint(1, 5)]
        if number == 2:  # more threads than one page of them holds
            lines = [1 + each % _ROWS for each in range(38)]
        for line in lines:
            body = self.speech.remark()
            if line == _SUGGESTED:
                body += f"\n```suggestion\n{_row(place, line)} + 1\n```"
            who: str | None = self.rng.choice((*reviewers, reviewers[0], BOT, "stranger", None))
            roots.append(self.fake.add_review_comment(NAME, number, f"app/part{place}.py", body, who, line=line))
        if number % 11 == 0:
            roots[0].minimized = "off-topic"
        if number % 7 == 0:
            roots[0].body += " The staging key is ghp_" + "0123456789abcdefghijABCDEFGHIJ012345."
        return roots

    def _answer(self, number: int, root: ReviewComment, author: str | None) -> None:
        rng = self.rng
        turns = 25 if number == 3 and root.original_line == _CHANGED[0] else rng.choice((0, 0, 1, 1, 2))
        for turn in range(turns):
            text = self.speech.answer() if turn == 0 else self.speech.chatter()
            who = author if turn % 2 == 0 else rng.choice(MAINTAINERS)
            self.fake.add_review_comment(NAME, number, "", text, who, in_reply_to=root.id)
        if rng.random() < 0.4:
            self.fake.repos[NAME].threads[root.id].resolved_by = rng.choice((author, *MAINTAINERS))
        for login in rng.sample((*MAINTAINERS, "alice", "frank", "stranger", BOT), rng.choice((0, 0, 1, 3))):
            self.fake.react(root, login, rng.choice(("+1", "-1", "heart")))

    def _talk(self, number: int, author: str | None) -> None:
        reviewer = self.rng.choice([login for login in MAINTAINERS if login != author])
        for _ in range(30 if number == 5 else 1):
            self.fake.add_review(NAME, number, self.rng.choice(("COMMENTED", "CHANGES_REQUESTED")), "", reviewer)
        self.fake.add_review(NAME, number, "APPROVED", "", reviewer)
        for _ in range(30 if number == 4 else self.rng.randint(0, 2)):
            self.fake.add_issue_comment(NAME, number, self.speech.chatter(), self.rng.choice((author, reviewer)))
        if number % 5 == 0:
            self.fake.add_issue_comment(NAME, number, "Thanks for the review, all comments addressed.", author)


def _row(place: int, line: int) -> str:
    return f"value_{line} = part_{place}_{line}(value_{line - 1})"


def _versions(place: int) -> tuple[str, str]:
    """The file of a pull request as the reviewers saw it, and as it was merged."""
    rows = [_row(place, line) for line in range(1, _ROWS + 1)]
    before = "".join(f"{row}\n" for row in rows)
    for line in _CHANGED:
        rows[line - 1] = f"value_{line} = checked(part_{place}_{line}, value_{line - 1})"
    if place % 2:
        rows[_SUGGESTED - 1] += " + 1"
    return before, "".join(f"{row}\n" for row in rows)
