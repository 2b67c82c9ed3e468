"""Where Python's import roots are: paths and the absolute imports of a tree in, dotted module names out.

A package's root is the folder above its topmost `__init__.py`, unless the repository itself imports it by a longer
name: then the folders between are namespace packages (PEP 420) and the root is further up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from reviewlore.architecture.places import is_aside, is_test


class Names:
    """The dotted names of a tree's Python files, and which of them an importer can see."""

    def __init__(self, paths: Iterable[str], imported: Counter[str]) -> None:
        """`imported` counts every dotted prefix of every absolute import of the tree."""
        self._by_path: dict[str, str] = {}
        self._root: dict[str, str] = {}
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        self._by_top: defaultdict[str, set[str]] = defaultdict(set)
        paths = sorted(paths)
        packages = {path.rpartition("/")[0] for path in paths if _is_init(path)}
        bases = {path: _base(path, packages) for path in paths}
        self._tops = _tops(bases)
        self._roots = roots = _roots(self._tops, imported)
        self._shared = {roots[base] for path, base in bases.items() if _folders_below(path, base)}
        for path, base in bases.items():
            root = roots[base]
            name = _dotted(path, root)
            self._root[path] = root
            self._by_path[path] = name
            self._by_name[name].append(path)
            self._by_top[name.partition(".")[0]].add(root)
        self._open = {root for root in self._shared if not _is_hidden(root)}
        self._chosen: dict[str, dict[str | None, str]] = {}

    def name(self, path: str) -> str:
        """Return the dotted name of a file of this tree."""
        return self._by_path[path]

    @property
    def places(self) -> tuple[tuple[str, str, str], ...]:
        """The path, root and dotted name of every file: all that is looked up here rests on them."""
        return tuple((path, self._root[path], name) for path, name in self._by_path.items())

    def stays(self, before: Counter[str], after: Counter[str]) -> bool:
        """Whether other counts of imports leave every root where it is, in a tree of the same files."""
        return before is after or _roots(self._tops, after) == self._roots

    def differing(self, other: "Names") -> set[str] | None:
        """Return the names that are looked up differently in another tree, None where files of both moved.

        Beside dotted names of files these are first parts that lie below other roots than before.
        """
        paths = self._by_path.keys() & other._by_path.keys()
        if self._shared != other._shared or any(self._root[path] != other._root[path] for path in paths):
            return None
        found = {names[path] for one, names in self._sides(other) for path in one}
        tops = {name.partition(".")[0] for name in found}
        return found | {top for top in tops if self._below(top) != other._below(top)}

    def _sides(self, other: "Names") -> tuple[tuple[set[str], dict[str, str]], ...]:
        mine, theirs = self._by_path, other._by_path
        return ((mine.keys() - theirs.keys(), mine), (theirs.keys() - mine.keys(), theirs))

    def _below(self, top: str) -> set[str]:
        return self._by_top.get(top, set())

    def find(self, name: str, importer: str) -> str | None:
        """Return the path of the module that `importer` gets for an absolute name, or None where it is not ours.

        A package beats a module of the same name, the importer's own root beats the others. Loose files (a script's
        neighbours, test helpers) are only visible from below their own folder.
        """
        if name not in self._by_name:
            return None
        if name not in self._chosen:
            self._chosen[name] = self._choose(name)
        chosen = self._chosen[name]
        return next((chosen[root] for root in _folders_above(importer) if root in chosen), chosen.get(None))

    def _choose(self, name: str) -> dict[str | None, str]:
        """Return which file a name means below each root that has it; under None, for whom none of them lies above."""
        found: dict[str | None, str] = {}
        for path in sorted(self._by_name[name], key=lambda path: (not _is_init(path), path)):
            found.setdefault(self._root[path], path)
            if self._root[path] in self._open:
                found.setdefault(None, path)
        return found

    def owns(self, name: str, importer: str) -> bool:
        """Whether the first part of a dotted name is a top-level module or package of this tree."""
        roots = self._by_top.get(name.partition(".")[0], set())
        return any(root in roots for root in _folders_above(importer)) or not roots.isdisjoint(self._open)


def count_prefixes(names: Iterable[str]) -> Counter[str]:
    """Count every dotted prefix of every name: `a.b.c` counts for `a`, `a.b` and `a.b.c`."""
    counts = Counter(names)
    for name, count in list(counts.items()):
        at = name.find(".")
        while at > 0:
            prefix = name[:at]
            counts[prefix] = counts.get(prefix, 0) + count
            at = name.find(".", at + 1)
    return counts


def _folders_above(path: str) -> Iterator[str]:
    """Yield the folders that hold a file, nearest first; the last is the top, which is empty."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _is_hidden(root: str) -> bool:
    """Whether what lies below a root is only for what lies there too: tests, examples, scripts."""
    return is_test(f"{root}/x.py") or is_aside(f"{root}/x.py")


def _is_init(path: str) -> bool:
    return path == "__init__.py" or path.endswith("/__init__.py")


def _base(path: str, packages: set[str]) -> str:
    folder = path.rpartition("/")[0]
    while folder in packages:
        folder = folder.rpartition("/")[0] if folder else ""
        if not folder:
            break
    return folder


def _folders_below(path: str, base: str) -> bool:
    return "/" in path[len(base) + 1 if base else 0 :]


def _dotted(path: str, root: str) -> str:
    inner = path[len(root) + 1 if root else 0 :].removesuffix(".py")
    return inner.removesuffix("/__init__").replace("/", ".")


def _tops(bases: dict[str, str]) -> dict[str, set[str]]:
    """Return the first parts of the names of all files by their base folder."""
    tops: defaultdict[str, set[str]] = defaultdict(set)
    for path, base in bases.items():
        tops[base].add(_dotted(path, base).partition(".")[0])
    return dict(tops)


def _roots(tops: dict[str, set[str]], imported: Counter[str]) -> dict[str, str]:
    """Choose for every base folder the root that the tree's own imports speak for, nearest first on a tie."""
    roots = {base: _vote(base, names, imported) for base, names in tops.items()}
    moved = {base: root for base, root in roots.items() if root != base}
    around: defaultdict[str, set[str]] = defaultdict(set)  # roots of moved folders by the folders around these
    for other, root in moved.items():
        for above in _folders_above(other):
            around[above].add(root)
    for base in roots:  # a folder nobody imports belongs to the namespace its neighbours belong to
        if base and base not in moved:
            kin = around.get(base, set()).union(moved[above] for above in _folders_above(base) if above in moved)
            roots[base] = max((root for root in kin if _lies_below(base, root)), key=len, default=base)
    return roots


def _vote(base: str, names: set[str], imported: Counter[str]) -> str:
    folders = base.split("/") if base else []
    best, most = base, sum(imported[name] for name in names)
    for cut in range(len(folders) - 1, -1, -1):
        prefix = ".".join(folders[cut:])
        votes = sum(imported[f"{prefix}.{name}"] for name in names)
        if votes > most:
            best, most = "/".join(folders[:cut]), votes
    return best


def _lies_below(folder: str, root: str) -> bool:
    return folder != root and (not root or folder.startswith(f"{root}/"))
