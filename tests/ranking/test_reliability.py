import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.calibration import Bin
from reviewlore.ranking.reliability import area_under_roc, brier_score, calibration_error, make_bins, wilson_low


def test_area_under_roc_counts_the_pairs_in_right_order() -> None:
    assert area_under_roc([1, 2, 3, 4], [False, True, False, True]) == 0.75
    assert area_under_roc([1, 1, 1], [True, False, False]) == 0.5
    assert area_under_roc([1, 2], [True, True]) == 0.5
    assert area_under_roc([], []) == 0.5


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), max_size=30))
def test_area_under_roc_is_the_share_of_pairs_won(rows: list[tuple[int, bool]]) -> None:
    good, bad = [value for value, hit in rows if hit], [value for value, hit in rows if not hit]
    if good and bad:
        won = sum((g > b) + 0.5 * (g == b) for g in good for b in bad) / (len(good) * len(bad))
        assert area_under_roc([value for value, _ in rows], [hit for _, hit in rows]) == pytest.approx(won)


def test_bins_have_equal_sizes_and_do_not_part_equal_predictions() -> None:
    predicted = [0.1] * 50 + [i / 1000 + 0.2 for i in range(150)]
    bins = make_bins(predicted, [i % 2 == 0 for i in range(200)])
    assert bins[0] == Bin(50, pytest.approx(0.1), 0.5)
    assert sum(each.count for each in bins) == 200
    assert [each.predicted for each in bins] == sorted(each.predicted for each in bins)
    assert all(each.count >= 10 for each in bins)


def test_few_predictions_make_one_bin_and_none_makes_none() -> None:
    assert make_bins([0.5, 0.7], [True, False]) == (Bin(2, pytest.approx(0.6), 0.5),)
    assert make_bins([], []) == ()
    assert calibration_error(()) == 0.0


def test_error_and_brier_score() -> None:
    assert calibration_error((Bin(10, 0.9, 0.7), Bin(30, 0.2, 0.2))) == pytest.approx(0.05)
    assert brier_score([0.9, 0.1], [True, True]) == pytest.approx((0.01 + 0.81) / 2)


def test_wilson_interval() -> None:
    # 8 of 10: Wilson 1927 gives 0.490 to 0.943.
    assert wilson_low(8, 10) == pytest.approx(0.4902, abs=1e-4)
    assert wilson_low(0, 0) == wilson_low(0, 20) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=260))
def test_every_prediction_is_in_one_bin(rows: list[tuple[float, bool]]) -> None:
    bins = make_bins([value for value, _ in rows], [hit for _, hit in rows])
    assert sum(each.count for each in bins) == len(rows)
    assert sum(each.count * each.addressed for each in bins) == pytest.approx(sum(hit for _, hit in rows))
    assert [each.predicted for each in bins] == sorted(each.predicted for each in bins)


def test_a_small_rest_joins_the_last_bin() -> None:
    assert [each.count for each in make_bins([i / 45 for i in range(45)], [True] * 45)] == [20, 25]
    assert [each.count for each in make_bins([i / 25 for i in range(25)], [True] * 25)] == [25]
