"""The cards of an organisation, from the reviewed repository's base or from the state branch. It writes nothing."""

from collections.abc import Iterable

from reviewlore.domain.federation import Card
from reviewlore.errors import InputError
from reviewlore.formats.cards import decode_card
from reviewlore.ports import Repo, Store

# More repositories than this are no organisation's worth of cards, but a mistake in the settings.
MAX_CARDS = 500


def read_cards(
    repo: Repo, base: str, files: Iterable[str], folder: str, store: Store | None = None
) -> tuple[tuple[Card, ...], tuple[str, ...]]:
    """Return the cards of a folder of the base commit, or else of the state branch; and what was wrong with others.

    `files` are the paths of the base. An empty `folder` gives nothing.
    """
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    if not prefix:
        return (), ()
    paths = sorted(path for path in files if path.startswith(prefix) and path.endswith(".json"))
    texts: Iterable[bytes | None] = repo.contents((base, path) for path in paths)
    if not paths and store is not None:
        paths = [path for path in store.paths(prefix) if path.endswith(".json")]
        texts = (store.read(path) for path in paths)
    cards, notes = list[Card](), list[str]()
    for path, data in zip(paths[:MAX_CARDS], texts, strict=False):
        try:
            cards.append(decode_card(data or b"", path))
        except InputError as error:
            notes.append(f"A card was not read: {error}")
    if len(paths) > MAX_CARDS:
        notes.append(f"{len(paths) - MAX_CARDS} cards were not read: there are more than {MAX_CARDS}.")
    if not paths:
        notes.append(f"No cards of other repositories lie in {folder!r}, which architecture.organisation names.")
    return tuple(cards), tuple(notes)
