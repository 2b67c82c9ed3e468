"""Where Rust's `use` declarations and paths lead: parsed files and manifests in; edges between files out.

A path leads to the file of the last module it names. Where that module only passes a name on (`pub use`) and the
importer lies below it, the edge goes on to where the name is defined: `use crate::Error` in `a.rs` leads to `error.rs`,
not to `lib.rs`. From outside of a module, the module itself is what is imported, as its face. `mod x;` is an edge, too.
A file is called `crate::module::path` (libraries, and binaries of packages that have none), else by its place in its
package (`package::tests::cli`); an edge is called after its file and the name taken from there, joined by a dot.
"""

from collections.abc import Hashable, Iterator

from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.architecture.languages.rust_crates import Crates, Path, is_declaration
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.source import ImportedName, ImportStatement, ParsedModule

# Longer chains of re-exports end somewhere in the middle; circles of them end at all.
_MAX_STEPS = 10
# Crates that need no manifest: they come with the compiler.
_SYSTEM = frozenset({"std", "core", "alloc", "proc_macro", "test"})
Place = tuple[int, Path]


class _Face:
    """What a file offers to paths: names it defines, names it takes from elsewhere and may pass on."""

    def __init__(self, parsed: ParsedModule) -> None:
        top = [entry for entry in parsed.definitions if entry.owner is None]
        self.defined = parsed.assigned | {entry.name for entry in top}
        self.macros = tuple(entry.name for entry in top if "macro_export" in entry.decorators)
        self.taken: dict[str, Path] = {}
        self.globs: list[Path] = []
        for statement in parsed.imports:
            if statement.kind == "lazy" or is_declaration(statement):
                continue
            module = _split(statement.module)
            for name in statement.names or (ImportedName("", statement.line, module[-1]),):
                if name.name == "*":
                    self.globs.append(module)
                elif "::" not in name.alias:
                    self.taken.setdefault(name.alias, (*module, name.name) if name.name else module)

    @property
    def key(self) -> Hashable:
        return (self.defined, self.macros, tuple(self.taken.items()), tuple(self.globs))


class RustResolver:
    """Resolver of Rust's imports (https://doc.rust-lang.org/reference/paths.html)."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        self._crates = Crates(sources)
        self._faces = {path: _Face(parsed) for path, parsed in sources.parsed.items()}
        self._names = {path: self._crates.name(path) for path in sources.parsed}
        self._macros: dict[tuple[int, str], str] = {}
        for path, (crate, _) in self._crates.home.items():
            for name in self._faces[path].macros:
                self._macros.setdefault((crate, name), path)

    @property
    def signature(self) -> Hashable:
        """Where every file belongs, and what it offers to paths."""
        return self._crates.signature, tuple((path, face.key) for path, face in sorted(self._faces.items()))

    def name(self, path: str) -> str:
        """Return a file's path in its crate, joined by `::`."""
        return self._names[path]

    def resolve(self, path: str) -> Resolution:
        """Return where the declarations, imports and paths of a file lead."""
        edges: dict[tuple[str, str, int], ImportEdge] = {}
        external: dict[tuple[str, int], ExternalImport] = {}
        known: set[str] = set()
        for statement in self._parsed[path].imports:
            for name, found in self._targets(path, statement):
                line = name.line if name is not None else statement.line
                if isinstance(found, str):
                    root = found.partition("::")[0]
                    if not (_in_passing(name) and root in known):
                        external.setdefault((found, line), ExternalImport(path, found, line, statement.kind))
                    known.add(root)
                elif found is not None and found[0] != path:
                    target, taken = found
                    whole = f"{self._names[target]}.{taken}" if taken else self._names[target]
                    edge = ImportEdge(path, target, line, statement.kind, whole, statement.reexported)
                    edges.setdefault((target, whole, -1 if _in_passing(name) else line), edge)
        return Resolution(tuple(edges.values()), tuple(external.values()))

    def _targets(
        self, path: str, statement: ImportStatement
    ) -> Iterator[tuple[ImportedName | None, tuple[str, str] | str | None]]:
        """Yield for each name its file and what is taken from there, an external path, or None for what is unknown."""
        if is_declaration(statement):
            child = self._crates.children.get((path, statement))
            yield None, (child, "") if child is not None else None
            return
        module = _split(statement.module)
        for name in statement.names or (None,):
            star = name is not None and name.name == "*"
            whole = module if name is None or star else (*module, name.name)
            found = self._lead(path, whole)
            if found is not None:
                target, rest = self._follow(path, *found)
                yield name, (target, rest[0] if rest else "*" if star else "")
            elif self._is_external(path, whole[0] or whole[1], passing=_in_passing(name)):
                yield name, "::".join(module or whole).removeprefix("::")

    def _lead(self, path: str, whole: Path, depth: int = 0) -> tuple[str, Path] | None:
        """Return the file of the last module that a path written in a file names, and the rest of the path."""
        start = self._start(path, whole, depth)
        if start is None:
            return None
        (crate, module), rest = start
        for cut in range(len(rest), -1, -1):  # those in between may be inline modules or mere folders
            found = self._crates.modules.get((crate, (*module, *rest[:cut])))
            if found is not None:
                return found, rest[cut:]
        return None

    def _start(self, path: str, whole: Path, depth: int) -> tuple[Place, Path] | None:
        """Return the module where a path starts, and the rest of it; None for paths into other crates than ours."""
        home = self._crates.home.get(path)
        if home is None or not whole:
            return None
        crate, module = home
        if whole[0] == "crate":
            return (crate, ()), whole[1:]
        climb = next((number for number, part in enumerate(whole) if part != "super"), len(whole))
        if climb or whole[0] == "self":
            up = module[: len(module) - climb]
            return ((crate, up), whole[climb or 1 :]) if climb <= len(module) else None
        return self._bare(path, home, whole, depth)

    def _bare(self, path: str, home: Place, whole: Path, depth: int) -> tuple[Place, Path] | None:
        """Return where a path starts that begins with a name: of this module, of a crate, or (before 2018) of its root.

        An empty first part (`::name`) is followed by a crate, or (before 2018) by what lies in the crate's root.
        """
        crate, module = home
        first, rest = (whole[0], whole[1:]) if whole[0] else (whole[1], whole[2:])
        if whole[0]:
            if (crate, (*module, first)) in self._crates.modules or first in self._faces[path].defined:
                return home, whole
            taken = self._faces[path].taken.get(first)
            if taken and taken[0] != first and depth < _MAX_STEPS:
                return self._start(path, (*taken, *rest), depth + 1)
        library = self._crates.find(crate, first)
        if library is not None:
            return (library, ()), rest
        if (crate, (first,)) not in self._crates.modules or first in _SYSTEM | self._crates.needs(path):
            return None
        return (crate, ()), (first, *rest)

    def _follow(self, importer: str, path: str, rest: Path) -> tuple[str, Path]:
        """Go on from modules that pass a name on, as long as the importer lies in them."""
        for _ in range(_MAX_STEPS):
            if not rest or not self._crates.within(importer, path) or rest[0] in self._faces[path].defined:
                break
            onward = self._passed(path, rest)
            if onward is None:
                break
            path, rest = onward
        return path, rest

    def _passed(self, path: str, rest: Path) -> tuple[str, Path] | None:
        """Return where a module has a name from, None where it cannot be told or lies outside."""
        face, name = self._faces[path], rest[0]
        taken = face.taken.get(name)
        if taken is not None:
            return self._lead(path, (*taken, *rest[1:]))
        for glob in face.globs:
            found = self._lead(path, glob)
            if found is not None and found[0] != path and self._has(*found, name):
                return found[0], rest
        crate, _ = self._crates.home[path]
        exported = self._macros.get((crate, name))
        return (exported, rest) if exported is not None and exported != path else None

    def _has(self, path: str, inner: Path, name: str) -> bool:
        """Whether a file has a name; what one of its inline modules takes from elsewhere does not count."""
        face = self._faces[path]
        return name in face.defined or (not inner and name in face.taken)

    def _is_external(self, path: str, first: str, *, passing: bool) -> bool:
        """Whether a path leads to another crate: in passing, only into those that the package needs."""
        if first in ("crate", "self", "super"):
            return False
        return first in _SYSTEM or not passing or first in self._crates.needs(path)


def _split(module: str) -> Path:
    return tuple(module.split("::")) if module else ()


def _in_passing(name: ImportedName | None) -> bool:
    return name is not None and "::" in name.alias
