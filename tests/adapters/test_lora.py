"""Adapters of every variant: fresh ones change nothing, and written ones say the same when they are attached again."""

import json
from dataclasses import replace
from math import sqrt

import pytest

from reviewlore.adapters import weights
from reviewlore.adapters.resources import load_recipe, recipe_names
from reviewlore.domain.recipe import MadeBase
from reviewlore.errors import ConfigError, StateError
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)

import torch  # noqa: E402
from peft import get_peft_model_state_dict  # noqa: E402
from safetensors.torch import load, save  # noqa: E402
from transformers import Qwen2Config, Qwen2ForCausalLM  # noqa: E402

from reviewlore.adapters.bases import Base, make_base, make_tokenizer, quiet_libraries, save_base  # noqa: E402
from reviewlore.adapters.following import adapter_bytes  # noqa: E402
from reviewlore.adapters.lora import adapt, attach, check_size, lora_config  # noqa: E402

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


SIZES = {
    "Qwen/Qwen2.5-Coder-0.5B": (896, 4864, 24, 14, 2),
    "Qwen/Qwen2.5-Coder-7B": (3584, 18944, 28, 28, 4),
    "Qwen/Qwen2.5-Coder-7B-Instruct": (3584, 18944, 28, 28, 4),
    "Qwen/Qwen2.5-Coder-14B": (5120, 13824, 48, 40, 8),
}


def outline(recipe):
    """Return a recipe's adapter on a model of its base's shape, without any memory."""
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    config = Qwen2Config(**dict(zip(names, SIZES[recipe.base.id], strict=True)), vocab_size=400)
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
        return adapt(Base(model, None, 0, 0, recipe.base.id, ""), recipe)


@pytest.mark.parametrize("name", [name for name in recipe_names() if name != "smoke_cpu"])
def test_the_adapter_of_a_shipped_recipe_is_small_enough_to_be_kept(name):
    recipe = parse_recipe(load_recipe(name), name)
    check_size(outline(recipe), recipe, bfloat16=True)


def test_an_adapter_that_would_be_too_large_to_be_kept_is_told_before_it_is_trained():
    recipe = parse_recipe(load_recipe("dpo_lora_80gb"), "dpo_lora_80gb")
    larger = replace(recipe, lora=replace(recipe.lora, rank=64))
    said = r"a file of 308 MiB, and .* none above 100 MiB\. Lower lora\.rank \(64\) to 20 or less"
    with pytest.raises(ConfigError, match=said):
        check_size(outline(larger), larger, bfloat16=True)
    fits = replace(recipe, lora=replace(recipe.lora, rank=20))
    check_size(outline(fits), fits, bfloat16=True)
    with pytest.raises(ConfigError, match=r"a file of 19\d MiB"):
        check_size(outline(fits), fits, bfloat16=False)


@pytest.mark.parametrize("variant", VARIANTS)
def test_written_in_bfloat16_it_says_what_was_computed_in_it(variant):
    base, recipe = fresh(), recipe_of(variant)
    model = adapt(base, recipe)
    move(model)
    whole, half = (load(adapter_bytes(model, bfloat16=rounded)) for rounded in (False, True))
    assert {name: each.dtype for name, each in half.items() if "magnitude" not in name} == dict.fromkeys(
        (name for name in whole if "magnitude" not in name), torch.bfloat16
    )
    assert all(torch.equal(half[name], each) for name, each in whole.items() if "magnitude" in name)
    assert all(torch.equal(half[name].float(), each.to(half[name].dtype).float()) for name, each in whole.items())
