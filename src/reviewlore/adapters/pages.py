"""A report as one self-contained HTML page, with its plots. Owns jinja2, markdown-it, matplotlib. Record in, text out.

It reads its own template and nothing else; strangers' words are escaped, and their unseen characters shown.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reviewlore import __version__
from reviewlore.diff import parse_diff
from reviewlore.domain.model import Evaluation, Interval, TierScore, VersionManifest
from reviewlore.domain.report import Report
from reviewlore.domain.visible import split_unseen, visible, visible_line
from reviewlore.formats.architecture_tables import make_tables, name_sections
from reviewlore.formats.placement import place_findings
from reviewlore.formats.standing import order_kinds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NO_PLOTS = "The plots are left out: matplotlib is not installed. `pip install '/path/to/reviewlore[model]'` brings it."
_BODY_LIMIT = 65_536  # GitHub's own limit of a comment; also bounds the work of the Markdown parser
_CURVES = (
    ("loss", "Loss", "lower is better"),
    ("margin", "Reward margin", "chosen minus rejected; higher is better"),
    ("accuracy", "Reward accuracy", "share of pairs with a positive margin"),
)
# Colours that the plots are drawn with, and the page's own that take their place: so a plot follows light and dark.
_INK, _MUTED, _ACCENT, _LINE, _CARD = "#010101", "#020202", "#030303", "#040404", "#050505"
_THEME = {_INK: "--ink", _MUTED: "--muted", _ACCENT: "--accent", _LINE: "--line", _CARD: "--card"}


def render_report(report: Report) -> str:
    """Return the page. InputError where the report's diff is not a unified diff."""
    folder = files("reviewlore.adapters")
    loader = FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_shown, loader=loader
    )
    environment.filters.update(
        attr=lambda text: escape(visible_line(str(text))),
        flat=lambda text: _marked(str(text), keep=""),
        moment=lambda at: re.sub(r"^(\S{10})T(\d\d:\d\d)(:\d\d)?Z$", r"\1 \2 UTC", str(at)),
        words=lambda name: str(name).replace("_", " ").replace(":", ": "),
        markdown=lambda text: _trusted(_MARKDOWN.render(visible(text[:_BODY_LIMIT]))),
        inline=lambda text: _trusted(_CODE_SPANS.renderInline(visible(text[:_BODY_LIMIT]))),
        safe_url=_is_safe_url,
        plural=lambda number, noun, many="": f"{number} {noun if number == 1 else many or noun + 's'}",
        drawing=_trusted,
        ordered=_ordered,
        tally=lambda rows: ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in rows),
        assign=lambda rows: ", ".join(f"{name} {_number(value)}" for name, value in rows),
    )
    template = environment.get_template("report.html.j2")
    page = template.render(_view(report), css=_trusted((folder / "report.css").read_text(encoding="utf-8")))
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


def _view(report: Report) -> dict[str, Any]:
    review = report.review
    findings = review.findings if review else ()
    patches = parse_diff(report.change.diff) if report.change and report.change.diff else ()
    placed, unplaced = place_findings(patches, findings)
    dropped = review.dropped if review else ()
    plots = _load_plots()
    trained = [version for version in report.versions if version.log]
    evaluation = report.evaluation
    scores = sorted(evaluation.scores, key=lambda score: score.tier == "baseline") if evaluation else []
    return {
        "report": report,
        "program_version": __version__,
        "files": placed,
        "unplaced": unplaced,
        "dropped": _ordered(Counter(item.reason for item in dropped)),
        "dropped_rules": _ordered(Counter(item.rule for item in dropped)),
        "scores": scores,
        "best": _best(evaluation) if evaluation else {},
        "accuracy_plots": _accuracy_plots(evaluation, scores) if evaluation and plots else [],
        "trained": [(version, _training_plots(version) if plots else []) for version in trained],
        "no_plots": "" if plots else _NO_PLOTS,
        "kinds": order_kinds(evaluation.pairs) if evaluation else [],
        "in_mean": max((score.overall.count for score in scores), default=0),
        "pair_kinds": order_kinds(report.pairs),
        "splits": sorted({split for row in report.pairs.values() for split in row}, reverse=True),  # train, test
        "sections": _sections(report, bool(placed), len(unplaced)),
        **make_tables(report.architecture),
    }


def _sections(report: Report, has_files: bool, unplaced: int) -> list[tuple[str, str, str]]:
    review, dataset = report.review, report.dataset
    verdict = {"promote": "promoted", "refuse": "refused"}[report.decisions[-1].verdict] if report.decisions else ""
    lineage = bool(report.versions or report.registry or dataset)
    rows = (
        *name_sections(report.architecture),
        (bool(report.change or review), "conversation", "Conversation", ""),
        (has_files, "files", "Files changed", str(len(review.findings) - unplaced) if review else ""),
        (bool(unplaced), "unplaced", "Other comments", str(unplaced)),
        (bool(review and review.dropped), "dropped", "Not said", str(len(review.dropped)) if review else ""),
        (report.evaluation is not None, "quality", "Quality", ""),
        (any(version.log for version in report.versions), "training", "Training", ""),
        (bool(report.decisions), "gate", "Gate", verdict),
        (dataset is not None, "data", "Data", f"{sum(dataset.pairs.values())} pairs" if dataset else ""),
        (lineage, "lineage", "Lineage", ""),
        (bool(report.audit), "audit", "Audit", ""),
    )
    return [(anchor, label, count) for present, anchor, label, count in rows if present]


def _best(evaluation: Evaluation) -> dict[str, float]:
    best = {kind: _highest(score.by_kind.get(kind) for score in evaluation.scores) for kind in evaluation.pairs}
    return best | {"overall": _highest(score.overall for score in evaluation.scores)}


def _highest(values: Iterable[Interval | None]) -> float:
    return max((value.accuracy for value in values if value is not None and value.count), default=-1.0)


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _shown(value: object) -> object:
    """Make unseen characters visible in everything the template writes; what is markup already stays."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else _marked(value)


def _marked(text: str, keep: str = "\n\t") -> Markup:
    parts = split_unseen(text, keep)
    return Markup().join(
        Markup('<span class="unseen">{}</span>').format(part) if unseen else escape(part) for unseen, part in parts
    )


def _trusted(html: str) -> Markup:
    """Mark text as HTML: only for our own files and drawings, and what a library escaped (markdown-it, matplotlib)."""
    return Markup(html)  # noqa: S704


def _is_safe_url(url: str | None) -> bool:
    return url is not None and re.fullmatch(r"https?://[^\s\"'<>`\\]+", url) is not None and visible_line(url) == url


def _markdown() -> MarkdownIt:
    """The subset of GitHub Markdown that is safe on this page: no HTML, no image, no heading, links to http(s) only."""
    parser = MarkdownIt("zero", {"html": False, "breaks": True})
    parser.enable(
        ["fence", "list", "blockquote", "backticks", "emphasis", "link", "autolink", "newline", "escape", "entity"]
    )
    parser.validateLink = _is_safe_url  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link_open)
    return parser


def _link_open(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return str(renderer.renderToken(tokens, index, options, env))


_MARKDOWN = _markdown()
# Titles and evidence name paths such as `__init__.py`, in which two underscores are no emphasis.
_CODE_SPANS = MarkdownIt("zero", {"html": False}).enable("backticks")


def _load_plots() -> bool:
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return False
    return True


def _accuracy_plots(evaluation: Evaluation, scores: list[TierScore]) -> list[Markup]:
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


def _label(score: TierScore) -> str:
    name = visible_line(score.name)
    name = name.replace("_", " ") if score.tier == "baseline" else name
    return name if len(name) <= 24 else name[:23] + "…"


def _training_plots(version: VersionManifest) -> list[Markup]:
    """One curve for each quantity in the log; a hollow dot where it was measured on held-out pairs (`eval_`)."""
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
        for step, value in held_out:
            axes.plot(step, value, "o", color=_INK, markerfacecolor=_CARD, markersize=6.5)
            ends += f"; {value:.3g} on held-out pairs at step {step:.0f}"
        mark = "; hollow: held-out pairs" if held_out else ""
        axes.margins(x=0.02, y=0.12)
        axes.set_xlabel("step", color=_MUTED)
        axes.grid(axis="y", color=_LINE, linewidth=0.6)
        plots.append(_svg(figure, f"{_identifier(version.id)}-{key}", caption, about + mark, f"{ends}."))
    return plots


def _points(version: VersionManifest, key: str) -> list[tuple[float, float]]:
    rows = enumerate(version.log, 1)
    return [(row.get("step", float(at)), row[key]) for at, row in rows if math.isfinite(row.get(key, math.nan))]


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
        caption, about, _trusted(text)
    )


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", text)
