"""Preference training with a shared prefix beside TRL's own trainer: pairs a second, memory, and whether losses agree.

    python -m benchmarks train [--json] [--shape 42M] [--device cpu] [--rounds 2] [--prompt 512] [--completion 64]

Models are made on the spot with random weights and rows are random tokens, so only time, memory and agreement mean
something. All ways train in one process, in turn, on the same pairs in the same batches; a figure is the least of
rounds, in seconds of processor time (one thread) or, on a GPU, of synchronised wall time. Stock is TRL's DPOTrainer,
once as it comes and once tuned: no gradient checkpointing, bfloat16 where the processor computes it, and the
language-model head at completion positions only (on a CPU a patch of one line). Pairs of mixed lengths are batched by
length for stock, too. Losses are compared in float32 over optimizer steps; peaks are of processes of their own. The
last line is one JSON object; the program fails only where losses do not agree.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from benchmarks._made_models import SHAPES, tell_no_gpu
from benchmarks._trainers import (
    DEFAULTS,
    OURS,
    OURS_AHEAD,
    TUNED,
    TUNED_AHEAD,
    Setting,
    Took,
    Way,
    draw_mixed,
    draw_rows,
    train,
)

from reviewlore.adapters.bases import computes_bfloat16

TARGETS = {"ratio": 1.8, "ratio_mixed_lengths": 2.0, "ratio_four_pairs": 2.5, "ratio_to_defaults": 3.5}
MOST_DIFFERENCE = 1e-4
LONGEST = 4_096
# What is trained on, and by which ways.
JOBS = {
    "one pair a prompt": (DEFAULTS, TUNED, TUNED_AHEAD, OURS, OURS_AHEAD),
    "mixed lengths": (TUNED, OURS),
    "four pairs a prompt": (TUNED, OURS),
}
Best = dict[tuple[str, Way], list[Took]]


def main(argv: list[str]) -> int:
    options = _options(argv)
    if options.device == "cuda" and not torch.cuda.is_available():
        return tell_no_gpu()
    setting = _setting(options)
    if options.peak_of:
        print(json.dumps(_peak(setting, OURS if options.peak_of == "ours" else TUNED, options)))
        return 0
    load = os.getloadavg()[0]
    difference = compare_losses(setting, options.prompt)
    peaks = {name: _peak_apart(name, argv) for name in ("ours", "stock")}
    found = measure(setting, _rows(setting, options), options.rounds)
    print(table(found, setting))
    result = summarise(found, difference, peaks)
    print(json.dumps(result | _circumstances(setting, options, load)))
    return status(difference)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks train", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="42M")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512, help="tokens")
    parser.add_argument("--completion", type=int, default=64, help="tokens")
    parser.add_argument("--batch", type=int, default=4, help="pairs")
    parser.add_argument("--batches", type=int, default=4, help="timed batches of mixed lengths")
    parser.add_argument("--longest", type=int, default=1_000, help="tokens of the longest prompt of mixed lengths")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peak-of", choices=("ours", "stock"), help="print one process's peak memory only")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    return parser.parse_args(argv)


def _setting(options: argparse.Namespace) -> Setting:
    bfloat16 = computes_bfloat16() if options.device == "cpu" else torch.cuda.is_bf16_supported()
    shape = SHAPES[options.shape]
    return Setting(shape, options.device, options.batch, LONGEST, bool(bfloat16), options.threads)


def _rows(setting: Setting, options: argparse.Namespace) -> dict[str, list[Any]]:
    one = options.prompt, options.completion, setting.shape
    return {
        "one pair a prompt": draw_rows(setting.batch, *one),
        "mixed lengths": draw_mixed(options.batches, setting.batch, setting.shape, options.longest),
        "four pairs a prompt": draw_rows(-(-4 // setting.batch) * setting.batch, *one, on_one=4),
    }


def measure(setting: Setting, rows: dict[str, list[Any]], rounds: int) -> Best:
    """Train by every way in turn, `rounds` times."""
    found: Best = {(job, way): [] for job, ways in JOBS.items() for way in ways}
    for number in range(rounds):
        for (job, way), taken in found.items():
            taken.append(train(setting, way, rows[job]))
            pace = taken[-1].busy / taken[-1].pairs
            _say(f"round {number + 1} of {rounds}: {job}, {way.name}: {pace * 1e3:.0f} ms a pair")
    return found


def compare_losses(setting: Setting, prompt: int, steps: int = 6) -> float:
    """Return the largest relative difference of a loss to stock's over optimizer steps, in float32, a small model."""
    plain = replace(setting, shape=SHAPES["small"], bfloat16=False, rate=5e-3)
    rows = draw_mixed(steps, plain.batch, plain.shape, min(prompt, 256), seed=5)
    stock = train(plain, TUNED, rows).losses
    gaps = {}
    for way in (OURS, OURS_AHEAD):
        ours = train(plain, way, rows).losses
        gaps[way.name] = max(abs(one - other) / abs(other) for one, other in zip(ours, stock, strict=True))
    _say(f"losses over {len(stock)} steps differ by {gaps} (limit {MOST_DIFFERENCE:g}); stock's: {stock}")
    return max(gaps.values())


def _peak_apart(name: str, argv: Sequence[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "train", *argv, "--peak-of", name]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    _say(f"peak of {name}: {found['peak_mib']} MiB, {found['before_mib']} before training")
    return found


def _peak(setting: Setting, way: Way, options: argparse.Namespace) -> dict[str, float]:
    """Train on pairs of one shape in this process; return its peak memory, and what it was before."""
    rows = _rows(setting, options)["one pair a prompt"]
    before = _high_water(setting.device)
    train(setting, way, rows)
    return {"peak_mib": _high_water(setting.device), "before_mib": before}


def _high_water(device: str) -> float:
    """Return the most memory so far in MiB: this process's on a CPU, that of tensors on a GPU.

    Linux hands `ru_maxrss` of a parent on to a child that runs another program, so its own figure is read instead.
    """
    if device == "cuda":
        return round(torch.cuda.max_memory_allocated() / 2**20, 1)
    try:
        status = Path("/proc/self/status").read_text()
        return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)
    except (OSError, IndexError):
        import resource

        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024))


def summarise(found: Best, difference: float, peaks: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the figures that are promised, and each target beside its value."""
    first, mixed, four = JOBS
    pace = {key: least(taken) for key, taken in found.items()}
    result: dict[str, Any] = {
        "pairs_per_second": 1 / pace[first, OURS],
        "stock_pairs_per_second": 1 / pace[first, TUNED],
        "ratio": pace[first, TUNED] / pace[first, OURS],
        "ratio_mixed_lengths": pace[mixed, TUNED] / pace[mixed, OURS],
        "ratio_four_pairs": pace[four, TUNED] / pace[four, OURS],
        "ratio_to_defaults": pace[first, DEFAULTS] / pace[first, OURS],
        "ratio_reference_ahead": pace[first, TUNED_AHEAD] / pace[first, OURS_AHEAD],
    }
    for name, target in TARGETS.items():
        _say(f"{name}: {result[name]:.2f} (target {target})")
    _say(f"max_relative_loss_difference: {difference:.1e} (limit {MOST_DIFFERENCE:g})")
    _say(f"peak_mib: {peaks['ours']['peak_mib']} (target: at most stock's {peaks['stock']['peak_mib']})")
    return {
        **{name: round(value, 3) for name, value in result.items()},
        "max_relative_loss_difference": difference,
        "peak_mib": peaks["ours"]["peak_mib"],
        "stock_peak_mib": peaks["stock"]["peak_mib"],
        "targets": TARGETS,
    }


def status(difference: float) -> int:
    """Return the program's exit status: 1 where losses do not agree."""
    return 0 if difference <= MOST_DIFFERENCE else 1


def table(found: Best, setting: Setting) -> str:
    """Return every way's seconds beside tuned stock's and the defaults'."""
    lines = [
        f"| {'pairs':19} | {'way':28} | ms a pair | by the wall | once a pair | to tuned | to defaults |",
        f"|{'-' * 21}|{'-' * 30}|{'-' * 11}|{'-' * 13}|{'-' * 13}|{'-' * 10}|{'-' * 13}|",
    ]
    for (job, way), taken in found.items():
        pace, wall = least(taken), min(each.wall / each.pairs for each in taken)
        # The first round's: later ones may find it in a cache.
        once = f"{taken[0].ahead / taken[0].pairs * 1e3:.0f}" if way.precomputed else "-"
        tuned = least(found[job, TUNED]) / pace
        default = f"{least(found[job, DEFAULTS]) / pace:.2f}" if (job, DEFAULTS) in found else "-"
        cells = f"{pace * 1e3:9.0f} | {wall * 1e3:11.0f} | {once:>11} | {tuned:8.2f} | {default:>11}"
        lines.append(f"| {job:19} | {way.name:28} | {cells} |")
    clock = "processor time" if setting.device == "cpu" else "synchronised wall time"
    precision = "bfloat16" if setting.bfloat16 else "float32"
    lines.append(f"Least of the rounds, {clock}, {setting.threads} thread, {precision}, {setting.batch} pairs a batch.")
    return "\n".join(lines)


def least(taken: Sequence[Took]) -> float:
    """Return the seconds a pair of the quickest round: other work on the machine only adds to them."""
    return min(each.busy / each.pairs for each in taken)


def _circumstances(setting: Setting, options: argparse.Namespace, load: float) -> dict[str, Any]:
    return {
        "shape": options.shape,
        "device": torch.cuda.get_device_name() if setting.device == "cuda" else "cpu",
        "bfloat16": setting.bfloat16,
        "prompt": options.prompt,
        "completion": options.completion,
        "batch": setting.batch,
        "rounds": options.rounds,
        "threads": setting.threads,
        "load": [round(load, 2), round(os.getloadavg()[0], 2)],
        "torch": torch.__version__,
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
