"""A commit or a change of a repository, and cards of others, to the report of the architecture. It writes nothing."""

from collections.abc import Sequence
from dataclasses import replace

from reviewlore.architecture.federation import federation_picture, join_cards
from reviewlore.domain.federation import Card, Federation
from reviewlore.domain.report import MapReport, Report
from reviewlore.flows.architecture import MapContext, describe, describe_change
from reviewlore.flows.cards import read_cards
from reviewlore.flows.federation import read_card
from reviewlore.flows.review import read_settings
from reviewlore.formats.architecture_svg import render_map


def report_map(context: MapContext, head: str, base: str | None, cards: Sequence[Card], now: str) -> Report:
    """Return what is known of `head`, with the change from its merge base with `base` where one is named.

    `cards` are of other repositories, besides those that the settings name; `now` is ISO 8601 in UTC. InputError where
    a commit cannot be read, or both commits have no history in common.
    """
    start = context.repo.merge_base(base, head) if base is not None else ""
    overview, picture = describe(context, head)
    told = MapReport(overview, "", start)
    if start:
        then = replace(context, settings=read_settings(context.repo, start))
        survey, picture = describe_change(then, start, head)
        told = replace(
            told, facts=survey.facts, unjudged=tuple(note for note in survey.notes if note not in overview.notes)
        )
    joined, notes = _join(context, head, cards)
    told = replace(
        told,
        picture=render_map(picture),
        overview=replace(overview, notes=(*overview.notes, *notes)),
        federation=joined,
        organisation=render_map(federation_picture(joined), "rl-organisation") if joined.cards else "",
    )
    title = f"Architecture of {context.repository}"
    return Report(title, context.repository, now, architecture=told)


def _join(context: MapContext, head: str, given: Sequence[Card]) -> tuple[Federation, tuple[str, ...]]:
    """Return this repository among the others, nothing where no other is known, and which cards could not be read."""
    files = context.repo.files(head)
    folder = context.settings.architecture.organisation
    kept, notes = read_cards(context.repo, head, (file.path for file in files), folder, context.store)
    others = [card for card in (*kept, *given) if card.repository != context.repository]
    if not others:
        return Federation(), notes
    context.console.say(f"Reading what {context.repository} publishes and takes")
    return join_cards([*others, read_card(context, head)]), notes
