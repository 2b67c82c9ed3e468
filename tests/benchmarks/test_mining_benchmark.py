"""`python -m benchmarks mining`: the invented world is what it says, and every contestant reads the same history."""

import math
from collections import Counter
from pathlib import Path

import pytest
from tests.github.fake import FakeGitHub, start_fake

from benchmarks import _history, _world, mining

SMALL = _world.Size(merged=20, unmerged=5, comments=100, conversation=60)


def world(fake: FakeGitHub, folder: Path, seed: int = 1) -> list[tuple[int, str, str | None]]:
    _world.build(fake, str(folder / f"{seed}.git"), SMALL, seed)
    return [(each.pull, each.body, each.login) for each in fake.repos[_world.NAME].review_comments.values()]


def test_the_world_has_the_size_it_says_and_a_long_tail(tmp_path: Path) -> None:
    with start_fake() as fake:
        _world.build(fake, str(tmp_path / "world.git"), _world.Size())
        repo = fake.repos[_world.NAME]
    merged = {number for number, pull in repo.pulls.items() if pull.merged_at}
    assert (len(repo.pulls), len(merged)) == (1_250, 1_000)
    assert sum(each.pull in merged for each in repo.review_comments.values()) == 5_000
    assert sum(each.number in merged for each in repo.issue_comments.values()) == 3_000
    threads = Counter(each.pull for each in repo.threads.values()).most_common()
    assert threads[0][1] >= 60 and threads[-1][1] == 1
    assert all(pull.updated_at >= (pull.merged_at or "") for pull in repo.pulls.values())


def test_the_same_seed_makes_the_same_world(tmp_path: Path) -> None:
    said = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        with start_fake() as fake:
            said.append(world(fake, tmp_path / folder, seed))
    assert said[0] == said[1] != said[2]


def test_the_naive_walk_asks_for_each_list_of_each_pull_request(tmp_path: Path) -> None:
    with start_fake() as fake:
        world(fake, tmp_path)
        mining.walk_naively(fake)
        repo = fake.repos[_world.NAME]
        merged = {number for number, pull in repo.pulls.items() if pull.merged_at}
        said = Counter(each.pull for each in repo.review_comments.values() if each.pull in merged)
        talk = Counter(each.number for each in repo.issue_comments.values() if each.number in merged)
        further = sum(max(0, math.ceil(each / 30) - 1) for each in (*said.values(), *talk.values()))
    assert fake.requests == 1 + 1 + len(repo.pulls) + 5 * len(merged) + further


def test_every_contestant_reads_the_same_hunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_history, "ENOUGH", 40)
    found = _history.measure(_history.make_history(tmp_path / "history.git", 60), 1)
    assert (found["commits"], found["newest_commits"]) == (60, 40)
    assert found["hunks"] == found["git_log_hunks"] and (found["hunks"] or 0) > 300
    assert found["pydriller_hunks"] in (None, found["newest_hunks"])
    assert all((found[each] or 0) > 0 for each in ("commits_per_second", "git_log_commits_per_second"))
