"""Twenty remarks on one hunk by an adapter's preference margin: the prompt read once, beside a padded batch.

    python -m benchmarks rank [--json] [--shape 42M] [--remarks 20] [--prompt 768] [--rounds 2] [--device cpu]

The model is made on the spot with random weights, so only time and agreement mean something. All ways score the same
remarks in the same process, in turn; a way's figure is the least of its rounds, in seconds of processor time (one
thread) or, on a GPU, of synchronised wall time. The padded batch is what DPO trainers do: all rows at once, each with
its own copy of the prompt, logits at remarks only. Warm: the prompt was read by an earlier call. Differences are of a
remark's summed log-probability ratio, policy against base, from those of one by one. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from benchmarks._made_models import SHAPES, fill_adapter, make_plain_base, plain_recipe, read_clock, tell_no_gpu
from peft import get_peft_model

from reviewlore.adapters.bases import computes_bfloat16, encode, exact_arithmetic, quiet_libraries
from reviewlore.adapters.lora import lora_config
from reviewlore.adapters.preferrer import Preferrer
from reviewlore.adapters.prefix_cache import PrefixCache

TARGET, MOST_DIFFERENCE = 6.0, 1e-3
_WORDS = "fee loan item book member branch shelf copy fine hold date card test name rename split cache list".split()
Rows = Sequence[tuple[str, str]]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rank", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="42M")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--remarks", type=int, default=20)
    parser.add_argument("--prompt", type=int, default=768, help="tokens")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true", help="where the processor computes it; differences grow")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    options = parser.parse_args(argv)
    if options.device == "cuda" and not torch.cuda.is_available():
        return tell_no_gpu()
    load = os.getloadavg()[0]
    told = compare(make_preferrer(options), make_rows(options.remarks, options.prompt, options.seed), options.rounds)
    print(
        f"{options.shape}: {told['parameters'] / 1e6:.1f} M parameters, {told['prompt_tokens']} tokens of prompt, "
        f"{told['remarks']} remarks of {told['remark_tokens']} tokens together\n"
        f"  one by one {told['one_by_one_seconds']} s, padded batch {told['padded_seconds']} s, prompt read once "
        f"{told['shared_seconds']} s: {told['speedup']} times the padded batch's pace (target {TARGET:g})\n"
        f"  prompt read by an earlier call {told['warm_seconds']} s: {told['speedup_warm']} times\n"
        f"  largest difference from one by one {told['max_score_difference']:.1e} (limit {MOST_DIFFERENCE:g}, float32)",
        file=sys.stderr,
    )
    named = {name: getattr(options, name) for name in ("shape", "device", "rounds", "threads")}
    found = {"target": TARGET, **named, "load": [round(load, 2), round(os.getloadavg()[0], 2)]}
    print(json.dumps(told | found | {"bfloat16": options.bfloat16, "torch": torch.__version__}))
    return 0


def make_rows(remarks: int, prompt_tokens: int, seed: int) -> list[tuple[str, str]]:
    """Return (prompt, remark) pairs of random words: one prompt that fills its room, remarks of 5 to 12 words."""
    choose = random.Random(seed)
    prompt = " ".join(choose.choices(_WORDS, k=prompt_tokens))
    return [(prompt, " ".join(choose.choices(_WORDS, k=choose.randint(5, 12)))) for _ in range(remarks)]


def make_preferrer(options: argparse.Namespace) -> Preferrer:
    """Return a Llama of a named shape with an adapter, both of random weights."""
    recipe = plain_recipe(-(-options.prompt * 3 // 2), options.threads)  # two thirds of its tokens are the prompt's
    if options.bfloat16 and computes_bfloat16():
        recipe = replace(recipe, run=replace(recipe.run, precision="auto"))
    base = make_plain_base(SHAPES[options.shape], 2 * recipe.text.max_tokens, options.seed)
    with quiet_libraries():
        model = get_peft_model(base.model, lora_config(recipe.lora))
    fill_adapter(model, options.seed)
    return Preferrer(base, model.to(options.device), recipe)


def compare(preferrer: Preferrer, rows: Rows, rounds: int) -> dict[str, Any]:
    """Return the least seconds of each way, how many times the padded batch's pace it has, and how far ways agree."""
    base, recipe = preferrer.base, preferrer.recipe
    tokens = [encode(base, prompt, remark, recipe.text.max_tokens) for prompt, remark in rows]

    def forget(score: Callable[[], list[float]]) -> Callable[[], list[float]]:
        def cold() -> list[float]:
            preferrer._prefixes = PrefixCache(1 << 29)
            return score()

        return cold

    ways: dict[str, Callable[[], list[float]]] = {
        "one_by_one": lambda: [score for row in rows for score in forget(lambda row=row: preferrer.score([row]))()],
        "padded": lambda: score_padded(preferrer, tokens),
        "shared": forget(lambda: preferrer.score(rows)),
        "warm": lambda: preferrer.score(rows),
    }
    preferrer.score(rows[:2])  # the one trial whether this model's prompts can be shared
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    scores: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, way in ways.items():
            if number and name == "one_by_one":
                continue  # the slowest: once, to compare scores with
            begin = read_clock(preferrer.model.device.type)
            scores[name] = way()
            end = read_clock(preferrer.model.device.type)
            taken[name].append((end[0] - begin[0], end[1] - begin[1]))
    least = {name: min(busy for busy, _ in each) for name, each in taken.items()}
    walls = {name: min(wall for _, wall in each) for name, each in taken.items()}
    gaps = {name: _largest_gap(scores["one_by_one"], found, recipe.loss.beta) for name, found in scores.items()}
    return {
        "speedup": round(least["padded"] / least["shared"], 2),
        "speedup_warm": round(least["padded"] / least["warm"], 2),
        "max_score_difference": max(gaps["shared"], gaps["warm"]),
        "padded_score_difference": gaps["padded"],
        "speedup_wall": round(walls["padded"] / walls["shared"], 2),
        "speedup_to_one_by_one": round(least["one_by_one"] / least["shared"], 2),
        **{f"{name}_seconds": round(seconds, 4) for name, seconds in least.items()},
        "parameters": sum(each.numel() for each in base.model.parameters()),
        "prompt_tokens": len(tokens[0][0]),
        "remarks": len(rows),
        "remark_tokens": sum(len(remark) for _, remark in tokens),
    }


def score_padded(preferrer: Preferrer, tokens: Sequence[tuple[list[int], list[int]]]) -> list[float]:
    """Return the margins by one padded batch a model: the peer."""
    model, recipe = preferrer.model, preferrer.recipe
    options = {"device_type": model.device.type, "dtype": torch.bfloat16, "enabled": recipe.run.precision == "auto"}
    with quiet_libraries(), exact_arithmetic(recipe.run.threads), torch.inference_mode(), torch.autocast(**options):
        policy = _padded_sums(model, tokens, preferrer.base.pad)
        with model.disable_adapter():
            reference = _padded_sums(model, tokens, preferrer.base.pad)
    return [recipe.loss.beta * (ours - theirs) for ours, theirs in zip(policy, reference, strict=True)]


def _padded_sums(model: Any, tokens: Sequence[tuple[list[int], list[int]]], pad: int) -> list[float]:
    longest = max(len(prompt) + len(remark) for prompt, remark in tokens)
    shortest = min(len(prompt) for prompt, _ in tokens)
    ids = torch.full((len(tokens), longest), pad)
    mask = torch.zeros_like(ids)
    for row, (prompt, remark) in enumerate(tokens):
        ids[row, : len(prompt) + len(remark)] = torch.tensor(prompt + remark)
        mask[row, : len(prompt) + len(remark)] = 1
    given = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}
    logits = model(**given, use_cache=False, logits_to_keep=longest - shortest + 1).logits
    sums = []
    for row, (prompt, remark) in enumerate(tokens):
        begin = len(prompt) - shortest
        scores = logits[row, begin : begin + len(remark)].float().log_softmax(-1)
        sums.append(scores.gather(1, torch.tensor(remark, device=scores.device).unsqueeze(1)).sum().item())
    return sums


def _largest_gap(wanted: Sequence[float], found: Sequence[float], beta: float) -> float:
    return max(abs(one - other) / beta for one, other in zip(wanted, found, strict=True))
