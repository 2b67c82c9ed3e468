"""The map of a repository at one commit: file list and blob contents in, modules and import edges out.

Pure: contents arrive through the functions passed in; parsed files are kept in the caller's cache by blob id, so that
the map of a head costs only what differs from its base.
"""

import io
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence

from reviewlore.architecture.languages import make_resolvers
from reviewlore.domain.architecture import ArchitectureMap, ExternalImport, ImportEdge, Module
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import Language, ParsedModule, SkipReason, SourceFile, language_of

Parse = Callable[[str, bytes], ParsedModule | None]
ReadBlobs = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]
Cache = MutableMapping[tuple[Language, str], ParsedModule | SkipReason]

# Hand-written modules stay far below this (CPython's largest has 300 KB); what is above is generated or data.
MAX_BYTES = 1_000_000
_STRENGTH = {"runtime": 0, "conditional": 1, "lazy": 2, "type_only": 3}


def build_map(
    files: Sequence[SourceFile], read_blobs: ReadBlobs, parse: Parse, cache: Cache, manifests: Sequence[Manifest] = ()
) -> ArchitectureMap:
    """Return the map of one tree.

    `files` are all regular files of a commit (`Repo.files`), `read_blobs` is `Repo.blobs`, `parse` is `Grammar.parse`.
    `manifests` are those of the same commit. `cache` maps language and blob id (an empty file is one blob in all
    languages) to what was read, or to the reason why nothing was; it is extended in place. Files that cannot be read
    are counted in `skipped`, those with syntax errors are used as far as they go and listed in `broken`.
    """
    sources = [(file, language) for file in files if (language := language_of(file.path))]
    _fill(cache, sources, read_blobs, parse)
    read: dict[str, ParsedModule] = {}
    skipped = Counter[str]()
    for file, language in sources:
        entry = cache[language, file.blob]
        if isinstance(entry, str):
            skipped[entry] += 1
        else:
            read[file.path] = entry
    blobs = {file.path: file.blob for file, _ in sources}
    everything = frozenset(file.path for file in files)
    resolvers = make_resolvers(read, everything, tuple(manifests))
    modules: dict[str, Module] = {}
    edges: list[ImportEdge] = []
    external: list[ExternalImport] = []
    for path, parsed in sorted(read.items()):
        resolver = resolvers[parsed.language]
        modules[path] = Module(resolver.name(path), path, blobs[path], parsed)
        found = resolver.resolve(path)
        edges += found.edges
        external += found.external
    broken = tuple(path for path, module in modules.items() if module.parsed.broken)
    return ArchitectureMap(modules, tuple(edges), tuple(external), everything, dict(skipped), broken, tuple(manifests))


def adjacency(edges: Iterable[ImportEdge]) -> dict[str, set[str]]:
    """Return importer -> imported paths."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge.importer, set()).add(edge.imported)
    return found


def strongest(edges: Iterable[ImportEdge]) -> dict[tuple[str, str], ImportEdge]:
    """Return one edge for each (importer, imported): the strongest kind, then the first line."""
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


def _fill(cache: Cache, sources: Sequence[tuple[SourceFile, Language]], read_blobs: ReadBlobs, parse: Parse) -> None:
    """Read and parse every blob the cache does not know, each once in each language."""
    missing: defaultdict[str, dict[Language, str]] = defaultdict(dict)
    for file, language in sources:
        if (language, file.blob) not in cache:
            missing[file.blob][language] = file.path
    for blob, content in read_blobs(list(missing)):
        for language, path in missing[blob].items():
            cache[language, blob] = _read(path, content, parse)
    for blob, places in missing.items():
        for language in places:
            cache.setdefault((language, blob), "unreadable")


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
