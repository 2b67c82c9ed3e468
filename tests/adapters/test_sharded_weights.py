"""Weights that FSDP spreads over processes, here over one: what is read of them is what the whole model says."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.lessons import RECIPE, dialogues

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402
from torch import distributed  # noqa: E402

from reviewlore.adapters.bases import make_base, make_tokenizer  # noqa: E402
from reviewlore.adapters.completion_head import add_completion_head  # noqa: E402
from reviewlore.adapters.following import adapter_bytes  # noqa: E402
from reviewlore.adapters.lora import adapt  # noqa: E402
from reviewlore.adapters.pair_reader import PairReader, make_row  # noqa: E402
from reviewlore.adapters.preparing import tokenize  # noqa: E402
from reviewlore.adapters.shared_trainer import keep_sums_exact  # noqa: E402

PAIRS = dialogues(6)


@pytest.fixture
def group(monkeypatch):
    """A group of one process: FSDP treats its weights as it would treat those of many."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def build(*, tied, dtype=torch.float32):
    """A base with an adapter that changes something, its reader, and a batch; large models tie no output layer."""
    texts = [text for each in PAIRS for text in (each.prompt, each.chosen, each.rejected)]
    base = make_base(RECIPE.base, make_tokenizer(texts, 400), 1, 120)
    if not tied:
        base.model.config.tie_word_embeddings = False
        base.model.lm_head.weight = torch.nn.Parameter(base.model.lm_head.weight.detach() * 1.1)
    model = adapt(replace(base, model=base.model.to(dtype)), RECIPE)
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(parameter.requires_grad * 0.05 * torch.randn_like(parameter))
    add_completion_head(model.get_base_model())
    reader = PairReader(base, 0.0, 1)
    return base, model, reader, reader.collate([make_row(tokenize(base, each, RECIPE)) for each in PAIRS])


def shard(model, precision="no"):
    """Spread a model as accelerate does, layer by layer and the ends by themselves."""
    from accelerate.utils import FullyShardedDataParallelPlugin
    from accelerate.utils.fsdp_utils import fsdp2_prepare_model

    plugin = FullyShardedDataParallelPlugin(fsdp_version=2, auto_wrap_policy="transformer_based_wrap")
    if precision != "no":
        plugin.set_mixed_precision(precision)
    keep_sums_exact(plugin)
    state = SimpleNamespace(fsdp_plugin=plugin)
    return fsdp2_prepare_model(SimpleNamespace(state=state, mixed_precision=precision, is_main_process=True), model)


def learn(model, reader, batch):
    """Read a batch twice, as a step does that computes its reference too; return values and gradients."""
    with torch.no_grad():
        reader.read(model, batch)
    scores = reader.read(model, batch)
    scores.log_probs.mean().backward()
    found = {name: each.grad for name, each in model.named_parameters() if each.grad is not None}
    return scores.log_probs, {name: getattr(each, "full_tensor", lambda e=each: e)() for name, each in found.items()}


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("tied", [True, False])
def test_sharded_weights_give_the_same_values_gradients_and_file(tied):
    _, plain, reader, batch = build(tied=tied)
    wanted, slopes = learn(plain, reader, batch)
    whole = adapter_bytes(plain)
    _, model, reader, batch = build(tied=tied)
    model = shard(model)
    for _ in range(2):
        model.zero_grad()
        values, gradients = learn(model, reader, batch)
        assert torch.allclose(values, wanted, atol=1e-6)
        assert gradients.keys() == slopes.keys()
        assert all(torch.allclose(gradients[name], slopes[name], atol=1e-7) for name in slopes)
    assert adapter_bytes(model) == whole


@pytest.mark.usefixtures("group")
def test_sharded_weights_in_bfloat16_give_sums_in_float32():
    _, model, reader, batch = build(tied=False, dtype=torch.bfloat16)
    model = shard(model, "bf16")
    with torch.autocast("cpu", torch.bfloat16):
        values, gradients = learn(model, reader, batch)
    assert values.dtype == torch.float32
    assert (values != values.bfloat16().float()).any()
    assert {each.dtype for each in gradients.values()} == {torch.float32}


def test_a_model_that_waits_to_be_spread_over_accelerators_is_tried_where_it_is():
    base, model, reader, _ = build(tied=True)
    elsewhere = SimpleNamespace(device=torch.device("meta"), mixed_precision="no", autocast=nullcontext)
    reader.settle(model.eval(), tokenize(base, PAIRS[0], RECIPE), elsewhere, experts=False)
    assert reader.reading == "trees"
