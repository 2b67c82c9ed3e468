"""Circles of imports that a change closes, in the sense each language gives the word. Change in, facts out.

Python, TypeScript, JavaScript: between files, by imports that run when a module is loaded (not lazy or type-only ones).
Go: between packages, which its compiler refuses (https://go.dev/ref/spec#Import_declarations). Java: between packages
of which none contains the other; files of one package may know each other as they like. Rust: none, the modules of a
crate are one unit, and cargo refuses circles of crates. Tests close no circle in Go and Java: nothing imports them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.graph import components, shortest_path, strongest
from reviewlore.architecture.places import folder_of, is_test, related
from reviewlore.domain.architecture import Evidence, Fact, ImportEdge, Severity
from reviewlore.domain.source import AT_LOAD, Language, language_of

_PACKAGES: frozenset[Language] = frozenset({"go", "java"})
_Pair = tuple[str, str]
# Of the new imports inside one circle so many are followed back, and of a way so many steps are told.
_TRIED = 50
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class _Words:
    """What a circle means in a language, and what to do about it."""

    why: str
    advice: str
    severity: Severity
    confidence: float


_MOVE = "Move what both need into a module below the two, or hand it over as an argument."
_PYTHON = _Words(
    "Modules in a cycle can only be imported, tested and understood together, and whether the program starts depends "
    "on which of them is imported first.",
    f"{_MOVE} If the cycle is meant, import inside the function that needs it and say why.",
    "warning",
    0.9,
)
_SCRIPT = _Words(
    "Modules in a cycle can only be tested and understood together, and what one of them uses of the other while it is "
    "loaded is still undefined for whichever comes first.",
    f"{_MOVE} Types alone can be imported with `import type`.",
    "info",
    0.8,
)
_WORDS: dict[Language, _Words] = {
    "python": _PYTHON,
    "typescript": _SCRIPT,
    "javascript": _SCRIPT,
    "go": _Words(
        "Go does not compile packages that import each other.",
        "Move what both need into a package of its own, or let one side take an interface.",
        "error",
        0.9,
    ),
    "java": _Words(
        "Packages in a cycle can only be reused, tested and understood together.",
        "Move what both need into a package below the two, or let one side take an interface.",
        "info",
        0.7,
    ),
}


def find_cycles(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each circle of imports that this change closes.

    An edge inside a circle that base already had is silent: it makes nothing worse that a reviewer could undo here.
    A module that imports the package it lies in closes no circle: the package is always there first.
    """
    new = list(_pairs(change, change.new_edges))
    if not new:
        return
    before = _graph(change, change.base.edges)
    known = {pair for pair, _ in _pairs(change, change.base.edges)}
    old = {unit: number for number, group in enumerate(components(before)) for unit in group}
    graph = _graph(change, change.head.edges)
    groups = {unit: group for group in components(graph) for unit in group}
    closing: defaultdict[frozenset[str], list[tuple[_Pair, ImportEdge]]] = defaultdict(list)
    for (importer, imported), edge in new:
        group = groups.get(importer)
        same_before = importer in old and old[importer] == old.get(imported)
        if group and imported in group and not same_before and (importer, imported) not in known:
            closing[group].append(((importer, imported), edge))
    for found in closing.values():
        tried = sorted(found, key=lambda entry: (entry[1].importer, entry[1].line))[:_TRIED]
        ways = [(edge, shortest_path(graph, pair[1], pair[0])) for pair, edge in tried]
        yield _fact(change, *min(ways, key=lambda way: (len(way[1]), way[0].importer, way[0].line)))


def _pairs(change: ChangeContext, edges: Iterable[ImportEdge]) -> Iterator[tuple[_Pair, ImportEdge]]:
    """Yield the units (files or packages, as they are called at the head) of each edge that can be part of a circle."""
    for edge in edges:
        importer, imported = (change.moved.get(path, path) for path in (edge.importer, edge.imported))
        language = language_of(importer)
        if language in _PACKAGES:
            pair = folder_of(importer), folder_of(imported)
            nested = language == "java" and related(*pair)
            if pair[0] != pair[1] and not nested and not is_test(importer):
                yield pair, edge
        elif language in _WORDS and _runs(edge):
            yield (importer, imported), edge


def _graph(change: ChangeContext, edges: Iterable[ImportEdge]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for (importer, imported), _ in _pairs(change, edges):
        graph.setdefault(importer, set()).add(imported)
    return graph


def _runs(edge: ImportEdge) -> bool:
    """Whether an import runs when its module is loaded, and takes from elsewhere than the packages around it."""
    package, _, name = edge.imported.rpartition("/")
    return edge.kind in AT_LOAD and not (name == "__init__.py" and edge.importer.startswith(f"{package}/"))


def _fact(change: ChangeContext, edge: ImportEdge, way: tuple[str, ...]) -> Fact:
    language = language_of(edge.importer) or "python"
    words = _WORDS[language]
    steps = _steps(change, way)
    importer, imported = _name(change, way[-1], edge.importer), _name(change, way[0], edge.imported)
    names = [imported, *(_name(change, unit, step.imported) for unit, step in zip(way[1:], steps, strict=True))]
    more = (f"{len(names) - _SHOWN} more", names[-1]) if len(names) > _SHOWN + 1 else ()
    back = " → ".join(f"`{name}`" for name in names[: _SHOWN if more else None])
    back += "".join(f" → {name}" for name in more[:1]) + "".join(f" → `{name}`" for name in more[1:])
    return Fact(
        kind="new_cycle",
        path=edge.importer,
        line=change.line(edge.importer, edge.line),
        title=f"This import closes a cycle between `{importer}` and `{imported}`",
        why=f"`{imported}` already leads back here ({back}). {words.why}",
        advice=words.advice,
        severity=words.severity,
        confidence=words.confidence,
        fingerprint=fingerprint("new_cycle", edge.importer, *sorted(way)),
        evidence=(
            Evidence(f"`{importer}` imports `{imported}`: new in this change", edge.importer, edge.line),
            *(
                Evidence(f"`{change.name(step.importer)}` imports `{step.name}`", step.importer, step.line)
                for step in steps[:_SHOWN]
            ),
        ),
    )


def _steps(change: ChangeContext, way: tuple[str, ...]) -> list[ImportEdge]:
    """Return an import that stands for each step of a way: the strongest one, the first of its kind."""
    standing: dict[_Pair, list[ImportEdge]] = {pair: [] for pair in pairwise(way)}
    for pair, edge in _pairs(change, change.head.edges):
        if pair in standing:
            standing[pair].append(edge)
    return [min(strongest(edges).values(), key=lambda edge: (edge.importer, edge.line)) for edges in standing.values()]


def _name(change: ChangeContext, unit: str, path: str) -> str:
    """Return what people call a unit: the module's dotted name, the package, or the folder."""
    if unit == path:
        return change.name(path)
    module = change.head.modules.get(path)
    return module.parsed.package if module and module.parsed.language == "java" and module.parsed.package else unit
