"""A report as one self-contained HTML page, with its plots. Owns jinja2 and markdown-it. Record in, text out.

It reads its own template and nothing else; strangers' words are escaped, and their unseen characters shown.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reviewlore import __version__
from reviewlore.adapters import plots as plotting
from reviewlore.diff import parse_diff
from reviewlore.domain.calibration import Audience, Calibration, Calibrations, OperatingPoint
from reviewlore.domain.evaluation import Evaluation, Interval
from reviewlore.domain.online import OnlineRow
from reviewlore.domain.report import Report
from reviewlore.domain.visible import split_unseen, visible, visible_line
from reviewlore.formats.architecture_tables import make_tables, name_sections
from reviewlore.formats.card_judged import tell_guards
from reviewlore.formats.card_lineage import tell_spent
from reviewlore.formats.placement import place_findings
from reviewlore.formats.standing import order_kinds
from reviewlore.stages.online import add_up

NO_PLOTS = "The plots are left out: matplotlib is not installed. `pip install '/path/to/reviewlore[model]'` brings it."
_BODY_LIMIT = 65_536  # GitHub's own limit of a comment; also bounds the work of the Markdown parser


def render_report(report: Report) -> str:
    """Return the page. InputError where the report's diff is not a unified diff."""
    return render_page("report.html.j2", _view(report))


def render_page(name: str, view: Mapping[str, object]) -> str:
    """Return one self-contained page of a template of ours; whatever it writes is escaped, unseen characters shown."""
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
        took=tell_spent,
        guarded=tell_guards,
        ordered=_ordered,
        tally=lambda rows: ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in rows),
        assign=lambda rows: ", ".join(f"{name} {_number(value)}" for name, value in rows),
    )
    css = _trusted((folder / "report.css").read_text(encoding="utf-8"))
    page = environment.get_template(name).render(view, css=css, program_version=__version__)
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


def _view(report: Report) -> dict[str, Any]:
    review = report.review
    findings = review.findings if review else ()
    patches = parse_diff(report.change.diff) if report.change and report.change.diff else ()
    placed, unplaced = place_findings(patches, findings)
    dropped = review.dropped if review else ()
    plots = plotting.can_plot()
    trained = [version for version in report.versions if version.log]
    evaluation = report.evaluation
    scores = sorted(evaluation.scores, key=lambda score: score.tier == "baseline") if evaluation else []
    return {
        "report": report,
        "files": placed,
        "unplaced": unplaced,
        "dropped": _ordered(Counter(item.reason for item in dropped)),
        "dropped_rules": _ordered(Counter(item.rule for item in dropped)),
        "scores": scores,
        "best": _best(evaluation) if evaluation else {},
        "accuracy_plots": plotting.draw_accuracy(evaluation, scores) if evaluation and plots else [],
        "calibrated": [
            (audience, found, _points(found), plotting.draw_reliability(audience, found) if plots else "")
            for audience, found in _calibrated(report.calibrations)
        ],
        "online": _online(report, plots=plots),
        "trained": [(version, plotting.draw_training(version) if plots else []) for version in trained],
        "no_plots": "" if plots else NO_PLOTS,
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
        (bool(_calibrated(report.calibrations)), "probabilities", "Probabilities", ""),
        (bool(report.online.rows or report.shadow.reviews), "online", "Own remarks", ""),
        (any(version.log for version in report.versions), "training", "Training", ""),
        (bool(report.decisions), "gate", "Gate", verdict),
        (dataset is not None, "data", "Data", f"{sum(dataset.pairs.values())} pairs" if dataset else ""),
        (lineage, "lineage", "Lineage", ""),
        (bool(report.audit), "audit", "Audit", ""),
    )
    return [(anchor, label, count) for present, anchor, label, count in rows if present]


def _online(report: Report, *, plots: bool) -> dict[str, Any]:
    """Return the tables and the plot of what became of our own remarks; nothing where there are none."""
    metrics = report.online
    if not metrics.rows:
        return {"tables": (), "plot": ""}
    keys: tuple[tuple[str, Callable[[OnlineRow], str]], ...] = (
        ("Version", lambda row: f"{row.version} ({row.tier})"),
        ("Said by", lambda row: row.specialist or "architecture facts"),
        ("Rule", lambda row: row.rule or "(not told)"),
    )
    return {
        "tables": [(title, add_up(metrics, key)) for title, key in keys],
        "plot": plotting.draw_online(add_up(metrics, lambda row: row.week)) if plots else "",
    }


def _calibrated(calibrations: Calibrations | None) -> list[tuple[Audience, Calibration]]:
    """Return what was found on the version's own held-out remarks; what it borrowed is not its own."""
    if calibrations is None:
        return []
    own: list[tuple[Audience, Calibration | None]] = [("people", calibrations.people), ("bots", calibrations.bots)]
    return [(name, found) for name, found in own if found is not None and name not in calibrations.borrowed]


def _points(calibration: Calibration) -> tuple[OperatingPoint, ...]:
    """Return the thresholds that somebody might ask for; the best there is where none is that good."""
    return tuple(point for point in calibration.points if point.precision >= 0.5) or calibration.points[-1:]


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
