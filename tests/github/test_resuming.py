"""Mining that is interrupted: killed at every request, turned away, out of requests, overtaken by events.

However a pass was cut, the state branch ends with the same files, byte for byte.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.github import team
from tests.github.fake import FakeGitHub, start_fake
from tests.github.miner import Mined, Miner
from tests.repositories import git, make_repository

BRANCH = "refs/heads/reviewlore/state"
PULLS, CODED, PAGE = 60, 6, 10


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGitHub]:
    with start_fake() as fake:
        team.build(fake, tmp_path_factory.mktemp("github"), PULLS, CODED)
        yield fake


@pytest.fixture(scope="module")
def miner(world: FakeGitHub) -> Miner:
    return Miner(world, team.NAME, "carol", PAGE)


@pytest.fixture(scope="module")
def whole(miner: Miner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Mined, str]:
    """One run without any trouble, and the files it leaves."""
    state = new_state(tmp_path_factory.mktemp("whole") / "state")
    mined = miner.run(state)
    assert mined.status == 0, mined.said
    return mined, files(state)


def new_state(folder: Path) -> Path:
    return make_repository(folder)


def files(state: Path, path: str = ".") -> str:
    """The state branch's files with the ids of their contents; nothing before the first commit."""
    return git(state, "ls-tree", "-r", BRANCH, path) if git(state, "for-each-ref", BRANCH) else ""


def test_one_run_reads_several_pages_and_every_signal(miner: Miner, whole: tuple[Mined, str]) -> None:
    mined, tree = whole
    assert mined.requests >= PULLS // PAGE + 3
    assert all(name in tree for name in ("cursor.json", "episodes/", "datasets/", "audit.jsonl"))


def test_killed_at_any_request_the_next_run_ends_with_the_same_files(
    miner: Miner, whole: tuple[Mined, str], tmp_path: Path
) -> None:
    once, tree = whole
    sizes = []
    for request in range(1, once.requests + 1):
        state = new_state(tmp_path / f"killed-at-{request}")
        killed = miner.run(state, kill_at=request)
        assert (killed.status, killed.requests) == (-9, request)
        sizes.append(len(files(state)))
        again = miner.run(state)
        assert again.status == 0, again.said
        assert files(state) == tree, f"killed at request {request} of {once.requests}"
    assert sizes[0] == 0 and max(sizes) > 0, "no kill came after a saved page: the test proves nothing"


def test_killed_again_and_again_it_still_arrives(miner: Miner, whole: tuple[Mined, str], tmp_path: Path) -> None:
    """Every run gets one request further than the one before, as far as it goes."""
    once, tree = whole
    state = new_state(tmp_path / "state")
    statuses = [miner.run(state, kill_at=request).status for request in range(3, once.requests + 2)]
    assert statuses[0] == -9 and statuses[-1] == 0
    assert files(state) == tree


def test_a_broken_connection_is_said_and_what_was_read_is_kept(
    miner: Miner, whole: tuple[Mined, str], tmp_path: Path
) -> None:
    once, tree = whole
    state = new_state(tmp_path / "state")
    broken = miner.run(state, drop_from=once.requests - 2)
    assert broken.status == 3 and "GitHub" in broken.said
    assert "episodes/" in files(state) and "datasets/" not in files(state)
    again = miner.run(state)
    assert again.status == 0, again.said
    assert again.requests < once.requests
    assert files(state) == tree


@pytest.mark.parametrize("most", [4, 5, 7])
def test_few_requests_a_run_end_with_the_same_files(
    miner: Miner, whole: tuple[Mined, str], tmp_path: Path, most: int
) -> None:
    _, tree = whole
    state = new_state(tmp_path / "state")
    for _ in range(40):
        mined = miner.run(state, "--max-requests", str(most))
        assert mined.status == 0, mined.said
        assert mined.requests <= most
        if mined.report is not None and mined.report["stopped"] is None:
            break
    assert files(state) == tree
