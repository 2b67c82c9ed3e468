"""What a version does beyond ranking, on cases whose answer is known."""

import math

import pytest

from reviewlore.domain.training import Completion, TokenLoss
from reviewlore.stages.behaviour import is_usable, perplexity_ratio, rank_correlation, rate_written, silence_precision

HUNK = "@@ -1,2 +1,3 @@\n def load(path):\n+    return open(path).read()"


def test_rank_correlation_is_of_ranks_and_shares_ties():
    assert rank_correlation([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, 4], [9, 5, 1, 0]) == pytest.approx(-1.0)
    assert rank_correlation([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(0.0)
    assert rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)


def test_a_side_that_says_nothing_correlates_with_nothing():
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1], [2]) is None


def test_silence_is_precise_where_what_is_not_said_was_not_addressed():
    judged = [(f"a/b#{n}", n % 2 == 0, n % 2 == 0 or n % 10 == 1) for n in range(100)]
    found = silence_precision(judged, seed=1)

    assert found is not None
    assert (found.accuracy, found.count) == (0.8, 50)
    assert found.low < 0.8 < found.high
    assert silence_precision([("a", True, False)], seed=1) is None


def test_silence_resamples_pull_requests_not_remarks():
    together = silence_precision([(f"#{n // 25}", False, n // 25 % 2 == 0) for n in range(100)], seed=1)
    apart = silence_precision([(f"#{n}", False, n % 2 == 0) for n in range(100)], seed=1)

    assert together is not None and apart is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_forgetting_is_the_ratio_of_perplexities_over_all_tokens():
    doubled = [TokenLoss(2.0 + math.log(2), 2.0, 10), TokenLoss(1.0 + math.log(2), 1.0, 90)]

    assert perplexity_ratio(doubled) == pytest.approx(2.0)
    assert perplexity_ratio([TokenLoss(2.0, 2.0, 5)]) == pytest.approx(1.0)
    assert perplexity_ratio([]) is None


def test_a_long_text_weighs_more_than_a_short_one():
    assert perplexity_ratio([TokenLoss(1.0, 0.0, 1), TokenLoss(0.0, 0.0, 99)]) == pytest.approx(math.exp(0.01))


@pytest.mark.parametrize(
    ("text", "ended", "usable"),
    [
        ("Close the file: use a context manager.", True, True),
        ("Close the file: use a", False, False),
        ("", True, False),
        ("  \n ", True, False),
        ("+++ 12 ((", True, False),
        ("return open(path).read()", True, False),
        ("rename", True, True),
        ("ファイルを閉じてください", True, True),
        ("use the use the use the use the use the use the use the", True, False),
    ],
)
def test_what_can_be_posted(text, ended, usable):
    assert is_usable(Completion(text, ended), HUNK) is usable


def test_the_code_word_by_word_is_no_remark():
    words = "load path return open path read and the rest"
    assert is_usable(Completion(words, True), f"x {words} y") is False


def test_one_remark_for_everything_is_a_duplicate_of_itself():
    said = [Completion("Please add a test.", True)] * 3 + [Completion("please ADD a test", True)]
    said += [Completion("Rename it.", True), Completion("", True)]

    assert rate_written([(HUNK, each) for each in said]) == (5 / 6, 3 / 6)
    assert rate_written([]) is None
