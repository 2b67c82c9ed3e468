"""Models made on the spot with random weights, and adapters on them: speed and agreement are measured on these.

And the clock that measures, of a processor or a GPU.
"""

import json
import time
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from reviewlore.adapters.bases import Base, make_base, make_tokenizer, quiet_libraries
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import Lora, MadeBase, Recipe
from reviewlore.stages.recipe import parse_recipe

RESERVED = 2  # ids of the padding and the end token


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    vocabulary: int
    key_value_heads: int
    inner: int


SHAPES = {
    "small": Shape(2, 96, 3, 1_024, 3, 256),
    "42M": Shape(8, 512, 8, 32_768, 8, 1_344),
    "494M": Shape(24, 896, 14, 151_936, 2, 4_864),  # of Qwen2-0.5B
}


def make_plain_base(shape: Shape, positions: int, seed: int) -> Base:
    """Return a Llama of a shape (its tokenizer knows hardly more than bytes: rows are drawn as tokens)."""
    tokenizer = make_base(MadeBase(1, 32, 1, 300, 0, 1e-3), make_tokenizer(["x"], 300), seed, 8).tokenizer
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with quiet_libraries():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    return Base(model, tokenizer, tokenizer.eos_token_id, tokenizer.pad_token_id, "", "")


def fill_adapter(model: Any, seed: int) -> None:
    """Draw an adapter's weights by name: equal for every way that trains it, and not the base, as fresh ones are."""
    drawn = torch.Generator().manual_seed(seed)
    named = sorted((name, each) for name, each in model.named_parameters() if ".lora_" in name and each.requires_grad)
    with torch.no_grad():
        for _, parameter in named:
            parameter.copy_(torch.randn(parameter.shape, generator=drawn) * 0.02)


def plain_recipe(max_tokens: int, threads: int) -> Recipe:
    """Return a recipe of plain DPO with an adapter of rank 16 on all linear layers."""
    shipped = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
    return replace(
        shipped,
        text=replace(shipped.text, max_tokens=max_tokens),
        lora=Lora("lora", 16, 32, 0.0, shipped.lora.targets),
        loss=replace(shipped.loss, kind="sigmoid", label_smoothing=0.0, evidence="none"),
        run=replace(shipped.run, threads=threads),
    )


def tell_no_gpu() -> int:
    """Print that a GPU was asked for and is not there, and return the program's exit status."""
    print("There is no CUDA device here: nothing was measured. --device cpu measures on the processor.")
    print(json.dumps({"not_measured": {"cuda": "no CUDA device"}}))
    return 0


def read_clock(device: str) -> tuple[float, float]:
    """Return the seconds that count (of the processor; on a GPU of the wall, synchronised), and those by the wall."""
    if device == "cuda":
        torch.cuda.synchronize()
    wall = time.perf_counter()
    return (wall if device == "cuda" else time.process_time()), wall
