"""Attention by pieces of trees gives what attention with the trees' mask gives, and the same gradients."""

import pytest

from reviewlore.stages.batching import PairTokens

pytestmark = pytest.mark.model
for name in ("torch", "transformers"):
    pytest.importorskip(name)

import torch  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from reviewlore.adapters.prefix_trees import make_tree_batch, see  # noqa: E402
from reviewlore.adapters.tree_attention import attend_piecewise  # noqa: E402

LONG = tuple(range(3, 43))
PAIRS = [
    PairTokens(LONG, (50, 51, 52), (60, 61, 62, 63, 64)),
    PairTokens(LONG, (53,), (50, 51, 52)),  # a remark of one token, and one that is there already
    PairTokens((7, 8, 9), (50, 51), (60,)),  # short ones share a row
    PairTokens((9,), (50,), (61, 62)),  # nothing but branches
]


def make_model(key_value_heads=2):
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    config = LlamaConfig(vocab_size=80, num_key_value_heads=key_value_heads, attn_implementation="sdpa", **sizes)
    return LlamaForCausalLM(config).train()


def read(model, batch):
    mask = see(batch["trees"], batch["branches"])
    options = {"attention_mask": mask, "position_ids": batch["position_ids"], "use_cache": False}
    hidden = model.model(input_ids=batch["input_ids"], **options).last_hidden_state
    return hidden.flatten(0, 1)[batch["places"]]


def gradients(model, hidden):
    model.zero_grad()
    torch.manual_seed(1)
    (hidden * torch.randn(hidden.shape)).sum().backward()
    return [each.grad.clone() for each in model.parameters() if each.grad is not None]


@pytest.mark.parametrize("multiple", [1, 16])
@pytest.mark.parametrize("heads", [4, 2])
def test_pieces_give_what_the_mask_gives(multiple, heads):
    model = make_model(heads)
    batch = make_tree_batch(PAIRS, 0, multiple)
    assert (batch["trees"] < 0).any(), "there is padding"
    masked = read(model, batch)
    wanted = gradients(model, masked)
    with attend_piecewise(model.config, batch["pieces"]):
        found = read(model, batch)
    assert torch.equal(masked, read(model, batch)), "outside, attention is the library's again"
    torch.testing.assert_close(found, masked, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradients(model, found), wanted, rtol=1e-4, atol=1e-5)


def test_pieces_and_not_the_mask_decide():
    model = make_model()
    batch = make_tree_batch(PAIRS, 0)
    wanted = read(model, batch)
    everything = {**batch, "branches": torch.zeros_like(batch["branches"])}
    assert not torch.allclose(read(model, everything), wanted, atol=1e-4)
    with attend_piecewise(model.config, batch["pieces"]):
        assert torch.allclose(read(model, everything), wanted, atol=1e-5)


def test_after_an_error_attention_is_the_librarys():
    model = make_model()
    with pytest.raises(LookupError), attend_piecewise(model.config, []):
        raise LookupError
    assert model.config._attn_implementation == "sdpa"
