"""The map of a repository at one commit: file list and blob contents in, modules and import edges out.

Pure: contents arrive through the functions passed in; parsed files are kept in the caller's cache by blob id, so that
the map of a head costs only what differs from its base.
"""

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence

from reviewlore.architecture.roots import Names, count_prefixes
from reviewlore.domain.architecture import (
    ArchitectureMap,
    ExternalImport,
    ImportEdge,
    ImportStatement,
    Module,
    ParsedModule,
    SkipReason,
    SourceFile,
)

Parse = Callable[[str, bytes], ParsedModule | None]
ReadBlobs = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]
Cache = MutableMapping[str, ParsedModule | SkipReason]

# Hand-written modules stay far below this (CPython's largest has 300 KB); what is above is generated or data.
MAX_BYTES = 1_000_000
_STRENGTH = {"runtime": 0, "lazy": 1, "type_only": 2}


def build_map(files: Sequence[SourceFile], read_blobs: ReadBlobs, parse: Parse, cache: Cache) -> ArchitectureMap:
    """Return the map of one tree.

    `files` are all regular files of a commit (`Repo.files`), `read_blobs` is `Repo.blobs`, `parse` is `Grammar.parse`.
    `cache` maps a blob id to what was read from it, or to the reason why nothing was; it is extended in place. Files
    that cannot be read are counted in `skipped`, those with syntax errors are used as far as they go and listed in
    `broken`.
    """
    sources = [file for file in files if file.path.endswith(".py")]
    _fill(cache, sources, read_blobs, parse)
    read = {file.path: entry for file in sources if not isinstance(entry := cache[file.blob], str)}
    skipped = Counter[str](entry for file in sources if isinstance(entry := cache[file.blob], str))
    imported = count_prefixes(_absolute_names(read.values()))
    names = Names(read, imported)
    blobs = {file.path: file.blob for file in sources}
    modules = {path: Module(names.name(path), path, blobs[path], parsed) for path, parsed in sorted(read.items())}
    edges: list[ImportEdge] = []
    external: list[ExternalImport] = []
    for path, module in modules.items():
        for statement in module.parsed.imports:
            _resolve(path, statement, names, edges, external)
    broken = tuple(path for path, module in modules.items() if module.parsed.broken)
    everything = frozenset(file.path for file in files)
    return ArchitectureMap(modules, tuple(edges), tuple(external), everything, dict(skipped), broken)


def adjacency(edges: Iterable[ImportEdge]) -> dict[str, set[str]]:
    """Return importer -> imported paths."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge.importer, set()).add(edge.imported)
    return found


def strongest(edges: Iterable[ImportEdge]) -> dict[tuple[str, str], ImportEdge]:
    """Return one edge for each (importer, imported): runtime before lazy before type-only, then the first line."""
    found: dict[tuple[str, str], ImportEdge] = {}
    for edge in edges:
        key = (edge.importer, edge.imported)
        known = found.get(key)
        if known is None or (_STRENGTH[edge.kind], edge.line) < (_STRENGTH[known.kind], known.line):
            found[key] = edge
    return found


def components(graph: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """Return the strongly connected components of more than one node (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[frozenset[str]] = []
    for start in sorted(graph):
        if start in index:
            continue
        work: list[tuple[str, Iterator[str]]] = []
        _open(start, index, low, stack, on_stack)
        work.append((start, iter(sorted(graph.get(start, ())))))
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    _open(other, index, low, stack, on_stack)
                    work.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_close(node, stack, on_stack))
    return [component for component in found if len(component) > 1]


def shortest_path(graph: Mapping[str, set[str]], start: str, goal: str) -> tuple[str, ...]:
    """Return the nodes of a shortest path from start to goal (both included), or nothing."""
    came: dict[str, str | None] = {start: None}
    frontier = [start]
    while frontier and goal not in came:
        following = []
        for node in frontier:
            for other in sorted(graph.get(node, ())):
                if other not in came:
                    came[other] = node
                    following.append(other)
        frontier = following
    if goal not in came:
        return ()
    path = [goal]
    while (before := came[path[-1]]) is not None:
        path.append(before)
    return tuple(reversed(path))


def _open(node: str, index: dict[str, int], low: dict[str, int], stack: list[str], on_stack: set[str]) -> None:
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)


def _close(node: str, stack: list[str], on_stack: set[str]) -> frozenset[str]:
    members = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == node:
            return frozenset(members)


def _fill(cache: Cache, sources: Sequence[SourceFile], read_blobs: ReadBlobs, parse: Parse) -> None:
    """Read and parse every blob the cache does not know, each once."""
    missing = {file.blob: file.path for file in sources if file.blob not in cache}
    for blob, content in read_blobs(list(missing)):
        cache[blob] = _read(missing[blob], content, parse)
    for blob in missing:
        cache.setdefault(blob, "unreadable")


def _read(path: str, content: bytes, parse: Parse) -> ParsedModule | SkipReason:
    if len(content) > MAX_BYTES:
        return "too_large"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        try:  # PEP 263: a coding comment may say otherwise
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            content = content.decode(encoding).encode("utf-8")
        except (SyntaxError, UnicodeError, LookupError):
            return "not_utf8"
    return parse(path, content) or "unsupported_language"


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
                edges.append(ImportEdge(path, found, line, statement.kind, target))
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
