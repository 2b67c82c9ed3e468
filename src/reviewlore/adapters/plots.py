"""The plots of a report as inline SVG in the page's own colours, each named and described. Owns matplotlib.

Records in, markup out; it is loaded on first use.
"""

import math
import re
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING

from markupsafe import Markup

from reviewlore.domain.calibration import Audience, Calibration
from reviewlore.domain.evaluation import Evaluation, Interval, TierScore
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.online import OnlineRow
from reviewlore.domain.visible import visible_line
from reviewlore.formats.standing import order_kinds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CURVES = (
    ("sft_loss", "Warm start's loss", "of chosen remarks; lower is better"),
    ("loss", "Loss", "lower is better"),
    ("margin", "Reward margin", "chosen minus rejected; higher is better"),
    ("accuracy", "Reward accuracy", "share of pairs with a positive margin"),
)
_LARGEST = 1e12  # matplotlib finds no ticks for numbers that fill its floats; no training has such
_MOST_POINTS = 400  # more than a curve of this width shows, and what keeps a page small
_MOST_SLICES = 24
# Colours that the plots are drawn with, and the page's own that take their place: so a plot follows light and dark.
_INK, _MUTED, _ACCENT, _LINE, _CARD = "#010101", "#020202", "#030303", "#040404", "#050505"
_THEME = {_INK: "--ink", _MUTED: "--muted", _ACCENT: "--accent", _LINE: "--line", _CARD: "--card"}


def can_plot() -> bool:
    """Whether matplotlib is here."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return False
    return True


def draw_accuracy(evaluation: Evaluation, scores: list[TierScore]) -> list[Markup]:
    """Return one plot for the mean of the kinds of pairs and one for each kind."""
    kinds: list[tuple[str, dict[str, Interval]]] = [("mean of kinds", {s.name: s.overall for s in scores})]
    kinds += [
        (kind, {s.name: s.by_kind[kind] for s in scores if kind in s.by_kind}) for kind in order_kinds(evaluation.pairs)
    ]
    return [_accuracy_plot(number, kind, values, scores) for number, (kind, values) in enumerate(kinds)]


def _accuracy_plot(number: int, kind: str, values: dict[str, Interval], scores: list[TierScore]) -> Markup:
    """One dot with its interval for each version and baseline; the dashed line is what guessing gives."""
    shown = [score for score in scores if score.name in values and values[score.name].count]
    figure, axes = _figure(width=5.2, height=0.5 + 0.29 * max(len(shown), 1))
    axes.axvline(0.5, color=_MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    for row, score in enumerate(shown):
        value, own = values[score.name], score.tier != "baseline"
        colour = _ACCENT if own else _MUTED
        axes.plot([value.low, value.high], [row, row], color=colour, linewidth=2.2 if own else 1.3)
        axes.plot(
            value.accuracy,
            row,
            "o",
            color=colour,
            markersize=6.5,
            markerfacecolor=colour if own else _CARD,
            clip_on=False,
        )
        axes.annotate(f"{value.accuracy:.2f}", (1.04, row), xycoords=("axes fraction", "data"), va="center", color=_INK)
    axes.set_yticks(range(len(shown)), [_label(score) for score in shown], color=_INK)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    low = min([0.4, *(values[score.name].low for score in shown)])
    axes.set_xlim(max(0.0, low - 0.02), 1.0)
    axes.grid(axis="x", color=_LINE, linewidth=0.6)
    caption = kind.replace("_", " ").capitalize()
    described = ", ".join(
        f"{_label(s)} {values[s.name].accuracy:.2f} ({values[s.name].low:.2f} to {values[s.name].high:.2f})"
        for s in shown
    )
    count = max((values[score.name].count for score in shown), default=0)
    about = f"accuracy and 95 % interval, {count} {'pair' if count == 1 else 'pairs'}"
    return _svg(figure, f"accuracy{number}", caption, about, f"{caption}, {about}: {described or 'no pairs'}.")


def draw_slices(subject: TierScore, rival: TierScore | None) -> list[Markup]:
    """Return one plot for the languages and one for the specialists: a version beside a rival (hollow), in each."""
    plots = []
    for number, group in enumerate(("language", "specialist")):
        names = [name for name in subject.slices if name.startswith(f"{group}:") and subject.slices[name].count]
        names = sorted(names, key=lambda name: (-subject.slices[name].count, name))[:_MOST_SLICES]
        if names:
            plots.append(_slice_plot(number, group, names, subject, rival))
    return plots


def _slice_plot(number: int, group: str, names: list[str], subject: TierScore, rival: TierScore | None) -> Markup:
    figure, axes = _figure(width=5.2, height=0.5 + 0.34 * len(names))
    axes.axvline(0.5, color=_MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    for row, name in enumerate(names):
        for shift, score in ((-0.14, subject), (0.14, rival)):
            value = score.slices.get(name) if score else None
            if value is None or not value.count:
                continue
            own = score is subject
            colour = _ACCENT if own else _MUTED
            axes.plot([value.low, value.high], [row + shift] * 2, color=colour, linewidth=2.2 if own else 1.3)
            fill = colour if own else _CARD
            axes.plot(value.accuracy, row + shift, "o", color=colour, markersize=6, markerfacecolor=fill, clip_on=False)
        told = f"{subject.slices[name].accuracy:.2f}"
        axes.annotate(told, (1.04, row), xycoords=("axes fraction", "data"), va="center", color=_INK)
    labels = [f"{visible_line(name.partition(':')[2])[:20]} ({subject.slices[name].count})" for name in names]
    axes.set_yticks(range(len(names)), labels, color=_INK)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.0)
    axes.grid(axis="x", color=_LINE, linewidth=0.6)
    caption = f"By {group}"
    about = f"accuracy and 95 % interval, pairs in brackets{f'; hollow: {_label(rival)}' if rival else ''}"
    told = ", ".join(f"{label} {subject.slices[name].accuracy:.2f}" for label, name in zip(labels, names, strict=True))
    return _svg(figure, f"slices{number}", caption, about, f"{caption}, {about}: {told}.")


def _label(score: TierScore) -> str:
    name = visible_line(score.name)
    name = name.replace("_", " ") if score.tier == "baseline" else name
    return name if len(name) <= 24 else name[:23] + "…"


def draw_training(version: VersionManifest) -> list[Markup]:
    """Return one curve for each quantity in the log; hollow dots where it was measured on held-out pairs (`eval_`)."""
    plots = []
    for key, caption, about in _CURVES:
        points, held_out = _points(version, key), _points(version, f"eval_{key}")
        if not points:
            continue
        figure, axes = _figure(width=3.6, height=1.9)
        steps, values = zip(*points, strict=True)
        axes.plot(steps, values, color=_ACCENT, linewidth=1.8, marker="o", markersize=3 if len(points) < 40 else 0)
        end = (1.02, values[-1])
        axes.annotate(f"{values[-1]:.3g}", end, xycoords=("axes fraction", "data"), va="center", color=_INK)
        ends = f"{caption} by step: from {values[0]:.3g} to {values[-1]:.3g} over {len(points)} points"
        if held_out:
            at, judged = zip(*held_out, strict=True)
            size = 6.5 if len(held_out) < 12 else 4
            axes.plot(
                at, judged, "o", color=_INK, markerfacecolor=_CARD, markersize=size, linestyle="--", linewidth=0.8
            )
            ends += f"; {judged[-1]:.3g} on held-out pairs at step {at[-1]:.0f}"
        mark = "; hollow: held-out pairs" if held_out else ""
        axes.margins(x=0.02, y=0.12)
        axes.set_xlabel("step", color=_MUTED)
        axes.grid(axis="y", color=_LINE, linewidth=0.6)
        plots.append(_svg(figure, f"{_identifier(version.id)}-{key}", caption, about + mark, f"{ends}."))
    return plots


def draw_reliability(audience: Audience, calibration: Calibration) -> Markup:
    """Return the reliability plot of held-out remarks: what was predicted and what came of it, a dot for each bin.

    The dashed line is where every probability would be true; the larger a dot, the more remarks it stands for.
    """
    figure, axes = _figure(width=3.6, height=3.4)
    axes.plot([0, 1], [0, 1], color=_MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    most = max((each.count for each in calibration.bins), default=1)
    predicted = [each.predicted for each in calibration.bins]
    addressed = [each.addressed for each in calibration.bins]
    sizes = [12 + 60 * each.count / most for each in calibration.bins]
    axes.plot(predicted, addressed, color=_ACCENT, linewidth=1.2)
    axes.scatter(predicted, addressed, s=sizes, color=_ACCENT, clip_on=False, zorder=3)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("predicted", color=_MUTED)
    axes.set_ylabel("addressed", color=_MUTED)
    axes.grid(color=_LINE, linewidth=0.6)
    caption = f"Remarks of {audience}"
    about = f"{calibration.count} held-out remarks, calibration error {calibration.error:.3f}"
    told = "; ".join(f"{b.predicted:.2f} predicted, {b.addressed:.2f} of {b.count} addressed" for b in calibration.bins)
    return _svg(figure, f"reliability-{audience}", caption, about, f"{caption}, {about}: {told or 'no bins'}.")


def draw_online(by_week: Mapping[str, OnlineRow]) -> Markup:
    """Return what became of our own remarks week by week: the share addressed of those with an outcome, as a curve.

    The larger a dot, the more remarks have an outcome; a week without any has no dot.
    """
    weeks = list(by_week)
    shares = [(at, row.addressed / row.settled, row.settled) for at, row in enumerate(by_week.values()) if row.settled]
    figure, axes = _figure(width=10.0, height=2.6)
    most = max((count for _, _, count in shares), default=1)
    axes.plot([at for at, _, _ in shares], [share for _, share, _ in shares], color=_ACCENT, linewidth=1.2)
    for at, share, count in shares:
        axes.plot(at, share, "o", color=_ACCENT, markersize=3 + 6 * math.sqrt(count / most), clip_on=False)
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.5, max(0.5, len(weeks) - 0.5))
    step = max(1, len(weeks) // 6)
    axes.set_xticks(range(0, len(weeks), step), weeks[::step])
    axes.grid(axis="y", color=_LINE, linewidth=0.6)
    settled, posted = sum(count for _, _, count in shares), sum(row.posted for row in by_week.values())
    about = f"share addressed of {settled} remarks with an outcome, {posted} posted in all"
    told = "; ".join(f"{weeks[at]} {share:.2f} of {count}" for at, share, count in shares)
    return _svg(figure, "online", "By week", about, f"By week, {about}: {told or 'none yet'}.")


def _points(version: VersionManifest, key: str) -> list[tuple[float, float]]:
    rows = ((row.get("step", float(at)), row.get(key, math.nan)) for at, row in enumerate(version.log, 1))
    found = sorted((step, value) for step, value in rows if abs(step) <= _LARGEST and abs(value) <= _LARGEST)
    every = max(1, math.ceil(len(found) / _MOST_POINTS))
    return found[::every] + (found[-1:] if found and (len(found) - 1) % every else [])


def _figure(width: float, height: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=10, labelcolor=_MUTED)
    return figure, axes


def _svg(figure: "Figure", identifier: str, caption: str, about: str, described: str) -> Markup:
    """Return a figure as an HTML `figure` with inline SVG in the page's own colours, named and described."""
    import matplotlib as mpl

    drawn = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": identifier, "font.size": 10}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = drawn.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{identifier}-", text)  # ids are one namespace for the whole page
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 system-ui, sans-serif", text)
    for colour, name in _THEME.items():
        text = text.replace(colour, f"var({name})")
    text = text.replace("<svg ", Markup('<svg role="img" aria-label="{}" ').format(described), 1)
    return Markup("<figure><figcaption>{}<span>{}</span></figcaption>{}</figure>").format(
        caption,
        about,
        Markup(text),  # noqa: S704 - matplotlib escapes what it draws
    )


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", text)
