"""Seconds and memory of maps over the number of files, as a picture (SVG or PNG by the name of the file)."""

from collections.abc import Sequence
from pathlib import Path


def draw_growth(points: Sequence[dict[str, float]], path: Path) -> None:
    """Draw seconds and memory over the number of files, both axes logarithmic."""
    from matplotlib.figure import Figure

    files = [point["files"] for point in points]
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for key, label, style in (
        ("seconds", "map, wall time", "o-"), ("cpu", "map, processor time", "s--"),
        ("raw_cpu", "tree-sitter alone, processor time", "^:"),
    ):  # fmt: skip
        left.plot(files, [point[key] for point in points], style, label=label)
    right.plot(files, [point["peak_mib"] for point in points], "o-", color="tab:green")
    left.set(title="Seconds of a cold map", xlabel="files", ylabel="seconds", xscale="log", yscale="log")
    right.set(title="Memory at most, workers included", xlabel="files", ylabel="MiB", xscale="log")
    right.set_ylim(bottom=0)
    left.legend()
    for axes in (left, right):
        axes.set_xticks(files, [f"{size:,}" for size in files])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.savefig(path)
