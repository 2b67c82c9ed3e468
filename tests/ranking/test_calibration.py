import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.calibration import Calibration, Calibrations, HeldOutRemark, RuleRecord
from reviewlore.ranking.calibration import (
    LEAST_REMARKS,
    audience_of,
    borrow,
    calibrate,
    calibration_for,
    combine,
    find_point,
    find_refuted,
    fit_calibration,
    threshold_for,
)


def drawn(count: int, slope: float, intercept: float, seed: int = 3) -> list[HeldOutRemark]:
    """Remarks whose chance of being addressed is a known function of the score."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        score = rng.gauss(0.5, 1.5)
        chance = 1 / (1 + math.exp(-(slope * score + intercept)))
        found.append(HeldOutRemark(score, rng.random() < chance, f"octo/app#{number // 4}"))
    return found


def fitted(count: int = 4000, slope: float = 1.2, intercept: float = 0.4, seed: int = 3) -> Calibration:
    found = fit_calibration(drawn(count, slope, intercept, seed))
    assert found is not None
    return found


def test_platt_scaling_finds_the_line_that_outcomes_were_drawn_from() -> None:
    found = fitted()
    assert found.slope == pytest.approx(1.2, abs=0.1)
    assert found.intercept == pytest.approx(0.4, abs=0.1)
    assert found.error < 0.03
    assert sum(each.count for each in found.bins) == found.count == 4000
    assert all(abs(each.predicted - each.addressed) < 0.08 for each in found.bins)


def test_scores_that_tell_nothing_give_the_share_addressed_and_no_selection() -> None:
    found = fit_calibration(
        HeldOutRemark(-each.score, each.addressed, each.group) for each in drawn(1000, slope=1.0, intercept=-1.0)
    )
    assert found is not None
    assert found.slope == 0.0
    assert calibrate(found, -5) == calibrate(found, 5) == pytest.approx(found.addressed, abs=0.002)
    assert found.auc < 0.5
    assert {point.count for point in found.points} == {1000}
    assert max(point.precision for point in found.points) <= found.addressed


def test_equal_scores_are_no_reason_to_fail() -> None:
    found = fit_calibration(HeldOutRemark(1.0, number % 4 > 0, str(number)) for number in range(60))
    assert found is not None
    assert (found.slope, found.auc) == (0.0, 0.5)
    assert calibrate(found, 99.0) == pytest.approx(0.75, abs=0.01)


def test_where_one_outcome_is_rare_the_share_is_known_and_the_slope_is_not() -> None:
    found = fit_calibration(HeldOutRemark(float(n), n > 92, str(n)) for n in range(100))
    assert found is not None
    assert (found.slope, found.addressed) == (0.0, 0.07)
    assert calibrate(found, 99.0) == calibrate(found, 0.0) == pytest.approx(8 / 102)
    never = fit_calibration(HeldOutRemark(float(n), False, str(n)) for n in range(239))
    assert never is not None
    assert (never.addressed, never.points) == (0.0, ())
    assert calibrate(never, 1.0) == pytest.approx(1 / 241)
    borrowed = borrow(Calibrations("adapter-1"), Calibrations("prior", bots=never), same_scale=False).bots
    assert borrowed == replace(never, brier=0.0, auc=0.5, bins=())


def test_a_slope_that_does_not_hold_on_other_groups_is_none() -> None:
    # In every pull request the score tells outcomes apart, each time the other way round.
    remarks = [HeldOutRemark(float(n % 10), (n % 10 > 4) == (n // 10 % 2 == 0), str(n // 10)) for n in range(100)]
    found = fit_calibration(remarks)
    assert found is not None
    assert (found.slope, found.addressed) == (0.0, 0.5)


def test_the_share_alone_where_a_slope_is_not_wanted() -> None:
    found = fit_calibration(drawn(1000, 1.2, 0.4), sloped=False)
    assert found is not None
    assert found.slope == 0.0
    assert calibrate(found, 3.0) == pytest.approx(found.addressed, abs=0.001)
    assert found.error < 0.05
    assert found.auc > 0.7


def test_points_are_the_lowest_scores_that_reach_a_precision() -> None:
    found = fitted(600)
    judged = drawn(600, 1.2, 0.4)
    for point in found.points:
        kept = [each for each in judged if each.score >= point.score]
        share = sum(each.addressed for each in kept) / len(kept)
        assert (len(kept), share) == (point.count, pytest.approx(point.reached))
        assert point.low < point.reached >= point.precision
        assert point.recall == pytest.approx(
            sum(each.addressed for each in kept) / sum(each.addressed for each in judged)
        )
        lower = sorted(each.score for each in judged if each.score < point.score)
        for score in lower:
            more = [each for each in judged if each.score >= score]
            assert sum(each.addressed for each in more) / len(more) < point.precision
    assert [point.precision for point in found.points] == sorted(point.precision for point in found.points)


def test_a_precision_between_two_points_takes_the_stricter_one() -> None:
    found = fitted(600)
    assert find_point(found, 0.71) == find_point(found, 0.75)
    assert find_point(found, 0.70) != find_point(found, 0.75)
    assert find_point(found, 0.999) is None


def test_a_share_of_a_few_remarks_is_no_precision() -> None:
    remarks = [HeldOutRemark(9.0, True, str(number)) for number in range(9)]
    remarks += [HeldOutRemark(number / 100, number % 2 == 0, str(number)) for number in range(60)]
    found = fit_calibration(remarks)
    assert found is not None
    assert all(point.count >= 10 for point in found.points)


@pytest.mark.parametrize(
    "remarks",
    [
        drawn(LEAST_REMARKS - 1, 1.0, 0.0),
        [HeldOutRemark(float(n % 7), n % 2 == 0, str(n % 2)) for n in range(100)],
        [],
    ],
    ids=["few", "two_pull_requests", "none"],
)
def test_too_little_to_tell_anything(remarks: list[HeldOutRemark]) -> None:
    assert fit_calibration(remarks) is None


@given(
    st.lists(st.tuples(st.floats(), st.booleans(), st.integers(0, 9)), min_size=40, max_size=60),
    st.floats(),
)
def test_any_scores_give_a_probability(rows: list[tuple[float, bool, int]], asked: float) -> None:
    found = fit_calibration(HeldOutRemark(score, hit, str(group)) for score, hit, group in rows)
    if found is not None:
        assert 0 <= calibrate(found, asked) <= 1
        assert found.slope >= 0
        assert math.isfinite(found.slope)
        assert math.isfinite(found.intercept)


def test_machines_words_are_judged_by_what_became_of_machines_words() -> None:
    people, bots = fitted(intercept=1.5), fitted(intercept=-2.0)
    both = Calibrations("v", people, bots)
    assert (audience_of("architecture"), audience_of("generated"), audience_of("foreign")) == ("people", "bots", "bots")
    assert calibration_for(both, "architecture") == people
    assert calibration_for(both, "foreign") == calibration_for(both, "generated") == bots
    easy, strict = threshold_for(both, 0.7, "architecture"), threshold_for(both, 0.7, "generated")
    assert easy is not None
    assert strict is not None
    assert strict > easy
    assert threshold_for(Calibrations("v", people), 0.7, "foreign") is None


def test_a_rules_own_record_outweighs_the_guess() -> None:
    assert combine(0.8, None) == combine(0.8, RuleRecord("cycle/new", 0, 0)) == 0.8
    assert combine(0.8, RuleRecord("cycle/new", 5, 0)) == pytest.approx(0.4)
    assert combine(0.2, RuleRecord("cycle/new", 95, 95)) == pytest.approx(0.96)
    assert combine(0.5, RuleRecord("cycle/new", 5, 99)) == pytest.approx(0.75)


def test_a_rule_is_refuted_by_its_own_record_beyond_chance() -> None:
    records = [
        RuleRecord("seldom", 10, 2),  # Wilson: 0.06 to 0.51
        RuleRecord("often", 10, 6),  # 0.31 to 0.83
        RuleRecord("never_but_few", 4, 0),
        RuleRecord("miscounted", 10, 12),
    ]
    assert find_refuted(records, 0.7) == {"seldom"}
    assert find_refuted(records, 0.9) == {"seldom", "often"}
    assert find_refuted([], 0.9) == frozenset()


def test_what_a_version_lacks_is_borrowed_and_said() -> None:
    people, bots, own = fitted(seed=1), fitted(intercept=-1.0, seed=2), fitted(seed=3)
    prior = Calibrations("prior", people, bots)
    found = borrow(Calibrations("embedded-1", own), prior, same_scale=True)
    assert (found.version, found.people, found.bots, found.borrowed) == ("embedded-1", own, bots, ("bots",))
    assert borrow(found, prior, same_scale=True) == found
    assert borrow(Calibrations("v"), Calibrations("prior"), same_scale=True) == Calibrations("v")


def test_an_adapter_borrows_the_share_addressed_alone() -> None:
    prior = Calibrations("prior", fitted())
    found = borrow(Calibrations("adapter-1"), prior, same_scale=False).people
    assert found is not None
    assert calibrate(found, -40) == calibrate(found, 40) == pytest.approx(found.addressed, abs=0.001)
    assert found.auc == 0.5
    assert {(point.count, point.recall) for point in found.points} == {(found.count, 1.0)}
    assert replace(found, slope=0.0) == found
