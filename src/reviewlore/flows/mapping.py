"""Commits of a repository to their maps: trees and blobs in, snapshots out. Reads each blob once, ever.

What was read of a blob is taken from memory, else from the shelf of earlier runs, else parsed (many in parallel) and
put there. Nothing else is written.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from reviewlore.architecture.building import NOTHING, Cache, Snapshot, derive, difference, find_unread
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import SourceFile, Syntax, syntax_of
from reviewlore.domain.trees import Listing, Step
from reviewlore.formats.manifests import is_manifest, parse_manifests, settle_manifests
from reviewlore.formats.records import decode_kept, encode_kept
from reviewlore.formats.sources import Entry, decode_source
from reviewlore.ports import Console, Parsers, Repo, Shelf

Wanted = Mapping[tuple[Syntax, str], str]
# What was asked for (None: nothing, of a group that was known), and whether it is the last of its group.
_Asked = tuple[tuple[Syntax, str] | None, bool]

# From here on reading takes seconds, and says so.
_LONG = 500
_MANIFESTS = "manifest 1"  # another number whenever the same manifest may be read differently
# Sources put on the shelf at once: few enough to hold, many enough for one transaction.
_BATCH = 1000
# Commits whose new sources are asked for at once.
_WINDOW = 200


class Mapper:
    """Maps of one repository's commits; each is made from the last one it made, which costs what differs."""

    def __init__(
        self,
        repo: Repo,
        parsers: Parsers,
        *,
        shelf: Shelf | None = None,
        console: Console | None = None,
        cache: Cache | None = None,
    ) -> None:
        """`cache` may be kept between mappers of one repository."""
        self._repo = repo
        self._parsers = parsers
        self._shelf = shelf
        self._console = console
        self._cache: Cache = {} if cache is None else cache
        self._read_manifests: dict[tuple[str, str], tuple[Manifest, ...]] = {}
        self._last = NOTHING

    @property
    def notes(self) -> tuple[str, ...]:
        """What went wrong beside the maps, which are right all the same."""
        return (self._shelf.problem,) if self._shelf and self._shelf.problem else ()

    @property
    def shelf(self) -> Shelf | None:
        """Where what was computed from git objects is kept between runs."""
        return self._shelf

    def map(self, commit: str) -> Snapshot:
        """Return the snapshot of a commit; InputError where an object cannot be read."""
        return self.map_listing(self._repo.tree(commit))

    def map_listing(self, listing: Listing) -> Snapshot:
        """Return the snapshot of a tree that was listed."""
        self.read(find_unread(listing.files, self._cache))
        changes = difference(self._last.files, {file.path: file.blob for file in listing.files})
        self._last = self.advance(self._last, changes)
        return self._last

    def advance(self, base: Snapshot, changes: Mapping[str, str | None]) -> Snapshot:
        """Return the snapshot of a tree that differs from the base's in `changes`, whose sources were read."""
        manifests = base.map.manifests
        if any(is_manifest(path) for path in changes):
            declared = {path: blob for path, blob in base.files.items() if is_manifest(path)}
            declared |= {path: blob for path, blob in changes.items() if blob is not None and is_manifest(path)}
            manifests = self._manifests({path: blob for path, blob in declared.items() if changes.get(path, blob)})
        return derive(base, changes, self._cache, manifests)

    def read(self, wanted: Wanted) -> None:
        """Bring what sources (syntax and blob -> a path) say into the cache."""
        missing = self._take_kept(wanted)
        if not missing:
            return  # the parsers load much, even for no source at all
        for _ in self.read_along([missing], len(missing)):
            pass

    def read_along(self, groups: Iterable[Wanted], total: int) -> Iterator[Wanted]:
        """Yield each group once all of it is in the cache, while the next ones are already being read.

        `total` is how many sources there are in all groups, at most.
        """
        underway: deque[Wanted] = deque()
        asked: deque[_Asked] = deque()
        read: Iterable[tuple[Entry, bytes]] = self._parsers.read_many(self._asking(groups, underway, asked), total)
        if self._console and total >= _LONG:
            read = self._console.track(read, "Reading sources", total)
        fresh: dict[Syntax, dict[str, bytes]] = {}
        for entry, data in read:
            key, last = asked.popleft()
            if key is not None:
                self._cache[key] = entry
                fresh.setdefault(key[0], {})[key[1]] = data
            if sum(map(len, fresh.values())) >= _BATCH:
                self._keep(fresh)
            if last:
                yield underway.popleft()
        self._keep(fresh)

    def _asking(
        self, groups: Iterable[Wanted], underway: deque[Wanted], asked: deque[_Asked]
    ) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of what has to be parsed; for a group without any a source that says nothing."""
        for group in groups:
            underway.append(group)
            missing = self._take_kept(group)
            blobs = self._repo.blobs(blob for _, blob in missing)
            for number, ((key, path), (_, content)) in enumerate(zip(missing.items(), blobs, strict=True), 1):
                asked.append((key, number == len(missing)))
                yield path, content
            if not missing:
                asked.append((None, True))
                yield "", b""

    def _take_kept(self, group: Wanted) -> Wanted:
        """Bring what the shelf has of a group into the cache, and return the rest of the group."""
        missing = {key: path for key, path in group.items() if key not in self._cache}
        if self._shelf is None:
            return missing
        for syntax in sorted({syntax for syntax, _ in missing}):
            blobs = [blob for other, blob in missing if other == syntax]
            for blob, data in self._shelf.get(self._kind(syntax), blobs).items():
                entry = decode_source(data)
                if entry is not None:
                    self._cache[syntax, blob] = entry
                    del missing[syntax, blob]
        return missing

    def forget(self, gone: Iterable[tuple[Syntax, str]]) -> None:
        """Let go of what was read of blobs that no later map needs."""
        for key in gone:
            self._cache.pop(key, None)

    def _keep(self, fresh: dict[Syntax, dict[str, bytes]]) -> None:
        for syntax, entries in fresh.items():
            if self._shelf:
                self._shelf.put(self._kind(syntax), entries)
        fresh.clear()

    def _kind(self, syntax: Syntax) -> str:
        return f"source/{self._parsers.version}/{syntax}"

    def _manifests(self, declared: Mapping[str, str]) -> tuple[Manifest, ...]:
        """Return the manifests of a tree; each version of each is read once."""
        unknown = {(path, blob) for path, blob in declared.items() if (path, blob) not in self._read_manifests}
        kept = self._shelf.get(_MANIFESTS, [_place(*each) for each in unknown]) if self._shelf else {}
        for each in list(unknown):
            known = decode_kept(kept.get(_place(*each)), tuple[Manifest, ...])
            if known is not None:
                self._read_manifests[each] = known
                unknown.remove(each)
        blobs = sorted({blob for _, blob in unknown})
        texts = {blob: content.decode("utf-8", "replace") for blob, content in self._repo.blobs(blobs)}
        fresh = {each: parse_manifests({each[0]: texts[each[1]]}) for each in unknown}
        self._read_manifests.update(fresh)
        if self._shelf:
            entries = {_place(*each): encode_kept(found) for each, found in fresh.items()}
            self._shelf.put(_MANIFESTS, {name: data for name, data in entries.items() if data})
        return settle_manifests([found for item in sorted(declared.items()) for found in self._read_manifests[item]])


def _place(path: str, blob: str) -> str:
    """Return the name of a manifest on the shelf: what it says depends on where it lies."""
    return f"{blob} {path.encode('utf-8', 'surrogateescape').hex()}"


def maps_along(
    repo: Repo, parsers: Parsers, commit: str, *, shelf: Shelf | None = None, console: Console | None = None
) -> Iterator[tuple[Step, Snapshot]]:
    """Yield every commit reachable from one, with the snapshot of its tree, parents first.

    Each is made from its first parent's. Held are the snapshots and sources that a later commit needs.
    """
    steps = list(repo.steps(commit))
    children: dict[str, int] = {}
    needed: dict[tuple[Syntax, str], int] = {}
    for number, step in enumerate(steps):
        for parent in step.parents[:1]:
            children[parent] = children.get(parent, 0) + 1
        needed.update(dict.fromkeys(_sources(step), number))
    mapper = Mapper(repo, parsers, shelf=shelf, console=console)
    held: dict[str, Snapshot] = {}
    groups = _groups(steps, needed)
    for number, group in enumerate(mapper.read_along(groups, len(needed))):
        for step in steps[number * _WINDOW : (number + 1) * _WINDOW]:
            parent = step.parents[0] if step.parents else ""
            snapshot = mapper.advance(held.get(parent, NOTHING), dict(step.changes))
            yield step, snapshot
            _count_down(children, parent, held)
            if step.commit in children:
                held[step.commit] = snapshot
        mapper.forget(key for key in group if needed[key] < (number + 1) * _WINDOW)


def _count_down(children: dict[str, int], parent: str, held: dict[str, Snapshot]) -> None:
    """Let go of a snapshot when its last child is made."""
    if parent in children:
        children[parent] -= 1
        if not children[parent]:
            del children[parent]
            held.pop(parent, None)


def _groups(steps: list[Step], needed: dict[tuple[Syntax, str], int]) -> Iterator[Wanted]:
    for start in range(0, len(steps), _WINDOW):
        yield {key: path for step in steps[start : start + _WINDOW] for key, path in _sources(step).items()}


def _sources(step: Step) -> dict[tuple[Syntax, str], str]:
    files = (SourceFile(path, blob) for path, blob in step.changes if blob is not None)
    return {(syntax, file.blob): file.path for file in files if (syntax := syntax_of(file.path))}
