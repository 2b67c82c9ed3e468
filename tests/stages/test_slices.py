"""A pair counts for the language and the specialist of its chosen remark, and slices are judged by themselves."""

from dataclasses import replace

from tests.judged import score_pairs

from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.slices import slice_pairs


def an_episode(number: int, language: str | None, concern: str) -> Episode:
    return Episode(
        id=f"a/b#{number}/1", repository="a/b", pull_request=number, comment_id="1", author="p-1", author_kind="human",
        pull_request_author=None, anchor=Anchor("x"), hunk="h", body="b", created_at="", language=language,
        concern=concern,
    )  # fmt: skip


def a_pair(number: int, good: bool) -> PreferencePair:
    sides = Remark("x", "h", "1"), Remark("x", "h", "0")
    return PreferencePair(
        id=f"{number}", kind="outcome" if number % 2 else "same_hunk", chosen=sides[not good], rejected=sides[good],
        weight=1.0, repository="a/b", pull_request=f"a/b#{number}", created_at="",
        episodes=(f"a/b#{number}/1", "a/b#0/1"),
    )  # fmt: skip


EPISODES = [
    an_episode(n, "Go" if n < 10 else None if n == 39 else "Python", "testing" if n % 2 else "style") for n in range(40)
]
PAIRS = [a_pair(n, n < 10 or n % 4 == 0) for n in range(40)]


def test_each_pair_is_in_one_slice_of_each_sort():
    found = slice_pairs(PAIRS, EPISODES)

    assert {name: len(ids) for name, ids in found.items()} == {
        "language:Go": 10, "language:Python": 29, "language:other": 1,
        "specialist:refactoring": 20, "specialist:testing": 20,
    }  # fmt: skip


def test_a_slice_is_judged_on_its_own_pairs_of_whatever_kind():
    score = score_pairs(PAIRS, lambda remark: float(remark.body), name="v", slices=slice_pairs(PAIRS, EPISODES))

    assert score.slices["language:Go"].accuracy == 1.0
    assert score.slices["language:Go"].count == 10
    python = score.slices["language:Python"]
    assert python.low < python.accuracy < 0.3 < score.overall.accuracy
    assert python.accuracy == sum(n % 4 == 0 for n in range(10, 39)) / 29


def test_a_slice_in_one_pull_request_has_no_interval_to_trust():
    score = score_pairs(PAIRS, lambda remark: float(remark.body), name="v", slices=slice_pairs(PAIRS, EPISODES))

    alone = score.slices["language:other"]
    assert (alone.count, alone.low, alone.high) == (1, 0.0, 1.0)


def test_slices_leave_the_rest_of_the_score_as_it_is():
    plain = score_pairs(PAIRS, lambda remark: float(remark.body), name="v")
    sliced = score_pairs(PAIRS, lambda remark: float(remark.body), name="v", slices=slice_pairs(PAIRS, EPISODES))

    assert replace(sliced, slices={}) == plain
