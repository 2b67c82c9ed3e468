"""Schema files that other repositories have a copy of, and that a change narrows or lets grow apart. Facts out.

Who the others are is told by their cards, read at the base; a change of words for readers alone is no change.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.federation import Card, SchemaElements, SchemaVersion, SharedSchema

_SHOWN = 6
_NONE: SchemaElements = frozenset()


def find_changed_schemas(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each schema that a change alters while other repositories have it, by its name.

    A copy that the change makes equal to the other one is brought over, and no reason to speak; nor is an addition
    where the copies differed before.
    """
    holders: defaultdict[tuple[str, str], list[tuple[Card, SharedSchema]]] = defaultdict(list)
    for card in change.cards:
        for schema in card.schemas:
            holders[schema.kind, schema.identity].append((card, schema))
    for before, after in change.schemas if holders else ():
        others = holders.get((before.schema.kind, before.schema.identity), ())
        fact = _judge(change, before, after, others)
        if fact is not None:
            yield fact


def _judge(
    change: ChangeContext,
    before: SchemaVersion,
    after: SchemaVersion | None,
    others: Sequence[tuple[Card, SharedSchema]],
) -> Fact | None:
    now = after.elements if after else _NONE
    gone = before.elements - now
    needed = {element for element in now - before.elements if "required" in element}
    if after is not None and before.elements == now:
        return None
    settled = {after.schema.digest} if after else set()
    apart = [pair for pair in others if pair[1].digest not in settled]
    equal = [pair for pair in apart if pair[1].digest and pair[1].digest == before.schema.digest]
    narrowed = bool(gone or needed)
    concerned = apart if narrowed else equal
    if not concerned or len(apart) < len(others):  # one of them has this already: it is being brought over
        return None
    path = change.moved.get(before.schema.path, before.schema.path)
    return Fact(
        kind="shared_schema_changed",
        path=path,
        line=change.first_line(path),
        title=_title(before.schema, gone, needed, concerned, removed=after is None),
        why="Several repositories have this schema. Who sends by one version and reads by the other fails"
        + (" where the versions differ." if narrowed else ", or does not see what was added."),
        advice="Bring the change over to the others, or keep what they rely on until they have it.",
        severity="warning" if narrowed and equal else "info",
        confidence=0.85 if equal else 0.65,
        fingerprint=fingerprint("shared_schema_changed", path, before.schema.identity),
        evidence=(*_changes(before.elements, now, gone, needed), *_places(concerned)),
    )


def _title(
    schema: SharedSchema,
    gone: SchemaElements,
    needed: set[tuple[str, ...]],
    concerned: Sequence[tuple[Card, SharedSchema]],
    *,
    removed: bool,
) -> str:
    named = sorted({card.repository for card, _ in concerned})
    who = f"`{named[0]}` has" if len(named) == 1 else f"{len(named)} other repositories have"
    name = schema.path.rpartition("/")[2] if schema.identity.startswith("sha256:") else schema.identity
    what = "is removed" if removed else "loses parts" if gone else "requires more" if needed else "grows"
    return f"Schema `{name}` {what}, and {who} it too"


def _changes(
    before: SchemaElements, now: SchemaElements, gone: SchemaElements, needed: set[tuple[str, ...]]
) -> Iterator[Evidence]:
    """Yield what is gone, by the highest part of it that nothing is left of, and what is new."""
    left = {element[:length] for element in now for length in range(len(element) + 1)}
    parts = sorted({next(part for part in _prefixes(element) if part not in left) for element in gone})
    known = {element[:length] for element in before for length in range(len(element) + 1)}
    fresh = needed or (set() if gone else now - before)
    added = sorted({next(part for part in _prefixes(element) if part not in known) for element in fresh})
    for word, found in (("gone", parts), ("required now" if needed else "new", added)):
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield Evidence(f"{word}: {', '.join(' / '.join(part) for part in found[:_SHOWN])}{more}")


def _prefixes(element: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (element[:length] for length in range(1, len(element) + 1))


def _places(concerned: Sequence[tuple[Card, SharedSchema]]) -> Iterator[Evidence]:
    ordered = sorted(concerned, key=lambda pair: (pair[0].repository, pair[1].path))
    for card, schema in ordered[:_SHOWN]:
        at = f" (card of {card.commit[:12]})" if card.commit else ""
        yield Evidence(f"{card.repository} has it at {schema.path}{at}")
    if len(ordered) > _SHOWN:
        yield Evidence(f"and {len(ordered) - _SHOWN} more places")
