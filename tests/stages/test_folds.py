"""Held out of training by whole pull requests: nothing that is judged was fitted, whatever the order of the pairs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.preference import PairKind, PreferencePair, Remark
from reviewlore.stages.folds import hold_out, split_folds, split_later


def make(
    number: int, request: int, rejected_from: int | None = None, kind: PairKind = "same_hunk", repository: str = "a/b"
) -> PreferencePair:
    """Return a pair of a pull request; its rejected remark may come from another one."""
    other = request if rejected_from is None else rejected_from
    own = kind == "outcome"
    return PreferencePair(
        id=f"{repository}-{number}", kind=kind, weight=1.0, repository=repository,
        chosen=Remark("x.py", f"hunk {number}", f"chosen {number} in {repository}"),
        rejected=Remark("x.py", f"hunk of {other}" if own else f"hunk {number}", f"rejected {other} of {repository}"),
        pull_request=f"{repository}#{request}", created_at=f"2025-01-{request:02d}T10:00:00Z",
        episodes=(f"{repository}#{request}/{number}", f"{repository}#{other}/{900 + other}"),
    )  # fmt: skip


def requests(pairs: tuple[PreferencePair, ...]) -> set[str]:
    return {pair.pull_request for pair in pairs}


def test_the_latest_pull_requests_are_held_out_whatever_the_order_of_the_pairs() -> None:
    pairs = [make(10 * request + n, request) for request in range(1, 11) for n in range(3)]
    random.Random(1).shuffle(pairs)
    held = split_later(pairs, 0.2)
    assert requests(held.judged) == {"a/b#9", "a/b#10"}
    assert requests(held.fit) == {f"a/b#{request}" for request in range(1, 9)}
    assert (len(held.fit), len(held.judged), held.dropped) == (24, 6, 0)


def test_each_repository_has_its_own_time() -> None:
    pairs = [make(n, n, repository="a/old") for n in range(1, 6)] + [
        make(n, n + 20, repository="b/new") for n in (1, 2)
    ]
    pairs.append(make(1, 9, repository="c/one"))
    assert requests(split_later(pairs, 0.2).judged) == {"a/old#5", "b/new#22"}


def test_no_share_holds_out_nothing() -> None:
    pairs = [make(n, n) for n in range(1, 6)]
    held = split_later(pairs, 0.0)
    assert (held.fit, held.judged) == (tuple(pairs), ())


def test_what_borrows_a_later_remark_is_not_trained_on() -> None:
    earlier = [make(1, 1), make(2, 2, rejected_from=10, kind="relevance_easy")]
    held = split_later([*earlier, make(3, 10)], 0.3)
    assert [pair.id for pair in held.fit] == ["a/b-1"]
    assert [pair.id for pair in held.judged] == ["a/b-3"]
    assert held.dropped == 1


def test_a_remark_on_its_own_hunk_that_is_trained_on_does_not_judge() -> None:
    earlier = [make(1, 1, kind="outcome"), make(2, 2, kind="outcome")]
    later = [make(3, 10, rejected_from=1, kind="outcome"), make(4, 10, rejected_from=1, kind="relevance_easy")]
    held = hold_out([*earlier, *later], {"a/b#10"})
    # What is read against a new hunk is a new question, whatever was said of the words elsewhere.
    assert [pair.kind for pair in held.judged] == ["relevance_easy"]
    assert held.dropped == 1


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=2, max_size=40),
    st.integers(2, 6),
    st.randoms(use_true_random=False),
)
def test_folds_hold_each_pull_request_out_once_and_leak_nothing(
    places: list[tuple[int, int]], count: int, rng: random.Random
) -> None:
    pairs = [
        make(n, request, other, "outcome" if n % 2 else "relevance_hard") for n, (request, other) in enumerate(places)
    ]
    folds = split_folds(pairs, count)
    known = requests(tuple(pairs))
    assert len(folds) == (min(count, len(known)) if len(known) > 1 else 0)
    seen = [request for fold in folds for request in requests(fold.judged)]
    assert len(seen) == len(set(seen))
    for fold in folds:
        assert not requests(fold.fit) & requests(fold.judged)
        fitted = {remark for pair in fold.fit for remark in (pair.chosen, pair.rejected)}
        assert not fitted & {remark for pair in fold.judged for remark in (pair.chosen, pair.rejected)}
        assert len(fold.fit) + len(fold.judged) + fold.dropped == len(pairs)
    again = list(pairs)
    rng.shuffle(again)
    assert [requests(fold.judged) for fold in split_folds(again, count)] == [requests(f.judged) for f in folds]


@pytest.mark.parametrize("folds", [0, 1])
def test_fewer_than_two_folds_are_none(folds: int) -> None:
    assert split_folds([make(n, n) for n in range(1, 6)], folds) == ()
