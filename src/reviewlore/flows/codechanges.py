"""What git says of many remarks at once: commits and patches from the repository in bulk, evidence out.

Nothing is fetched and nothing of the code is kept. A remark git knows nothing of is left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from reviewlore.domain.history import RawRemark
from reviewlore.domain.patch import PatchFile
from reviewlore.errors import InputError
from reviewlore.formats.patches import parse_file
from reviewlore.ports import Console, Repo
from reviewlore.stages.outcome import CodeChange, FileVersions, compare

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
    here = lru_cache(maxsize=None)(repo.contains)
    known = [raw for raw in raws if raw.last_commit and here(raw.last_commit)]
    known.sort(key=lambda raw: (raw.pull_request, raw.reviewed_commit or "", raw.path, raw.comment_id))
    found: dict[Key, CodeChange] = {}
    for start in range(0, len(known), _BATCH):
        batch = _Batch(repo, known[start : start + _BATCH], console)
        found.update(batch.changes())
    return found


class _Batch:
    """Some remarks, and what was read for them."""

    def __init__(self, repo: Repo, raws: Sequence[RawRemark], console: Console) -> None:
        self._repo, self._raws, self._console = repo, raws, console
        self._texts = _Texts(repo)
        self._reviewed = {
            raw.reviewed_commit for raw in raws if raw.reviewed_commit and repo.contains(raw.reviewed_commit)
        }
        self._bases: dict[Pair, str | None] = {}
        self._unread = set[Pair]()

    def changes(self) -> Iterator[tuple[Key, CodeChange]]:
        """Read patches for all of them, then judge one by one."""
        patches = self._patches()
        base = self._base_patches(patches)
        for raw in self._raws:
            if _span(raw) not in self._unread:
                yield (raw.pull_request, raw.comment_id), compare(raw, self._versions(raw, patches, base))

    def _versions(
        self, raw: RawRemark, patches: Mapping[tuple[Pair, str], PatchFile], base: Mapping[tuple[Pair, str], PatchFile]
    ) -> FileVersions:
        pair = _span(raw)
        head = pair[1]
        if raw.reviewed_commit not in self._reviewed:
            onto = self._merge_base(head, raw.base) if raw.base else None
            stands = self._texts.read(onto, raw.path) if onto and onto != head else None
            return FileVersions(False, None, self._texts.read(head, raw.path), base_after=stands)
        patch = patches.get((pair, raw.path))
        before = self._texts.read(pair[0], raw.path)
        after = (
            None
            if patch is not None and patch.status == "removed"
            else self._texts.read(head, patch.path if patch else raw.path)
        )
        theirs = base.get((self._base_pair(raw) or ("", ""), raw.path)) if patch is not None else None
        return FileVersions(True, before, after, patch, theirs.hunks if theirs is not None else ())

    def _patches(self) -> dict[tuple[Pair, str], PatchFile]:
        """The patches of commented files; a file that is gone by its name is looked for among all of them."""
        wanted: dict[Pair, set[str]] = defaultdict(set)
        for raw in self._raws:
            if raw.reviewed_commit in self._reviewed and raw.reviewed_commit != raw.last_commit:
                wanted[_span(raw)].add(raw.path)
        found = self._read(wanted, limited=True)
        gone: dict[Pair, set[str]] = defaultdict(set)
        for (pair, path), patch in found.items():
            if patch.status == "removed":
                gone[pair].add(path)
        return found | self._read(gone, limited=False)

    def _base_patches(self, patches: Mapping[tuple[Pair, str], PatchFile]) -> dict[tuple[Pair, str], PatchFile]:
        wanted: dict[Pair, set[str]] = defaultdict(set)
        for raw in self._raws:
            if (_span(raw), raw.path) in patches:
                pair = self._base_pair(raw)
                if pair:
                    wanted[pair].add(raw.path)
        return self._read(wanted, limited=True)

    def _read(self, wanted: Mapping[Pair, set[str]], *, limited: bool) -> dict[tuple[Pair, str], PatchFile]:
        if not wanted:
            return {}
        found = {}
        for pair, text in self._diffs(wanted, limited=limited):
            octets = text.encode("utf-8")
            for path in wanted[pair]:
                patch = parse_file(octets, path)
                if patch is not None:
                    found[pair, path] = patch
        return found

    def _diffs(self, wanted: Mapping[Pair, set[str]], *, limited: bool) -> Iterator[tuple[Pair, str]]:
        """Yield the diffs of all pairs; where an object is missing, those that can be made, one by one."""
        pairs = list(wanted)
        paths = sorted(set().union(*wanted.values())) if limited else []
        done = 0
        try:
            for pair, text in zip(pairs, self._repo.diffs(pairs, paths), strict=True):
                done += 1
                yield pair, text
        except InputError:
            for pair in pairs[done:]:
                try:
                    yield pair, next(iter(self._repo.diffs([pair], sorted(wanted[pair]) if limited else [])))
                except InputError as error:
                    self._unread |= {pair} if limited else set()
                    self._console.warn(f"What changed from {pair[0][:12]} to {pair[1][:12]} is not judged. {error}")

    def _base_pair(self, raw: RawRemark) -> Pair | None:
        """The merge bases the reviewed and the last commit have with the base branch, where they differ.

        A base that already holds the pull request says nothing of what came from elsewhere.
        """
        if not raw.base or not raw.reviewed_commit or not raw.last_commit or raw.reviewed_commit == raw.last_commit:
            return None
        old, new = self._merge_base(raw.reviewed_commit, raw.base), self._merge_base(raw.last_commit, raw.base)
        if old is None or new is None or old in (new, raw.reviewed_commit) or raw.last_commit == new:
            return None
        return old, new

    def _merge_base(self, commit: str, base: str) -> str | None:
        pair = (commit, base)
        if pair not in self._bases:
            try:
                self._bases[pair] = self._repo.merge_base(base, commit) if self._repo.contains(base) else None
            except InputError:
                self._bases[pair] = None
        return self._bases[pair]


def _span(raw: RawRemark) -> Pair:
    return raw.reviewed_commit or "", raw.last_commit or ""


class _Texts:
    """The last texts read: remarks on one file come one after another."""

    def __init__(self, repo: Repo) -> None:
        self._read = lru_cache(maxsize=16)(lambda commit, path: _text(next(iter(repo.contents([(commit, path)])))))

    def read(self, commit: str, path: str) -> str | None:
        """Return a file as text, or None where there is none."""
        return self._read(commit, path)


def _text(content: bytes | None) -> str | None:
    if content is None or len(content) > _LARGEST or b"\0" in content[:_BINARY]:
        return None
    return content.decode("utf-8", "replace")
