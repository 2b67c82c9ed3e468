"""Where Python's imports lead: parsed files in; to submodules where the imported name is one, else to the module."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Set

from reviewlore.architecture.languages.python_roots import Names, count_prefixes
from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.source import ImportStatement, ParsedModule


class PythonResolver:
    """Resolver of Python's imports (https://docs.python.org/3/reference/import.html)."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        self._imported = count_prefixes(_absolute_names(sources.parsed.values()))
        self._names = Names(sources.parsed, self._imported)
        self._wanted: dict[str, frozenset[str]] = {}

    @property
    def signature(self) -> Hashable:
        """Where every file is and what it is called; files beside each other share the rest."""
        return self._names.places

    def follow(self, sources: Sources, changed: Set[str]) -> tuple["PythonResolver", Set[str] | None]:
        """Return the resolver of a tree that differs in `changed`, and the unchanged files that may resolve anew.

        None: all of them may. Names are made again only where files came or went, or imports moved a root.
        """
        new = object.__new__(type(self))
        new._parsed = sources.parsed
        new._imported = self._recount(sources, changed)
        new._wanted = {path: wanted for path, wanted in self._wanted.items() if path not in changed}
        same_files = all((path in self._parsed) == (path in sources.parsed) for path in changed)
        if same_files and self._names.stays(self._imported, new._imported):
            new._names = self._names
            return new, frozenset()
        new._names = Names(sources.parsed, new._imported)
        moved = new._names.differing(self._names)
        if moved is None:
            new._wanted = {}  # where a relative import starts may have moved too
            return new, None
        return new, frozenset(path for path in sources.parsed if path not in changed and new._wants(path, moved))

    def _recount(self, sources: Sources, changed: Set[str]) -> Counter[str]:
        lost = list(_absolute_names(self._parsed[path] for path in changed if path in self._parsed))
        gained = list(_absolute_names(sources.parsed[path] for path in changed if path in sources.parsed))
        if sorted(lost) == sorted(gained):
            return self._imported
        counted = self._imported.copy()
        counted.update(count_prefixes(gained))
        for name, count in count_prefixes(lost).items():
            counted[name] -= count
            if not counted[name]:
                del counted[name]
        return counted

    def _wants(self, path: str, moved: Set[str]) -> bool:
        """Whether an import of a file looks up one of these names, or what would lie in it."""
        if path not in self._wanted:
            self._wanted[path] = frozenset(_lookups(path, self._parsed[path], self._names))
        return not self._wanted[path].isdisjoint(moved)

    def name(self, path: str) -> str:
        """Return a file's dotted name."""
        return self._names.name(path)

    def resolve(self, path: str) -> Resolution:
        """Return where the imports of a file lead."""
        edges: list[ImportEdge] = []
        external: list[ExternalImport] = []
        for statement in self._parsed[path].imports:
            _resolve(path, statement, self._names, edges, external)
        return Resolution(tuple(edges), tuple(external))


def _absolute_names(parsed: Iterable[ParsedModule]) -> Iterator[str]:
    for module in parsed:
        for statement in module.imports:
            if not statement.level:
                if statement.names:
                    yield from (f"{statement.module}.{name.name}" for name in statement.names)
                else:
                    yield statement.module


def _lookups(path: str, parsed: ParsedModule, names: Names) -> Iterator[str]:
    """Yield every name that resolving a file asks for: what is imported, where it may lie, and its first part."""
    for statement in parsed.imports:
        base = _anchor(path, statement, names)
        if base is not None:
            for target in _targets(base, statement):
                yield from (target, target.rpartition(".")[0], target.partition(".")[0])


def _targets(base: str, statement: ImportStatement) -> Iterator[str]:
    if not statement.names:
        yield base
    for name in statement.names:
        yield f"{base}.{name.name}" if base else name.name


def _resolve(
    path: str, statement: ImportStatement, names: Names, edges: list[ImportEdge], external: list[ExternalImport]
) -> None:
    """Turn one statement into edges: to a submodule where the name is one, else to the module it is taken from."""
    base = _anchor(path, statement, names)
    if base is None:
        return
    pairs = [(f"{base}.{name.name}" if base else name.name, name.line) for name in statement.names]
    outside: set[str] = set()
    folder = path.rpartition("/")[0] + "/"
    # What a package takes from its own inside, it offers to others.
    passes_on = _is_init(path) and bool(pairs) and statement.kind != "lazy"
    around: dict[str, str | None] = {"": None}  # the modules that names are taken from: mostly one for all of them
    for target, line in pairs or [(base, statement.line)]:
        found = names.find(target, path)
        if found is None:
            package = target.rpartition(".")[0]
            if package not in around:
                around[package] = names.find(package, path)
            found = around[package]
        if found is not None:
            if found != path:
                offered = statement.reexported or (passes_on and found.startswith(folder))
                edges.append(ImportEdge(path, found, line, statement.kind, target, offered))
        elif not statement.level and not names.owns(target, path) and base not in outside:
            outside.add(base)
            external.append(ExternalImport(path, base, line, statement.kind))


def _anchor(path: str, statement: ImportStatement, names: Names) -> str | None:
    """Return the absolute dotted module a statement starts from, or None where it climbs out of the tree."""
    if not statement.level:
        return statement.module
    parts = names.name(path).split(".")
    drop = statement.level - (_is_init(path))
    if drop > len(parts):
        return None
    package = ".".join(parts[: len(parts) - drop])
    return f"{package}.{statement.module}" if package and statement.module else package or statement.module


def _is_init(path: str) -> bool:
    return path.rpartition("/")[2] == "__init__.py"
