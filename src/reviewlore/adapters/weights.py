"""An adapter's files, judged before anything is loaded: names, sizes, hashes, safetensors headers, settings.

In: bytes by file name and the SHA-256 a manifest promised. Out: a `VerifiedAdapter`, or StateError. Only safetensors
and JSON pass; nothing is unpickled, executed or looked up on a network.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.errors import ConfigError, StateError
from reviewlore.stages.recipe import complete_tables, recipe_from_mapping, recipe_tables

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
BASE_WEIGHTS = "base_model.safetensors"
TOKENIZER = "tokenizer.json"
SETTINGS = "run.json"
SETTINGS_FORMAT = 2
_FIRST_FORMAT = 1  # of recipes that said less (`complete_tables`)

_MEBIBYTE = 1 << 20
_ALWAYS = {ADAPTER_WEIGHTS: 512 * _MEBIBYTE, ADAPTER_CONFIG: _MEBIBYTE, SETTINGS: _MEBIBYTE}
_MADE_BASE = {BASE_WEIGHTS: 512 * _MEBIBYTE, TOKENIZER: 32 * _MEBIBYTE}
_LIMITS = {**_ALWAYS, **_MADE_BASE}
_HEADER_LIMIT = 4 * _MEBIBYTE  # the format allows 100 MB; some thousand tensors need well under one
_DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_LORA_NAME = re.compile(r"(base_model\.model\.[\w.]+)\.lora_(A\.weight|B\.weight|magnitude_vector)")
_PARTS = {"A.weight", "B.weight"}
_DORA_PARTS = {*_PARTS, "magnitude_vector"}
# What PEFT can be told beyond the LoRA, rsLoRA or DoRA of a recipe: more trained weights, other scalings, other code.
_NEVER = (
    *("auto_map", "auto_mapping", "modules_to_save", "layer_replication", "megatron_config", "rank_pattern"),
    *("alpha_pattern", "lora_bias", "alora_invocation_tokens", "trainable_token_indices", "target_parameters"),
    *("use_qalora", "fan_in_fan_out"),
)
_ADVICE = "It may have been tampered with: train again, or restore the state branch."


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a safetensors header."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VerifiedAdapter:
    """Files that may be loaded: what they hold is what the manifest promised, and what the recipe makes."""

    contents: Mapping[str, bytes]
    recipe: Recipe
    base_model: str
    base_revision: str


def hash_files(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file by name."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}


def render_settings(recipe: Recipe, base_model: str, base_revision: str) -> bytes:
    """Return `run.json`: what is needed beside the weights to ask this adapter the way it was trained."""
    settings = {
        "format": SETTINGS_FORMAT,
        "recipe": recipe.name,
        "tables": recipe_tables(recipe),
        "base_model": base_model,
        "base_revision": base_revision,
    }
    return (json.dumps(settings, indent=1, sort_keys=True) + "\n").encode()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the regular files of an adapter's folder; StateError for anything else in it, or for a file too large."""
    if not folder.is_dir():
        raise StateError(f"There is no adapter folder {folder}. Train again, or roll back to another version.")
    contents = {}
    for path in sorted(folder.iterdir()):
        descriptor = _open_regular(path)
        with os.fdopen(descriptor, "rb") as file:
            contents[path.name] = file.read(_LIMITS[path.name] + 1)
    return contents


def verify_files(contents: Mapping[str, bytes], hashes: Mapping[str, str]) -> VerifiedAdapter:
    """Return the adapter whose files are exactly those of the manifest; StateError that names the first that is not."""
    for name in sorted({*contents, *hashes}):
        _check_file(name, contents.get(name), hashes.get(name))
    for name in _ALWAYS:
        if name not in contents:
            raise StateError(f"The adapter has no {name}. {_ADVICE}")
    verified = _read_settings(contents)
    made = isinstance(verified.recipe.base, MadeBase)
    for name in _MADE_BASE:
        if (name in contents) != made:
            raise StateError(f"The adapter has {'no' if made else 'an unexpected'} {name}. {_ADVICE}")
    _check_config(contents[ADAPTER_CONFIG], verified)
    _check_lora(parse_header(contents[ADAPTER_WEIGHTS], ADAPTER_WEIGHTS), verified.recipe)
    if made:
        _load_json(contents[TOKENIZER], TOKENIZER)
        parse_header(contents[BASE_WEIGHTS], BASE_WEIGHTS)
        if verified.base_revision != made_revision(contents[BASE_WEIGHTS]):
            raise StateError(f"{BASE_WEIGHTS} is not the base {SETTINGS} names. {_ADVICE}")
    return verified


def made_revision(weights: bytes) -> str:
    """Return the revision of a base model made on the spot: the hash of its weights."""
    return f"sha256:{hashlib.sha256(weights).hexdigest()}"


def parse_header(data: bytes, name: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file; StateError unless header and offsets are exactly as documented.

    Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON header, data without
    gaps or overlaps).
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(_HEADER_LIMIT, len(data) - 8):
        raise StateError(f"{name} has no valid safetensors header. {_ADVICE}")
    header = _load_json(data[8 : 8 + length], name)
    tensors, spans = {}, []
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        tensor, begin, end = _parse_entry(entry, name, key)
        tensors[key] = tensor
        spans.append((begin, end))
    position = 0
    for begin, end in sorted(spans):
        if begin != position:
            raise StateError(f"{name} has tensors that overlap or leave gaps. {_ADVICE}")
        position = end
    if position != len(data) - 8 - length or not tensors:
        raise StateError(f"{name} does not hold the tensors its header lists. {_ADVICE}")
    return tensors


def _open_regular(path: Path) -> int:
    """Return a descriptor of a regular file with an expected name, without following a symbolic link."""
    if path.name not in _LIMITS:
        raise StateError(f"The adapter folder holds {path.name!r}, which is not loaded. {_unexpected(path.name)}")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise StateError(f"{path.name} of the adapter cannot be read: {error.strerror}. {_ADVICE}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StateError(f"{path.name} of the adapter is no regular file. {_ADVICE}")
    return descriptor


def _unexpected(name: str) -> str:
    if Path(name).suffix in {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz"}:
        return "It may be a pickle, which can run code; only .safetensors weights are used. Remove it."
    return f"Only these are expected: {', '.join(sorted(_LIMITS))}. Remove it."


def _check_file(name: str, content: bytes | None, promised: str | None) -> None:
    if name not in _LIMITS:
        raise StateError(f"The adapter holds {name!r}, which is not loaded. {_unexpected(name)}")
    if content is None:
        raise StateError(f"The adapter's file {name} is missing. {_ADVICE}")
    if promised is None:
        raise StateError(f"The adapter's file {name} is not in its manifest. {_ADVICE}")
    if len(content) > _LIMITS[name]:
        raise StateError(f"The adapter's file {name} is larger than {_LIMITS[name] // _MEBIBYTE} MiB. {_ADVICE}")
    found = hashlib.sha256(content).hexdigest()
    if found != promised:
        raise StateError(
            f"The adapter's file {name} has SHA-256 {found[:12]}…, its manifest says {promised[:12]}…. {_ADVICE}"
        )


def _parse_entry(entry: Any, name: str, key: str) -> tuple[Tensor, int, int]:
    wrong = StateError(f"{name} describes the tensor {key[:100]!r} wrongly. {_ADVICE}")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise wrong
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in _DTYPE_BYTES or not _naturals(shape) or not _naturals(offsets) or len(offsets) != 2:
        raise wrong
    begin, end = offsets
    if end - begin != prod(shape) * _DTYPE_BYTES[dtype]:
        raise wrong
    return Tensor(dtype, tuple(shape)), begin, end


def _naturals(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 48 for value in values)


def _load_json(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StateError(f"{name} is not valid JSON. {_ADVICE}") from error
    if not isinstance(value, dict):
        raise StateError(f"{name} is not a JSON object. {_ADVICE}")
    return value


def _read_settings(contents: Mapping[str, bytes]) -> VerifiedAdapter:
    settings = _load_json(contents[SETTINGS], SETTINGS)
    if settings.get("format") not in (_FIRST_FORMAT, SETTINGS_FORMAT):
        raise StateError(f"{SETTINGS} has format {settings.get('format')!r}, not {SETTINGS_FORMAT}. Update reviewlore.")
    name, tables = settings.get("recipe"), settings.get("tables")
    base, revision = settings.get("base_model"), settings.get("base_revision")
    if not (isinstance(name, str) and isinstance(tables, dict) and isinstance(base, str) and isinstance(revision, str)):
        raise StateError(f"{SETTINGS} lacks recipe, tables, base_model or base_revision. {_ADVICE}")
    try:
        recipe = recipe_from_mapping(complete_tables(tables) if settings["format"] == _FIRST_FORMAT else tables, name)
    except ConfigError as error:
        raise StateError(f"{SETTINGS}: {error}\n{_ADVICE}") from error
    return VerifiedAdapter(contents=contents, recipe=recipe, base_model=base, base_revision=revision)


def _check_config(data: bytes, verified: VerifiedAdapter) -> None:
    """Raise StateError where the PEFT configuration is anything but the variant of LoRA that the recipe describes."""
    config, lora = _load_json(data, ADAPTER_CONFIG), verified.recipe.lora
    expected = {
        "peft_type": "LORA",
        "base_model_name_or_path": verified.base_model,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "target_modules": sorted(lora.targets),
    }
    for key, value in expected.items():
        if config.get(key) != value:
            raise StateError(f"{ADAPTER_CONFIG} has {key} = {config.get(key)!r}, not {value!r}. {_ADVICE}")
    for key, wanted in {"use_rslora": lora.variant == "rslora", "use_dora": lora.variant == "dora"}.items():
        if config.get(key, False) is not wanted:  # a plain adapter of an older PEFT has neither
            raise StateError(f"{ADAPTER_CONFIG} has {key} = {config.get(key)!r}, not {wanted}. {_ADVICE}")
    for key in _NEVER:
        if config.get(key):
            raise StateError(f"{ADAPTER_CONFIG} sets {key}, which is never loaded. {_ADVICE}")


def _check_lora(tensors: Mapping[str, Tensor], recipe: Recipe) -> None:
    """Raise StateError unless every adapted layer has exactly the tensors of the recipe's variant, in its rank."""
    layers: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        found = _LORA_NAME.fullmatch(key)
        if found is None:
            raise StateError(f"{ADAPTER_WEIGHTS} holds {key[:100]!r}, which is no LoRA weight. {_ADVICE}")
        layers.setdefault(found.group(1), {})[found.group(2)] = tensor
    parts = _DORA_PARTS if recipe.lora.variant == "dora" else _PARTS
    for layer, held in layers.items():
        if set(held) != parts:
            raise StateError(
                f"{ADAPTER_WEIGHTS}: {layer[:100]} has not the weights of {recipe.lora.variant}. {_ADVICE}"
            )
        down, up = held["A.weight"].shape, held["B.weight"].shape
        rank = recipe.lora.rank
        if len(down) != 2 or len(up) != 2 or down[0] != rank or up[1] != rank:
            raise StateError(f"{ADAPTER_WEIGHTS}: {layer[:100]} is not of rank {rank}. {_ADVICE}")
        if "magnitude_vector" in held and held["magnitude_vector"].shape != up[:1]:
            raise StateError(f"{ADAPTER_WEIGHTS}: {layer[:100]} has a magnitude of another size. {_ADVICE}")
