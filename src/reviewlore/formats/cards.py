"""Cards of repositories to and from JSON files. Cards come from other repositories: bounded, and validated in whole."""

import re
from collections.abc import Iterable

from reviewlore.domain.federation import Card
from reviewlore.domain.visible import to_json, visible_line
from reviewlore.errors import InputError, StateError
from reviewlore.formats.records import decode, to_plain

SCHEMA = 1
# Ten thousand modules that offer twenty names each make a card of five megabytes.
MAX_BYTES = 8_000_000
MAX_TEXT = 1_000
_MAX_ITEMS = 1_000_000
_NAME = re.compile(r"(?!\.+(/|$))[\w.@+-]+(/(?!\.+(/|$))[\w.@+-]+){0,9}")


def encode_card(card: Card) -> str:
    """Return a card as indented ASCII JSON with a final newline; equal cards give equal text."""
    return to_json(to_plain(card))


def decode_card(data: bytes, where: str) -> Card:
    """Return the card in a file; InputError says what is wrong with it, and where."""
    if len(data) > MAX_BYTES:
        raise InputError(f"{where} is no card: it has more than {MAX_BYTES} bytes.")
    try:
        card = decode(data, Card, where)
    except StateError as error:
        why = visible_line(str(error).partition(" is damaged: ")[2].partition(". Nothing was changed")[0] or str(error))
        raise InputError(
            f"{where} is no card: {why}. Make it with `reviewlore status --architecture --card`."
        ) from error
    texts = list(_texts(card))
    if len(texts) > _MAX_ITEMS or any(len(text) > MAX_TEXT for text in texts):
        raise InputError(f"{where} is no card: it has too many entries, or one of more than {MAX_TEXT} characters.")
    if card.left_out < 0 or any(use.count < 1 for use in card.uses):
        raise InputError(f"{where} is no card: it counts something that is not there.")
    if not _NAME.fullmatch(card.repository):
        raise InputError(f"{where} is no card: its repository has no usable name.")
    return card


def _texts(card: Card) -> Iterable[str]:
    yield from (card.repository, card.commit)
    for entry in card.published:
        yield from (entry.name, entry.version)
        for offer in entry.offers:
            yield from (offer.module, *offer.names)
    for wanted in card.wanted:
        yield from (wanted.name, wanted.requirement)
    for use in card.uses:
        yield from (use.module, use.name, *use.places)
    for schema in card.schemas:
        yield from (schema.identity, schema.path, schema.digest)
