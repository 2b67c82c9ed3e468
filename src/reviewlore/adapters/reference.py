"""Log-probabilities under the reference model: computed once for a data set, and kept in a folder.

In: what they depend on, as bytes. Out: two tensors, one value a pair. Files are safetensors, written whole or not at
all, and believed only where their checksum is right; nothing is unpickled.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from reviewlore.stages.batching import PairTokens

_FORMAT = "reviewlore reference 1"
_SIDES = ("chosen", "rejected")


def reference_key(pairs: Iterable[PairTokens], *parts: str) -> str:
    """Return the name of what was computed: a SHA-256 of the pairs' tokens (no weights) and whatever else decides.

    `parts` say which model, how exactly it computes, and how values are summed.
    """
    digest = sha256("\0".join((_FORMAT, *parts)).encode())
    for pair in pairs:
        for tokens in (pair.prompt, pair.chosen, pair.rejected):
            digest.update(f"{len(tokens)}:{','.join(map(str, tokens))};".encode())
    return digest.hexdigest()


def hash_parameters(parameters: Iterable[tuple[str, Any]]) -> str:
    """Return the SHA-256 of named tensors, whatever their order and device."""
    import torch

    digest = sha256()
    for name, tensor in sorted(parameters, key=lambda item: item[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(memoryview(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()))
    return digest.hexdigest()


def fetch_reference(
    folder: Path | None, key: str, count: int, compute: Callable[[], tuple[Any, Any]]
) -> tuple[Any, Any]:
    """Return the values of (chosen, rejected) remarks, each a tensor of `count` numbers in float32.

    A file that is missing, damaged or not of this key is computed again and replaced; OSError where it cannot be.
    """
    path = None if folder is None else folder / f"reference-{key}.safetensors"
    found = None if path is None else _read(path, key, count)
    if found is not None:
        return found
    chosen, rejected = compute()
    if path is not None:
        _write(path, key, dict(zip(_SIDES, (chosen, rejected), strict=True)))
    return chosen, rejected


def _read(path: Path, key: str, count: int) -> tuple[Any, Any] | None:
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError):
        return None
    kept = (about.get("key"), about.get("sha256")) == (key, hash_parameters(tensors.items()))
    if not kept or set(tensors) != set(_SIDES):
        return None
    if any(each.shape != (count,) or each.dtype != torch.float32 for each in tensors.values()):
        return None
    return tensors["chosen"], tensors["rejected"]


def _write(path: Path, key: str, tensors: dict[str, Any]) -> None:
    from safetensors.torch import save

    about = {"format": "pt", "key": key, "sha256": hash_parameters(tensors.items())}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=".reference-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(save(tensors, metadata=about))
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
