"""The cards of an organisation, from the reviewed repository's base or from the state branch. It writes nothing."""

from collections.abc import Iterable

from reviewlore.diff import FilePatch
from reviewlore.domain.federation import Card, SchemaVersion
from reviewlore.errors import InputError
from reviewlore.formats.cards import decode_card
from reviewlore.formats.shared_schemas import is_schema_file, read_version
from reviewlore.ports import Repo, Store

# More repositories than this are no organisation's worth of cards, but a mistake in the settings.
MAX_CARDS = 500


def read_cards(
    repo: Repo, base: str, files: Iterable[str], folder: str, store: Store | None = None
) -> tuple[tuple[Card, ...], tuple[str, ...]]:
    """Return the cards of a folder of the base commit, or else of the state branch; and what was wrong with others.

    `files` are the paths of the base. An empty `folder` gives nothing. Of two cards of one repository the last by path
    counts.
    """
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    if not prefix:
        return (), ()
    paths = sorted(path for path in files if path.startswith(prefix) and path.endswith(".json"))
    texts: Iterable[bytes | None] = repo.contents((base, path) for path in paths)
    if not paths and store is not None:
        paths = [path for path in store.paths(prefix) if path.endswith(".json")]
        texts = (store.read(path) for path in paths)
    cards, notes = dict[str, Card](), list[str]()
    for path, data in zip(paths[:MAX_CARDS], texts, strict=False):
        try:
            card = decode_card(data or b"", path)
        except InputError as error:
            notes.append(f"A card was not read: {error}")
            continue
        if card.repository in cards:
            notes.append(f"{path} takes the place of another card of {card.repository}: remove the older one.")
        cards[card.repository] = card
    if len(paths) > MAX_CARDS:
        notes.append(f"{len(paths) - MAX_CARDS} cards were not read: there are more than {MAX_CARDS}.")
    if not paths:
        notes.append(f"No cards of other repositories lie in {folder!r}, which architecture.organisation names.")
    return tuple(cards.values()), tuple(notes)


def read_changed_schemas(
    repo: Repo, base: str, head: str, patches: Iterable[FilePatch]
) -> tuple[tuple[SchemaVersion, SchemaVersion | None], ...]:
    """Return the schema files of the base that a change touches, before and after (None: removed, or no schema now)."""
    found = []
    for patch in patches:
        if is_schema_file(patch.old_path) and patch.status != "added":
            before = read_version(patch.old_path, (repo.read(base, patch.old_path) or b"").decode("utf-8", "replace"))
            text = (repo.read(head, patch.path) or b"").decode("utf-8", "replace") if patch.status != "removed" else ""
            after = read_version(patch.path, text)
            if before and (after or not text.strip()):
                found.append((before, after))
    return tuple(found)
