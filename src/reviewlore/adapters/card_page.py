"""A model card as the files that are kept beside a version: a self-contained page with plots, and Markdown without.

A card in, files by name out; nothing is read but our own template.
"""

import re

from reviewlore.adapters import plots as plotting
from reviewlore.adapters.pages import NO_PLOTS, render_page
from reviewlore.domain.card import MARKDOWN_FILE, PAGE_FILE, CardTable, ModelCard
from reviewlore.domain.evaluation import Evaluation, TierScore
from reviewlore.formats.card import card_lead, card_sections
from reviewlore.formats.card_judged import ordered_scores, own_calibrations
from reviewlore.formats.card_markdown import render_card

_INTERVAL = re.compile(r"(?P<value>-?[\d.]+) \((?P<ends>-?[\d.]+–-?[\d.]+)\)")
_NUMBER = re.compile(r"-?\d[\d.,]*(?:e[-+]\d+)?|no pairs|–|")

_LONG = 28  # characters: longer cells are broken into lines


def draw_card(card: ModelCard) -> dict[str, bytes]:
    """Return both forms of a card by their file names."""
    return {MARKDOWN_FILE: render_card(card).encode(), PAGE_FILE: render_card_page(card).encode()}


def render_card_page(card: ModelCard) -> str:
    """Return the card as one HTML page, which holds no script and asks nothing of the network."""
    plots = plotting.can_plot()
    view = {
        "card": card,
        "lead": card_lead(card),
        "sections": card_sections(card),
        "plots": _plots(card) if plots else {},
        "no_plots": "" if plots else NO_PLOTS,
        "split": _split,
        "is_text": _is_text,
        "is_long": lambda table, column: max(len(row[column]) for row in table.rows) > _LONG,
    }
    return render_page("card.html.j2", view)


def _plots(card: ModelCard) -> dict[str, list[str]]:
    """Return what is drawn at the end of each section that names plots."""
    evaluation = card.judged.evaluation if card.judged else None
    return {
        "training": [*plotting.draw_training(card.manifest)],
        "accuracy": _accuracy(evaluation) if evaluation else [],
        "reliability": [plotting.draw_reliability(name, found) for name, found in own_calibrations(card.calibrations)],
    }


def _split(cell: str) -> tuple[str, str]:
    """Return a number and its interval, which stands below it in small print; any other cell as it is."""
    found = _INTERVAL.fullmatch(cell)
    return (found["value"], found["ends"]) if found else (cell, "")


def _is_text(table: CardTable, column: int) -> bool:
    """Whether a column holds more than numbers, and so begins at the left."""
    return not all(_NUMBER.fullmatch(_split(row[column])[0]) for row in table.rows)


def _accuracy(evaluation: Evaluation) -> list[str]:
    scores = ordered_scores(evaluation)
    subject = next((score for score in scores if score.name == evaluation.subject), None)
    plots: list[str] = [*plotting.draw_accuracy(evaluation, scores)]
    if subject is not None:
        plots += plotting.draw_slices(subject, _rival(scores, subject))
    return plots


def _rival(scores: list[TierScore], subject: TierScore) -> TierScore | None:
    """Return the best of the other versions, which the slices are drawn beside."""
    others = [score for score in scores if score is not subject and score.tier != "baseline" and score.slices]
    return max(others, key=lambda score: score.overall.accuracy, default=None)
