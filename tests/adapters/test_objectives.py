"""Losses of a pair: against TRL's where it has them, against the papers' formulas where it has not."""

import math
from dataclasses import replace

import pytest

from reviewlore.domain.recipe import Loss

pytestmark = pytest.mark.model
pytest.importorskip("torch")

import torch  # noqa: E402

from reviewlore.adapters.objectives import (  # noqa: E402
    length_factors,
    odds_ratio_losses,
    preference_losses,
    raise_smoothing,
)

LOSS = Loss("dpo", "sigmoid", 0.2, 0.1, 1.0, "none")
CHOSEN, REJECTED = torch.tensor([3.0, -2.0, 0.0]), torch.tensor([-1.0, 4.0, 0.0])
LENGTHS = torch.tensor([2, 10, 5]), torch.tensor([4, 1, 5])


def sigmoid_loss(margin):
    return math.log1p(math.exp(-margin))


def losses(kind, smoothing=0.1):
    loss = replace(LOSS, kind=kind)
    return preference_losses(loss, CHOSEN, REJECTED, LENGTHS, torch.full((3,), smoothing)).tolist()


def test_sigmoid_is_of_the_difference_of_log_ratios():
    assert losses("sigmoid") == pytest.approx([sigmoid_loss(0.8), sigmoid_loss(-1.2), math.log(2)])


def test_sigmoid_norm_is_of_averages_over_tokens():
    wanted = [sigmoid_loss(0.2 * (1.5 + 0.25)), sigmoid_loss(0.2 * (-0.2 - 4)), math.log(2)]
    assert losses("sigmoid_norm") == pytest.approx(wanted)


def test_conservative_mixes_both_orders():
    wanted = [0.9 * sigmoid_loss(0.8) + 0.1 * sigmoid_loss(-0.8), 0.9 * sigmoid_loss(-1.2) + 0.1 * sigmoid_loss(1.2)]
    assert losses("conservative")[:2] == pytest.approx(wanted)


def test_robust_subtracts_what_wrong_labels_add():
    wanted = [(0.9 * sigmoid_loss(margin) - 0.1 * sigmoid_loss(-margin)) / 0.8 for margin in (0.8, -1.2)]
    assert losses("robust")[:2] == pytest.approx(wanted)
    assert losses("robust", 0.0) == pytest.approx(losses("sigmoid"))


def test_a_pair_without_evidence_teaches_no_preference():
    assert raise_smoothing(LOSS, 0.01) == 0.1
    smoothed = replace(LOSS, kind="conservative", evidence="smoothing")
    assert [raise_smoothing(smoothed, weight) for weight in (1.0, 0.5, 0.0)] == pytest.approx([0.1, 0.3, 0.5])
    ratio = torch.zeros(1, requires_grad=True)
    loss = preference_losses(smoothed, ratio, -ratio, LENGTHS, torch.tensor([0.5]))
    assert torch.autograd.grad(loss.sum(), ratio)[0].item() == 0.0


def test_tokens_beyond_the_other_length_count_alpha():
    factors = length_factors(torch.arange(4), torch.tensor([4, 2]), torch.tensor([2, 4]), 0.25)
    assert factors.tolist() == [[1, 1, 0.25, 0.25], [1, 1, 0, 0]]


def test_odds_ratio_is_of_the_probability_of_an_average_token():
    """Hong et al. 2024, equations 3 to 7: odds are P / (1 - P)."""
    likely, unlikely = 0.8, 0.3
    loss = odds_ratio_losses(LOSS, torch.tensor([math.log(likely)]), torch.tensor([math.log(unlikely)]))
    ratio = (likely / (1 - likely)) / (unlikely / (1 - unlikely))
    assert loss.item() == pytest.approx(-math.log(likely) + 0.2 * sigmoid_loss(math.log(ratio)), rel=1e-5)


def test_odds_of_certain_tokens_have_a_gradient_without_holes():
    logs = torch.tensor([0.0, -1e-7, -1e-3, -0.69, -0.7, -30.0, -200.0], requires_grad=True)
    loss = odds_ratio_losses(replace(LOSS, method="orpo"), logs, torch.full((7,), -1.0)).sum()
    assert loss.isfinite()
    assert torch.autograd.grad(loss, logs)[0].isfinite().all()
