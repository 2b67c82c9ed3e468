"""`/lore pause`, `resume` and `review [full]` on the fake GitHub, from the comment to what the next push gets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.github.demo import NAME
from tests.github.fake import FakeGitHub
from tests.github.reviewing import CROSSING, FINE, Ran, Shop, only_speaks


@pytest.fixture
def shop(fake: FakeGitHub, tmp_path: Path) -> Iterator[Shop]:
    yield Shop(fake, tmp_path)
    only_speaks(fake)


def push(shop: Shop, name: str) -> Ran:
    shop.fake.commit(NAME, "feat", {f"shop/store/{name}.py": CROSSING})
    return shop.review()


def summary(shop: Shop) -> str:
    (found,) = [each.body for each in shop.repo.issue_comments.values() if each.body.startswith("### reviewlore")]
    return found


def answers(shop: Shop) -> list[str]:
    bodies = [each.body for each in shop.repo.issue_comments.values()]
    return [body.partition("\n")[0] for body in bodies if "<!-- reviewlore:reply=" in body]


def test_a_paused_pull_request_is_reviewed_only_when_asked_until_it_is_resumed(shop: Shop) -> None:
    shop.build().review("opened")
    assert shop.command("/lore pause").outcome == ("success", "")
    assert answers(shop)[-1].startswith("Paused: pushes to this pull request are not reviewed by themselves any more.")
    assert summary(shop).count("**Paused.** Somebody asked for it, so pushes are not reviewed by themselves.") == 1
    for name in ("one", "two"):
        ran = push(shop, name)
        assert ran.outcome == ("skipped", "paused_by_command")
        assert ran.requests == ["query"]
        assert "`/lore resume` reviews pushes again" in ran.runner.summary
    assert shop.remarks == ["shop/store/part0.py"]
    assert shop.command("/lore review").outcome == ("success", "")
    assert answers(shop)[-1].endswith("Pushes stay unreviewed until `/lore resume`.")
    assert len(shop.remarks) == 3
    assert push(shop, "three").outcome == ("skipped", "paused_by_command")
    assert "**Paused.**" in summary(shop), "the review had written it anew"
    assert shop.command("/lore resume").outcome == ("success", "")
    assert "**Paused.**" not in summary(shop)
    assert push(shop, "four").outcome == ("success", "")
    assert shop.remarks[-2:] == ["shop/store/four.py", "shop/store/three.py"]


def test_resuming_starts_the_count_of_reviews_again(shop: Shop) -> None:
    shop.build("[review]\npause-after = 2\n").review("opened")
    push(shop, "one")
    assert push(shop, "two").outcome == ("skipped", "paused")
    shop.command("/lore resume")
    assert "**Paused.**" not in summary(shop)
    assert [push(shop, name).outcome for name in ("three", "four", "five")] == [
        ("success", ""), ("success", ""), ("skipped", "paused")
    ]  # fmt: skip


def test_who_may_not_review_may_not_pause_and_who_quotes_our_answer_pauses_nothing(shop: Shop) -> None:
    shop.build().review("opened")
    shop.command("/lore pause")
    (ours,) = [each.body for each in shop.repo.issue_comments.values() if "reviewlore-reviews=paused" in each.body]
    shop.command("/lore resume")
    shop.fake.add_issue_comment(NAME, 1, ours, "mallory")
    shop.command("/lore pause", "mallory")
    assert push(shop, "one").outcome == ("success", "")


def test_a_pause_asked_for_in_a_thread_counts_too(shop: Shop) -> None:
    shop.build().review("opened")
    (root,) = shop.repo.review_comments.values()
    assert shop.command("/lore pause", thread=root.id).outcome == ("success", "")
    assert "reviewlore-reviews=paused" in list(shop.repo.review_comments.values())[-1].body
    assert push(shop, "one").outcome == ("skipped", "paused_by_command")


def test_nothing_new_is_said_so_and_full_reviews_it_all_the_same(shop: Shop) -> None:
    shop.build().review("opened")
    head = shop.repo.pulls[1].head_sha
    before = len(shop.repo.reviews)
    assert shop.command("/lore review").outcome == ("success", "")
    assert answers(shop)[-1] == (
        f"Nothing was pushed since `{head[:12]}` was reviewed, so nothing was reviewed. `/lore review full` reviews "
        "all of the pull request anew."
    )
    shop.command("/lore review full")
    assert (
        answers(shop)[-1]
        == f"Reviewed `{head[:12]}`: 0 new remarks on the changed lines, 1 said before and left as it is."
    )
    assert len(shop.repo.reviews) == before


def test_a_review_that_is_asked_for_says_what_is_new(shop: Shop) -> None:
    shop.build("[review]\nmax-comments = 1\n", files=2).review("opened")
    shop.command("/lore pause")
    shop.fake.commit(NAME, "feat", {"shop/store/part0.py": FINE, "shop/store/new.py": CROSSING})
    assert shop.command("/lore review").outcome == ("success", "")
    assert shop.remarks == ["shop/store/new.py"], "what the limit kept back on an old hunk is no news"
