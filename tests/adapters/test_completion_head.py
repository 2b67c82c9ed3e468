"""The output layer at asked places only: values and gradients of the model's own logits."""

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers"):
    pytest.importorskip(name)

import torch  # noqa: E402
from transformers import Gemma2Config, GPT2Config, GraniteConfig, LlamaConfig  # noqa: E402
from transformers.models.auto.modeling_auto import AutoModelForCausalLM  # noqa: E402

from reviewlore.adapters import completion_head  # noqa: E402
from reviewlore.adapters.completion_head import add_completion_head, can_use_head  # noqa: E402

SMALL = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 1, "vocab_size": 70, "initializer_range": 0.3,
}  # fmt: skip
KINDS = {
    "llama": LlamaConfig(**SMALL),
    "gemma2": Gemma2Config(**SMALL, head_dim=16, final_logit_softcapping=2.0),
    "gpt2": GPT2Config(n_embd=32, n_layer=1, n_head=2, vocab_size=70),
}
IDS = torch.arange(3, 33).view(2, 15)
PLACES = torch.tensor([3, 4, 9, 16, 29])
TARGETS = torch.tensor([7, 0, 69, 20, 7])


def build(config):
    torch.manual_seed(2)
    model = AutoModelForCausalLM.from_config(config).float().eval().requires_grad_(requires_grad=False)
    add_completion_head(model)
    return model


def gradient(model, scores):
    """The gradient by the embedded tokens, which a frozen output layer hands down."""
    weight = torch.linspace(-1, 2, len(TARGETS))
    return torch.autograd.grad((scores.log_probs * weight).sum(), model.get_input_embeddings().weight)[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [70, 1 << 20])
def test_values_and_gradients_are_those_of_the_models_own_logits(kind, chunk, monkeypatch):
    monkeypatch.setattr(completion_head, "_LOGITS_CPU", chunk)  # a chunk of one token, or of all
    config = KINDS[kind]
    config.tie_word_embeddings = False
    model = build(config)
    assert can_use_head(model)
    model.get_input_embeddings().weight.requires_grad_()
    ours = model(input_ids=IDS, places=PLACES, targets=TARGETS)
    plain = model(input_ids=IDS, places=PLACES, targets=TARGETS, own_head=False)
    for name in ("log_probs", "entropy", "mean_logits", "is_top1"):
        assert torch.allclose(getattr(ours, name), getattr(plain, name), atol=1e-5), name
    assert torch.allclose(gradient(model, ours), gradient(model, plain), atol=1e-5)


def test_own_logits_are_the_models():
    model = build(KINDS["llama"])
    logits = model(IDS).logits.flatten(0, 1)[PLACES]
    scores = model(input_ids=IDS, places=PLACES, targets=TARGETS, own_head=False)
    assert torch.equal(scores.log_probs, logits.log_softmax(-1)[torch.arange(5), TARGETS])
    assert torch.equal(scores.is_top1.bool(), logits.argmax(-1) == TARGETS)


def test_scaled_logits_and_trained_output_layers_are_left_to_the_model():
    assert not can_use_head(build(GraniteConfig(**SMALL, logits_scaling=4.0)))
    model = build(KINDS["llama"])
    assert can_use_head(model)
    model.get_output_embeddings().weight.requires_grad_()
    assert not can_use_head(model)


def test_nothing_is_asked_of_an_empty_batch():
    model = build(KINDS["llama"])
    scores = model(input_ids=IDS, places=PLACES[:0], targets=TARGETS[:0])
    assert scores.log_probs.shape == (0,)
