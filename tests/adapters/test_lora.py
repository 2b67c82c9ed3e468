"""Adapters of every variant: fresh ones change nothing, and written ones say the same when they are attached again."""

import json
from dataclasses import replace
from math import sqrt

import pytest

from reviewlore.adapters import weights
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import MadeBase
from reviewlore.errors import ConfigError, StateError
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)

import torch  # noqa: E402
from peft import get_peft_model_state_dict  # noqa: E402
from safetensors.torch import save  # noqa: E402

from reviewlore.adapters.bases import make_base, make_tokenizer, quiet_libraries, save_base  # noqa: E402
from reviewlore.adapters.lora import adapt, attach, lora_config  # noqa: E402

SHIPPED = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
TINY = MadeBase(layers=1, width=32, heads=1, vocabulary=400, warm_up_steps=0, warm_up_rate=1e-3)
TOKENIZER = make_tokenizer(["some text"], 300)
IDS = torch.arange(10, 40).unsqueeze(0)
VARIANTS = ("lora", "rslora", "dora")


def recipe_of(variant, **changes):
    return replace(SHIPPED, base=TINY, lora=replace(SHIPPED.lora, variant=variant, **changes))


def fresh():
    return make_base(TINY, TOKENIZER, 1, 64)


@pytest.fixture(autouse=True)
def quietly():
    with quiet_libraries():
        yield


def ask(model):
    with torch.inference_mode():
        return model.eval()(input_ids=IDS).logits


def move(model):
    """Move every weight of an adapter by a little, as training would."""
    torch.manual_seed(9)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.05)


def written(base, model, recipe):
    """Return the verified files of an adapter, as training writes them."""
    contents = {weights.TOKENIZER: TOKENIZER, weights.BASE_WEIGHTS: save_base(base)}
    revision = weights.made_revision(contents[weights.BASE_WEIGHTS])
    config = {**lora_config(recipe.lora).to_dict(), "base_model_name_or_path": "made:x"}
    config["target_modules"] = sorted(recipe.lora.targets)
    contents[weights.ADAPTER_CONFIG] = json.dumps(config).encode()
    contents[weights.ADAPTER_WEIGHTS] = save({k: v.contiguous() for k, v in get_peft_model_state_dict(model).items()})
    contents[weights.SETTINGS] = weights.render_settings(recipe, "made:x", revision)
    return weights.verify_files(contents, weights.hash_files(contents))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fresh_adapter_changes_nothing_and_only_it_is_trained(variant):
    plain = ask(fresh().model)
    model = adapt(fresh(), recipe_of(variant), seed=3)
    assert torch.allclose(ask(model), plain, atol=1e-5)
    trained = [name for name, each in model.named_parameters() if each.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    assert any("magnitude" in name for name in trained) == (variant == "dora")


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_was_written_says_the_same_when_it_is_attached(variant):
    base, recipe = fresh(), recipe_of(variant)
    model = adapt(base, recipe)
    move(model)
    adapter = written(base, model, recipe)
    said, plain = ask(model), ask(fresh().model)
    again = fresh()
    save_base(again)  # rounds it, as the written one was
    attached = attach(again.model, adapter)
    assert torch.allclose(ask(attached), said, atol=1e-5)
    assert not torch.allclose(said, plain, atol=2e-2)


def test_the_same_weights_act_by_the_scaling_of_their_variant():
    factors = {}
    for variant in ("lora", "rslora"):
        model = adapt(fresh(), recipe_of(variant))
        factors[variant] = next(each.scaling["default"] for each in model.modules() if hasattr(each, "lora_A"))
    assert factors["lora"] == SHIPPED.lora.alpha / SHIPPED.lora.rank
    assert factors["rslora"] == pytest.approx(SHIPPED.lora.alpha / sqrt(SHIPPED.lora.rank))


def test_the_seed_decides_the_first_weights_and_nothing_else_does():
    def first(seed):
        model = adapt(fresh(), recipe_of("lora"), seed=seed)
        return torch.cat([each.flatten() for name, each in model.named_parameters() if "lora_A" in name])

    assert torch.equal(first(3), first(3))
    assert not torch.equal(first(4), first(3))
    base = fresh()
    torch.manual_seed(77)
    drawn = torch.rand(3)
    torch.manual_seed(77)
    adapt(base, recipe_of("lora"), seed=3)
    assert torch.equal(torch.rand(3), drawn)


def test_a_layer_the_base_has_not_is_named():
    with pytest.raises(ConfigError, match="no linear layer c_attn"):
        adapt(fresh(), recipe_of("lora", targets=("c_attn",)))


def test_weights_of_another_base_are_refused():
    base, recipe = fresh(), recipe_of("dora")
    adapter = written(base, adapt(base, recipe), recipe)
    wider = make_base(replace(TINY, width=64), TOKENIZER, 1, 64)
    with pytest.raises(StateError, match="does not fit the base model"):
        attach(wider.model, adapter)
