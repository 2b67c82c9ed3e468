"""Names of published packages that a change takes away from other repositories. Change and cards in, facts out.

Who the others are, and what they take, is told by their cards, read at the base; without cards there are no facts.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.offers import Offers
from reviewlore.architecture.signatures import narrows, read_signature
from reviewlore.domain.architecture import ArchitectureMap, Evidence, Fact, Module
from reviewlore.domain.federation import Card, Use
from reviewlore.domain.manifest import Ecosystem
from reviewlore.domain.source import Definition

_SHOWN = 6
_Key = tuple[Ecosystem, str, str]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side of the change offers: the module behind each name, and the modules themselves."""

    offers: Offers
    places: dict[_Key, Module]
    modules: frozenset[tuple[Ecosystem, str]] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a change does to a name that others take: at which file, at which line, `gone` or taking other arguments."""

    path: str
    line: int | None
    module: str
    name: str
    gone: bool


def find_changed_offers(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each name of a published package that is gone or narrowed, and that other cards say they take.

    A repository whose card publishes one of this repository's packages is this repository.
    """
    own = {(manifest.ecosystem, manifest.name) for manifest in change.base.manifests if manifest.name}
    others = [
        card for card in change.cards if not any((entry.ecosystem, entry.name) in own for entry in card.published)
    ]
    if not own or not any(card.uses for card in others):
        return
    before, after = _side(change.base), _side(change.head)
    found: defaultdict[_Loss, list[tuple[Card, Use]]] = defaultdict(list)
    for card in others:
        for use in card.uses:
            loss = _loss(change, before, after, use)
            if loss is not None:
                found[loss].append((card, use))
    merged: defaultdict[tuple[str, str, bool], list[_Loss]] = defaultdict(list)
    for loss in found:
        merged[loss.path, loss.name, loss.gone].append(loss)
    for _, losses in sorted(merged.items()):
        first = min(losses, key=lambda loss: (len(loss.module), loss.module))
        yield _fact(first, [pair for loss in losses for pair in found[loss]])


def _side(tree: ArchitectureMap) -> _Side:
    offers = Offers(tree)
    modules = {(entry.ecosystem, offer.module) for entry in offers.published() for offer in entry.offers}
    return _Side(offers, offers.places(), frozenset(modules))


def _loss(change: ChangeContext, before: _Side, after: _Side, use: Use) -> _Loss | None:
    """Return what the change does to what one use takes, or None where it does nothing that is sure."""
    if use.name in ("", "*") or (use.ecosystem, f"{use.module}.{use.name}") in before.modules:
        return _lost_module(change, before, after, use)
    key = (use.ecosystem, use.module, use.name)
    old, new = before.places.get(key), after.places.get(key)
    if old is None:
        return None
    source = before.offers.definition(old, use.name)
    if new is None:
        return _lost_name(change, use, old, source[0] if source else old)
    target = after.offers.definition(new, use.name)
    if source is None or target is None or not _narrowed(source, target) or target[0].path not in change.patch_of:
        return None
    path = target[0].path
    return _Loss(path, change.line(path, target[1].line) or change.first_line(path), use.module, use.name, False)


def _lost_name(change: ChangeContext, use: Use, offered_by: Module, defined_in: Module) -> _Loss | None:
    module = change.head.modules.get(change.moved.get(offered_by.path, offered_by.path))
    if module is not None and _may_have_more(module):
        return None
    path = _changed(change, defined_in.path) or _changed(change, offered_by.path)
    return _Loss(path, change.first_line(path), use.module, use.name, True) if path else None


def _lost_module(change: ChangeContext, before: _Side, after: _Side, use: Use) -> _Loss | None:
    module = use.module if use.name in ("", "*") else f"{use.module}.{use.name}"
    if (use.ecosystem, module) not in before.modules or (use.ecosystem, module) in after.modules:
        return None
    removed = [
        place.path
        for (ecosystem, spelled, _), place in before.places.items()
        if (ecosystem, spelled) == (use.ecosystem, module)
    ]
    path = next((found for old in sorted(set(removed)) if (found := _changed(change, old))), None)
    return _Loss(path, change.first_line(path), module, "", True) if path else None


def _changed(change: ChangeContext, path: str) -> str | None:
    """Return the path of a base file in the diff, None where the change does not touch it."""
    now = change.moved.get(path, path)
    return now if now in change.patch_of else None


def _may_have_more(module: Module) -> bool:
    """Whether a module may offer what cannot be seen in it."""
    parsed = module.parsed
    return parsed.broken or any(entry.name == "__getattr__" and entry.owner is None for entry in parsed.definitions)


def _narrowed(source: tuple[Module, Definition], target: tuple[Module, Definition]) -> bool:
    """Whether calls of a function or type that were right may be wrong now; only for what is not decorated."""
    if any(module.parsed.language != "python" for module, _ in (source, target)):
        return False
    ends = [_callable(*end) for end in (source, target)]
    if ends[0] is None or ends[1] is None:
        return False
    (old, bound), (new, still) = ends[0], ends[1]
    if bound != still or old.decorated or new.decorated or old.parameters == new.parameters:
        return False
    return narrows(read_signature(old.parameters, bound=bound), read_signature(new.parameters, bound=bound))


def _callable(module: Module, definition: Definition) -> tuple[Definition, bool] | None:
    """Return what a call of a definition calls, and whether its first parameter is filled already."""
    if definition.kind != "class":
        return definition, False
    made = [
        entry
        for entry in module.parsed.definitions
        if entry.owner == definition.name and entry.name == "__init__" and not definition.decorated
    ]
    return (made[0], True) if len(made) == 1 else None


def _fact(loss: _Loss, users: list[tuple[Card, Use]]) -> Fact:
    named = sorted({card.repository for card, _ in users})
    who = f"`{named[0]}` takes" if len(named) == 1 else f"{len(named)} other repositories take"
    what = f"`{loss.name}` of `{loss.module}`" if loss.name else f"Module `{loss.module}`"
    became = "is gone" if loss.gone else "takes other arguments"
    evidence = []
    for card, use in sorted(users, key=lambda pair: (pair[0].repository, pair[1].module))[:_SHOWN]:
        where = f", first at {', '.join(use.places)}" if use.places else ""
        at = f" (card of {card.commit[:12]})" if card.commit else ""
        name = f"{use.module}: {use.name}" if use.name else use.module
        evidence.append(Evidence(f"{card.repository} takes {name} in {use.count} places{where}{at}"))
    if len(users) > _SHOWN:
        evidence.append(Evidence(f"and {len(users) - _SHOWN} more uses"))
    return Fact(
        kind="published_name_changed",
        path=loss.path,
        line=loss.line,
        title=f"{what} {became}, and {who} it",
        why=f"It is part of a published package. By their cards it is used in {', '.join(named[:_SHOWN])}: "
        f"{'an import of it fails' if loss.gone else 'some calls of it no longer fit'} with the next release.",
        advice="Keep the old way working for one release and say what takes its place, or change the others first.",
        severity="warning",
        confidence=0.85 if loss.gone else 0.7,
        fingerprint=fingerprint("published_name_changed", loss.path, loss.module, loss.name),
        evidence=tuple(evidence),
    )
