"""What a drawing of a map shows: maps and a layering in, one `MapPicture` out. It draws nothing itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reviewlore.architecture.contracts import applies, breaks
from reviewlore.architecture.graph import strongest
from reviewlore.architecture.layers import assemble, find_layering, member_of
from reviewlore.architecture.members import Names
from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap, Contract, ImportEdge
from reviewlore.domain.layering import ChangedEdge, Layering, MapChange, MapPicture, ModuleStatus


def picture_of(
    title: str,
    tree: ArchitectureMap,
    layering: Layering,
    change: MapChange | None = None,
    notes: Sequence[str] = (),
) -> MapPicture:
    """Return what to draw of a tree; `layering` holds its modules already (`extend`)."""
    fan = Counter[str]()
    for importer, imported in strongest(tree.edges):
        fan[importer] += 1
        fan[imported] += 1
    drawn = [*(path for paths in layering.packages.values() for path in paths), *layering.facades]
    names = {path: tree.modules[path].name if path in tree.modules else path for path in drawn}
    return MapPicture(title, layering, names, fan, change, tuple(notes))


def extend(layering: Layering, tree: ArchitectureMap, removed: Iterable[str] = ()) -> Layering:
    """Return the layering, which may be that of an earlier commit, with the shipped modules and imports of `tree`.

    The order stays. A module the layering does not know joins the package that most modules of its folder are in, else
    that of a folder above or of a name above; else it is a package of its own, in no layer. `removed` paths are kept.
    """
    known = {path: name for name, members in layering.packages.items() for path in members}
    by_folder: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, name in known.items():
        by_folder[folder_of(path)][name] += 1
    facades = frozenset(layering.facades)
    shipped = {path for path in (*tree.modules, *removed) if is_product(path)}
    packages: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(shipped - facades):
        name = tree.modules[path].name if path in tree.modules else path
        own = known.get(path) or _home(path, by_folder) or member_of(name, layering.packages)
        packages[own or name].append(path)
    kept = {name: tuple(members) for name, members in sorted(packages.items())}
    layers = tuple(tuple(name for name in layer if name in kept) for layer in layering.layers)
    found = assemble(tree, kept, tuple(filter(None, layers)), tuple(sorted(facades & shipped)))
    return replace(found, origin=layering.origin)


def compare(
    base: ArchitectureMap,
    head: ArchitectureMap,
    moved: Mapping[str, str],
    changed: Iterable[str],
    contracts: Sequence[Contract] = (),
) -> tuple[Layering, MapChange]:
    """Return the base's layers with the head's modules in them, and which shipped modules and imports differ.

    `moved` maps base paths to head paths, `changed` are the paths of the diff. Only what is declared makes an import a
    breaking one; layers are the declared ones where there are some.
    """
    gone = [path for path in sorted(base.modules) if path not in head.modules and path not in moved]
    layering = extend(_renamed(find_layering(base, contracts), moved), head, gone)
    home = {path: name for name, paths in layering.packages.items() for path in paths}
    home |= {path: head.modules[path].name if path in head.modules else path for path in layering.facades}
    before = {(moved.get(a, a), moved.get(b, b)): edge for (a, b), edge in strongest(base.edges).items()}
    after = strongest(head.edges)
    edges, called = [], Names(head, base)
    differing = {
        pair: (_name(pair[0], head, base), _name(pair[1], head, base)) for pair in before.keys() ^ after.keys()
    }
    count = Counter(differing.values())  # twice: only the file changed that has the name, as `a.py` to `a/__init__.py`
    for pair, names in sorted(differing.items()):
        if count[names] == 1 and pair[0] in home and pair[1] in home:
            added = pair in after
            breaking = added and _breaking(after[pair], called, contracts)
            packages = (home[pair[0]], home[pair[1]])
            edges.append(ChangedEdge(*pair, names, packages, "added" if added else "removed", breaking))
    old = {moved.get(path, path) for path in base.modules}
    modules: dict[str, ModuleStatus] = {
        path: "modified" if path in old else "added" for path in sorted(set(changed)) if path in head.modules
    }
    modules |= dict.fromkeys(gone, "removed")
    return layering, MapChange({path: status for path, status in modules.items() if path in home}, tuple(edges))


def _renamed(layering: Layering, moved: Mapping[str, str]) -> Layering:
    packages = {name: tuple(moved.get(path, path) for path in paths) for name, paths in layering.packages.items()}
    return replace(layering, packages=packages, facades=tuple(moved.get(path, path) for path in layering.facades))


def _home(path: str, by_folder: Mapping[str, Counter[str]]) -> str | None:
    folder = folder_of(path)
    while folder:
        if folder in by_folder:
            name, count = by_folder[folder].most_common(1)[0]
            return name if count > 1 or len(by_folder[folder]) == 1 else None
        folder = folder_of(folder)
    return None


def _name(path: str, head: ArchitectureMap, base: ArchitectureMap) -> str:
    module = head.modules.get(path) or base.modules.get(path)
    return module.name if module else path


def _breaking(edge: ImportEdge, called: Names, contracts: Sequence[Contract]) -> bool:
    return any(
        breaks(contract, called[edge.importer], called[edge.imported]) is not None
        for contract in contracts
        if not contract.inferred and applies(contract, edge.importer, edge.kind)
    )
