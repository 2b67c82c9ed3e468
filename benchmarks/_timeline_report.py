"""Reviews of pull requests in time order to figures: a table, a curve over time, a picture. Records in, numbers out."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._timeline_measure import LOWEST, Interval, Replayed, Tally, mean, ratio, roc_auc, top_share

BINS = 5
SEED = 20261121
Pairs = Callable[[Tally], tuple[float, float]]
SHARES: dict[str, Pairs] = {
    "comments_per_pull_request": lambda one: (one.comments, 1.0),
    "silent": lambda one: (float(not one.comments), 1.0),
    "landed": lambda one: (one.landed, one.comments),
    "changed": lambda one: (one.changed, one.judged),
}


def summarise(records: Sequence[Replayed], resamples: int) -> dict[str, Any]:
    """Return all figures: of every way of choosing comments, of every score of hunks, and both over time."""
    names = list(records[0].arms) if records else []
    scores = list(records[0].scores) if records else []
    return {
        "pull_requests": len(records),
        "repositories": dict(Counter(record.repository for record in records)),
        "reviewed_commit": dict(Counter(record.how for record in records)),
        "revised_after_the_review": sum(record.revised for record in records),
        "hunks": sum(len(record.deserved) for record in records),
        "hunks_with_a_person": sum(map(sum, (record.deserved for record in records))),
        "remarks_of_people": sum(record.people for record in records),
        "remarks_of_people_on_no_hunk_of_then": sum(record.unplaced for record in records),
        "hunk_base_rate": ratio([_base_rate(record) for record in records], SEED, resamples),
        "arms": count_arms(records, resamples),
        "hunk_scores": {name: _score(records, name, resamples) for name in scores},
        "curve": _curve(records, names, scores, resamples),
    }


def count_arms(records: Sequence[Replayed], resamples: int) -> dict[str, dict[str, Interval]]:
    """Return the figures of every way of choosing comments."""
    return {name: _arm(records, name, resamples) for name in (records[0].arms if records else ())}


def differences(records: Sequence[Replayed], one: str, other: str, resamples: int) -> dict[str, Interval]:
    """Return by how much one way of choosing beats another on the same pull requests, where both say something."""
    both = [record for record in records if record.arms[one].comments and record.arms[other].comments]
    said = {}
    for name in ("landed", "changed"):
        pairs = [(SHARES[name](record.arms[one]), SHARES[name](record.arms[other])) for record in both]
        told = [(a / b - c / d) for (a, b), (c, d) in pairs if b and d]
        said[name] = mean(told, SEED, resamples)
    return said


def table(summary: dict[str, Any]) -> str:
    """Show every way of choosing comments and of scoring hunks, each share with the number of comments it is of."""
    rows = [f"{'comments chosen by':72}{'per pull request':>22}{'silent':>24}{'landed':>32}{'lines changed':>32}"]
    for name, told in summary["arms"].items():
        cells = [_show(told[key], counted=key in {"landed", "changed"}) for key in SHARES]
        rows.append(f"{name:72}{cells[0]:>22}{cells[1]:>24}{cells[2]:>32}{cells[3]:>32}")
    rows += [
        "",
        f"{'hunks scored by':72}{'AUC in a pull request':>36}{'over all':>10}{'first one is right':>36}{'scored':>9}",
    ]
    for name, told in summary["hunk_scores"].items():
        whole = "-" if told["pooled"] is None else f"{told['pooled']:.3f}"
        cells = [_show(told[key], counted=True) for key in ("within", "top")]
        rows.append(f"{name:72}{cells[0]:>36}{whole:>10}{cells[1]:>36}{told['covered']:>9.1%}")
    return "\n".join(rows)


def curve_table(summary: dict[str, Any], arms: Sequence[str], scores: Sequence[str]) -> str:
    """Show ways of choosing and of scoring over time, by rank of the pull requests in their repositories."""
    rows = []
    for name in arms:
        rows.append(name)
        for step in summary["curve"]:
            told = step["arms"][name]
            cells = f"{_show(told['comments_per_pull_request']):>24} a pull request"
            cells += f"{_show(told['landed'], counted=True):>34} landed"
            cells += f"{_show(told['changed'], counted=True):>34} changed"
            rows.append(f"  {step['from']:.0%}-{step['to']:.0%} ({step['pull_requests']}){cells}")
    for name in scores:
        areas = [f"{_show(step['hunk_scores'][name], counted=True):>34}" for step in summary["curve"]]
        rows.append(f"AUC, {name:68}{''.join(areas)}")
    return "\n".join(rows)


def draw_curve(summary: dict[str, Any], arms: Sequence[str], scores: Sequence[str], path: Path) -> None:
    """Draw what lands and how hunks are ranked over the order of pull requests (SVG or PNG by the file's name)."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = summary["curve"]
    for axes, kind, names in ((left, "arms", arms), (right, "hunk_scores", scores)):
        for alike in _alike(steps, kind, names):
            told = [((step["from"] + step["to"]) / 2, step[kind][alike[0]]) for step in steps]
            told = [(x, one.get("landed", one)) for x, one in told]
            told = [(x, one) for x, one in told if one["value"] is not None]
            places, values = [x for x, _ in told], [one["value"] for _, one in told]
            axes.plot(places, values, "o-", label="\n".join(alike))
            axes.fill_between(places, [one["low"] for _, one in told], [one["high"] for _, one in told], alpha=0.1)
        axes.set_xlabel("rank of the pull request in its repository's order")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, framealpha=0.5)
    left.set(title="Share of comments on a hunk a person commented on", ylim=(0, 1))
    right.set(title="Which hunk deserves a comment: area under the ROC curve", ylim=(0, 1))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "timeline"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _alike(steps: Sequence[dict[str, Any]], kind: str, names: Sequence[str]) -> list[list[str]]:
    """Return the names, those whose curves are one and the same together."""
    groups: dict[str, list[str]] = {}
    for name in names:
        values = [step[kind][name].get("landed", step[kind][name])["value"] for step in steps]
        groups.setdefault(repr(values), []).append(name)
    return list(groups.values())


def _base_rate(record: Replayed) -> tuple[float, float]:
    return float(sum(record.deserved)), float(len(record.deserved))


def _arm(records: Sequence[Replayed], name: str, resamples: int) -> dict[str, Interval]:
    return {
        key: ratio([read(record.arms[name]) for record in records], SEED, resamples) for key, read in SHARES.items()
    }


def _score(records: Sequence[Replayed], name: str, resamples: int) -> dict[str, Any]:
    every = [(score, label) for r in records for score, label in zip(r.scores[name], r.deserved, strict=True)]
    pooled = roc_auc([score for score, _ in every], [label for _, label in every])
    return {
        "within": _within(records, name, resamples),
        "top": mean([top_share(r.scores[name], r.deserved) for r in records if any(r.deserved)], SEED, resamples),
        "pooled": None if pooled is None else round(pooled, 4),
        "covered": sum(score != LOWEST for score, _ in every) / len(every) if every else 0.0,
    }


def _within(records: Sequence[Replayed], name: str, resamples: int) -> Interval:
    """The mean area over pull requests that have hunks with and without a person's remark."""
    areas = [roc_auc(record.scores[name], record.deserved) for record in records]
    return mean([area for area in areas if area is not None], SEED, resamples)


def _curve(
    records: Sequence[Replayed], arms: Sequence[str], scores: Sequence[str], resamples: int
) -> list[dict[str, Any]]:
    steps = []
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        part = [record for record in records if low <= record.share < high or (record.share == high == 1.0)]
        steps.append(
            {
                "from": low,
                "to": high,
                "pull_requests": len(part),
                "learned": round(sum(record.learned for record in part) / len(part), 1) if part else None,
                "arms": {name: _arm(part, name, resamples) for name in arms},
                "hunk_scores": {name: _within(part, name, resamples) for name in scores},
            }
        )
    return steps


def _show(told: Interval, *, counted: bool = False) -> str:
    of = f" of {told['of']:g}" if counted else ""
    if told["value"] is None:
        return f"-{of}"
    return f"{told['value']:.3f} [{told['low']:.3f}, {told['high']:.3f}]{of}"
