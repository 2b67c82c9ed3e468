"""Log-probabilities of chosen and rejected remarks -> the loss of each pair: plain torch, no model, no batch average.

Tensors have one value a pair.
"""

from collections.abc import Sequence
from typing import Any

from reviewlore.domain.recipe import Loss


def raise_smoothing(loss: Loss, weight: float) -> float:
    """Return a pair's label smoothing: the recipe's, and where evidence smooths, up to 1/2 for a pair without weight.

    At 1/2 the conservative loss is smallest where both remarks are equally likely: such a pair teaches no preference.
    """
    if loss.evidence != "smoothing":
        return loss.label_smoothing
    return loss.label_smoothing + (0.5 - loss.label_smoothing) * (1.0 - weight)


def scale_weights(loss: Loss, weights: Sequence[float]) -> list[float]:
    """Return what multiplies the loss of each pair: 1, or where evidence weighs, its weight over the mean of all.

    So a micro-batch's average of weighted losses adds up to the batch's, however small memory makes it.
    """
    mean = sum(weights) / len(weights) if weights and loss.evidence == "weight" else None
    return [weight / mean if mean else 1.0 for weight in weights]


def length_factors(ranks: Any, own: Any, other: Any, alpha: float) -> Any:
    """Return the factor of each token's log-probability in a remark's sum (pairs x tokens); 0 behind its end.

    LD-DPO (Liu et al. 2024, equation 10): what a remark says beyond the length of the one it is compared with counts
    `alpha`. `ranks` (tokens) are 0, 1, …; `own` and `other` are lengths in tokens.
    """
    import torch

    inside = (ranks < own[:, None]).float()
    return inside * torch.where(ranks < torch.minimum(own, other)[:, None], 1.0, alpha)


def preference_losses(loss: Loss, chosen: Any, rejected: Any, lengths: tuple[Any, Any], smoothing: Any) -> Any:
    """Return the loss of each pair from the log-ratios of policy and reference (DPO, Rafailov et al. 2023, equation 7).

    `sigmoid_norm` divides log-ratios by `lengths` (chosen, rejected; tokens). `smoothing` is the share of wrong labels
    assumed for a pair: `conservative` mixes the losses of both orders (Mitchell 2023, cDPO), `robust` subtracts what
    wrong labels add (Chowdhury et al. 2024, equation 12).
    """
    from torch.nn.functional import logsigmoid

    if loss.kind == "sigmoid_norm":
        chosen, rejected = chosen / lengths[0].clamp(min=1), rejected / lengths[1].clamp(min=1)
    margin = loss.beta * (chosen - rejected)
    right = -logsigmoid(margin)
    if loss.kind == "conservative":
        return (1 - smoothing) * right - smoothing * logsigmoid(-margin)
    if loss.kind == "robust":
        return ((1 - smoothing) * right + smoothing * logsigmoid(-margin)) / (1 - 2 * smoothing)
    return right


def odds_ratio_losses(loss: Loss, chosen: Any, rejected: Any) -> Any:
    """Return ORPO's loss of each pair (Hong et al. 2024, equation 6) from log-probabilities averaged over tokens.

    The negative log-likelihood of the chosen remark, plus beta times that of its odds being higher. As in the paper the
    likelihood is of the remark alone; TRL's trainer adds the prompt's tokens.
    """
    from torch.nn.functional import logsigmoid

    odds = chosen - rejected - (_log_complement(chosen) - _log_complement(rejected))
    return -chosen - loss.beta * logsigmoid(odds)


def _log_complement(logs: Any) -> Any:
    """Return log(1 - exp(x)) for x below 0, without the loss of digits near either end (Maechler 2012)."""
    import torch

    logs = logs.clamp(max=-torch.finfo(logs.dtype).eps)
    near = logs > -0.6931
    # Both branches are computed: each gets arguments that keep it, and its derivative, finite.
    return torch.where(
        near,
        torch.log(-torch.expm1(logs.where(near, torch.full_like(logs, -0.5)))),
        torch.log1p(-torch.exp(logs.where(~near, torch.full_like(logs, -1.0)))),
    )
