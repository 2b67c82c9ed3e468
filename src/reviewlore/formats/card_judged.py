"""What a card says of how a version was judged: everybody on the same later pairs, guards, and calibration."""

from collections.abc import Sequence

from reviewlore.domain.calibration import Audience, Calibration, Calibrations
from reviewlore.domain.card import CardSection, CardTable, ModelCard
from reviewlore.domain.evaluation import Diagnostics, Evaluation, GuardResult, Interval, TierScore
from reviewlore.formats.standing import order_kinds
from reviewlore.formats.tables import show_milliseconds

_DIAGNOSTICS = (
    ("length_correlation", "Rank correlation of score and length"),
    ("calibration_error", "Calibration error"),
    ("auc", "Area under the ROC curve"),
    ("valid", "Share of written remarks that can be used"),
    ("duplicates", "Share of written remarks that repeat another"),
    ("forgetting", "Perplexity of held-out code over the base's"),
    ("exposure", "Exposure of planted secrets (bits)"),
)


def evaluation_section(card: ModelCard) -> CardSection:
    """Return the section with the table of all versions and baselines, the slices, and the diagnostics."""
    if card.judged is None:
        rows = tuple((kind.replace("_", " "), f"{value:.3f}") for kind, value in card.manifest.metrics.items())
        table = CardTable("Preference accuracy", ("Kind of pair", "Accuracy"), rows)
        return CardSection("evaluation", "Evaluation", tables=(table,) if rows else ())
    evaluation = card.judged.evaluation
    told = (
        f"Which of two remarks would the team stand by? The share answered rightly on {evaluation.pull_requests} later "
        f"pull requests ({sum(evaluation.pairs.values())} pairs), the same for all, with 95 % bootstrap intervals. "
        "Guessing gives 0.500."
    )
    tables = [_scores(evaluation), _slices(evaluation), _diagnostics(evaluation.diagnostics)]
    return CardSection(
        "evaluation", "Evaluation", (told,), items=evaluation.notes,
        tables=tuple(table for table in tables if table.rows), plots="accuracy",
    )  # fmt: skip


def ordered_scores(evaluation: Evaluation) -> list[TierScore]:
    """Return the version that is judged first, then its rivals, then the baselines."""
    return sorted(evaluation.scores, key=lambda score: (score.name != evaluation.subject, score.tier == "baseline"))


def guards_section(card: ModelCard) -> CardSection:
    """Return the section about what a version must not do."""
    guards = card.judged.evaluation.guards if card.judged else ()
    if not guards:
        why = "none was asked of it" if card.judged else "not recorded"
        return CardSection("guards", "Guards", (f"Limits whatever it prefers: {why}.",))
    rows = tuple(
        (
            guard.name.replace("_", " "),
            "–" if guard.value is None else f"{guard.value:.4g}",
            f"{guard.limit:g}",
            "not measured" if guard.value is None else "broken" if guard.broken else "held",
            guard.told,
        )
        for guard in guards
    )
    told = "What a version must not do, whatever it prefers; a broken one refuses it."
    return CardSection(
        "guards", "Guards", (told,), tables=(CardTable("Guards", ("Guard", "Value", "Limit", "State", "Means"), rows),)
    )


def tell_guards(guards: Sequence[GuardResult]) -> str:
    """Return in one line how many guards held, and which did not; empty where there are none."""
    broken = [guard.name.replace("_", " ") for guard in guards if guard.broken]
    unmeasured = sum(guard.value is None for guard in guards)
    held = len(guards) - len(broken) - unmeasured
    parts = [f"{held} held"] if held else []
    parts += [f"{len(broken)} broken ({', '.join(broken)})"] if broken else []
    parts += [f"{unmeasured} not measured"] if unmeasured else []
    return ", ".join(parts)


def calibration_section(card: ModelCard) -> CardSection:
    """Return the section about what its scores are worth as probabilities."""
    found = own_calibrations(card.calibrations)
    if not found:
        told = "Too few held-out remarks with a known outcome: its scores have no probability of their own."
        return CardSection("calibration", "Calibration", (told,))
    told = (
        "How often remarks of later pull requests were addressed, beside the probability that their score was given; "
        "each predicted from the others."
    )
    rows = tuple(
        (f"remarks of {audience}", str(each.count), f"{each.addressed:.3f}", f"{each.error:.3f}", f"{each.brier:.3f}",
         f"{each.auc:.3f}")
        for audience, each in found
    )  # fmt: skip
    head = ("Of", "Held out", "Addressed", "Calibration error", "Brier score", "Area under ROC curve")
    table = CardTable("Calibration", head, rows)
    return CardSection("calibration", "Calibration", (told,), tables=(table,), plots="reliability")


def own_calibrations(calibrations: Calibrations | None) -> list[tuple[Audience, Calibration]]:
    """Return what was found on held-out remarks of people and of bots; nothing where there were too few."""
    if calibrations is None:
        return []
    both: tuple[tuple[Audience, Calibration | None], ...] = (
        ("people", calibrations.people), ("bots", calibrations.bots)
    )  # fmt: skip
    return [(audience, found) for audience, found in both if found is not None]


def _scores(evaluation: Evaluation) -> CardTable:
    kinds = order_kinds(evaluation.pairs)
    scores = ordered_scores(evaluation)
    priced = any(score.cost_per_thousand is not None for score in scores)
    head = ["Version or baseline", "Tier", "Mean of kinds", *(kind.replace("_", " ") for kind in kinds)]
    head += ["Prompt tokens", "ms a remark", *(["Cost of 1,000"] if priced else [])]
    rows = []
    for score in scores:
        name = score.name.replace("_", " ") if score.tier == "baseline" else score.name
        row = [name, score.tier, _interval(score.overall), *(_interval(score.by_kind.get(kind)) for kind in kinds)]
        row += [
            f"{score.prompt_tokens:.0f}" if score.prompt_tokens else "",
            show_milliseconds(score.milliseconds_per_remark),
        ]
        if priced:
            row.append("" if score.cost_per_thousand is None else f"{score.cost_per_thousand:.4g}")
        rows.append(tuple(row))
    return CardTable("Preference accuracy by kind of pair", tuple(head), tuple(rows))


def _slices(evaluation: Evaluation) -> CardTable:
    shown = [score for score in ordered_scores(evaluation) if score.slices and score.tier != "baseline"]
    names = sorted({name for score in shown for name in score.slices})
    rows = tuple((name.replace(":", ": "), *(_interval(score.slices.get(name)) for score in shown)) for name in names)
    return CardTable(
        "All kinds of pairs together, by language and specialist", ("Slice", *(score.name for score in shown)), rows
    )


def _diagnostics(found: Diagnostics) -> CardTable:
    rows = [(name, f"{value:.4g}") for key, name in _DIAGNOSTICS if (value := getattr(found, key)) is not None]
    if found.silence is not None and found.silence.count:
        rows.append(("Rightly silent: not addressed of those below the threshold", _interval(found.silence)))
    return CardTable("Beyond preferring the right remark", ("Diagnostic", "Value"), tuple(rows))


def _interval(interval: Interval | None) -> str:
    if interval is None or not interval.count:
        return "no pairs"
    return f"{interval.accuracy:.3f} ({interval.low:.3f}–{interval.high:.3f})"
