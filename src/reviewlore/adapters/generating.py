"""Opens the model that the settings name.

In: `[model]`, the key of a server, what a local process is given. Out: a `Generator` or None, and what is to be known.
"""

from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

from reviewlore.adapters.local_model import LoadVersion, LocalModel, Machine
from reviewlore.config import ModelSettings
from reviewlore.ports import Generator

_LIBRARIES = ("torch", "transformers", "peft", "safetensors", "tokenizers")


def open_generator(
    settings: ModelSettings, key: str, machine: Machine, load_version: LoadVersion
) -> tuple[Generator | None, tuple[str, ...]]:
    """Return the generator of the settings (None: there is none, or it cannot run here), and notes on it.

    Nothing is connected to, loaded or started before the first request.
    """
    if settings.kind == "openai":
        from reviewlore.adapters.openai import OpenAiServer

        return OpenAiServer(settings, key), _exposure(settings.address, key)
    if settings.kind == "transformers":
        missing = [name for name in _LIBRARIES if find_spec(name) is None]
        if missing:
            return None, (f"No model writes: {settings.name} needs the model extra (missing: {', '.join(missing)}).",)
        if machine.folder is None and not settings.revision:
            return None, (f"No model writes: neither a folder nor a revision of {settings.name} is named.",)
        return LocalModel(settings, machine, load_version), ()
    return None, ()


def _exposure(address: str, key: str) -> tuple[str, ...]:
    """Say that a key, and the code shown, travel unencrypted, where the server is not on this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or _is_loopback(host):
        return ()
    what = "the key and the code" if key else "the code"
    return (f"The model at {parts.scheme}://{host} is asked without encryption: {what} can be read on the way.",)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
