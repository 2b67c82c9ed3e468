"""Low-rank adapters on base models: configurations and weights in, a PEFT model out. Owns peft with `trainer`.

It loads from bytes that were verified, never from a path, and with PEFT's own defaults for everything the recipe does
not set.
"""

from typing import Any

from reviewlore.adapters.bases import Base, check_targets
from reviewlore.adapters.weights import ADAPTER_WEIGHTS, VerifiedAdapter
from reviewlore.domain.recipe import Lora, Recipe
from reviewlore.errors import StateError

DEFAULT = "default"


def lora_config(lora: Lora) -> Any:
    """Return PEFT's configuration of a recipe's adapter, of any variant (see `Lora`)."""
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=sorted(lora.targets),
        task_type="CAUSAL_LM",
        use_rslora=lora.variant == "rslora",
        use_dora=lora.variant == "dora",
    )


def adapt(base: Base, recipe: Recipe, *, seed: int = 0) -> Any:
    """Return a base model with a fresh trainable adapter (a `PeftModel`); ConfigError for a layer it does not have.

    It changes nothing yet: one factor of each product starts at zero, the other one at random by the seed. Its own
    weights are float32, whatever the base's are.
    """
    import torch
    from peft import get_peft_model

    check_targets(base.model, recipe)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return get_peft_model(base.model, lora_config(recipe.lora), adapter_name=DEFAULT)


def attach(model: Any, adapter: VerifiedAdapter, name: str = DEFAULT) -> Any:
    """Return a base model (or one with adapters) with a further adapter, in use; StateError where it does not fit."""
    from peft import PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors.torch import load

    plain = model.get_base_model() if isinstance(model, PeftModel) else model
    check_targets(plain, adapter.recipe)
    config = lora_config(adapter.recipe.lora)
    if isinstance(model, PeftModel):
        model.add_adapter(name, config)
        model.set_adapter(name)
    else:
        model = get_peft_model(model, config, adapter_name=name)
    tensors = load(adapter.contents[ADAPTER_WEIGHTS])
    wanted = {key: tensor.shape for key, tensor in get_peft_model_state_dict(model, adapter_name=name).items()}
    if wanted != {key: tensor.shape for key, tensor in tensors.items()}:
        raise StateError(f"{ADAPTER_WEIGHTS} does not fit the base model {adapter.base_model}. Train again.")
    set_peft_model_state_dict(model, tensors, adapter_name=name)
    return model.eval()
