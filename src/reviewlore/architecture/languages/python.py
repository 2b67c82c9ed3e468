"""Where Python's imports lead: parsed files in; to submodules where the imported name is one, else to the module."""

from collections.abc import Hashable, Iterable, Iterator

from reviewlore.architecture.languages.python_roots import Names, count_prefixes
from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.source import ImportStatement, ParsedModule


class PythonResolver:
    """Resolver of Python's imports (https://docs.python.org/3/reference/import.html)."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        self._names = Names(sources.parsed, count_prefixes(_absolute_names(sources.parsed.values())))

    @property
    def signature(self) -> Hashable:
        """The dotted names of all files."""
        return tuple((path, self._names.name(path)) for path in sorted(self._parsed))

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


def _resolve(
    path: str, statement: ImportStatement, names: Names, edges: list[ImportEdge], external: list[ExternalImport]
) -> None:
    """Turn one statement into edges: to a submodule where the name is one, else to the module it is taken from."""
    base = _anchor(path, statement, names)
    if base is None:
        return
    pairs = [(f"{base}.{name.name}" if base else name.name, name.line) for name in statement.names]
    outside: set[str] = set()
    for target, line in pairs or [(base, statement.line)]:
        found = names.find(target, path) or (names.find(target.rpartition(".")[0], path) if "." in target else None)
        if found is not None:
            if found != path:
                edges.append(ImportEdge(path, found, line, statement.kind, target, statement.reexported))
        elif not statement.level and not names.owns(target, path) and base not in outside:
            outside.add(base)
            external.append(ExternalImport(path, base, line, statement.kind))


def _anchor(path: str, statement: ImportStatement, names: Names) -> str | None:
    """Return the absolute dotted module a statement starts from, or None where it climbs out of the tree."""
    if not statement.level:
        return statement.module
    parts = names.name(path).split(".")
    drop = statement.level - (path.rpartition("/")[2] == "__init__.py")
    if drop > len(parts):
        return None
    package = ".".join(parts[: len(parts) - drop])
    return f"{package}.{statement.module}" if package and statement.module else package or statement.module
