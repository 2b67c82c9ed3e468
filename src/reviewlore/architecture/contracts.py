"""Rules about imports: declarations in, contracts out, or inferred and marked so; and what an import does to them.

Reads `[architecture] layers` and `[[architecture.contracts]]` of reviewlore's own configuration; what other tools
declare is read in `formats/`. Only direct imports are judged.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from reviewlore.architecture.graph import components
from reviewlore.architecture.members import Called, Names, call, find_member, is_exactly
from reviewlore.architecture.places import folder_of, is_product, is_test, related
from reviewlore.config import ContractSettings
from reviewlore.domain.architecture import ArchitectureMap, Contract, ContractKind, Layer
from reviewlore.domain.source import ImportKind

# One or two imports are no habit yet: below this an inferred direction would be chance.
MIN_IMPORTS = 4

# `|` or `:` between siblings; the `::` of Rust is part of a name.
_JOINED = re.compile(r"\||(?<!:):(?!:)")
_SHOWN = 3


def parse_layers(layers: Sequence[str | Sequence[str]], origin: str = ".reviewlore.toml") -> tuple[Contract, ...]:
    """Return the contract of `[architecture] layers`, top to bottom; siblings joined by `|` or given as a list."""
    parsed = tuple(_layer(" | ".join([entry] if isinstance(entry, str) else entry)) for entry in layers)
    parsed = tuple(layer for layer in parsed if layer.members)
    return (Contract("layers", "layers", origin, parsed),) if parsed else ()


def declared_contracts(rules: Sequence[ContractSettings], origin: str = ".reviewlore.toml") -> tuple[Contract, ...]:
    """Return the contracts of `[[architecture.contracts]]`, in their order."""
    found = []
    for rule in rules:
        layers = tuple(layer for entry in rule.layers if (layer := _layer(entry)).members)
        pairs = (entry.partition("->") for entry in rule.ignore)
        ignored = tuple((left.strip(), right.strip()) for left, _, right in pairs)
        name = rule.name or rule.kind
        found.append(
            Contract(rule.kind, name, origin, layers, rule.sources, rule.targets, ignored, rule.ignore_type_only)
        )
    return tuple(found)


def find_unmatched(contracts: Sequence[Contract], tree: ArchitectureMap) -> tuple[str, ...]:
    """Return a sentence for each contract that names modules which are not there: it may have been outlived.

    What is forbidden need not be there; it is told of only where it points into a part of the tree that is.
    """
    names = Names(tree)
    called = tuple(names[path] for path in sorted(tree.modules))
    tops = {steps[0] for one in called for _, steps in one.forms}
    notes = []
    for contract in contracts:
        members = [name for layer in contract.layers for name in layer.members]
        inner = [name for name in contract.targets if contract.kind != "forbidden" or _points_inside(name, tops)]
        lost = [
            name
            for name in (*members, *contract.sources, *inner)
            if not any(find_member((name,), one) for one in called)
        ]
        if lost:
            told = ", ".join(f"`{name}`" for name in dict.fromkeys(lost[:_SHOWN]))
            more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
            notes.append(f"{contract.origin}: the contract “{contract.name}” names no module by {told}{more}.")
    return tuple(notes)


def _points_inside(pattern: str, tops: Collection[str]) -> bool:
    separator = "/" if "/" in pattern else "::" if "::" in pattern else "."
    first, found, _ = pattern.removeprefix("./").partition(separator)
    return bool(found) and first in tops


def infer_contracts(base: ArchitectureMap) -> tuple[Contract, ...]:
    """Return one layers contract per pair of packages whose imports point one way only, marked as inferred.

    A direction is taken for a rule where at least `MIN_IMPORTS` modules of the upper package import the lower one at
    module level, and the lower one reaches the upper one by no path at all. Only shipped code has a say.
    """
    importers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for edge in base.edges:
        upper, lower = folder_of(edge.importer), folder_of(edge.imported)
        if edge.kind == "type_only" or upper == lower or not (is_product(edge.importer) and is_product(edge.imported)):
            continue
        graph[upper].add(lower)
        importers[upper, lower].add(edge.importer)
    circle = {folder: number for number, group in enumerate(components(graph)) for folder in group}
    found = []
    for (upper, lower), modules in sorted(importers.items()):
        same_circle = upper in circle and circle.get(upper) == circle.get(lower)
        if len(modules) >= MIN_IMPORTS and not same_circle and not related(upper, lower):
            layers = tuple(Layer((name,)) for name in (_package(base, upper), _package(base, lower)))
            origin = f"{len(modules)} modules of {layers[0].members[0]} import {layers[1].members[0]}, none the reverse"
            found.append(Contract("layers", "direction", origin, layers, inferred=True))
    return tuple(found)


def applies(contract: Contract, importer: str, kind: ImportKind) -> bool:
    """Whether a contract has a say about an import of some kind in the file of a path: tests may look behind doors."""
    return not (contract.ignore_type_only and kind == "type_only") and not (
        contract.kind == "boundary" and is_test(importer)
    )


def breaks(contract: Contract, importer: str | Called, imported: str | Called) -> str | None:
    """Return how an import of one module by another breaks a contract, as half a sentence, or None.

    Modules are given by name, or by all they are called. An `imported` outside the tree is judged by what is forbidden.
    """
    one = call(importer) if isinstance(importer, str) else importer
    other = call(imported) if isinstance(imported, str) else imported
    reason = _JUDGES[contract.kind](contract, one, other)
    if reason and any(is_exactly(left, one) and is_exactly(right, other) for left, right in contract.ignored):
        return None
    return reason


def _breaks_layers(contract: Contract, importer: Called, imported: Called) -> str | None:
    places = [(name, layer) for layer in contract.layers for name in layer.members]
    names = tuple(name for name, _ in places)
    lower, upper = find_member(names, importer), find_member(names, imported)
    if not lower or not upper or lower == upper:
        return None
    layer, above = places[names.index(lower.pattern)][1], places[names.index(upper.pattern)][1]
    if layer is above:
        return (
            f"`{lower.name}` and `{upper.name}` share a layer and must not know each other"
            if layer.independent
            else None
        )
    below = contract.layers.index(layer) > contract.layers.index(above)
    return f"`{lower.name}` is declared below `{upper.name}`" if below else None


def _breaks_forbidden(contract: Contract, importer: Called, imported: Called) -> str | None:
    source, target = find_member(contract.sources, importer), find_member(contract.targets, imported)
    return f"`{source.name}` must not import `{target.name}`" if source and target else None


def _breaks_independence(contract: Contract, importer: Called, imported: Called) -> str | None:
    one, other = find_member(contract.sources, importer), find_member(contract.sources, imported)
    apart = one and other and one != other
    return f"`{one.name}` and `{other.name}` must not know each other" if one and other and apart else None


def _breaks_allowed(contract: Contract, importer: Called, imported: Called) -> str | None:
    source = find_member(contract.sources, importer)
    if not source or find_member(contract.sources, imported) == source or find_member(contract.targets, imported):
        return None
    allowed = " and ".join(f"`{name}`" for name in contract.targets[:_SHOWN])
    more = f" and {len(contract.targets) - _SHOWN} more" if len(contract.targets) > _SHOWN else ""
    return (
        f"`{source.name}` may import {allowed or 'nothing else of this repository'}{more}{' only' if allowed else ''}"
    )


def _breaks_boundary(contract: Contract, importer: Called, imported: Called) -> str | None:
    area = find_member(contract.sources, imported)
    if not area or find_member(contract.sources, importer) == area or find_member(contract.targets, imported):
        return None
    inside = ((name, find_member(contract.sources, call(name))) for name in contract.targets)
    doors = [name for name, found in inside if found is None or found == area or "*" in found.name]
    through = " or ".join(f"`{name}`" for name in doors[:_SHOWN])
    return (
        f"`{area.name}` may be entered through {through} only"
        if through
        else f"`{area.name}` is not for others to import"
    )


_JUDGES: Mapping[ContractKind, Callable[[Contract, Called, Called], str | None]] = {
    "layers": _breaks_layers,
    "forbidden": _breaks_forbidden,
    "independence": _breaks_independence,
    "allowed": _breaks_allowed,
    "boundary": _breaks_boundary,
}


def _layer(text: str) -> Layer:
    """`a | b` are independent siblings, `a : b` siblings that may know each other."""
    members = [part.strip().strip("()").strip() for part in _JOINED.split(text)]
    return Layer(tuple(name for name in members if name), "|" in text)


def _package(base: ArchitectureMap, folder: str) -> str:
    """Return the dotted name most modules of a folder have as their package."""
    names = Counter(
        module.name if module.is_package else module.name.rpartition(".")[0]
        for path, module in base.modules.items()
        if folder_of(path) == folder
    )
    return names.most_common(1)[0][0] if names else folder.replace("/", ".")
