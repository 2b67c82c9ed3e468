"""Builds the model that writes remarks: settings and this machine's environment in, how it is asked out."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reviewlore.config import ModelSettings
from reviewlore.errors import InputError, RefusedError
from reviewlore.ports import Clock, Generator, Store
from reviewlore.wiring_secrets import find_bases, model_environment, read_model_key

if TYPE_CHECKING:
    from reviewlore.flows.generation import Writing
    from reviewlore.flows.in_force import InForce


def open_model(model: ModelSettings, store: Callable[[], Store]) -> tuple[Generator | None, tuple[str, ...]]:
    """Return the generator of the settings, or None, and what has to be known of it, in one sentence each.

    `store` has the adapters; it is asked for where one is used. Settings have to be the default branch's: by those of
    any other branch, a stranger could send the key elsewhere. ConfigError where the environment cannot be used.
    """
    if model.kind == "none":
        return None, ()
    from reviewlore.adapters.generating import open_generator
    from reviewlore.adapters.local_model import Machine

    try:
        key = read_model_key(model.address) if model.kind == "openai" else ""
    except RefusedError as error:
        return None, (f"No model writes: {error}",)
    bases = find_bases() if model.kind == "transformers" else {}
    machine = Machine(bases.get(model.name), model_environment())

    def load_version(version: str) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        from reviewlore.flows.serving import adapter_files

        return adapter_files(store(), version)

    return open_generator(model, key, machine, load_version)


def open_writing(
    opener: Callable[[Callable[[], Store]], tuple[Generator | None, tuple[str, ...]]],
    model: ModelSettings,
    found: "InForce",
    clock: Clock,
) -> tuple["Writing | None", tuple[str, ...]]:
    """Return the model that writes remarks with all it is asked with, or None, and notes on it; see `open_model`.

    `opener` opens it, given where adapters are. The adapters in force write too where they were trained on this very
    model: in the form in which they were trained.
    """
    generator, notes = opener(lambda: found.store)
    if generator is None:
        return None, notes
    from reviewlore.adapters.resources import load_attention, load_prompts
    from reviewlore.flows.generation import Writing
    from reviewlore.ranking.attention import parse_attention

    trained = None
    if found.judgement.tier == "adapter":
        from reviewlore.flows.serving import find_trained

        specialists = {name: own.version for name, own in found.judgement.specialists.items() if own.tier == "adapter"}
        trained = find_trained(found.store, found.judgement.version, model.name, specialists)
    attention = parse_attention(load_attention())
    return Writing(generator, model, load_prompts(), attention, clock.now, trained), notes


def check_model(model: ModelSettings, store: Callable[[], Store]) -> str:
    """Say whether the model of the settings can be asked; InputError where it cannot.

    Of a server the list of its models is asked for and nothing else: no code goes there, and the key nowhere but there.
    """
    from reviewlore.adapters.openai import OpenAiServer
    from reviewlore.flows.doctor import tell_served

    generator, notes = open_model(model, store)
    if generator is None:
        if notes:
            raise InputError(" ".join(notes))
        return "none is named, so the facts speak alone"
    if isinstance(generator, OpenAiServer):
        return " ".join((tell_served(model.name, generator.list_models()), *notes))
    return f"{generator.model} is loaded on this machine when it is first asked"
