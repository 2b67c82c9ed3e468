"""Base models in memory: made on the spot or opened by name, and the tokens they read.

In: a recipe's base and texts. Out: a `Base`. Owns tokenizers; torch, transformers and safetensors with `trainer`,
`embedding`, `lora`, `preferrer` and `writer`; all imported on first use. It never trusts remote code, and never asks a
hub for files that are here.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reviewlore.adapters.base_files import read_config
from reviewlore.adapters.chat import encode_texts, find_user_frame
from reviewlore.adapters.hub import check_hub, find_cached, is_offline
from reviewlore.adapters.runs import first_line
from reviewlore.domain.recipe import MadeBase, NamedBase, Precision, Recipe
from reviewlore.errors import ConfigError, InputError, MissingExtra

_ENVIRONMENT = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_TELEMETRY": "1"}
PAD, END = "<|pad|>", "<|end|>"
_HEADER_SHARE = 4  # a prompt that is too long keeps its first quarter (file and hunk header) and its end
REMARK_SHARE = 3  # a remark gets at most a third of the tokens


@dataclass(slots=True)
class Base:
    """A causal language model and its tokenizer; `revision` says exactly which.

    `frame` is what the chat template writes before and after a prompt, for a model that is asked in it.
    """

    model: Any
    tokenizer: Any
    end: int
    pad: int
    id: str
    revision: str
    frame: tuple[str, str] | None = None


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence progress bars, telemetry and advice of the libraries, never an error."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(added)
    try:
        from transformers.utils import logging as transformers_logging

        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # PEFT imports it where it is installed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def make_tokenizer(texts: Sequence[str], vocabulary: int) -> bytes:
    """Return `tokenizer.json` of a byte-level BPE trained on texts: any text can be encoded, none is unknown."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str()).encode()


def make_base(settings: MadeBase, tokenizer_json: bytes, seed: int, context: int) -> Base:
    """Return a Llama with random weights (fixed by the seed) for a tokenizer; `context` is its longest input."""
    import torch
    from tokenizers import Tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    backend = Tokenizer.from_str(tokenizer_json.decode())
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token=PAD, eos_token=END)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=backend.get_vocab_size(),
        hidden_size=settings.width,
        intermediate_size=settings.width * 8 // 3 // 16 * 16,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    return Base(model, tokenizer, tokenizer.eos_token_id, tokenizer.pad_token_id, "", "")


def save_base(base: Base) -> bytes:
    """Return a made base's weights as safetensors, after rounding them to bfloat16 in place: half the size, no loss."""
    import torch
    from safetensors.torch import save

    tensors = {}
    with torch.no_grad():
        for name, parameter in base.model.named_parameters():
            rounded = parameter.to(torch.bfloat16)
            parameter.copy_(rounded.to(parameter.dtype))
            tensors[name] = rounded.contiguous()
    return bytes(save(tensors, metadata={"format": "pt"}))


def open_named(settings: NamedBase, folder: Path | None, *, hub: bool = True, precision: Precision = "auto") -> Base:
    """Return a published base model from a folder, this machine's cache, or (`hub`) the hub, in this order.

    Its weights are 4 bits where settings say so, bfloat16 on an accelerator that computes in it, else float32. With
    `HF_HUB_OFFLINE` nothing is asked of a hub. InputError where it is in none of them, or brings its own code;
    ConfigError where it has no chat template that is wanted; MissingExtra where 4 bits need one.
    """
    if settings.quantization == "nf4" and find_spec("bitsandbytes") is None:
        raise MissingExtra(
            "A base model in 4 bits needs the qlora extra: pip install '/path/to/reviewlore[model,qlora]'."
        )
    if folder is not None and not (folder / "config.json").is_file():
        raise InputError(f"{folder} holds no model (no config.json). Give the folder that {settings.id} was saved to.")
    place = folder or find_cached(settings.id, settings.revision)
    try:
        if place is not None:
            return _open_named(settings, place, precision)
    except (OSError, ValueError, ImportError) as error:  # ImportError: it needs a library that is not here
        if folder is not None:
            raise InputError(f"The model in {folder} cannot be used: {first_line(error)}") from error
    if not hub or is_offline():
        message = f"The base model {settings.id} at {settings.revision} is not on this machine. Download it."
        raise InputError(message)
    try:
        check_hub()
        return _open_named(settings, None, precision)
    except (OSError, ValueError, ImportError) as error:
        message = (
            f"The base model {settings.id} at {settings.revision} is neither on this machine nor to be had from the "
            f"hub ({first_line(error)}). Download it where there is a network, and configure its folder."
        )
        raise InputError(message) from error


def check_targets(model: Any, recipe: Recipe) -> None:
    """Raise ConfigError where the recipe wants to adapt a layer that the base model does not have."""
    import torch

    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    # Where another adapter is attached already, PEFT keeps the layer itself below `base_layer`.
    layers = {name.removesuffix(".base_layer").rpartition(".")[2] for name in linear if ".lora_" not in name}
    missing = sorted(set(recipe.lora.targets) - layers)
    if missing:
        raise ConfigError(
            f"Recipe {recipe.name}: the base model has no linear layer {', '.join(missing)} (lora.targets); "
            f"it has {', '.join(sorted(layers - {'lm_head'}))}."
        )


def encode(base: Base, prompt: str, remark: str, max_tokens: int) -> tuple[list[int], list[int]]:
    """Return the tokens of prompt and remark, both within their share of `max_tokens`, however long the texts are.

    Each row alone decides its tokens, and control tokens spelled out in a text stay text. A remark that fits ends with
    the end token; a prompt that does not fit loses its middle, since TRL would cut its end.
    """
    return encode_prompt(base, prompt, max_tokens), encode_remark(base, remark, max_tokens)


def encode_prompt(base: Base, prompt: str, max_tokens: int) -> list[int]:
    """Return the tokens of a prompt within its share, in the base's chat template where it has one; see `encode`.

    What is cut is the text; the template stays whole. ConfigError where it leaves less than half of the share.
    """
    room = max_tokens - max_tokens // REMARK_SHARE
    if base.frame is None:
        return _cut_middle(base.tokenizer(prompt, split_special_tokens=True)["input_ids"], room)
    before, after = (encode_texts(base.tokenizer, (part,), ()) for part in base.frame)
    left = room - len(before) - len(after)
    if 2 * left < room:
        message = f"The chat template of {base.id} takes {room - left} of {room} tokens; raise text.max_tokens."
        raise ConfigError(message)
    text = base.tokenizer(prompt, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return before + _cut_middle(text, left) + after


def encode_remark(base: Base, remark: str, max_tokens: int) -> list[int]:
    """Return the tokens of a remark within its share; see `encode`."""
    answer = base.tokenizer(remark, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [*answer, base.end][: max_tokens // REMARK_SHARE]


def _cut_middle(ids: list[int], room: int) -> list[int]:
    head = room // _HEADER_SHARE
    return ids if len(ids) <= room else ids[:head] + ids[head - room :]


def computes_bfloat16() -> bool:
    """Return whether this machine's accelerator or processor multiplies bfloat16 faster than float32."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # An x86 processor without the AVX512-BF16 instructions emulates bfloat16, slower than float32.
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def use_bfloat16(precision: Precision) -> bool:
    """Return whether a recipe's precision means bfloat16 on this machine."""
    return precision == "auto" and computes_bfloat16()


def uses_cpu(recipe: Recipe) -> bool:
    """Return whether a recipe is trained on the processor: without an accelerator, or with a base too small for one.

    An accelerator repeats no bits; and bfloat16 without one is a mistake to transformers, unless it is told.
    """
    import torch

    return isinstance(recipe.base, MadeBase) or not torch.accelerator.is_available()


@contextmanager
def exact_arithmetic(threads: int) -> Iterator[None]:
    """Make CPU results the same bits every time: one order of summation, no algorithm chosen by timing."""
    import torch

    before, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    filled, torch.utils.deterministic.fill_uninitialized_memory = (
        torch.utils.deterministic.fill_uninitialized_memory,
        False,
    )
    try:
        yield
    finally:
        torch.utils.deterministic.fill_uninitialized_memory = filled
        torch.use_deterministic_algorithms(deterministic)
        torch.set_num_threads(before)


def _open_named(settings: NamedBase, folder: Path | None, precision: Precision) -> Base:
    """Return a model from a folder, or from the hub where there is none."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = str(folder) if folder else settings.id
    options: dict[str, Any] = {"local_files_only": folder is not None, "trust_remote_code": False}
    if folder is None:
        options["revision"] = settings.revision
    tokenizer = AutoTokenizer.from_pretrained(source, **options)
    frame = find_user_frame(tokenizer, settings.id) if settings.chat else None
    options["config"] = read_config(source, options)
    options |= _nf4() if settings.quantization == "nf4" else {"dtype": _weights_dtype(precision)}
    model = AutoModelForCausalLM.from_pretrained(source, use_safetensors=True, **options)
    if tokenizer.eos_token_id is None:
        raise ValueError("its tokenizer has no end token.")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Base(model, tokenizer, tokenizer.eos_token_id, tokenizer.pad_token_id, settings.id, settings.revision, frame)


def _weights_dtype(precision: Precision) -> str:
    """Return how frozen weights are held: an accelerator computes in bfloat16, and float32 would take twice its memory.

    A processor keeps float32: it has the room, and rounds less. What is trained is float32 everywhere.
    """
    import torch

    return "bfloat16" if torch.accelerator.is_available() and use_bfloat16(precision) else "float32"


def _nf4() -> dict[str, Any]:
    """Return how to load linear layers as 4-bit normal floats, their scales in 8 bits (Dettmers et al. 2023, 3)."""
    import torch
    from transformers import BitsAndBytesConfig

    compute = torch.bfloat16 if computes_bfloat16() else torch.float32
    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=compute
    )
    return {"quantization_config": config, "dtype": compute}
