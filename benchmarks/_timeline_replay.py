"""One repository's recorded pull requests in time order: learn what ended before, review the next as first seen.

Two fakes stand for one GitHub: from one the past is mined, on the other open pull requests are reviewed. No person ever
saw these reviews, so nothing may be learned from what became of them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._timeline_measure import HunkAt, Place, Replayed
from benchmarks._timeline_review import Learner, Prior, Reviewer, run_git
from tests.github.fake import FakeGitHub
from tests.github.replay import Loader, Row, borrow, read_rows

from benchmarks import _timeline_measure as measure
from reviewlore.adapters.git import GitRepo
from reviewlore.diff import parse_diff
from reviewlore.errors import InputError


class People:
    """Finds what was first seen of a pull request, and which of its hunks people spoke of."""

    def __init__(self, loader: Loader, repo: GitRepo) -> None:
        self._loader, self._repo = loader, repo

    def first_seen(self, row: Row, talk: Sequence[Row]) -> tuple[str, str]:
        """Return the commit of the first remark, else the newest one that is older, else the head; and which it is."""
        own = self._loader.git.commits(row["base_sha"], row["head_sha"])
        for remark in filter(is_person, talk):
            commit, _ = self._loader.reviewed(remark, own)
            if self._repo.contains(commit):
                return commit, "first_remark"
            said = _moment(remark["created_at"])
            before = [sha for sha, at in own if at <= said]
            return (before[-1], "newest_before") if before else (row["head_sha"], "head")
        return row["head_sha"], "head"

    def mark(self, row: Row, talk: Sequence[Row], head: str, record: Replayed, hunks: tuple[HunkAt, ...]) -> None:
        """Say of each hunk whether a person, not its author, spoke of it, then or on a later commit."""
        own = self._loader.git.commits(row["base_sha"], row["head_sha"])
        for remark in filter(is_person, talk):
            place = self._place(remark, self._loader.reviewed(remark, own)[0], head)
            index = None if place is None else measure.find_hunk(hunks, place)
            record.people += 1
            record.unplaced += index is None
            if index is not None:
                record.deserved[index] = True

    def _place(self, remark: Row, commit: str, head: str) -> Place | None:
        place = Place(remark["path"], remark["line"], remark["side"] or "RIGHT")
        if commit == head or place.side == "LEFT" or place.line is None:
            return place
        if self._repo.contains(commit):
            return measure.carry_line(parse_diff(self._repo.diff(commit, head)), place)
        data = self._repo.read(head, place.path)
        rows = [row[1:] for row in remark["diff_hunk"].split("\n")[1:] if row[:1] in {" ", "+"}][-3:]
        line = None if data is None else measure.find_lines(data.decode("utf-8", "replace"), rows, place.line)
        return None if line is None else Place(place.path, line)


def is_person(remark: Row) -> bool:
    """Whether a remark is by somebody who is neither a bot nor, as far as is known, the author of the change."""
    author = remark["author"]
    return remark["author_role"] not in {"BOT", "AUTHOR"} and (author is None or author != remark.get("pr_author"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded pull request with its remarks, oldest first: when it was first spoken of, and when it was done."""

    row: Row
    talk: tuple[Row, ...]
    seen: float
    ended: float | None  # None: never merged, so never mined


def read_recorded(data: Path, name: str, loader: Loader) -> list[Recorded]:
    """Return the pull requests of a repository whose commits are here, in the order in which they were first seen."""
    pulls, comments = read_rows(data, name)
    loader.give_roles(comments)
    talk: dict[int, list[Row]] = defaultdict(list)
    for row in comments:
        talk[row["pr_number"]].append(row)
    found = []
    for row in filter(loader.has, pulls):
        said = tuple(sorted(talk[row["pr_number"]], key=lambda each: str(each["created_at"])))
        times = [_moment(each["created_at"]) for each in said]
        first = times[0] if times else _moment(row["first_comment_at"])
        times += [_moment(reply["created_at"]) for each in said for reply in each["replies"]]
        merged = loader.git.commit_time(row["merge_sha"])
        found.append(Recorded(row, said, first, None if merged is None else max(merged, *times, first)))
    return sorted(found, key=lambda one: (one.seen, one.row["pr_number"]))


def _moment(told: str) -> float:
    return datetime.fromisoformat(told).astimezone(UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one repository: a record for each pull request that was reviewed, and how learning went."""

    records: tuple[Replayed, ...]
    learning: dict[str, Any]


def replay(
    name: str, clone: Path, data: Path, folder: Path, prior: Prior, limit: int, fakes: tuple[FakeGitHub, FakeGitHub]
) -> Played:
    """Go through a repository's pull requests in time order.

    All are learned from once they have ended; where there are more than `limit`, those reviewed are spread evenly.
    What is pending is mined before a review, so that a review knows all that had ended by then.
    """
    past, present = fakes
    bare = borrow(folder, clone, name)
    loader = Loader(past, name, bare)
    recorded = read_recorded(data, name, loader)
    repo = GitRepo(_state(bare, folder))
    learner = Learner(past, name, folder, repo.path, prior)
    reviewer, people = Reviewer(present, name, bare, learner), People(loader, repo)
    waiting = sorted((one.ended, place) for place, one in enumerate(recorded) if one.ended is not None)
    records: list[Replayed] = []
    left_out: Counter[str] = Counter()
    for rank in spread(len(recorded), limit):
        one = recorded[rank]
        ended = [place for at, place in waiting if at < one.seen]  # never the one under review itself
        del waiting[: len(ended)]
        for place in ended:
            loader.add(recorded[place].row, recorded[place].talk)
        if ended:
            learner.learn(len(ended))
        try:
            record = _review(one, rank / max(1, len(recorded) - 1), people, reviewer, learner.learned)
        except InputError as error:  # a clone may lack a commit's contents
            left_out[type(error).__name__] += 1
            continue
        if record is None:
            left_out["no_hunks"] += 1
        else:
            records.append(record)
    loader.git.close()
    return Played(tuple(records), {**learner.told(), "recorded": len(recorded), "left_out": dict(left_out)})


def spread(count: int, most: int) -> list[int]:
    """Return at most so many places of a list, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(index * (count - 1) / max(1, most - 1)) for index in range(most)})


def _review(one: Recorded, share: float, people: People, reviewer: Reviewer, learned: int) -> Replayed | None:
    row, repo = one.row, reviewer.repo
    head, how = people.first_seen(row, one.talk)
    hunks = measure.hunks_of(parse_diff(repo.diff(repo.merge_base(row["base_sha"], head), head)))
    if not hunks:
        return None
    record = Replayed(
        row["repo"], row["pr_number"], share, how, head != row["head_sha"], learned, [False] * len(hunks)
    )  # fmt: skip
    people.mark(row, one.talk, head, record, hunks)
    reviewer.review(row, head, record, hunks)
    return record


def _state(bare: Path, folder: Path) -> Path:
    """Make the repository that reviews and remembers: it borrows the objects of the forge's."""
    path = folder / "state"
    run_git(folder, "clone", "--quiet", "--shared", "--no-checkout", str(bare), str(path))
    return path
