"""What `status --architecture` and `report --architecture` do: the map as text, as JSON, as a page with its picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewlore.cli.options import read_file, shown
from reviewlore.errors import ConfigError, InputError

if TYPE_CHECKING:
    from reviewlore.domain.federation import Card
    from reviewlore.wiring import Workshop

PAGE = "reviewlore-architecture.html"


@dataclass(frozen=True)
class Span:
    """What a report is about: a commit, the start of a change that ends there, and files with others' cards."""

    head: str = "HEAD"
    base: str | None = None
    cards: tuple[Path, ...] = ()


def show_architecture(workshop: "Workshop", revision: str, style: str) -> int:
    """Print what is known of the architecture of a revision."""
    from reviewlore.flows.architecture import describe
    from reviewlore.formats import architecture_json, architecture_text
    from reviewlore.wiring_architecture import map_context

    commit = workshop.repo.resolve(revision)
    overview, _ = describe(map_context(workshop, commit), commit)
    render = architecture_json.render_json if style == "json" else architecture_text.render_overview
    click.echo(render(overview), nl=False)
    return 0


def show_card(workshop: "Workshop", revision: str) -> int:
    """Print what this repository publishes and takes, for other repositories; InputError where none could read it."""
    from reviewlore.flows.federation import read_card
    from reviewlore.formats.cards import decode_card, encode_card
    from reviewlore.wiring_architecture import map_context

    commit = workshop.repo.resolve(revision)
    card = encode_card(read_card(map_context(workshop, commit), commit))
    decode_card(card.encode(), f"What {shown(workshop.repo.name)} publishes")
    click.echo(card, nl=False)
    return 0


def report_architecture(workshop: "Workshop", output: Path, span: Span) -> int:
    """Write a page about a revision, or the change that ends there, and its pictures alone beside it."""
    from reviewlore.adapters.files import write_text
    from reviewlore.flows.architecture_report import report_map
    from reviewlore.wiring_architecture import map_context

    page = output / PAGE if output.is_dir() else output
    if not page.parent.is_dir():
        raise InputError(f"The folder {page.parent} does not exist. Make it, or name another file with --output.")
    if page.suffix.lower() == ".svg":
        raise ConfigError("The report is a page; its pictures are written beside it. Name an .html file.")
    cards = _cards(span.cards)
    head = workshop.repo.resolve(span.head)
    base = None if span.base is None else workshop.repo.resolve(span.base)
    found = report_map(map_context(workshop, head), head, base, cards, workshop.clock.now())
    write_text(page, workshop.render_report(found))
    click.echo(str(page))
    told = found.architecture
    for name, picture in (("", told.picture), ("-organisation", told.organisation)) if told else ():
        if picture:
            beside = page.with_name(f"{page.stem}{name}.svg")
            write_text(beside, picture)
            click.echo(str(beside))
    return 0


def _cards(paths: tuple[Path, ...]) -> "tuple[Card, ...]":
    from reviewlore.formats.cards import decode_card

    read = {shown(str(path)): decode_card(read_file(path), shown(str(path))) for path in paths}
    names: dict[str, str] = {}
    for where, card in read.items():
        if (first := names.setdefault(card.repository, where)) != where:
            raise InputError(f"{first} and {where} are both cards of {card.repository}. Name only the newer one.")
    return tuple(read.values())
