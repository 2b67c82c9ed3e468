"""The hunk a reviewer saw, made again from git for sources that do not carry it. Nothing is fetched."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from reviewlore.diff import FilePatch, hunk_until, parse_diff
from reviewlore.domain.history import RawRemark
from reviewlore.errors import InputError
from reviewlore.ports import Repo

_CONTEXT = 6  # lines above the remark, where it stands outside the diff
_RECENT = 16  # diffs of whole pull requests that are kept parsed: remarks on one come one after another


class Hunks:
    """Diffs of one repository, each read once for the remarks on it."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._patches = lru_cache(maxsize=_RECENT)(self._read_patches)
        self._start = lru_cache(maxsize=_RECENT)(self._find_start)

    def find(self, raw: RawRemark, bases: Sequence[str] = ()) -> str:
        """Return what was shown above a remark at the commit its reviewer saw, empty where git cannot tell.

        `bases` are commits of the branch that was merged into, of which the one nearest to the reviewed commit counts;
        without any the commit is compared with its parent. A line outside the diff is shown with the lines above it.
        """
        commit = raw.reviewed_commit or ""
        if not self._repo.contains(commit):
            return ""
        start = self._start(commit, tuple(bases))
        patch = self._patches(start, commit).get(raw.path) if start else None
        hunk = None
        if patch is not None:
            hunk = patch.hunk_at(raw.line, raw.side) if raw.line else next(iter(patch.hunks), None)
        if hunk is not None:
            return hunk_until(hunk, raw.line, raw.side) if raw.line else hunk.text
        if raw.side == "LEFT":
            return self._context(start, patch.old_path if patch else raw.path, raw.line) if start else ""
        return self._context(commit, raw.path, raw.line)

    def _find_start(self, commit: str, bases: tuple[str, ...]) -> str | None:
        """Return the commit the pull request's diff begins at, None for a history's first commit."""
        nearest = None
        for base in bases:
            try:
                start = self._repo.merge_base(base, commit)
                if start != commit and (nearest is None or self._repo.merge_base(nearest, start) == nearest):
                    nearest = start
            except InputError:  # the base is not here, or of another history
                continue
        try:
            return nearest or self._repo.resolve(f"{commit}^")
        except InputError:
            return None

    def _read_patches(self, start: str, commit: str) -> Mapping[str, FilePatch]:
        try:
            return {patch.path: patch for patch in parse_diff(self._repo.diff(start, commit))}
        except InputError:
            return {}

    def _context(self, commit: str, path: str, line: int | None) -> str:
        try:
            text = (self._repo.read(commit, path) or b"").decode("utf-8", "replace")
        except InputError:  # git takes the path for one outside the repository
            return ""
        lines = text.removesuffix("\n").split("\n") if text else []
        if line is None or line > len(lines):
            return ""
        first = max(1, line - _CONTEXT)
        rows = lines[first - 1 : line]
        return "\n".join([f"@@ -{first},{len(rows)} +{first},{len(rows)} @@", *(f" {row}" for row in rows)])
