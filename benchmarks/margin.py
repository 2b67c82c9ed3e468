"""Twenty remarks on one hunk by an adapter's preference margin: the prompt read once, beside padded batches.

    python -m benchmarks margin [--json] [--remarks 20] [--prompt 768] [--repeats 3] [--models tiny,42M]

Models are made on the spot with random weights, so only time and agreement mean something. All ways score the same
remarks in the same process, in turn; a way's figure is the median of its processor seconds, which other work on the
machine disturbs least (`wall_ratio` is by the clock). The padded batch is what DPO trainers do: all rows at once, each
with its own copy of the prompt. Differences are of a remark's summed log-probability ratio, policy against base, in
float32. The last line is one JSON object.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from peft import get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from reviewlore.adapters.bases import Base, encode, exact_arithmetic, make_base, make_tokenizer, quiet_libraries
from reviewlore.adapters.lora import lora_config
from reviewlore.adapters.preferrer import Preferrer
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.stages.recipe import parse_recipe

LEAST_RATIO, MOST_DIFFERENCE = 4.0, 1e-3
MODELS = {"tiny": (2, 96, 3, 1_024), "42M": (8, 512, 8, 32_000)}  # layers, width, heads, vocabulary
_WORDS = "fee loan item book member branch shelf copy fine hold date card test name rename split cache list".split()
Rows = Sequence[tuple[str, str]]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks margin", description=__doc__)
    parser.add_argument("--remarks", type=int, default=20)
    parser.add_argument("--prompt", type=int, default=768, help="tokens")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    rows = make_rows(arguments.remarks, arguments.prompt, arguments.seed)
    found = {}
    for name in arguments.models.split(","):
        preferrer = make_preferrer(name, arguments.prompt, arguments.threads, arguments.seed)
        found[name] = compare(preferrer, rows, arguments.repeats)
        told = found[name]
        print(
            f"{name}: {told['parameters'] / 1e6:.1f} M parameters, {told['prompt_tokens']} tokens of prompt, "
            f"{told['remarks']} remarks of {told['remark_tokens']} tokens together\n"
            f"  one by one {told['one_by_one_seconds']} s, padded batch {told['padded_seconds']} s, "
            f"prompt read once {told['shared_seconds']} s: {told['ratio']} times the padded batch's pace "
            f"(target {LEAST_RATIO})\n"
            f"  largest difference from one by one {told['largest_difference']:.1e} (limit {MOST_DIFFERENCE:g})",
            file=sys.stderr,
        )
    print(json.dumps({"threads": arguments.threads, "torch": torch.__version__, "models": found}))
    return 0


def make_rows(remarks: int, prompt_tokens: int, seed: int) -> list[tuple[str, str]]:
    """Return (prompt, remark) pairs of random words: one prompt that fills its room, remarks of 5 to 12 words."""
    choose = random.Random(seed)
    prompt = " ".join(choose.choices(_WORDS, k=prompt_tokens))
    return [(prompt, " ".join(choose.choices(_WORDS, k=choose.randint(5, 12)))) for _ in range(remarks)]


def make_preferrer(name: str, prompt_tokens: int, threads: int, seed: int) -> Preferrer:
    """Return a Llama of a named size with an adapter, both of random weights."""
    layers, width, heads, vocabulary = MODELS[name]
    recipe = _recipe(prompt_tokens, threads)
    tokenizer = make_base(MadeBase(1, 32, 1, 300, 0, 1e-3), make_tokenizer(["x"], 300), seed, 8).tokenizer
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 8 // 3 // 16 * 16,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=2 * recipe.text.max_tokens,
        tie_word_embeddings=True,
    )
    with quiet_libraries():
        torch.manual_seed(seed)
        model = get_peft_model(LlamaForCausalLM(config), lora_config(recipe.lora))
        for parameter_name, parameter in model.named_parameters():
            if ".lora_B" in parameter_name:  # zero at first, which would be the base again
                torch.nn.init.normal_(parameter, std=0.02)
    base = Base(model, tokenizer, tokenizer.eos_token_id, tokenizer.pad_token_id, "", "")
    return Preferrer(base, model, recipe)


def compare(preferrer: Preferrer, rows: Rows, repeats: int) -> dict[str, Any]:
    """Return the median seconds of each way, the ratio to the padded batch, and how far the ways agree."""
    base, recipe = preferrer._base, preferrer.recipe
    tokens = [encode(base, prompt, remark, recipe.text.max_tokens) for prompt, remark in rows]
    ways: dict[str, Callable[[], list[float]]] = {
        "one_by_one": lambda: [score for row in rows for score in preferrer.score([row])],
        "padded": lambda: score_padded(preferrer, tokens),
        "shared": lambda: preferrer.score(rows),
    }
    preferrer.score(rows[:2])  # the one trial whether this model's prompts can be shared
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    walls: dict[str, list[float]] = {name: [] for name in ways}
    scores: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, way in ways.items():
            begin, wall = time.process_time(), time.perf_counter()
            scores[name] = way()
            seconds[name].append(time.process_time() - begin)
            walls[name].append(time.perf_counter() - wall)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    wall_medians = {name: statistics.median(taken) for name, taken in walls.items()}
    gaps = {name: _largest_gap(scores["one_by_one"], found, recipe.loss.beta) for name, found in scores.items()}
    return {
        "parameters": sum(each.numel() for each in base.model.parameters()),
        "prompt_tokens": len(tokens[0][0]),
        "remarks": len(rows),
        "remark_tokens": sum(len(remark) for _, remark in tokens),
        **{f"{name}_seconds": round(taken, 3) for name, taken in medians.items()},
        "ratio": round(medians["padded"] / medians["shared"], 2),
        "wall_ratio": round(wall_medians["padded"] / wall_medians["shared"], 2),
        "ratio_to_one_by_one": round(medians["one_by_one"] / medians["shared"], 2),
        "largest_difference": gaps["shared"],
        "padded_largest_difference": gaps["padded"],
    }


def score_padded(preferrer: Preferrer, tokens: Sequence[tuple[list[int], list[int]]]) -> list[float]:
    """Return the margins by one padded batch a model: the peer."""
    model, recipe = preferrer._model, preferrer.recipe
    with quiet_libraries(), exact_arithmetic(recipe.run.threads), torch.inference_mode():
        policy = _padded_sums(model, tokens, preferrer._base.pad)
        with model.disable_adapter():
            reference = _padded_sums(model, tokens, preferrer._base.pad)
    return [recipe.loss.beta * (ours - theirs) for ours, theirs in zip(policy, reference, strict=True)]


def _padded_sums(model: Any, tokens: Sequence[tuple[list[int], list[int]]], pad: int) -> list[float]:
    longest = max(len(prompt) + len(remark) for prompt, remark in tokens)
    shortest = min(len(prompt) for prompt, _ in tokens)
    ids = torch.full((len(tokens), longest), pad)
    mask = torch.zeros_like(ids)
    for row, (prompt, remark) in enumerate(tokens):
        ids[row, : len(prompt) + len(remark)] = torch.tensor(prompt + remark)
        mask[row, : len(prompt) + len(remark)] = 1
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=longest - shortest + 1).logits
    sums = []
    for row, (prompt, remark) in enumerate(tokens):
        begin = len(prompt) - shortest
        scores = logits[row, begin : begin + len(remark)].float().log_softmax(-1)
        sums.append(scores.gather(1, torch.tensor(remark).unsqueeze(1)).sum().item())
    return sums


def _largest_gap(wanted: Sequence[float], found: Sequence[float], beta: float) -> float:
    return max(abs(one - other) / beta for one, other in zip(wanted, found, strict=True))


def _recipe(prompt_tokens: int, threads: int) -> Recipe:
    shipped = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
    budget = replace(shipped.text, max_tokens=-(-prompt_tokens * 3 // 2))  # two thirds of it are the prompt's
    return replace(shipped, text=budget, run=replace(shipped.run, threads=threads))
