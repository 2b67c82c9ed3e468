"""What can be told about a map without its change: hubs, circles, broken contracts, hotspots, third parties. Pure."""

from collections import Counter
from collections.abc import Sequence

from reviewlore.architecture.complexity import Part, Ranges, functions_of
from reviewlore.architecture.contracts import applies, breaks
from reviewlore.architecture.graph import adjacency, components, strongest
from reviewlore.architecture.history import History
from reviewlore.architecture.members import Names
from reviewlore.architecture.ownership import people_of
from reviewlore.architecture.places import is_product, is_test
from reviewlore.domain.architecture import ArchitectureMap, Contract, ImportEdge
from reviewlore.domain.manifest import Ecosystem
from reviewlore.domain.overview import ComplexityRange, ContractStanding, Hotspot, Hub, ThirdParty
from reviewlore.domain.source import AT_LOAD

# Fewer importers than this make no hub.
MIN_FAN = 5
_EXAMPLES = 3
_PARTS: tuple[Part, ...] = ("product", "test", "aside")


def find_hubs(tree: ArchitectureMap, limit: int) -> tuple[Hub, ...]:
    """Return the shipped modules that most shipped modules import, or that import most; the largest sum first."""
    into, out = Counter[str](), Counter[str]()
    for importer, imported in strongest(tree.edges):
        if is_product(importer) and is_product(imported):
            into[imported] += 1
            out[importer] += 1
    found = [
        Hub(path, tree.modules[path].name, into[path], out[path])
        for path in into.keys() | out.keys()
        if max(into[path], out[path]) >= MIN_FAN
    ]
    return tuple(sorted(found, key=lambda hub: (-hub.fan_in - hub.fan_out, hub.path))[:limit])


def find_circles(tree: ArchitectureMap) -> tuple[tuple[str, ...], ...]:
    """Return the groups of shipped modules that reach each other by module-level imports, largest first.

    A module that imports the package it lies in closes no circle, as in the facts about circles.
    """
    graph = adjacency(
        edge
        for edge in tree.edges
        if edge.kind in AT_LOAD and is_product(edge.importer) and is_product(edge.imported) and not _upwards(edge)
    )
    return tuple(sorted((tuple(sorted(group)) for group in components(graph)), key=lambda group: (-len(group), group)))


def judge_contracts(tree: ArchitectureMap, contracts: Sequence[Contract]) -> tuple[ContractStanding, ...]:
    """Return each contract with the imports that break it now."""
    found = []
    edges, names = sorted(strongest(tree.edges).items()), Names(tree)
    for contract in contracts:
        broken = [
            edge
            for (importer, imported), edge in edges
            if applies(contract, importer, edge.kind) and breaks(contract, names[importer], names[imported])
        ]
        found.append(ContractStanding(contract, len(broken), tuple(broken[:_EXAMPLES])))
    return tuple(found)


def find_ranges(tree: ArchitectureMap) -> tuple[ComplexityRange, ...]:
    """Return up to where the functions of each language and part are ordinary, where there are enough of them."""
    ranges = Ranges(tree)
    found = []
    for language in sorted(tree.languages):
        for part in _PARTS:
            usual = ranges.whole(language, part)
            if usual is not None:
                found.append(ComplexityRange(language, part, usual.functions, usual.cyclomatic, usual.cognitive))
    return tuple(found)


def find_hotspots(tree: ArchitectureMap, history: History, limit: int) -> tuple[Hotspot, ...]:
    """Return the shipped files with the largest product of changes and effort (Tornhill 2015, with Campbell's measure).

    Both count with one added, so that a file is not left out for having no functions.
    """
    found = []
    for path, module in tree.modules.items():
        changes = len(history.by_path.get(path, ()))
        if changes and is_product(path):
            effort = sum(entry.cognitive for entry in functions_of(module))
            who = people_of(history, path)
            found.append(Hotspot(path, changes, effort, who.people, who.bus_factor))
    return tuple(sorted(found, key=lambda spot: (-spot.changes * (1 + spot.cognitive), spot.path))[:limit])


def find_third_parties(tree: ArchitectureMap) -> tuple[ThirdParty, ...]:
    """Return what the manifests that are no test's ask for, by ecosystem, without the repository's own packages."""
    own = {(manifest.ecosystem, manifest.name) for manifest in tree.manifests}
    found: dict[Ecosystem, dict[str, str]] = {}
    for manifest in tree.manifests:
        if is_test(manifest.path):
            continue
        for wanted in manifest.dependencies:
            if not wanted.local and (wanted.ecosystem, wanted.name) not in own:
                found.setdefault(wanted.ecosystem, {}).setdefault(wanted.name, wanted.requirement)
    return tuple(ThirdParty(ecosystem, tuple(sorted(names.items()))) for ecosystem, names in sorted(found.items()))


def _upwards(edge: ImportEdge) -> bool:
    package, _, name = edge.imported.rpartition("/")
    return name == "__init__.py" and edge.importer.startswith(f"{package}/")
