"""The types of a tree of Java by their names: parsed files in; who declares a type, what it has inside and above it.

Packages are what files say in their `package` line, whatever folders they lie in: one may be split over several roots.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from reviewlore.domain.source import ParsedModule

# The file of a type, and the simple name of the type.
Type = tuple[str, str]
# Packages are not nested deeper; every start of a name is looked up, so that a long one would cost its square.
_MOST_PARTS = 64


@dataclass(frozen=True, slots=True)
class Face:
    """What a file shows to the names of others: `declared` types by the type around them (empty: top), and `bases`.

    `root` is the folder where its packages start, `names` are the simple names of all its types.
    """

    package: str
    root: str
    declared: Mapping[str, frozenset[str]]
    bases: Mapping[str, tuple[str, ...]]
    names: frozenset[str]

    @property
    def key(self) -> Hashable:
        """The same as a value that can be compared and hashed."""
        return self.package, self.root, tuple(sorted(self.declared.items())), tuple(sorted(self.bases.items()))


class Types:
    """Every type that some file of a tree declares."""

    def __init__(self, faces: Mapping[str, Face]) -> None:
        self.faces = faces
        self.packages = frozenset(face.package for face in faces.values())
        self.inner = frozenset(
            name for face in faces.values() for owner, names in face.declared.items() if owner for name in names
        )
        self._places: defaultdict[str, list[str]] = defaultdict(list)
        for path, face in sorted(faces.items()):
            for name in face.declared.get("", ()):
                self._places[qualified(face.package, name)].append(path)

    def find(self, name: str, importer: str) -> str | None:
        """Return the file that declares a top-level type of a qualified name: of several, the one nearest to the user.

        Nearest is the same source root, then the longest way shared with it, then what is no test. Types of the unnamed
        package are known within their source root only.
        """
        found = self._places.get(name)
        if not found:
            return None
        if "." not in name:
            root = self.faces[importer].root
            return next((path for path in found if self.faces[path].root == root), None)
        return found[0] if len(found) == 1 else min(found, key=lambda path: self._distance(path, importer))

    def split(self, name: str, importer: str) -> tuple[str, tuple[str, ...]] | None:
        """Return the file of the first top-level type that a dotted name leads through, and its parts from there on.

        `a.b.C.D` is `C`'s file and (`C`, `D`); None where no part of it is one of ours.
        """
        parts = name.split(".")
        for cut in range(1, min(len(parts), _MOST_PARTS) + 1):
            path = self.find(".".join(parts[:cut]), importer)
            if path is not None:
                return path, tuple(parts[cut - 1 :])
        return None

    def members(self, type_: Type) -> frozenset[str]:
        """Return the simple names of the types that a type declares inside."""
        path, name = type_
        return self.faces[path].declared.get(name, frozenset())

    def _distance(self, path: str, importer: str) -> tuple[bool, int, bool, str]:
        shared = 0
        for one, other in zip(path.split("/"), importer.split("/"), strict=False):
            if one != other:
                break
            shared += 1
        return self.faces[path].root != self.faces[importer].root, -shared, "/test/" in f"/{path}", path


def face_of(path: str, parsed: ParsedModule) -> Face:
    """Return what a file shows to the names of others."""
    declared: defaultdict[str, set[str]] = defaultdict(set)
    bases: dict[str, tuple[str, ...]] = {}
    for definition in parsed.definitions:
        if definition.kind == "class":
            declared[definition.owner or ""].add(definition.name)
            if definition.bases:
                bases[definition.name] = bases.get(definition.name, ()) + definition.bases
    types = {owner: frozenset(names) for owner, names in declared.items()}
    names = frozenset[str]().union(*types.values())
    return Face(parsed.package, _root(path, parsed.package), types, bases, names)


def qualified(package: str, name: str) -> str:
    """Return a name with its package in front."""
    return f"{package}.{name}" if package else name


def _root(path: str, package: str) -> str:
    """Return the folder above those of a file's package, where it lies in such, else its own."""
    folder, inner = path.rpartition("/")[0], package.replace(".", "/")
    if inner and (folder == inner or folder.endswith(f"/{inner}")):
        return folder[: len(folder) - len(inner)].rstrip("/")
    return folder
