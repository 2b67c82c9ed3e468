"""Several repositories as one map: a map and its schema files in, a card out; cards in, who provides what to whom out.

Pure. Cards come from other repositories: their texts are compared and counted, never interpreted.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reviewlore.architecture.layers import order
from reviewlore.architecture.offers import Offers
from reviewlore.architecture.places import is_vendored
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.federation import (
    Card,
    Federation,
    Provision,
    SharedBy,
    SharedKind,
    SharedSchema,
    Use,
    Wanted,
)
from reviewlore.domain.layering import Layering, MapPicture, PackageEdge, Wording
from reviewlore.domain.manifest import Ecosystem
from reviewlore.domain.source import Call, ImportStatement, Language

# A card with more uses than this says nothing more about its repository; the rarest ones go.
MAX_USES = 5000
MAX_PLACES = 3
ECOSYSTEM: Mapping[Language, Ecosystem] = {
    "python": "pypi",
    "typescript": "npm",
    "javascript": "npm",
    "go": "go",
    "java": "maven",
    "rust": "crates",
}
_JAVA_OWN = ("java.", "javax.", "jdk.", "sun.")
_RUST_OWN = frozenset({"std", "core", "alloc", "crate", "self", "super"})

_WORDING = Wording(
    "packages",
    "repositories",
    "use",
    "uses",
    "takes from (downwards; wider: more uses)",
    "takes from a repository above",
    "by who takes from whom",
)

_Key = tuple[Ecosystem, str, str]


def make_card(repository: str, commit: str, tree: ArchitectureMap, schemas: Sequence[SharedSchema] = ()) -> Card:
    """Return what a repository publishes and depends on at a commit; what a language ships with is no dependency."""
    own = {(manifest.ecosystem, manifest.name) for manifest in tree.manifests if manifest.name}
    wanted: dict[tuple[Ecosystem, str], Wanted] = {}
    for manifest in tree.manifests:
        for entry in manifest.dependencies:
            key = (entry.ecosystem, entry.name)
            if not entry.local and key not in own:
                wanted.setdefault(key, Wanted(entry.ecosystem, entry.name, entry.requirement))
    places: defaultdict[_Key, list[str]] = defaultdict(list)
    for taken, place in _taken(tree):
        places[taken].append(place)
    uses = [Use(*key, len(found), tuple(found[:MAX_PLACES])) for key, found in sorted(places.items())]
    kept = sorted(sorted(uses, key=lambda use: -use.count)[:MAX_USES], key=use_key)
    return Card(
        repository,
        commit,
        Offers(tree).published(),
        tuple(wanted[key] for key in sorted(wanted)),
        tuple(kept),
        tuple(sorted(schemas, key=lambda schema: (schema.kind, schema.identity, schema.path))),
        len(uses) - len(kept),
    )


def use_key(use: Use) -> _Key:
    """Return what a use is of."""
    return (use.ecosystem, use.module, use.name)


def join_cards(cards: Iterable[Card]) -> Federation:
    """Return the map of several repositories; of two cards of one repository the later counts."""
    known = {card.repository: card for card in cards}
    ordered = tuple(known[name] for name in sorted(known))
    index = _Index(ordered)
    provisions: dict[tuple[str, str, Ecosystem, str], int] = {}
    unresolved = Counter[str]()
    for card in ordered:
        for use in card.uses:
            found = index.provider(use, card.repository)
            if found is None:
                unresolved[card.repository] += use.count
            else:
                key = (found[0], card.repository, use.ecosystem, found[1])
                provisions[key] = provisions.get(key, 0) + use.count
        for want in card.wanted:
            for provider in index.publishers(want.ecosystem, want.name):
                if provider != card.repository:
                    provisions.setdefault((provider, card.repository, want.ecosystem, want.name), 0)
    asked = {(card.repository, want.ecosystem, want.name): want.requirement for card in ordered for want in card.wanted}
    linked = tuple(
        Provision(provider, consumer, ecosystem, package, uses, asked.get((consumer, ecosystem, package), ""))
        for (provider, consumer, ecosystem, package), uses in sorted(provisions.items())
    )
    return Federation(ordered, linked, index.duplicates(), _shared(ordered), dict(sorted(unresolved.items())))


def federation_picture(federation: Federation) -> MapPicture:
    """Return the map of several repositories as a drawing: repositories with what they publish, consumers on top."""
    packages = {
        card.repository: tuple(f"{card.repository}: {entry.ecosystem}: {entry.name}" for entry in card.published)
        or (f"{card.repository}: publishes nothing",)
        for card in federation.cards
    }
    weights = Counter[tuple[str, str]]()
    for link in federation.provisions:
        weights[link.consumer, link.provider] += max(1, link.uses)
    layers = order(weights)
    depth = {name: number for number, layer in enumerate(layers) for name in layer}
    edges = tuple(
        PackageEdge(*pair, weight, depth[pair[0]] > depth[pair[1]]) for pair, weight in sorted(weights.items())
    )
    names = {path: path.partition(": ")[2] for paths in packages.values() for path in paths}
    notes = [
        f"{ecosystem} {name} is published by {', '.join(all_)}." for ecosystem, name, all_ in federation.duplicates
    ]
    for shared in federation.shared:
        who = ", ".join(sorted({repository for repository, _ in shared.places}))
        notes.append(f"{shared.kind.replace('_', ' ')} {shared.identity} lies in {who}.")
    alone = tuple(name for name in packages if name not in depth)
    layering = Layering(packages, layers, (), edges, alone)
    title = f"{len(federation.cards)} repositories and what they take from each other"
    return MapPicture(title, layering, names, {}, None, tuple(notes), _WORDING)


class _Index:
    """Who publishes what: packages by name, and modules by the names they are imported by."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._packages: defaultdict[tuple[Ecosystem, str], set[str]] = defaultdict(set)
        self._modules: defaultdict[tuple[Ecosystem, str], set[tuple[str, str]]] = defaultdict(set)
        for card in cards:
            for entry in card.published:
                self._packages[entry.ecosystem, entry.name].add(card.repository)
                for offer in entry.offers:
                    self._modules[entry.ecosystem, offer.module].add((card.repository, entry.name))

    def publishers(self, ecosystem: Ecosystem, name: str) -> list[str]:
        return sorted(self._packages.get((ecosystem, name), ()))

    def provider(self, use: Use, consumer: str) -> tuple[str, str] | None:
        """Return (repository, package) of the longest published module that is the used one or contains it."""
        for module in _upwards(use.module):
            found = sorted(self._modules.get((use.ecosystem, module), ()))
            others = [pair for pair in found if pair[0] != consumer]
            if found:
                return others[0] if others and len(others) == len(found) else None
        return None

    def duplicates(self) -> tuple[tuple[Ecosystem, str, tuple[str, ...]], ...]:
        return tuple(
            (ecosystem, name, tuple(sorted(who)))
            for (ecosystem, name), who in sorted(self._packages.items())
            if len(who) > 1
        )


def _upwards(module: str) -> Iterator[str]:
    """Yield a module's name and the names above it, at most as many as a name has parts within reason."""
    for _ in range(32):
        yield module
        cut = max(module.rfind("."), module.rfind("/"), module.rfind("::"))
        if cut <= 0:
            return
        module = module[:cut].rstrip(":")


def _shared(cards: Sequence[Card]) -> tuple[SharedBy, ...]:
    places: defaultdict[tuple[SharedKind, str], list[tuple[str, str]]] = defaultdict(list)
    for card in cards:
        for schema in card.schemas:
            places[schema.kind, schema.identity].append((card.repository, schema.path))
    return tuple(
        SharedBy(*key, tuple(sorted(found)))
        for key, found in sorted(places.items())
        if len({repository for repository, _ in found}) > 1
    )


def _taken(tree: ArchitectureMap) -> Iterator[tuple[_Key, str]]:
    """Yield each name taken from outside with the place where it is, in the order of paths and lines."""
    outside: defaultdict[str, set[str]] = defaultdict(set)
    for entry in tree.external:
        outside[entry.importer].add(entry.target)
    for path, targets in sorted(outside.items()):
        module = tree.modules[path]
        if is_vendored(path):
            continue
        calls: defaultdict[str, list[Call]] = defaultdict(list)
        for call in module.parsed.calls:
            calls[call.name.partition(".")[0]].append(call)
        for statement in module.parsed.imports:
            if statement.module in targets and not _standard(module.parsed.language, statement.module):
                for name, line in _names(calls, statement):
                    target, taken = _spelled(module.parsed.language, statement.module, name)
                    yield (ECOSYSTEM[module.parsed.language], target, taken), f"{path}:{line}"


def _names(calls: Mapping[str, Sequence[Call]], statement: ImportStatement) -> Iterator[tuple[str, int]]:
    """Yield the names an import takes, and those that calls take through a module that is imported whole.

    `calls` are those of the file by the first part of their names.
    """
    whole = "" if statement.names else statement.module
    for entry in statement.names:
        if entry.name == "*" and entry.alias not in ("*", ""):
            whole = entry.alias
        else:
            yield entry.name, entry.line
    if whole:
        called = [
            (call.name[len(whole) + 1 :].partition(".")[0], call.line)
            for call in calls.get(whole.partition(".")[0], ())
            if call.name.startswith(f"{whole}.")
        ]
        yield from called or [("", statement.line)]


def _spelled(language: Language, module: str, name: str) -> tuple[str, str]:
    """Return (module, name) as cards spell them: Java's and Rust's imports name the class or item last."""
    if language == "java" and not name:
        package, _, last = module.rpartition(".")
        return package, last
    if language == "rust" and not name and "::" in module:
        package, _, last = module.rpartition("::")
        return package, last
    return module, name


def _standard(language: Language, module: str) -> bool:
    """Whether a module comes with the language."""
    if language == "python":
        return module.partition(".")[0] in sys.stdlib_module_names
    if language == "go":
        return "." not in module.partition("/")[0]
    if language == "java":
        return module.startswith(_JAVA_OWN)
    if language == "rust":
        return module.partition("::")[0] in _RUST_OWN
    return module.startswith("node:")
