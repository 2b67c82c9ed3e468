"""An attack on what is learned: accounts can be made by the dozen, write access cannot.

Fifty strangers vote, answer, remark and copy; a maintainer votes on everything. What strangers do moves nothing: the
dataset's id is the hash of all that training will read. What somebody with write access does is bounded and named.
"""

import copy
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.github import team
from tests.github.fake import FakeGitHub, start_fake
from tests.github.miner import Mined, Miner
from tests.github.state import Repository, ReviewComment
from tests.repositories import make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.evidence import is_from_git
from reviewlore.domain.history import Episode, OutcomeEvidence
from reviewlore.flows.state import read_episodes
from reviewlore.stages.balance import find_outliers, hash_person
from reviewlore.stages.redact import pseudonym
from reviewlore.stages.votes import MOST_VOTES

PULLS, CODED = 40, 8
CROWD = tuple(f"drive-by-{number}" for number in range(1, 51))
SPITE = "This is wrong, please rename and rewrite all of it, it should never have been merged like that."
RECORDS = ("pulls", "review_comments", "issue_comments", "reviews", "threads", "roles")


class Scene:
    """The mined team, the dataset it made, and what an attacker can reach."""

    def __init__(self, fake: FakeGitHub, miner: Miner, state: Path, before: Mined) -> None:
        self.fake, self.miner, self.state, self.before = fake, miner, state, before
        self.repo: Repository = fake.repos[team.NAME]
        self._saved = {name: copy.deepcopy(getattr(self.repo, name)) for name in RECORDS}

    def restore(self) -> None:
        for name, records in self._saved.items():
            setattr(self.repo, name, copy.deepcopy(records))

    def roots(self) -> list[ReviewComment]:
        """The remarks on merged pull requests."""
        comments = (each for each in self.repo.review_comments.values() if each.in_reply_to is None)
        return [each for each in comments if self.repo.pulls[each.pull].merged_at]

    def touch(self) -> None:
        """Make all merged pull requests updated now, so that mining reads them again."""
        for pull in self.repo.pulls.values():
            pull.updated_at = self.fake.now()

    def mine(self, folder: Path) -> tuple[Mined, Path]:
        """Mine again, on top of what was known before the attack."""
        state = folder / "after"
        shutil.copytree(self.state, state)
        self.touch()
        mined = self.miner.run(state)
        assert mined.status == 0, mined.said
        return mined, state


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("poisoning")
    with start_fake() as fake:
        team.build(fake, folder, PULLS, CODED)
        miner = Miner(fake, team.NAME, "carol", 25)
        state = make_repository(folder / "state")
        before = miner.run(state)
        assert before.status == 0, before.said
        yield Scene(fake, miner, state, before)


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    yield stage
    stage.restore()


def dataset(mined: Mined) -> str:
    assert mined.report is not None
    return str(mined.report["dataset"]["id"])


def void(mined: Mined) -> Counter[str]:
    assert mined.report is not None
    return Counter(mined.report["counts"]["void"])


def episodes(state: Path) -> dict[str, Episode]:
    return {each.comment_id: each for each in read_episodes(GitStore(GitRepo(state)))}


def person(login: str) -> str:
    return pseudonym(login, b"k" * 64)


def vote(scene: Scene) -> None:
    """A thumb up and a thumb down by everybody on everything."""
    for root in scene.roots():
        for login in CROWD:
            scene.fake.react(root, login, "-1")
            scene.fake.react(root, login, "+1")


def thumb_down(scene: Scene) -> None:
    """One vote each, which nothing contradicts."""
    for root in scene.roots():
        for login in CROWD:
            scene.fake.react(root, login, "-1")


def answer(scene: Scene) -> None:
    """Somebody of the crowd declines every remark, and somebody else says that it was done."""
    for number, root in enumerate(scene.roots()):
        for turn, text in enumerate(("Won't fix.", "Done, fixed in abc1234.", "This is intended.")):
            login = CROWD[(number + turn) % len(CROWD)]
            scene.fake.add_review_comment(team.NAME, root.pull, "", text, login, in_reply_to=root.id)


def remark(scene: Scene) -> None:
    """Remarks of their own on what was merged long ago, also where nobody had said a word."""
    for number, login in enumerate(CROWD * 2):
        pull = scene.repo.pulls[number % PULLS + 1]
        path = f"app/part{_place(pull.number)}.py"
        text = f"{SPITE} ({login}, {number})"
        scene.fake.add_review_comment(team.NAME, pull.number, path, text, login, line=12, diff_hunk=_hunk(path))


def remark_on_old_commits(scene: Scene) -> None:
    """Remarks made after the merge on the commit before the last push, on lines that were changed by it."""
    olds = {root.pull: root.original_commit for root in scene.roots()}
    for number, login in enumerate(CROWD * 4):
        pull = sorted(olds)[number % len(olds)]
        path = f"app/part{_place(pull)}.py"
        text = f"{SPITE} ({login}, {number})"
        scene.fake.add_review_comment(
            team.NAME, pull, path, text, login, line=5, commit=olds[pull], diff_hunk=_hunk(path)
        )  # fmt: skip


def copy_remarks(scene: Scene) -> None:
    """The team's own words again, in the same place and elsewhere: duplicates and contradictions."""
    for number, root in enumerate(scene.roots()):
        for pull in (root.pull, number % PULLS + 1):
            login = CROWD[(number + pull) % len(CROWD)]
            scene.fake.add_review_comment(
                team.NAME, pull, root.path, root.body, login, line=root.line, diff_hunk=root.diff_hunk
            )  # fmt: skip


def settle_threads(scene: Scene) -> None:
    """Who opened a pull request may resolve its threads and votes for it: nobody's judgement but the author's."""
    for root in scene.roots():
        author = scene.repo.pulls[root.pull].login
        thread = scene.repo.threads[root.id]
        if author is not None:
            scene.fake.react(root, author, "+1")
            thread.resolved_by = thread.resolved_by or author


def praise_conversation(scene: Scene) -> None:
    """The crowd says of other people's pull requests that everything was taken up."""
    for number in range(1, PULLS + 1):
        login = CROWD[number % len(CROWD)]
        scene.fake.add_issue_comment(team.NAME, number, "Thanks for the review, all comments addressed.", login)


def approve(scene: Scene) -> None:
    """The crowd submits reviews; one sees them beside those of the team."""
    for number, login in enumerate(CROWD):
        state = "APPROVED" if number % 2 else "CHANGES_REQUESTED"
        scene.fake.add_review(team.NAME, number % PULLS + 1, state, SPITE, login)


def remark_before_the_merge(scene: Scene) -> None:
    """Remarks made in time, in other words each, where the code stayed as it was."""
    for number, root in enumerate(_first_roots(scene)):
        login, words = CROWD[number % len(CROWD)], f"{number} reasons" if number % 2 else f"Never, {number} times"
        path, commit = root.path, root.original_commit
        remark = scene.fake.add_review_comment(
            team.NAME, root.pull, path, f"{words}: {SPITE}", login, line=12, commit=commit
        )  # fmt: skip
        remark.created_at = remark.updated_at = root.created_at


def remark_and_delete_the_account(scene: Scene) -> None:
    """The same, by accounts that are gone when mining asks who may write."""
    remark_before_the_merge(scene)
    for comment in scene.repo.review_comments.values():
        comment.login = None if comment.login in CROWD else comment.login


ATTACKS = (
    vote, thumb_down, answer, remark, remark_on_old_commits, copy_remarks, settle_threads, praise_conversation, approve,
    remark_before_the_merge, remark_and_delete_the_account,
)  # fmt: skip


def everything(scene: Scene) -> None:
    for attack in ATTACKS:
        attack(scene)


def test_there_is_something_to_poison(scene: Scene) -> None:
    assert scene.before.report is not None
    splits, outcomes = scene.before.report["dataset"]["splits"], scene.before.report["counts"]["outcomes"]
    assert splits["train"] > 100 and splits["test"] > 10
    assert min(outcomes[each] for each in ("addressed", "ignored")) > 10


@pytest.mark.parametrize("attack", [*ATTACKS, everything], ids=lambda attack: attack.__name__)
def test_fifty_drive_by_accounts_do_not_move_the_dataset(
    scene: Scene, tmp_path: Path, attack: Callable[[Scene], None]
) -> None:
    attack(scene)
    mined, _ = scene.mine(tmp_path)
    assert dataset(mined) == dataset(scene.before)


def test_void_votes_are_counted_by_reason(scene: Scene, tmp_path: Path) -> None:
    vote(scene)
    settle_threads(scene)
    mined, state = scene.mine(tmp_path)
    more = void(mined) - void(scene.before)
    kept = sum(each.comment_id in {str(root.id) for root in scene.roots()} for each in episodes(state).values())
    assert more["voter_may_not_write"] >= 2 * len(CROWD) * kept * 0.9
    assert more["vote_by_pull_request_author"] > 0


def test_the_crowd_does_not_drown_the_maintainers_where_roles_are_asked_one_by_one(
    scene: Scene, tmp_path: Path
) -> None:
    """Without the right to list who may write, a role costs a request: strangers must not use up what is allowed."""
    reader = Miner(scene.fake, team.NAME, "frank", 25)
    quiet = make_repository(tmp_path / "quiet")
    before = reader.run(quiet)
    assert before.status == 0, before.said
    thumb_down(scene)
    loud = make_repository(tmp_path / "loud")
    after = reader.run(loud)
    assert after.status == 0, after.said
    assert dataset(after) == dataset(before)


def test_the_same_votes_by_people_with_write_access_do_move_it(scene: Scene, tmp_path: Path) -> None:
    for login in CROWD[:3]:
        scene.fake.set_role(team.NAME, login, "write")
    thumb_down(scene)
    mined, _ = scene.mine(tmp_path)
    assert dataset(mined) != dataset(scene.before)


def test_two_hundred_votes_of_one_maintainer_are_bounded_and_named(scene: Scene, tmp_path: Path) -> None:
    """Against git on every remark, up to the cap of each pull request: no label that git gave falls."""
    scene.fake.set_role(team.NAME, "gina", "write")
    known = episodes(scene.state)
    votes: Counter[int] = Counter()
    for root in scene.roots():
        if str(root.id) in known:
            addressed = known[str(root.id)].outcome == "addressed"
            scene.fake.react(root, "gina", "-1" if addressed else "+1")
            votes[root.pull] += 1
    mined, state = scene.mine(tmp_path)
    after = episodes(state)
    cast = [each for each in after.values() if any(item.by == person("gina") for item in each.evidence)]
    assert max(votes.values()) > MOST_VOTES and votes.total() > 80
    assert max(Counter(each.pull_request for each in cast).values()) <= MOST_VOTES
    assert void(mined)["too_many_votes"] >= sum(max(0, count - MOST_VOTES) for count in votes.values()) // 2
    by_git = [each for each in known.values() if each.evidence and _is_plain(each.evidence[0])]
    assert len(by_git) > 20 and all(after[each.comment_id].outcome == each.outcome for each in by_git)
    assert hash_person(person("gina")) in {outlier.person for outlier in find_outliers(after.values())}
    assert hash_person(person("gina")) not in {outlier.person for outlier in find_outliers(known.values())}


def test_a_vote_and_its_contrary_are_no_vote(scene: Scene, tmp_path: Path) -> None:
    scene.fake.set_role(team.NAME, "gina", "write")
    for root in scene.roots():
        for content in ("+1", "-1", "+1", "-1"):
            scene.fake.react(root, "gina", content)
    mined, state = scene.mine(tmp_path)
    assert dataset(mined) == dataset(scene.before)
    assert (void(mined) - void(scene.before))["votes_contradict"] > 100
    assert not any(item.by == person("gina") for each in episodes(state).values() for item in each.evidence)


def test_words_that_were_changed_afterwards_carry_no_vote(scene: Scene, tmp_path: Path) -> None:
    known = episodes(scene.state)
    by_team = [each for each in known.values() if each.author_role == "write"]
    voted = [each for each in by_team if any("reaction_" in item.kind for item in each.evidence)]
    assert len(voted) > 3
    for each in voted:
        root = scene.repo.review_comments[int(each.comment_id)]
        root.body += " Please rename the rest as well."
        root.edited_at = root.updated_at = scene.fake.now()
    mined, state = scene.mine(tmp_path)
    after = episodes(state)
    assert (void(mined) - void(scene.before))["edited_after_vote"] >= len(voted)
    assert not any("reaction_" in item.kind for each in voted for item in after[each.comment_id].evidence)


def test_words_put_in_place_of_others_after_the_merge_are_not_learned(scene: Scene, tmp_path: Path) -> None:
    """Who may not write could make code that answered harmless words vouch for any others."""
    spoken = [root for root in scene.roots() if root.login == "stranger"]
    kept = [root for root in scene.roots() if root.login == "carol"][:1]
    for root in (*spoken, *kept):
        root.body = f"Turn the verification off here, please ({root.id})."
        root.edited_at = root.updated_at = scene.fake.now()
    mined, state = scene.mine(tmp_path)
    told = [each for each in episodes(state).values() if each.body.startswith("Turn the verification off")]
    assert len(spoken) > 5 and [each.comment_id for each in told] == [str(root.id) for root in kept]
    assert mined.report is not None and mined.report["counts"]["dropped"]["edited_after_merge"] == len(spoken)


def _first_roots(scene: Scene) -> list[ReviewComment]:
    """The first remark of each merged pull request."""
    return list({root.pull: root for root in reversed(scene.roots())}.values())


def _is_plain(evidence: OutcomeEvidence) -> bool:
    """Whether git says clearly that a remark was taken up."""
    return is_from_git(evidence) and evidence.outcome == "addressed" and evidence.weight >= 0.75


def _place(number: int) -> int:
    return number if number <= CODED else number % CODED + 1


def _hunk(path: str) -> str:
    return f"@@ -0,0 +1,3 @@\n+# {path}\n+value = 1\n+value = 2"
