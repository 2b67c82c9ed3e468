"""What git says of many remarks at once: commits and patches from the repository in bulk, evidence out.

Nothing is fetched and nothing of the code is kept. A remark git knows nothing of is left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from reviewlore.domain.history import RawRemark
from reviewlore.domain.patch import PatchFile
from reviewlore.errors import InputError
from reviewlore.formats.patches import find_heir, parse_file
from reviewlore.ports import Console, Repo
from reviewlore.stages.outcome import CodeChange, FileVersions, compare, find_telling_rows

Key = tuple[int, str]
Pair = tuple[str, str]
_BATCH = 400  # remarks whose patches are in memory at a time
_BINARY = 8_000  # where git looks for a NUL
_LARGEST = 4_000_000


def missing_commits(repo: Repo, raws: Sequence[RawRemark]) -> tuple[str, ...]:
    """Return the commits reviewers saw that are not here: they were pushed over. A fetch by id may bring them."""
    wanted = sorted({raw.reviewed_commit for raw in raws if raw.reviewed_commit})
    return tuple(commit for commit in wanted if not repo.contains(commit))


def read_changes(repo: Repo, raws: Sequence[RawRemark], console: Console) -> Mapping[Key, CodeChange]:
    """Return what became of the commented code of these remarks of one repository, where git can tell."""
    objects = _Objects(repo)
    known = [raw for raw in raws if raw.last_commit and objects.contains(raw.last_commit)]
    known.sort(key=lambda raw: (raw.pull_request, raw.reviewed_commit or "", raw.path, raw.comment_id))
    found: dict[Key, CodeChange] = {}
    for start in range(0, len(known), _BATCH):
        found.update(_Batch(repo, objects, known[start : start + _BATCH], console).changes())
    return found


class _Batch:
    """Some remarks, and what was read for them.

    `_patches` are patches of commented files by commits and path, `_base` those of the base branch, `_heirs` the names
    under which lines of files that are gone live on.
    """

    def __init__(self, repo: Repo, objects: "_Objects", raws: Sequence[RawRemark], console: Console) -> None:
        self._repo, self._objects, self._raws, self._console = repo, objects, raws, console
        self._unread = set[Pair]()
        self._patches: dict[tuple[Pair, str], PatchFile] = {}
        self._base: dict[tuple[Pair, str], PatchFile] = {}
        self._heirs: dict[Key, str] = {}

    def changes(self) -> Iterator[tuple[Key, CodeChange]]:
        """Read the patches for all of them, then judge one by one."""
        self._read_patches()
        self._follow_gone()
        self._read_base()
        for raw in self._raws:
            if _span(raw) not in self._unread:
                yield _key(raw), compare(raw, self._versions(raw))

    def _versions(self, raw: RawRemark) -> FileVersions:
        read, (reviewed, head) = self._objects.read, _span(raw)
        heir = self._heirs.get(_key(raw))
        if heir is not None or not self._is_reviewed(raw):
            fork = self._objects.fork(head, raw.base)
            stands = read(fork, raw.path) if fork is not None and heir is None else None
            return FileVersions(False, None, read(head, heir or raw.path), base_after=stands)
        patch = self._patches.get((_span(raw), raw.path))
        removed = patch is not None and patch.status == "removed"
        after = None if removed else read(head, patch.path if patch is not None else raw.path)
        pair = self._base_pair(raw) if patch is not None else None
        theirs = self._base.get((pair, raw.path)) if pair is not None else None
        return FileVersions(True, read(reviewed, raw.path), after, patch, theirs.hunks if theirs is not None else ())

    def _read_patches(self) -> None:
        wanted: dict[Pair, set[str]] = defaultdict(set)
        for raw in self._raws:
            if self._is_reviewed(raw) and raw.reviewed_commit != raw.last_commit:
                wanted[_span(raw)].add(raw.path)
        for pair, patch in self._diffs(wanted):
            self._find(pair, wanted[pair], patch, self._patches)

    def _follow_gone(self) -> None:
        """Look among all files where those went that are gone by their name: moved, or split."""
        lost: dict[Pair, list[RawRemark]] = defaultdict(list)
        for raw in self._raws:
            pair = self._gone_between(raw)
            if pair is not None:
                lost[pair].append(raw)
        for pair, text in self._diffs(dict.fromkeys(lost)):
            for raw in lost[pair]:
                patch = parse_file(text, raw.path)
                moved = patch is not None and patch.status == "renamed"
                if patch is not None and moved and self._is_reviewed(raw):
                    self._patches[pair, raw.path] = patch
                    continue
                heir = patch.path if patch is not None and moved else find_heir(text, find_telling_rows(raw))
                if heir is not None:
                    self._heirs[_key(raw)] = heir

    def _gone_between(self, raw: RawRemark) -> Pair | None:
        """The commits between which a remark's file went away, None where it did not or they are not known."""
        if self._is_reviewed(raw):
            patch = self._patches.get((_span(raw), raw.path))
            return _span(raw) if patch is not None and patch.status == "removed" else None
        head = raw.last_commit or ""
        fork = self._objects.fork(head, raw.base) if self._objects.read(head, raw.path) is None else None
        return (fork, head) if fork is not None else None

    def _read_base(self) -> None:
        wanted: dict[Pair, set[str]] = defaultdict(set)
        for raw in self._raws:
            pair = self._base_pair(raw) if (_span(raw), raw.path) in self._patches else None
            if pair is not None:
                wanted[pair].add(raw.path)
        for pair, patch in self._diffs(wanted):
            self._find(pair, wanted[pair], patch, self._base)

    def _find(self, pair: Pair, paths: set[str], text: bytes, into: dict[tuple[Pair, str], PatchFile]) -> None:
        for path in paths:
            patch = parse_file(text, path)
            if patch is not None:
                into[pair, path] = patch

    def _diffs(self, wanted: Mapping[Pair, set[str] | None]) -> Iterator[tuple[Pair, bytes]]:
        """Yield the diffs of all pairs; where an object is missing, those that can be made, one by one.

        Without paths all files are told of.
        """
        pairs, done = list(wanted), 0
        paths = sorted(set().union(*(each for each in wanted.values() if each)))
        try:
            for pair, text in zip(pairs, self._repo.diffs(pairs, paths) if pairs else (), strict=True):
                done += 1
                yield pair, text.encode("utf-8")
        except InputError:
            for pair in pairs[done:]:
                mine = sorted(wanted[pair] or ())
                try:
                    yield pair, next(iter(self._repo.diffs([pair], mine))).encode("utf-8")
                except InputError as error:
                    self._unread |= {pair} if mine else set()
                    self._console.warn(f"What changed from {pair[0][:12]} to {pair[1][:12]} is not judged. {error}")

    def _is_reviewed(self, raw: RawRemark) -> bool:
        return raw.reviewed_commit is not None and self._objects.contains(raw.reviewed_commit)

    def _base_pair(self, raw: RawRemark) -> Pair | None:
        """The forks of the reviewed and of the last commit from the base branch, None where it is one fork."""
        reviewed, head = _span(raw)
        old, new = self._objects.fork(reviewed, raw.base), self._objects.fork(head, raw.base)
        return (old, new) if old is not None and new is not None and old != new else None


class _Objects:
    """What is asked of the repository again and again."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self.contains = lru_cache(maxsize=None)(repo.contains)
        self.fork = lru_cache(maxsize=None)(self._fork)
        self.read = lru_cache(maxsize=16)(self._read)  # remarks on one file come one after another

    def _fork(self, commit: str, base: str | None) -> str | None:
        """Where a commit's branch left the base branch.

        None where it did not: a base that already holds the pull request says nothing of what came from elsewhere.
        """
        if base is None or not self.contains(base):
            return None
        try:
            fork = self._repo.merge_base(base, commit)
        except InputError:
            return None
        return fork if fork != commit else None

    def _read(self, commit: str, path: str) -> str | None:
        """Return a file as text; None where there is none, or none that is text of bearable size."""
        content = next(iter(self._repo.contents([(commit, path)])))
        if content is None or len(content) > _LARGEST or b"\0" in content[:_BINARY]:
            return None
        return content.decode("utf-8", "replace")


def _key(raw: RawRemark) -> Key:
    return raw.pull_request, raw.comment_id


def _span(raw: RawRemark) -> Pair:
    return raw.reviewed_commit or "", raw.last_commit or ""
