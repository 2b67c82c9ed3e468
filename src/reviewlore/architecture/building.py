"""The map of a repository at one commit, from nothing or from the map of another commit: entries in, snapshot out.

Pure. What a map is made of is kept beside it, so that the map of a head costs what differs from its base; it is equal
to the one built from nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from reviewlore.architecture.languages import Edits, Tracks, find_resolver, track
from reviewlore.architecture.languages.resolver import Resolution
from reviewlore.architecture.reading import Parse, read_source
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import ParsedModule, SkipReason, SourceFile, Syntax, syntax_of

ReadBlobs = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]
Entry = ParsedModule | SkipReason
# What was read of a blob in a syntax (an empty file is one blob in all languages).
Cache = MutableMapping[tuple[Syntax, str], Entry]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A map with what the map of a neighbouring commit can use again; never changed once made.

    `files` are the blobs of all regular files by path, `unread` the reason of every source file without a module,
    `resolved` where the imports of each module lead, `tracks` who resolved them.
    """

    map: ArchitectureMap = field(default_factory=ArchitectureMap)
    files: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, SkipReason] = field(default_factory=dict)
    resolved: Mapping[str, Resolution] = field(default_factory=dict)
    tracks: Tracks = field(default_factory=dict)


NOTHING = Snapshot()


def build_map(
    files: Sequence[SourceFile],
    read_blobs: ReadBlobs,
    parse: Parse,
    cache: Cache,
    manifests: Sequence[Manifest] = (),
) -> ArchitectureMap:
    """Return the map of one tree.

    `files` are all regular files of a commit (`Repo.files`), `read_blobs` is `Repo.blobs`, `parse` is `Grammar.parse`.
    `manifests` are those of the same commit. `cache` is extended in place. Files that cannot be read are counted in
    `skipped`, those with syntax errors are used as far as they go and listed in `broken`.
    """
    missing: defaultdict[str, dict[Syntax, str]] = defaultdict(dict)
    for (syntax, blob), path in find_unread(files, cache).items():
        missing[blob][syntax] = path
    for blob, content in read_blobs(list(missing)):
        for syntax, path in missing.pop(blob).items():
            cache[syntax, blob] = read_source(path, content, parse)
    return derive(NOTHING, {file.path: file.blob for file in files}, cache, tuple(manifests)).map


def find_unread(
    files: Iterable[SourceFile], cache: Mapping[tuple[Syntax, str], Entry]
) -> dict[tuple[Syntax, str], str]:
    """Return the syntax and blob of every source file that is not in the cache, with a path where it stands."""
    return {
        (syntax, file.blob): file.path
        for file in files
        if (syntax := syntax_of(file.path)) and (syntax, file.blob) not in cache
    }


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """Return the paths of two trees (path -> blob) that differ, with the blob each has afterwards (None: removed)."""
    changes: dict[str, str | None] = dict.fromkeys(before.keys() - after.keys())
    changes.update(after.items() - before.items())
    return changes


def derive(
    base: Snapshot,
    changes: Mapping[str, str | None],
    cache: Mapping[tuple[Syntax, str], Entry],
    manifests: tuple[Manifest, ...],
) -> Snapshot:
    """Return the snapshot of a tree that differs from the base's in `changes` (path -> blob, None: removed).

    `manifests` are all of the new tree. A source that the cache does not hold counts as unreadable.
    """
    files = _changed(base.files, changes)
    paths = base.map.files if files.keys() == base.files.keys() else frozenset(files)
    edits, unread = _read(base, changes, cache)
    if manifests == base.map.manifests:
        manifests = base.map.manifests
    tracks, anew = track(base.tracks, edits, paths, manifests)
    modules, resolved = _resolve(base, files, edits, anew, tracks)
    skipped: dict[str, int] = dict(Counter(unread.values()))
    found = ArchitectureMap(
        modules,
        tuple(chain.from_iterable(one.edges for one in resolved.values())),
        tuple(chain.from_iterable(one.external for one in resolved.values())),
        paths,
        skipped,
        tuple(path for path, module in modules.items() if module.parsed.broken),
        manifests,
    )
    return Snapshot(found, files, unread, resolved, tracks)


def _changed(before: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    after = dict(before)
    for path, blob in changes.items():
        if blob is None:
            after.pop(path, None)
        else:
            after[path] = blob
    return after


def _read(
    base: Snapshot, changes: Mapping[str, str | None], cache: Mapping[tuple[Syntax, str], Entry]
) -> tuple[Edits, Mapping[str, SkipReason]]:
    """Return what changed sources said and say, and why others say nothing."""
    unread = dict(base.unread)
    edits: dict[str, tuple[ParsedModule | None, ParsedModule | None]] = {}
    for path, blob in changes.items():
        syntax = syntax_of(path)
        if syntax is None:
            continue
        known = base.map.modules.get(path)
        entry = cache.get((syntax, blob), "unreadable") if blob is not None else None
        unread.pop(path, None)
        if isinstance(entry, str):
            unread[path] = entry
        now = entry if isinstance(entry, ParsedModule) else None
        if known or now:
            edits[path] = (known.parsed if known else None, now)
    return edits, unread


def _resolve(
    base: Snapshot, files: Mapping[str, str], edits: Edits, anew: set[str], tracks: Tracks
) -> tuple[dict[str, Module], dict[str, Resolution]]:
    """Return the modules of a tree and where their imports lead, sorted by path."""
    modules, resolved = dict(base.map.modules), dict(base.resolved)
    for path in anew | edits.keys():
        parsed = edits[path][1] if path in edits else modules[path].parsed
        if parsed is None:
            modules.pop(path, None)
            resolved.pop(path, None)
            continue
        resolver = find_resolver(tracks, parsed.language)
        modules[path] = Module(resolver.name(path) if resolver else path, path, files[path], parsed)
        resolved[path] = resolver.resolve(path) if resolver else Resolution()
    if modules.keys() != base.map.modules.keys():
        order = sorted(modules)
        return {path: modules[path] for path in order}, {path: resolved[path] for path in order}
    return modules, resolved
