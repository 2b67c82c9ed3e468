"""The order that pairs are trained in: everything stands often enough, prompts stay together, lengths are alike."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.batching import PairTokens, plan_batches


def make_pairs(groups):
    """One prompt for each group; a group is the lengths of its rejected remarks."""
    return [
        PairTokens((7, number, *[1] * length), (3,), (5,) * length)
        for number, (length, size) in enumerate(groups)
        for _ in range(size)
    ]


groups = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=15).map(make_pairs)


@given(groups, st.integers(1, 9), st.integers(1, 120), st.integers(0, 3))
def test_every_pair_stands_floor_or_ceil_times(pairs, batch_size, count, seed):
    order = plan_batches(pairs, batch_size, count, seed)
    times = Counter(order)
    least, more = divmod(count, len(pairs))
    assert len(order) == count
    assert {times[index] for index in range(len(pairs))} <= {least, least + 1}
    assert sum(times[index] > least for index in range(len(pairs))) == more
    assert order == plan_batches(pairs, batch_size, count, seed)


@given(groups, st.integers(1, 9), st.integers(0, 3))
def test_pairs_on_one_prompt_follow_each_other_within_a_batch(pairs, batch_size, seed):
    """In one epoch; where two of them meet, a batch may hold pieces of a group from both."""
    order = plan_batches(pairs, batch_size, len(pairs), seed)
    for begin in range(0, len(order) // batch_size * batch_size, batch_size):
        prompts = [pairs[index].prompt for index in order[begin : begin + batch_size]]
        changes = sum(a != b for a, b in pairwise(prompts))
        assert changes == len(set(prompts)) - 1


@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 3))
def test_prompts_are_not_split_where_every_group_fits(size, count, seed):
    pairs = make_pairs([(1 + number % 7, size) for number in range(2 * count)])
    order = plan_batches(pairs, 2 * size, len(pairs), seed)
    for begin in range(0, len(order), 2 * size):
        assert len({pairs[index].prompt for index in order[begin : begin + 2 * size]}) == 2


def test_a_smaller_group_fills_a_batch_before_a_larger_one_is_split():
    pairs = make_pairs([(1, 3), (2, 3), (30, 1), (31, 1)])
    order = plan_batches(pairs, 4, len(pairs), 0)
    for begin in (0, 4):
        prompts = Counter(pairs[index].prompt for index in order[begin : begin + 4])
        assert sorted(prompts.values()) == [1, 3]


def test_batches_hold_similar_lengths_in_random_order():
    pairs = make_pairs([(length, 1) for length in range(100, 1000, 5)])
    order = plan_batches(pairs, 6, len(pairs), 1)
    batches = [[len(pairs[index].prompt) for index in order[at : at + 6]] for at in range(0, len(order), 6)]
    assert all(max(batch) < 1.5 * min(batch) for batch in batches)
    assert [min(batch) for batch in batches] != sorted(min(batch) for batch in batches)


def test_batches_differ_from_epoch_to_epoch():
    pairs = make_pairs([(length, 1) for length in range(50, 74)])
    order = plan_batches(pairs, 4, 2 * len(pairs), 0)
    epochs = [order[: len(pairs)], order[len(pairs) :]]
    batches = [{frozenset(epoch[at : at + 4]) for at in range(0, len(epoch), 4)} for epoch in epochs]
    assert sorted(epochs[0]) == sorted(epochs[1])
    assert batches[0] != batches[1]


def test_a_group_larger_than_a_batch_fills_whole_batches():
    pairs = make_pairs([(5, 9), (60, 3)])
    order = plan_batches(pairs, 4, 12, 0)
    batches = [Counter(pairs[index].prompt for index in order[at : at + 4]) for at in (0, 4, 8)]
    assert sorted(len(batch) for batch in batches) == [1, 1, 2]


@pytest.mark.parametrize(("pairs", "batch_size", "count"), [([], 1, 1), (make_pairs([(1, 1)]), 0, 1), ([], 1, 0)])
def test_what_cannot_be_planned_is_refused(pairs, batch_size, count):
    with pytest.raises(ValueError, match="cannot be planned"):
        plan_batches(pairs, batch_size, count, 0)
