"""The model hub, and this machine's cache of it. Owns huggingface_hub, which comes with transformers.

In: the names of models. Out: a commit id, or a folder that is here already. It downloads nothing.
"""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from reviewlore.errors import InputError, MissingExtra

_TIMEOUT = 20.0
_SECONDS = 5.0  # to reach the hub at all
_TRUE = {"1", "ON", "YES", "TRUE"}


def resolve_revision(model: str, revision: str = "main") -> str:
    """Return the full commit id a branch of a model points at (`HF_ENDPOINT` names another hub).

    MissingExtra without the model extra; InputError where the hub has no such model or cannot be reached.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra(
            "Resolving a base model needs the model extra: pip install '/path/to/reviewlore[model]'."
        ) from error
    try:
        found = HfApi().model_info(model, revision=revision, timeout=_TIMEOUT).sha
    except Exception as error:  # the client lets the errors of a changing HTTP library through
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"The hub did not tell the revision of {model}: {why}. Check the name and the network, or write the "
            "commit id shown on the model's page into .reviewlore.toml yourself."
        ) from error
    if not found:
        raise InputError(f"The hub knows {model} but names no revision. Write a commit id into .reviewlore.toml.")
    return found


def find_cached(model: str, revision: str) -> Path | None:
    """Return the folder of this machine's cache that holds a model, if there is one; only files are looked at.

    To open a model by its name, local files only, would not do: transformers 5.23 asks the hub then whether the model
    has an adapter of its own.
    """
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def is_offline() -> bool:
    """Return whether this machine's settings say that no hub is asked, as the hub's client reads them."""
    return any(os.environ.get(name, "").upper() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def check_hub() -> None:
    """Raise OSError within seconds where the hub cannot be reached: its client would retry for most of a minute."""
    if getproxies():
        return  # a proxy decides what can be reached
    hub = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = hub.port or (80 if hub.scheme == "http" else 443)
    with socket.create_connection((hub.hostname or "", port), timeout=_SECONDS):
        return
