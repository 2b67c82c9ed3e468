"""Mining that is interrupted: killed at every request, turned away, out of requests, overtaken by events.

However a pass was cut, the state branch ends with the same files, byte for byte.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.github import team
from tests.github.fake import FakeGitHub, start_fake
from tests.github.miner import Mined, Miner
from tests.github.state import ReviewComment
from tests.repositories import git, make_repository

BRANCH = "refs/heads/reviewlore/state"
PULLS, CODED, PAGE = 60, 6, 10
FEW = 30  # pull requests, where a whole world is made for one test


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
    """Every run gets three requests further than the one before; the last one is let through."""
    once, tree = whole
    state = new_state(tmp_path / "state")
    requests = [*range(3, once.requests, 3), once.requests + 1]
    statuses = [miner.run(state, kill_at=request).status for request in requests]
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


def test_few_requests_a_run_end_with_the_same_files(miner: Miner, whole: tuple[Mined, str], tmp_path: Path) -> None:
    _, tree = whole
    most = 6  # who it is, who may write, a page and what is long in it, news: fewer would never get past a page
    state = new_state(tmp_path / "state")
    for _ in range(40):
        mined = miner.run(state, "--max-requests", str(most))
        assert mined.status == 0, mined.said
        assert mined.requests <= most
        if mined.report is not None and mined.report["stopped"] is None:
            break
    assert files(state) == tree


@pytest.mark.parametrize("kill_at", [None, 9], ids=["after a whole pass", "in the middle of a pass"])
def test_what_changes_between_two_runs_ends_as_in_one_run(tmp_path: Path, kill_at: int | None) -> None:
    with start_fake() as fake:
        team.build(fake, tmp_path / "github", FEW, 4)
        before, after, once = overtaken(fake, tmp_path, kill_at, overtake)
    assert files(after, "episodes") == files(once, "episodes") != before
    assert newest_dataset(after) == newest_dataset(once)


def test_what_is_edited_after_a_whole_pass_is_read_again(tmp_path: Path) -> None:
    with start_fake() as fake:
        team.build(fake, tmp_path / "github", FEW, 4)
        before, after, once = overtaken(fake, tmp_path, None, edit_first)
    assert files(after, "episodes") == files(once, "episodes") != before


def test_what_is_edited_in_the_middle_of_a_pass_is_read_again(tmp_path: Path) -> None:
    with start_fake() as fake:
        team.build(fake, tmp_path / "github", FEW, 4)
        before, after, once = overtaken(fake, tmp_path, 9, edit_first)
    assert files(after, "episodes") == files(once, "episodes") != before


def overtaken(
    fake: FakeGitHub, folder: Path, kill_at: int | None, change: Callable[[FakeGitHub], None]
) -> tuple[str, Path, Path]:
    """Mine (killed or not), change the world, mine again; and mine the changed world afresh."""
    miner = Miner(fake, team.NAME, "carol", FEW // 6)
    state, fresh = new_state(folder / "state"), new_state(folder / "fresh")
    assert miner.run(state, kill_at=kill_at).status == (0 if kill_at is None else -9)
    before = files(state, "episodes")
    assert before
    change(fake)
    for repository in (state, fresh):
        mined = miner.run(repository)
        assert mined.status == 0, mined.said
    return before, state, fresh


def newest_dataset(state: Path) -> str:
    audit = git(state, "show", f"{BRANCH}:audit.jsonl").splitlines()
    return str(json.loads(audit[-1])["subject"])


def carols(fake: FakeGitHub) -> list[ReviewComment]:
    """What one reviewer has said, the oldest first."""
    return [
        each
        for each in fake.repos[team.NAME].review_comments.values()
        if each.in_reply_to is None and each.login == "carol"
    ]


def edit(fake: FakeGitHub, comment: ReviewComment) -> None:
    """Change a comment's words, which leaves the pull request's own time as it was."""
    comment.body += " And please rename the part, it says nothing."
    comment.edited_at = comment.updated_at = fake.now()


def edit_first(fake: FakeGitHub) -> None:
    edit(fake, carols(fake)[0])


def overtake(fake: FakeGitHub) -> None:
    """What happens while nobody mines: on pull requests that were read, and on some that were not."""
    repo, roots = fake.repos[team.NAME], carols(fake)
    edit(fake, roots[-1])
    for part in (roots[: len(roots) // 3], roots[-len(roots) // 3 :]):
        for reply in [each for each in repo.review_comments.values() if each.in_reply_to == part[1].id]:
            del repo.review_comments[reply.id]
        del repo.review_comments[part[1].id], repo.threads[part[1].id]
        repo.threads[part[2].id].resolved_by = "dave"
        fake.react(part[3], "erin", "-1")
        for root in part[1:4]:
            repo.pulls[root.pull].updated_at = fake.now()
        fake.add_review_comment(team.NAME, part[4].pull, "", "Done, thanks.", "alice", in_reply_to=part[4].id)
        fake.add_review_comment(
            team.NAME, part[5].pull, part[5].path, "Could you test the other part as well?", "carol", line=9
        )
    fake.close_pull(team.NAME, FEW + 1)
