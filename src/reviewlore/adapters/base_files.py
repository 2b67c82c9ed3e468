"""A base model's files, looked at before it is opened: what is none, or would bring code of others, is refused.

In: a folder or a hub's name. Out: its configuration, or ValueError. `trust_remote_code` is never set; but a
configuration may also name a kernel of a hub, which is code too, and an adapter in it stands for another base.
"""

from collections.abc import Mapping
from typing import Any


def read_config(source: str, options: Mapping[str, Any]) -> Any:
    """Return the configuration of a model, by the options that it is opened with; ValueError where it is refused."""
    from transformers import AutoConfig
    from transformers.utils import find_adapter_config_file

    where = {name: options[name] for name in ("local_files_only", "revision") if name in options}
    if find_adapter_config_file(source, **where) is not None:
        raise ValueError("it holds an adapter (adapter_config.json), which stands for another base model.")
    config = AutoConfig.from_pretrained(source, **options)
    # `organisation/kernel`, which transformers would fetch from a hub and run
    if any("/" in str(name) for name in _attentions(config)):
        raise ValueError("its config.json names an attention that is code of others (attn_implementation).")
    return config


def _attentions(config: Any) -> list[object]:
    """Return which implementation of attention a configuration asks for, and each one inside it."""
    inside = [getattr(config, name, None) for name in getattr(config, "sub_configs", {})]
    found = [getattr(config, "_attn_implementation", None)]
    return [*found, *(name for each in inside if each is not None for name in _attentions(each))]
