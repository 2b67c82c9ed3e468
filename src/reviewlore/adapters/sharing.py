"""Whether a model reads remarks on one shared prompt as it reads each alone: asked of its settings, then tried once."""

from collections.abc import Callable, Sequence
from typing import Any

# What a person is told of a way of reading that is not the fast one; see `pair_reader.Reading`.
SLOWER = {
    "rows": "This base model does not read remarks on one shared prompt as it reads each alone: every prompt is read "
    "once for each remark, which takes about twice as long.",
    "logits": "This base model scales its logits or balances experts: every prompt is read once for each remark, and "
    "the output layer at every position, which takes several times as long.",
}
TRIED = 32  # tokens of a prompt and of a remark that sharing is tried on
_CLOSE, _CLOSE_BFLOAT16 = 1e-3, 0.25  # of one token's log-probability; bfloat16 has 8 bits
_ERRORS = (AttributeError, RuntimeError, TypeError, ValueError)  # no cache, no positions, or no such mask


def takes_masks(config: Any) -> bool:
    """Whether a model's attention honours a mask (4-D) that says what each token sees."""
    return getattr(config, "_attn_implementation", "") == "sdpa"


def exceeds_window(config: Any, tokens: int) -> bool:
    """Whether a path of this many tokens is longer than the model's sliding window, which a 4-D mask would overrule."""
    window = getattr(config, "sliding_window", None)
    return bool(window and tokens > window)


def agree(ours: Callable[[], Sequence[Any]], plain: Callable[[], Sequence[Any]], *, bfloat16: bool) -> bool:
    """Whether two ways give the same log-probabilities (tensors, one a remark); a way that fails does not agree."""
    try:
        found = ours()
    except _ERRORS:
        return False
    limit = _CLOSE_BFLOAT16 if bfloat16 else _CLOSE
    gaps = [abs(mine - theirs).max() for mine, theirs in zip(found, plain(), strict=True)]
    return all(float(gap) <= limit for gap in gaps)
