"""Low-rank adapters on base models: configurations and weights in, a PEFT model out. Owns peft with `trainer`.

It loads from bytes that were verified, never from a path, and with PEFT's own defaults for everything the recipe does
not set.
"""

from typing import Any

from reviewlore.adapters.bases import Base, check_targets
from reviewlore.adapters.weights import ADAPTER_WEIGHTS, VerifiedAdapter
from reviewlore.domain.recipe import Lora, Recipe
from reviewlore.errors import ConfigError, StateError

DEFAULT = "default"
_MOST_BYTES = 100 << 20  # the largest file that GitHub takes, and the state branch holds an adapter's weights as one
_NAME_BYTES = 200  # a tensor's name, shape and place in the file


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


def held_in(name: str, *, bfloat16: bool) -> Any:
    """Return the dtype in which an adapter's tensor is written.

    The two factors of each product are rounded to what the run computed in anyway. DoRA's magnitudes are not: they take
    the place of the base's own, and are few.
    """
    import torch

    return torch.bfloat16 if bfloat16 and "magnitude" not in name else torch.float32


def check_size(model: Any, recipe: Recipe, *, bfloat16: bool) -> None:
    """Raise ConfigError where an adapter, trained, would be too large to be kept: better told before than after."""
    size = sum(
        _NAME_BYTES + each.numel() * held_in(name, bfloat16=bfloat16).itemsize
        for name, each in model.named_parameters()
        if each.requires_grad
    )
    if size > _MOST_BYTES:
        fits = recipe.lora.rank * _MOST_BYTES // size
        raise ConfigError(
            f"Recipe {recipe.name}: its adapter would be a file of {size >> 20} MiB, and a state branch on GitHub "
            f"takes none above {_MOST_BYTES >> 20} MiB. Lower lora.rank ({recipe.lora.rank}) to {max(1, fits)} or "
            "less, or adapt fewer layers (lora.targets)."
        )


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
