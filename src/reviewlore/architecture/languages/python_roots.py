"""Where Python's import roots are: paths and the absolute imports of a tree in, dotted module names out.

A package's root is the folder above its topmost `__init__.py`, unless the repository itself imports it by a longer
name: then the folders between are namespace packages (PEP 420) and the root is further up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from reviewlore.architecture.places import is_aside, is_test


class Names:
    """The dotted names of a tree's Python files, and which of them an importer can see."""

    def __init__(self, paths: Iterable[str], imported: Counter[str]) -> None:
        """`imported` counts every dotted prefix of every absolute import of the tree."""
        self._by_path: dict[str, str] = {}
        self._root: dict[str, str] = {}
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        self._by_top: defaultdict[str, list[str]] = defaultdict(list)
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
            self._by_top[name.partition(".")[0]].append(path)

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
        return {self._root[path] for path in self._by_top.get(top, ())}

    def find(self, name: str, importer: str) -> str | None:
        """Return the path of the module that `importer` gets for an absolute name, or None where it is not ours.

        A package beats a module of the same name, the importer's own root beats the others. Loose files (a script's
        neighbours, test helpers) are only visible from below their own folder.
        """
        candidates = self._by_name.get(name)
        if not candidates:
            return None
        visible = [path for path in candidates if self._sees(importer, path)]
        return min(visible, key=lambda path: (-self._closeness(importer, path), not _is_init(path), path), default=None)

    def owns(self, name: str, importer: str) -> bool:
        """Whether the first part of a dotted name is a top-level module or package of this tree."""
        top = name.partition(".")[0]
        return top in self._by_top and any(self._sees(importer, path) for path in self._by_top[top])

    def _sees(self, importer: str, path: str) -> bool:
        root = self._root[path]
        if not root or importer.startswith(f"{root}/"):
            return True
        inner = f"{root}/x.py"
        return root in self._shared and not (is_test(inner) or is_aside(inner))

    def _closeness(self, importer: str, path: str) -> int:
        root = self._root[path]
        return len(root) if not root or importer.startswith(f"{root}/") else -1


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
    for base in roots:  # a folder nobody imports belongs to the namespace its neighbours belong to
        if base not in moved:
            kin = [root for other, root in moved.items() if _nested(other, base) and _nested(base, root, strictly=True)]
            if kin:
                roots[base] = max(kin, key=len)
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


def _nested(one: str, other: str, *, strictly: bool = False) -> bool:
    """Whether one folder contains the other; `strictly`: whether `one` lies below `other`."""
    if strictly:
        return one != other and (not other or one.startswith(f"{other}/"))
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")
