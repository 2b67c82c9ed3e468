"""A small causal language model trained from scratch on review texts, saved as any published base model is.

In: texts and a size. Out: a folder with weights and tokenizer. It is weak on purpose of time: some minutes of a CPU.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from reviewlore.adapters.bases import make_base, make_tokenizer, quiet_libraries, use_bfloat16
from reviewlore.domain.recipe import MadeBase


@dataclass(frozen=True)
class SmallBase:
    """A size and how long it is trained; `length` tokens a row. About five million parameters by default."""

    layers: int = 4
    width: int = 256
    heads: int = 4
    vocabulary: int = 6_000
    steps: int = 300
    rows: int = 8
    length: int = 256
    rate: float = 2e-3


def train_base(
    texts: Sequence[str], settings: SmallBase, folder: Path, *, seed: int, device: str, say: Callable[[str], None]
) -> dict[str, float]:
    """Train on the texts, one after another without padding, and save to the folder; returns what it took."""
    shape = MadeBase(settings.layers, settings.width, settings.heads, settings.vocabulary, 0, settings.rate)
    with quiet_libraries():
        base = make_base(shape, make_tokenizer(texts, settings.vocabulary), seed, 2048)
    shuffled = list(texts)
    random.Random(seed).shuffle(shuffled)
    stream = torch.tensor([token for text in shuffled for token in (*base.tokenizer(text).input_ids, base.end)])
    held, stream = stream[: len(stream) // 50], stream[len(stream) // 50 :]
    model = base.model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=settings.steps)
    draw = torch.Generator().manual_seed(seed)
    start, last = time.monotonic(), 0.0
    for step in range(settings.steps):
        loss = _loss(model, _rows(stream, settings, draw), device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if time.monotonic() - last > 20:
            last = time.monotonic()
            say(f"base: step {step + 1} of {settings.steps}, loss {loss.item():.2f}")
    seconds = time.monotonic() - start
    model.eval()
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        final = sum(_loss(model, _rows(held, settings, generator), device).item() for _ in range(8)) / 8
    model.to("cpu").save_pretrained(folder, safe_serialization=True)
    base.tokenizer.save_pretrained(folder)
    return {
        "parameters": sum(each.numel() for each in model.parameters()),
        "tokens_in_texts": len(stream),
        "tokens_seen": settings.steps * settings.rows * settings.length,
        "held_out_loss": round(final, 3),
        "seconds": round(seconds, 1),
    }


def _rows(stream: torch.Tensor, settings: SmallBase, draw: torch.Generator) -> torch.Tensor:
    length = min(settings.length, len(stream) - 1)
    starts = torch.randint(0, len(stream) - length, (settings.rows,), generator=draw).tolist()
    return torch.stack([stream[at : at + length] for at in starts])


def _loss(model: torch.nn.Module, rows: torch.Tensor, device: str) -> torch.Tensor:
    rows = rows.to(device)
    with torch.autocast(device, dtype=torch.bfloat16, enabled=use_bfloat16("auto")):
        loss: torch.Tensor = model(input_ids=rows, labels=rows, use_cache=False).loss
    return loss
