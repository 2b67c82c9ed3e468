"""Which packages a repository is best told apart into: module paths and names in, package names and modules out."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.source import Language

# A package with more of the modules than this hides the structure instead of showing it.
MAX_SHARE = 0.4
# As many boxes as are wanted at least, and as a reader takes in at most.
WANTED, MOST = 8, 60
# Of a folder with more modules of its own than this, the modules count as one package.
MOST_SINGLE = 45
# A smaller folder is one thought, whatever share of a small repository it has.
_SMALL = 6
# In these languages the files of one folder are one package and cannot be told apart.
_FOLDER_IS_PACKAGE: frozenset[Language] = frozenset({"go", "java"})
_FACADE = re.compile(r"(__init__\.py|index\.[cm]?[jt]sx?|mod\.rs|lib\.rs|main\.rs|__main__\.py)")
_SEPARATOR = re.compile(r"(::|[./])")


def split_packages(tree: ArchitectureMap) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the shipped modules (sorted paths) of each package by name, and the facades, which belong to none.

    Starting from the top, folders are taken apart while one holds more than `MAX_SHARE` of the modules, or while there
    are fewer than `WANTED` packages. The files of a folder that is taken apart become packages of their own, except
    where the language knows only folders; its `__init__` is a facade.
    """
    modules = {path: module for path, module in tree.modules.items() if is_product(path)}
    opened = _opened(modules)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    facades: list[str] = []
    for path in sorted(modules):
        folder = folder_of(path)
        if folder not in opened:
            groups[_closed(folder, opened) + "/"].append(path)
        elif modules[path].parsed.language in _FOLDER_IS_PACKAGE:
            groups[folder + "/."].append(path)
        elif _FACADE.fullmatch(path.rpartition("/")[2]):
            facades.append(path)
        else:
            groups[path].append(path)
    return _named(_lumped(groups), modules), tuple(facades)


def _opened(modules: Mapping[str, Module]) -> set[str]:
    """Return the folders that are taken apart, largest first."""
    below, children, direct = _folders(modules)
    opened: set[str] = set()
    frontier, units = {""}, 1
    while frontier:
        folder = max(frontier, key=lambda name: (below[name], name))
        frontier.discard(folder)
        own = direct[folder] if direct[folder] <= MOST_SINGLE else 1
        parts = len(children[folder]) + own
        chain = not folder or (not direct[folder] and len(children[folder]) == 1)
        large = below[folder] > MAX_SHARE * len(modules) or (units < WANTED and below[folder] >= _SMALL)
        if chain or (large and parts > 1 and units + parts - 1 <= MOST):
            opened.add(folder)
            frontier |= children[folder]
            units += parts - 1
    return opened


def _folders(modules: Iterable[str]) -> tuple[Counter[str], defaultdict[str, set[str]], Counter[str]]:
    """Return how many modules lie below each folder, its sub-folders, and how many modules lie in it."""
    below, direct = Counter[str](), Counter[str]()
    children: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules:
        folder = folder_of(path)
        direct[folder] += 1
        below[folder] += 1
        while folder:
            parent = folder_of(folder)
            children[parent].add(folder)
            below[parent] += 1
            folder = parent
    return below, children, direct


def _closed(folder: str, opened: set[str]) -> str:
    """Return the topmost folder above (or at) this one that is not taken apart."""
    while folder_of(folder) not in opened:
        folder = folder_of(folder)
    return folder


def _lumped(groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the groups with the single modules of crowded folders as one group."""
    single = Counter(folder_of(key) for key in groups if not key.endswith(("/", "/.")))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, paths in groups.items():
        crowded = not key.endswith(("/", "/.")) and single[folder_of(key)] > MOST_SINGLE
        found[folder_of(key) + "/." if crowded else key] += paths
    return found


def _named(groups: Mapping[str, Sequence[str]], modules: Mapping[str, Module]) -> dict[str, tuple[str, ...]]:
    """Return the groups by the name that modules of their language have for them; equal names are one package."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, paths in groups.items():
        if key.endswith("/."):
            found[_common([_parent(modules[path].name) for path in paths]) or key[:-2] or "."] += paths
        elif key.endswith("/"):
            inits = [path for path in paths if path == f"{key}__init__.py"]
            own = modules[inits[0]].name if inits else _common([_parent(modules[path].name) for path in paths])
            found[own or key[:-1]] += paths
        else:
            found[modules[key].name or key] += paths
    return {name: tuple(sorted(paths)) for name, paths in sorted(found.items())}


def _common(names: Sequence[str]) -> str:
    """Return the longest common start of dotted (or slashed) names, cut between their parts."""
    split = [_SEPARATOR.split(name) for name in names]
    shared = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    while shared and (not shared[-1] or _SEPARATOR.fullmatch(shared[-1])):
        shared.pop()
    return "".join(shared)


def _parent(name: str) -> str:
    parts = _SEPARATOR.split(name)
    return "".join(parts[:-2])
