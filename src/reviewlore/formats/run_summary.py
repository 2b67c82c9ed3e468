"""A finished training on the page of its job, as Markdown. Records in, text out; strangers' words are inert.

What the gate said comes first, then what was trained and what it took, then the loss by steps.
"""

from collections.abc import Sequence

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.inert import inert_line
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.visible import visible_line
from reviewlore.formats.standing import VERDICTS

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 60


def render_run(manifest: VersionManifest, decision: GateDecision) -> str:
    """Return the gate's decision, a table of the run, and the curve of its loss where it has one."""
    said = VERDICTS[decision.verdict]
    head = f"## {said}: {_inert(manifest.id)}\n\n{_inert(decision.reason)}\n"
    rows = "".join(f"| {name} | {_inert(value)} |\n" for name, value in _rows(manifest) if value)
    return f"{head}\n| the run | |\n|---|---|\n{rows}{_curve(manifest)}"


def draw_sparkline(values: Sequence[float]) -> str:
    """Return a line of bars, the smallest value the lowest; of many values an even sample, the last one included."""
    if not values:
        return ""
    every = -(-len(values) // _MOST_BARS)
    shown = list(values[::-1][::every])[::-1]
    low, high = min(shown), max(shown)
    steps = (high - low) / (len(_BARS) - 1) or 1.0
    return "".join(_BARS[round((value - low) / steps)] for value in shown)


def _rows(manifest: VersionManifest) -> list[tuple[str, str]]:
    spent = manifest.spent
    runs = ", ".join(f"{name} {_duration(seconds)}" for name, seconds in spent.runs.items())
    steps = [int(entry["step"]) for entry in manifest.log if "loss" in entry]
    return [
        ("recipe", manifest.recipe),
        ("base model", manifest.base_model or ""),
        ("dataset", manifest.dataset[:12]),
        ("steps", str(steps[-1]) if steps else ""),
        ("time", f"{_duration(spent.seconds or manifest.seconds)}" + (f" ({runs})" if runs else "")),
        ("hardware", manifest.hardware),
        ("energy", "" if spent.energy_wh is None else f"{spent.energy_wh:.2f} Wh"),
        ("memory", "" if spent.peak_mib is None else f"{spent.peak_mib:.0f} MiB at most"),
    ]


def _curve(manifest: VersionManifest) -> str:
    """Return the loss by steps, in training and on later pull requests."""
    lines = []
    for name, told in (("loss", "loss"), ("eval_loss", "loss on later pull requests")):
        found = [entry for entry in manifest.log if name in entry]
        if len(found) > 1:
            first, last = found[0], found[-1]
            lines.append(
                f"`{draw_sparkline([entry[name] for entry in found])}` {told}: {first[name]:.3f} at step "
                f"{first['step']:.0f}, {last[name]:.3f} at step {last['step']:.0f}"
            )
    return "".join(f"\n{line}\n" for line in lines)


def _inert(text: str) -> str:
    return inert_line(visible_line(text)).replace("|", "\\|")


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
