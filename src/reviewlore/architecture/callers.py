"""Who calls a definition: a map in, calls out. Found through imports and names, never by a bare method name alone.

What cannot be told for sure is left out: names bound twice, names that a parameter hides, methods of unknown objects.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reviewlore.domain.architecture import ArchitectureMap, ImportEdge, Module
from reviewlore.domain.source import Call, Definition

# A name is followed through so many modules: beyond, something is strange.
_MAX_MODULES = 5000


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a definition, the path it stands in, and the function around it (None: module or class level)."""

    path: str
    call: Call
    around: Definition | None = None


class Callers:
    """The calls of one map, by what they mean; indexes are made on first use."""

    def __init__(self, tree: ArchitectureMap) -> None:
        self._modules = tree.modules
        self._importers: defaultdict[str, list[ImportEdge]] = defaultdict(list)
        for edge in tree.edges:
            self._importers[edge.imported].append(edge)
        self._bound: dict[str, Counter[str]] = {}
        self._calls: dict[str, dict[str, list[Call]]] = {}
        self._functions: dict[str, list[Definition]] = {}

    def of(self, path: str, definition: Definition) -> Iterator[Use]:
        """Yield the calls that surely mean a function, a constructor (`__init__`) or a method of a module."""
        if definition.owner is None:
            yield from self._named(path, definition.name)
        elif definition.name == "__init__":
            for place, name in self._heirs(path, definition.owner, ("__init__", "__new__")):
                yield from self._named(place, name)
        else:
            for place, name in self._heirs(path, definition.owner, (definition.name,)):
                yield from self._own(place, name, definition.name)

    def spellings(self, path: str, name: str) -> dict[str, set[str]]:
        """Return the dotted names by which a module-level name of a module is called, for each path that can."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        if self._bindings(path)[name] != 1:
            return found
        found[path].add(name)
        frontier = [(path, name)]
        while frontier and len(found) < _MAX_MODULES:
            place, local = frontier.pop()
            for edge in self._importers[place]:
                spelled = self._spelled(edge, local)
                if spelled is None or spelled in found[edge.importer]:
                    continue
                found[edge.importer].add(spelled)
                if "." not in spelled:
                    frontier.append((edge.importer, spelled))
        return found

    def _spelled(self, edge: ImportEdge, name: str) -> str | None:
        """Return what the importer of an edge calls a name of the imported module, if this edge gives it that."""
        module, importer = self._modules[edge.imported], self._modules[edge.importer]
        if edge.name == f"{module.name}.*":
            once = self._bindings(edge.importer)[name] == 0
            return name if once and not name.startswith("_") else None
        alias = _alias(importer, edge)
        if alias is None or self._bindings(edge.importer)[alias.partition(".")[0]] != 1:
            return None
        if edge.name == module.name:
            return f"{alias}.{name}"
        return alias if edge.name == f"{module.name}.{name}" else None

    def _named(self, path: str, name: str) -> Iterator[Use]:
        for place, spelled in self.spellings(path, name).items():
            calls = self._by_name(place)
            for written in sorted(spelled & calls.keys()):
                uses = (Use(place, call, self._enclosing(place, call.line)) for call in calls[written])
                yield from (use for use in uses if not _hidden(use))

    def _by_name(self, path: str) -> dict[str, list[Call]]:
        """Return the calls of a module by their dotted names."""
        if path not in self._calls:
            found: defaultdict[str, list[Call]] = defaultdict(list)
            for call in self._modules[path].parsed.calls:
                found[call.name].append(call)
            self._calls[path] = dict(found)
        return self._calls[path]

    def _heirs(self, path: str, owner: str, overriding: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield a class and its known subclasses, by path and name, down to those that override a method."""
        seen: set[tuple[str, str]] = set()
        frontier = [(path, owner)]
        while frontier:
            place, name = frontier.pop()
            if (place, name) in seen or len(seen) > _MAX_MODULES:
                continue
            seen.add((place, name))
            yield place, name
            for other, spelled in self.spellings(place, name).items():
                for heir in self._modules[other].parsed.definitions:
                    single = heir.kind == "class" and heir.bases[:1] and heir.bases[0] in spelled
                    if single and not heir.decorated and not self._overrides(other, heir.name, overriding):
                        frontier.append((other, heir.name))

    def _overrides(self, path: str, owner: str, names: tuple[str, ...]) -> bool:
        parsed = self._modules[path].parsed
        return any(entry.owner == owner and entry.name in names for entry in parsed.definitions)

    def _own(self, path: str, owner: str, name: str) -> Iterator[Use]:
        """Yield the calls of a method on the first parameter of its class's methods (`self.run()`)."""
        module = self._modules[path]
        for call in module.parsed.calls:
            receiver, _, called = call.name.rpartition(".")
            if called != name or not receiver:
                continue
            around = self._enclosing(path, call.line)
            own = around is not None and around.owner == owner and around.parameters[:1] == (receiver,)
            if own and around is not None and "staticmethod" not in around.decorators:
                yield Use(path, call, around)

    def _enclosing(self, path: str, line: int) -> Definition | None:
        """Return the function or method of a module that a line stands in, or None at module or class level."""
        if path not in self._functions:
            definitions = self._modules[path].parsed.definitions
            self._functions[path] = [entry for entry in definitions if entry.kind != "class"]
        functions = self._functions[path]
        at = bisect_right(functions, line, key=lambda entry: entry.line) - 1
        return functions[at] if at >= 0 and line <= functions[at].end_line else None

    def _bindings(self, path: str) -> Counter[str]:
        """Return how often a module binds each name at its top level, by definition, import or assignment."""
        if path not in self._bound:
            parsed = self._modules[path].parsed
            counts = Counter(entry.name for entry in parsed.definitions if entry.owner is None)
            counts.update(parsed.assigned)
            taken = {
                (name.alias, name.name, entry.module, entry.level) for entry in parsed.imports for name in entry.names
            }
            counts.update(alias for alias, *_ in taken)
            counts.update({entry.module.partition(".")[0] for entry in parsed.imports if not entry.names})
            self._bound[path] = counts
        return self._bound[path]


def _hidden(use: Use) -> bool:
    """Whether a parameter of the function around a call has the name that is called."""
    first = use.call.name.partition(".")[0]
    return use.around is not None and first in {entry.strip("*=") for entry in use.around.parameters}


def _alias(importer: Module, edge: ImportEdge) -> str | None:
    """Return the local name an edge's import gives, dotted for `import a.b`; None where it cannot be told."""
    for statement in importer.parsed.imports:
        if not statement.names:
            if statement.line == edge.line and statement.module == edge.name:
                return statement.module
            continue
        for name in statement.names:
            if name.line == edge.line and (edge.name == name.name or edge.name.endswith(f".{name.name}")):
                return name.alias
    return None
