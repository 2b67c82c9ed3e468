"""Builds the model that writes remarks: settings and this machine's environment in, a `Generator` or None out."""

from collections.abc import Callable

from reviewlore.config import ModelSettings
from reviewlore.ports import Generator, Store
from reviewlore.wiring_secrets import find_bases, model_environment, read_model_key


def open_model(model: ModelSettings, store: Callable[[], Store]) -> tuple[Generator | None, tuple[str, ...]]:
    """Return the generator of the settings, or None, and what has to be known of it, in one sentence each.

    `store` has the adapters; it is asked for where one is used. Settings have to be the default branch's: by those of
    any other branch, a stranger could send the key elsewhere. ConfigError where the environment cannot be used.
    """
    if model.kind == "none":
        return None, ()
    from reviewlore.adapters.generating import open_generator
    from reviewlore.adapters.local_model import Machine
    from reviewlore.flows.serving import adapter_files

    key = read_model_key() if model.kind == "openai" else ""
    bases = find_bases() if model.kind == "transformers" else {}
    machine = Machine(bases.get(model.name), model_environment())
    return open_generator(model, key, machine, lambda version: adapter_files(store(), version))
