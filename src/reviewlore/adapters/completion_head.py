"""A causal language model that is asked for the log-probabilities of some tokens, and computes no other logits.

In: a model and the places of its hidden states that predict something. Out: `TokenScores`. It trains no output layer:
that one is frozen, which is why its gradient needs no second look at the logits.
"""

import functools
import types
from typing import Any, NamedTuple

_LOGITS = 1 << 25  # logits held at once: 128 MiB in float32
_LOGITS_CPU = 1 << 22  # 16 MiB: what the cache of a processor holds, over which they are passed several times
_HEAD_SETTINGS = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")


class TokenScores(NamedTuple):
    """One value for each asked token (float32): only `log_probs` carries a gradient.

    `entropy` (nats) and `mean_logits` are of the distribution that the token was predicted by; `is_top1` is 1 where the
    token is the most likely one. `auxiliary` is the load balancing loss of a mixture of experts, where it was asked.
    """

    log_probs: Any
    entropy: Any
    mean_logits: Any
    is_top1: Any
    auxiliary: Any = None


def add_completion_head(model: Any) -> None:
    """Let `model(..., places=, targets=)` return `TokenScores` instead of logits.

    `places` (tokens) index the flattened hidden states (rows * width), `targets` are the token ids they predict. With
    `own_head=False` the model's own forward pass makes all logits first: slow, and right for any architecture. The
    method is replaced on the instance, as TRL does it, since wrappers (PEFT, DDP, FSDP) call it there.
    """
    plain = model.forward

    @functools.wraps(plain)
    def forward(
        self: Any, *args: Any, places: Any = None, targets: Any = None, own_head: bool = True, **named: Any
    ) -> Any:
        if places is None:
            return plain(*args, **named)
        if not own_head:
            answer = plain(*args, use_cache=False, **named)
            logits = answer.logits.flatten(0, 1).index_select(0, places)
            return _describe(logits.float(), targets, getattr(answer, "aux_loss", None))
        hidden = self.base_model(*args, use_cache=False, **named).last_hidden_state
        head = self.get_output_embeddings()
        cap = getattr(self.config.get_text_config(), "final_logit_softcapping", None)
        asked = hidden.flatten(0, 1).index_select(0, places)
        weight, bias = _whole(head.weight), _whole(head.bias)
        return TokenScores(*_head_function().apply(asked, weight, bias, targets, cap))

    model.forward = types.MethodType(forward, model)


def can_use_head(model: Any) -> bool:
    """Whether the output layer is a frozen linear one whose logits are not scaled: everything else is the model's."""
    import torch

    head = model.get_output_embeddings()
    if not isinstance(head, torch.nn.Linear) or head.weight.requires_grad or not head.weight.is_floating_point():
        return False
    config = model.config.get_text_config()
    return all(getattr(config, name, None) in (None, 1.0) for name in _HEAD_SETTINGS)


def _whole(parameter: Any) -> Any:
    """Return a parameter of which each process may hold a part: FSDP gathers what a layer's own forward pass needs."""
    return parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter


def _describe(logits: Any, targets: Any, auxiliary: Any) -> TokenScores:
    import torch

    scores = logits.log_softmax(-1)
    chosen = scores.gather(1, targets[:, None]).squeeze(1)
    with torch.no_grad():
        entropy = -(scores.exp() * scores).sum(-1)
        top = (logits.argmax(-1) == targets).float()
    return TokenScores(chosen, entropy, logits.detach().mean(-1), top, auxiliary)


@functools.cache
def _head_function() -> Any:
    """Return the autograd function of the output layer; made on first use, since it needs torch."""
    import torch

    class FrozenHead(torch.autograd.Function):  # type: ignore[misc]
        """Log-probabilities of targets (N) under softmax(hidden (N, H) @ weight (V, H).T), a chunk of tokens at a time.

        A token's log-probability is one number, so that its derivative by the hidden state is one vector: it is made
        in the forward pass while the logits are there, and the backward pass only scales it.
        """

        @staticmethod
        def forward(ctx: Any, hidden: Any, weight: Any, bias: Any, targets: Any, cap: float | None) -> Any:
            device = hidden.device.type
            fast = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
            matrix, rows = weight.to(fast), hidden.to(fast)
            shift = None if bias is None else bias.to(fast)
            outputs = [hidden.new_empty(len(hidden), dtype=torch.float32) for _ in range(4)]
            slopes = torch.empty_like(rows) if ctx.needs_input_grad[0] else None
            step = max(1, (_LOGITS_CPU if device == "cpu" else _LOGITS) // len(weight))
            with torch.autocast(device, enabled=False):
                for begin in range(0, len(hidden), step):
                    part = slice(begin, begin + step)
                    logits = torch.nn.functional.linear(rows[part], matrix, shift).float()
                    values, slope = _read_chunk(logits, targets[part], cap, slopes is not None)
                    for output, value in zip(outputs, values, strict=True):
                        output[part] = value
                    if slopes is not None:
                        slopes[part] = slope.to(fast) @ matrix
            ctx.save_for_backward(slopes)
            ctx.kind = hidden.dtype
            ctx.mark_non_differentiable(*outputs[1:])
            return tuple(outputs)

        @staticmethod
        def backward(ctx: Any, upstream: Any, *_: Any) -> Any:
            (slopes,) = ctx.saved_tensors
            return (upstream[:, None] * slopes).to(ctx.kind), None, None, None, None

    return FrozenHead


def _read_chunk(logits: Any, targets: Any, cap: float | None, sloped: bool) -> tuple[tuple[Any, ...], Any]:
    """Return what `TokenScores` says of a chunk (N, V), and the derivative of log-probabilities by raw logits.

    `cap` bends logits by cap * tanh(logits / cap) (Gemma 2). The chunk is overwritten.
    """
    import torch

    if cap is not None:
        logits = torch.tanh(logits.div_(cap)).mul_(cap)
    bend = 1 - (logits / cap) ** 2 if cap is not None and sloped else None
    rank = torch.arange(len(targets), device=logits.device)
    asked, top = logits[rank, targets], logits.amax(-1)
    mean = logits.mean(-1)
    logits.sub_(top[:, None])
    powers = logits.exp()
    total = powers.sum(-1)
    entropy = total.log() - torch.linalg.vecdot(powers, logits) / total
    log_probs = asked - top - total.log()
    if not sloped:
        return (log_probs, entropy, mean, asked >= top), None
    slope = powers.div_(-total[:, None])
    slope[rank, targets] += 1
    return (log_probs, entropy, mean, asked >= top), slope if bend is None else slope.mul_(bend)
