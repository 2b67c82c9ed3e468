"""Public interfaces that nobody declares and nearly everybody keeps: a map in, inferred boundary contracts out.

Two habits speak, each only where at least `MIN_CASES` imports of shipped code show it and `MIN_SHARE` of them keep it:
names that say that they are private (`_private`, `internal`), and the entries of a workspace's packages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from reviewlore.architecture.graph import strongest
from reviewlore.architecture.places import is_product, related
from reviewlore.domain.architecture import ArchitectureMap, Contract, ImportEdge
from reviewlore.domain.manifest import Manifest

MIN_CASES = 20
MIN_SHARE = 0.9
# More private parts than this in one contract make every import slow to judge; the most used ones are kept.
_MAX_PARTS = 200

# `_a` and `_internal`, not `__init__`; `internal` as Go keeps it for everybody else (https://go.dev/s/go14internal).
_PRIVATE = re.compile(r"_(?!_)\w*|internal")
_SEPARATED = re.compile(r"(::|[./])")
_ENTRY = re.compile(r"(?:(?:src|source|lib)/)?(?:index|main)\.[cm]?[jt]sx?")


def infer_boundaries(tree: ArchitectureMap) -> tuple[Contract, ...]:
    """Return the boundary contracts that a tree keeps, marked as inferred; `confidence` is the share that keeps it."""
    edges = [
        edge
        for edge in strongest(tree.edges).values()
        if edge.kind != "type_only" and is_product(edge.importer) and is_product(edge.imported)
    ]
    return (*_private(tree, edges), *_entries(tree, edges))


def _private(tree: ArchitectureMap, edges: list[ImportEdge]) -> Iterator[Contract]:
    """What is named as private is imported from within the package that holds it."""
    held, cases = 0, 0
    parts: Counter[tuple[str, str]] = Counter()
    for edge in edges:
        found = private_part(tree.modules[edge.imported].name)
        importer = tree.modules[edge.importer].name
        if found is None or _lies_in(importer, found[0]):
            continue
        cases += 1
        held += _lies_in(importer, found[1])
        parts[found] += 1
    if cases < MIN_CASES or held < MIN_SHARE * cases:
        return
    kept = sorted(part for part, _ in parts.most_common(_MAX_PARTS))
    ignored = tuple(
        (name, f"{part}{end}") for part, home in kept for name in _with_inner(home) for end in ("", _below(part))
    )
    origin = f"{held} of {cases} imports of what is named as private come from the package that holds it"
    sources = tuple(part for part, _ in kept)
    yield Contract(
        "boundary", "private modules", origin, sources=sources, ignored=ignored, inferred=True, confidence=held / cases
    )


def private_part(name: str) -> tuple[str, str] | None:
    """Return the outermost private part of a module's name and the package that holds it; None where there is none.

    What is private at the top of a tree is private to nobody.
    """
    pieces = _SEPARATED.split(name)
    for place in range(2, len(pieces), 2):
        if _PRIVATE.fullmatch(pieces[place]):
            return "".join(pieces[: place + 1]), "".join(pieces[: place - 1])
    return None


def _entries(tree: ArchitectureMap, edges: list[ImportEdge]) -> Iterator[Contract]:
    """Packages of a workspace are imported by their entry."""
    folders = {one.folder: one for one in tree.manifests if one.ecosystem == "npm" and one.name and one.folder}
    uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for edge in edges:
        home = _home(edge.imported, folders)
        if home and not related(home, _home(edge.importer, folders)):
            uses[home][edge.imported] += 1
    for folder, counts in sorted(uses.items()):
        doors = [path for path in sorted(counts) if _is_entry(path, folders[folder])]
        held, cases = sum(counts[path] for path in doors), sum(counts.values())
        if cases >= MIN_CASES and held >= MIN_SHARE * cases:
            origin = f"{held} of {cases} imports of {folder} from outside take its entry"
            yield Contract(
                "boundary",
                f"entry of {folder}",
                origin,
                sources=(folder,),
                targets=tuple(doors),
                inferred=True,
                confidence=held / cases,
            )


def _home(path: str, folders: dict[str, Manifest]) -> str:
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in folders:
            return folder
    return ""


def _is_entry(path: str, manifest: Manifest) -> bool:
    inner = path[len(manifest.folder) + 1 :]
    listed = {manifest.entry, *(target for _, targets in manifest.aliases for target in targets)}
    return path in listed or _ENTRY.fullmatch(inner) is not None


def _lies_in(name: str, package: str) -> bool:
    return name == package or (name.startswith(package) and name[len(package)] in "./:")


def _below(name: str) -> str:
    separator = "::" if "::" in name else "/" if "/" in name else "."
    return f"{separator}**"


def _with_inner(name: str) -> tuple[str, str]:
    return name, f"{name}{_below(name)}"
