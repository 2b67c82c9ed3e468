"""Attention over packed trees, piece by piece: a shared part with its first branch, then each other branch after it.

In: queries, keys and values of rows of trees, and where the trees' parts lie. Out: what attention with the trees' mask
gives. It computes no score that the mask would hide, which on a CPU is half the work of attention or more; on a GPU one
call with a mask is left to the library.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any

_NAME = "sdpa_tree_pieces"
# Of each tree of each row: where its shared part begins and ends, and where each of its branches ends.
Pieces = Sequence[Sequence[tuple[int, int, Sequence[int]]]]
_PIECES: ContextVar[Pieces] = ContextVar("pieces")


@contextmanager
def attend_piecewise(config: Any, pieces: Pieces) -> Iterator[None]:
    """Let a model with this (text) configuration attend to `pieces`, whatever mask it is given, while inside.

    Its implementation of attention has to be "sdpa". Not for gradient checkpointing: what a backward pass computes
    again, outside, would follow the mask.
    """
    from transformers import AttentionInterface

    AttentionInterface.register(_NAME, _attend)
    before, token = config._attn_implementation, _PIECES.set(pieces)
    config._attn_implementation = _NAME
    try:
        yield
    finally:
        config._attn_implementation = before
        _PIECES.reset(token)


def _attend(module: Any, query: Any, key: Any, value: Any, mask: Any, **named: Any) -> tuple[Any, None]:
    """Return attention's output (rows x width x heads x size), as transformers' attention functions do."""
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if named.get("position_bias") is not None:
        return sdpa_attention_forward(module, query, key, value, mask, **named)  # type: ignore[no-any-return]
    named.pop("is_causal", None)
    rows = []
    for row, trees in enumerate(_PIECES.get()):
        one = [each[row : row + 1] for each in (query, key, value)]
        outputs = [
            sdpa_attention_forward(module, *parts, hidden, is_causal=hidden is None, **named)[0]
            for tree in trees
            for parts, hidden in _cut(one, *tree)
        ]
        missing = query.shape[2] - sum(each.shape[1] for each in outputs)
        if missing:
            sizes = query.shape[1], value.shape[3]
            outputs.append(query.new_zeros(1, missing, *sizes))  # padding: nothing sees it
        rows.append(torch.cat(outputs, dim=1))
    return torch.cat(rows), None


def _cut(one: Sequence[Any], begin: int, shared: int, ends: Sequence[int]) -> Iterator[tuple[list[Any], Any]]:
    """Yield each piece's queries, keys and values, and what they may see of each other (None: all that is earlier)."""
    import torch

    if ends[0] > begin:
        yield [each[:, :, begin : ends[0]] for each in one], None
    for start, end in pairwise(ends):
        if end > start:
            query, key, value = one
            both = [torch.cat([each[:, :, begin:shared], each[:, :, start:end]], dim=2) for each in (key, value)]
            prompt, own = shared - begin, end - start
            seen = torch.ones(own, prompt + own, dtype=torch.bool, device=query.device).tril(prompt)
            yield [query[:, :, start:end], *both], seen[None, None]
