"""Where Java's imports and type names lead: parsed files in; edges to the files that declare the types out.

A file needs what it imports, and what it names without an import: types of its own package, types behind an on-demand
import (`a.b.*`), qualified names (`a.b.C`), types inside its base types. Each becomes an edge, as the compiler needs
it. (Go's files of one package have no edges between them: they are one unit to its compiler; Java's are many.)
A file is called after its package and its own name, an edge after the type or member taken. What the tree does not
declare is external, as its import spells it; qualified names that lead outside look like fields and are not told.
"""

from collections.abc import Hashable, Iterator, Mapping, Set
from typing import Self

from reviewlore.architecture.languages.java_types import Face, Type, Types, face_of, qualified
from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.source import ImportStatement, ParsedModule

# Only generated code has more types above one of its own.
_MAX_BASES = 200
# More on-demand imports than this are no person's: each name may ask all of them.
_MAX_DEMANDED = 200
# The statement is about a package of ours: which of its files, the names used tell.
_PACKAGE = ("", "")


class JavaResolver:
    """Resolver of Java's names (https://docs.oracle.com/javase/specs/jls/se21/html/jls-6.html#jls-6.5.5)."""

    def __init__(self, sources: Sources) -> None:
        self._start(sources, {path: face_of(path, parsed) for path, parsed in sources.parsed.items()})

    def _start(self, sources: Sources, faces: Mapping[str, Face]) -> None:
        self._parsed = sources.parsed
        self._types = Types(faces)
        self._taken: dict[str, dict[str, Type]] = {}
        self._demanded: dict[str, tuple[str, ...]] = {}
        self._above: dict[str, tuple[Type, ...]] = {}

    @property
    def signature(self) -> Hashable:
        """What every file shows to the names of others."""
        return tuple((path, face.key) for path, face in sorted(self._types.faces.items()))

    def follow(self, sources: Sources, changed: Set[str]) -> tuple[Self, Set[str] | None]:
        """Return the resolver of a tree that differs in `changed`, and the unchanged files that may resolve anew.

        Those are the files that spell a type, or a whole package, that came, went or moved; all (None) where a type
        that others extend has other base types now.
        """
        new = object.__new__(type(self))
        old = self._types.faces
        now = {path: old[path] for path in old.keys() & sources.parsed.keys() - changed}
        now |= {path: face_of(path, sources.parsed[path]) for path in changed & sources.parsed.keys()}
        new._start(sources, now)
        moved: set[str] = set(self._types.packages ^ new._types.packages)
        rebased: set[str] = set()
        for path in changed:
            before, after = old.get(path), now.get(path)
            if before != after:
                moved |= _differing(before, after)
                if (before.bases if before else {}) != (after.bases if after else {}):
                    rebased |= (before.names if before else frozenset()) | (after.names if after else frozenset())
        extended = {base.rpartition(".")[2] for face in now.values() for some in face.bases.values() for base in some}
        if not rebased.isdisjoint(extended):
            return new, None
        kept = sources.parsed.keys() - changed if moved else ()
        return new, frozenset(path for path in kept if not moved.isdisjoint(_spelled(sources.parsed[path])))

    def name(self, path: str) -> str:
        """Return a file's package and its own name, joined by a dot."""
        return qualified(self._parsed[path].package, path.rpartition("/")[2].removesuffix(".java"))

    def resolve(self, path: str) -> Resolution:
        """Return where the imports of a file lead, and the types it names without importing them one by one."""
        edges: dict[tuple[str, str], ImportEdge] = {}
        external: list[ExternalImport] = []
        for statement in self._parsed[path].imports:
            found = self._import(path, statement)
            if found is None:
                external.append(ExternalImport(path, statement.module, statement.line, statement.kind))
            elif found[0] not in ("", path):
                edges.setdefault(found, ImportEdge(path, found[0], statement.line, statement.kind, found[1]))
        reached = {edge.imported for edge in edges.values()}
        for used in self._parsed[path].referenced:
            for target in self._named(path, used.name):
                if target[0] != path and target[0] not in reached:
                    taken = self._spell(target)
                    edges[target[0], taken] = ImportEdge(path, target[0], used.line, "runtime", taken)
        return Resolution(tuple(edges.values()), tuple(external))

    def _import(self, path: str, statement: ImportStatement) -> tuple[str, str] | None:
        """Return the file an import leads to, and what it takes; None where it leads outside."""
        taken = ".".join((statement.module, *(name.name for name in statement.names)))
        if taken == f"{statement.module}.*" and statement.module in self._types.packages:
            return _PACKAGE
        found = self._types.split(statement.module, path)
        return (found[0], taken) if found else None

    def _named(self, path: str, name: str) -> Iterator[Type]:
        """Yield the types of ours that a name leads through: `B`, and for `B.C` also the `C` that `B` has inside."""
        head, *rest = name.split(".")
        found = self._find(path, head)
        if found is None:
            split = self._types.split(name, path) if rest else None
            if split is None:
                return
            found, rest = (split[0], split[1][0]), list(split[1][1:])
        yield found
        for part in rest:
            if part not in self._types.inner:
                return
            inner = self._inner(found, part)
            if inner is None:
                return
            yield inner
            found = inner

    def _find(self, path: str, name: str) -> Type | None:
        """Return what a simple name means in a file; types inside base types hide those of packages."""
        if name in self._types.inner:
            for above in self._bases_of(path):
                if name in self._types.members(above):
                    return above[0], name
        return self._plain(path, name)

    def _plain(self, path: str, name: str) -> Type | None:
        """Return what a simple name means in a file, base types aside, nearest scope first."""
        face = self._types.faces[path]
        if name in face.names:
            return path, name
        taken = self._imported(path).get(name)
        if taken is not None:
            return taken
        found = self._types.find(qualified(face.package, name), path)
        return (found, name) if found is not None else self._on_demand(path, name)

    def _on_demand(self, path: str, name: str) -> Type | None:
        for module in self._whole(path):
            found = self._types.find(f"{module}.{name}", path)
            if found is not None:
                return found, name
            if name in self._types.inner and (around := self._types.split(module, path)):
                inner = self._inner((around[0], around[1][-1]), name)
                if inner is not None:
                    return inner
        return None

    def _whole(self, path: str) -> tuple[str, ...]:
        """Return the packages and types that a file imports on demand."""
        if path not in self._demanded:
            some = [entry.module for entry in self._parsed[path].imports if entry.names and entry.names[0].name == "*"]
            self._demanded[path] = tuple(dict.fromkeys(some))[:_MAX_DEMANDED]
        return self._demanded[path]

    def _imported(self, path: str) -> dict[str, Type]:
        """Return the types of ours that a file imports one by one, by the simple names it has them under."""
        if path not in self._taken:
            taken = self._taken[path] = {}
            for statement in self._parsed[path].imports:
                member = statement.names[0].name if statement.names else ""
                found = self._types.split(statement.module, path) if member != "*" else None
                if found is None:
                    continue
                whole = (found[0], found[1][-1])
                if not member:
                    taken[whole[1]] = whole
                elif member in self._types.members(whole):
                    taken[member] = (found[0], member)
        return self._taken[path]

    def _inner(self, around: Type, name: str) -> Type | None:
        """Return the type of a simple name that a type has inside, of its own or from a base."""
        return next(((type_[0], name) for type_ in self._upwards([around]) if name in self._types.members(type_)), None)

    def _bases_of(self, path: str) -> tuple[Type, ...]:
        """Return all types of ours above those of a file, nearest first."""
        if path not in self._above:
            own = [(path, name) for name in self._types.faces[path].bases]
            self._above[path] = tuple(type_ for type_ in self._upwards(own) if type_ not in own)
        return self._above[path]

    def _upwards(self, start: list[Type]) -> Iterator[Type]:
        seen: set[Type] = set()
        waiting = start
        while waiting:
            following: list[Type] = []
            for type_ in waiting:
                if type_ in seen or len(seen) > _MAX_BASES:
                    continue
                seen.add(type_)
                yield type_
                path, name = type_
                following += filter(
                    None, (self._base(path, base) for base in self._types.faces[path].bases.get(name, ()))
                )
            waiting = following

    def _base(self, path: str, written: str) -> Type | None:
        head, *rest = written.split(".")
        found = self._plain(path, head)
        if found is None:
            split = self._types.split(written, path) if rest else None
            return (split[0], split[1][-1]) if split else None
        return (found[0], rest[-1]) if rest else found

    def _spell(self, type_: Type) -> str:
        path, name = type_
        top = name in self._types.faces[path].declared.get("", ())
        return qualified(self._parsed[path].package, name) if top else f"{self.name(path)}.{name}"


def _differing(before: Face | None, after: Face | None) -> frozenset[str]:
    """Return the simple names of types that one state of a file has and the other has not, or has elsewhere."""
    none = frozenset[str]()
    if before is None or after is None or (before.package, before.root) != (after.package, after.root):
        return none.union(*(face.names for face in (before, after) if face))
    owners = before.declared.keys() | after.declared.keys()
    return none.union(*(before.declared.get(owner, none) ^ after.declared.get(owner, none) for owner in owners))


def _spelled(parsed: ParsedModule) -> Iterator[str]:
    """Yield every simple name that resolving a file may ask for, and the packages it imports whole."""
    for statement in parsed.imports:
        yield statement.module
        yield from statement.module.split(".")
        yield from (name.name for name in statement.names)
    for used in parsed.referenced:
        yield from used.name.split(".")
    for definition in parsed.definitions:
        for base in definition.bases:
            yield from base.split(".")
