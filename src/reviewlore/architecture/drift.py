"""How far a repository's structure has moved: a map to its fingerprint, two fingerprints to their distance. Pure.

The distance is that of Ružička (the weighted Jaccard distance, 1 - sum of minima / sum of maxima) over what each folder
holds, over the imports between folders, and over the dependencies. As a2a does (Le et al. 2015, "An empirical study of
architectural change in open-source software systems", MSR) it grows with every module and import that comes or goes,
relative to both sides together.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from reviewlore.architecture.conventions import Convention
from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.drift import Drift, MapFingerprint

# What is judged rests on where code lies and on who knows whom; a new dependency touches less of it.
_WEIGHTS = (2.0, 2.0, 1.0)
# A folder with another name holds the same code where its size did not change by more than this.
_SAME_SIZE = 0.2
# Moves told apart at most: a reorganisation has few causes, and each is one pass over the folders.
_MOST_MOVES = 5
_Item = TypeVar("_Item", bound=Hashable)


def fingerprint_map(
    tree: ArchitectureMap,
    commit: str = "",
    layers: Iterable[str] = (),
    conventions: Iterable[Convention] = (),
) -> MapFingerprint:
    """Return the fingerprint of a map; tests, examples and vendored code have no part in it.

    `layers` are the names of the layers from top to bottom, where they are known.
    """
    own = {path: module for path, module in tree.modules.items() if is_product(path)}
    pairs = {
        (edge.importer, edge.imported)
        for edge in tree.edges
        if edge.importer in own and edge.imported in own and edge.kind != "type_only"
    }
    between = Counter((folder_of(one), folder_of(other)) for one, other in pairs)
    habits = sorted((item.kind, item.place, item.value) for item in conventions)
    declared = {
        f"{one.ecosystem}:{one.name}" for manifest in tree.manifests for one in manifest.dependencies if not one.local
    }
    return MapFingerprint(
        commit=commit,
        packages=dict(sorted(Counter(folder_of(path) for path in own).items())),
        imports=tuple((one, other, count) for (one, other), count in sorted(between.items()) if one != other),
        dependencies=tuple(sorted(declared)),
        layers=tuple(layers),
        conventions=hashlib.sha256(repr(habits).encode()).hexdigest()[:12] if habits else "",
        lines=sum(module.parsed.lines for module in own.values()),
    )


def measure_drift(before: MapFingerprint, now: MapFingerprint) -> Drift:
    """Return how far the second lies from the first; 1 where only one of them is empty."""
    moves = _find_moves(before.packages, now.packages)
    home = {name: _moved(name, moves, now.packages) for name in before.packages}
    packages = Counter[str]()
    for name, count in before.packages.items():
        packages[home[name]] += count
    old_imports = Counter[tuple[str, str]]()
    for one, other, count in before.imports:
        pair = home.get(one, one), home.get(other, other)
        if pair[0] != pair[1]:
            old_imports[pair] += count
    new_imports = {(one, other): count for one, other, count in now.imports}
    old_needs, new_needs = set(before.dependencies), set(now.dependencies)
    parts = (
        _ruzicka(packages, now.packages),
        _ruzicka(old_imports, new_imports),
        _ruzicka(dict.fromkeys(old_needs, 1), dict.fromkeys(new_needs, 1)),
    )
    known = [(weight, part) for weight, part in zip(_WEIGHTS, parts, strict=True) if part is not None]
    total = sum(weight for weight, _ in known)
    return Drift(
        distance=round(sum(weight * part for weight, part in known) / total, 4) if total else 0.0,
        renamed=moves,
        packages_added=tuple(sorted(now.packages.keys() - packages.keys())),
        packages_removed=tuple(sorted(packages.keys() - now.packages.keys())),
        imports_added=tuple(sorted(new_imports.keys() - old_imports.keys())),
        imports_removed=tuple(sorted(old_imports.keys() - new_imports.keys())),
        dependencies_added=tuple(sorted(new_needs - old_needs)),
        dependencies_removed=tuple(sorted(old_needs - new_needs)),
        layers_changed=tuple(home.get(name, name) for name in before.layers) != now.layers,
        conventions_changed=before.conventions != now.conventions,
    )


def _ruzicka(before: Mapping[_Item, int], now: Mapping[_Item, int]) -> float | None:
    """Return the weighted Jaccard distance of two bags, or None where both are empty."""
    keys = before.keys() | now.keys()
    most = sum(max(before.get(key, 0), now.get(key, 0)) for key in keys)
    least = sum(min(before.get(key, 0), now.get(key, 0)) for key in keys)
    return 1 - least / most if most else None


def _find_moves(before: Mapping[str, int], now: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return the folders that moved, as prefixes: the pair that explains the most modules first.

    Of a folder that went and one that came, what their paths do not share at the end is taken for the move.
    """
    moves: list[tuple[str, str]] = []
    for _ in range(_MOST_MOVES):
        home = {name: _moved(name, moves, now) for name in before}
        gone = {name: count for name, count in before.items() if home[name] not in now}
        come = {name: count for name, count in now.items() if name not in home.values()}
        votes = Counter[tuple[str, str]]()
        by_name: defaultdict[str, list[str]] = defaultdict(list)
        for name in come:
            by_name[name.rpartition("/")[2]].append(name)
        for name, count in gone.items():
            for other in by_name[name.rpartition("/")[2]]:
                if _alike(count, come[other]):
                    votes[_differing(name, other)] += count
        if not votes and len(gone) == 1 == len(come):
            ((name, count),), ((other, size),) = gone.items(), come.items()
            if _alike(count, size):
                votes[name, other] = count
        if not votes:
            break
        moves.append(min(votes, key=lambda pair: (-votes[pair], pair)))
    return tuple(moves)


def _alike(one: int, other: int) -> bool:
    return abs(one - other) <= max(1, _SAME_SIZE * max(one, other))


def _differing(one: str, other: str) -> tuple[str, str]:
    """Return what is left of two paths without the folders they share at the end."""
    ones, others = one.split("/"), other.split("/")
    while ones and others and ones[-1] == others[-1]:
        ones.pop()
        others.pop()
    return "/".join(ones), "/".join(others)


def _moved(name: str, moves: Sequence[tuple[str, str]], now: Collection[str]) -> str:
    """Return what a folder is called now: its own name where that still is, else by the first move that leads there."""
    if name in now:
        return name
    for old, new in moves:
        if name == old:
            found = new
        elif not old or name.startswith(f"{old}/"):
            found = "/".join(filter(None, (new, name[len(old) :].strip("/"))))
        else:
            continue
        if found in now:
            return found
    return name
