"""Where code and what was learned are read and kept: repositories, grammars, the state branch, the index."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviewlore.domain.architecture import Change, Landed, Mention
from reviewlore.domain.mining import Rewritten
from reviewlore.domain.patch import CommitPatch
from reviewlore.domain.retrieval import Hit, Passages, Scope, SourceIds
from reviewlore.domain.source import ParsedModule, SourceFile
from reviewlore.domain.trees import Listing, Step


class Repo(Protocol):
    """A git repository, read from its objects only: never from a work tree, never by running its code."""

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off when the repository was cloned."""
        ...

    def resolve(self, revision: str) -> str:
        """Return the full commit id of a revision; InputError if there is none."""
        ...

    def contains(self, commit: str) -> bool:
        """Whether a full commit id is present."""
        ...

    def merge_base(self, base: str, head: str) -> str:
        """Return the merge base of two commit ids; InputError if they share no history."""
        ...

    def diff(self, base: str, head: str) -> str:
        """Return the unified diff (3 context lines, renames detected) from one commit id to another."""
        ...

    def diffs(self, pairs: Iterable[tuple[str, str]], paths: Sequence[str] = ()) -> Iterator[str]:
        """Yield what `diff` returns for each pair of commit ids, in order, in bulk; with paths, of these files only."""
        ...

    def patches(
        self, commit: str, limit: int | None = None, paths: Sequence[str] = (), *, mainline: bool = False
    ) -> Iterator[CommitPatch]:
        """Yield up to `limit` non-merge commits reachable from `commit`, newest first, with files and hunks.

        With `paths`, only commits that changed one of these files, and of them only these. On the `mainline`, the
        commits along first parents, a merge with all that it brought: each is then the parent of the one before it.
        """
        ...

    def files(self, commit: str) -> tuple[SourceFile, ...]:
        """Return all regular files of a commit's tree (no symbolic links, no submodules)."""
        ...

    def tree(self, commit: str) -> Listing:
        """Return everything in a commit's tree: the files, and the links and submodules that are not read."""
        ...

    def steps(self, commit: str) -> Iterator[Step]:
        """Yield what every commit reachable from `commit` did to its first parent's tree, parents first, in bulk."""
        ...

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (blob id, content) in the order asked."""
        ...

    def read(self, commit: str, path: str) -> bytes | None:
        """Return one regular file's content at a commit, or None where there is none."""
        ...

    def contents(self, places: Iterable[tuple[str, str]]) -> Iterator[bytes | None]:
        """Yield the content of a file, or None where there is none, for each (commit id, path), in bulk."""
        ...

    def history(self, commit: str, limit: int) -> tuple[Change, ...]:
        """Return up to `limit` non-merge commits reachable from `commit`, newest first, with paths and authors."""
        ...

    def mainline(self, commit: str, limit: int) -> tuple[Landed, ...]:
        """Return the last `limit` commits along first parents, newest first, with their whole messages."""
        ...

    def mentions(self, commit: str, words: Iterable[str]) -> tuple[Mention, ...] | None:
        """Return where words stand, as whole words, in the text files of a commit; None where they are everywhere."""
        ...


class Grammar(Protocol):
    """Source text to records, one file at a time, without running anything."""

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 source says, or None where the path's language has no grammar; never raises on syntax."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of the state branch while its history is rewritten.

    `files` maps each path to the id of its content (equal ids, equal bytes); `fresh` are the paths that no earlier
    commit had with that content; `read` returns a path's content.
    """

    files: Mapping[str, str]
    fresh: Sequence[str]
    read: Callable[[str], bytes]


class Rewriting(Protocol):
    """What is to become of the history of the state branch."""

    def alter(self, revision: Revision) -> Mapping[str, bytes | None]:
        """Return what becomes of fresh files (None removes); asked for each commit, the oldest first.

        What is not named stays. Content that was altered once is altered alike wherever it stands later.
        """
        ...

    def reword(self, text: str) -> str:
        """Return what becomes of a commit's message, or of the name and address of who made it."""
        ...

    def close(self, tip: "Store") -> Mapping[str, bytes | None]:
        """Return the files to write on top of the rewritten history, in a commit of its own."""
        ...

    def message(self) -> str:
        """Return the message of that commit."""
        ...


class Store(Protocol):
    """The state branch: a versioned set of files, changed by compare-and-swap."""

    def head(self) -> str | None:
        """Return the id of the branch's commit, or None before the first write."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return one file of the branch, or None."""
        ...

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        """Return the sorted paths of the branch that start with `prefix`."""
        ...

    def ids(self, prefix: str = "") -> Mapping[str, str]:
        """Return the paths that start with `prefix`, each with the id of its content: equal ids, equal bytes."""
        ...

    def update(
        self, change: Callable[["Store"], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        """Apply `change` to the branch in one commit and return its id, or None where nothing changes.

        `change` is called with the current state (again, when somebody else wrote first) and returns the files to
        write (None removes). Raises StorageError where the write cannot be completed; the branch is then unchanged.
        """
        ...

    def when_added(self, path: str) -> "Store | None":
        """Return the branch, read-only, as it was when a path was first written; None where history does not tell."""
        ...

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        """Make the branch's whole history again as the plan says, and let go of the old one.

        Commits keep their messages and dates, and their ids up to the first that changes. The plan is asked again when
        somebody else wrote first. Errors as in `update`; `dry_run` asks the plan and writes nothing.
        """
        ...


class Index(Protocol):
    """Full-text search over what a team said, taught and decided, kept on this machine between runs."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be used of the sources, or kept for the next run, a sentence each."""
        ...

    def update(self, sources: SourceIds, read: Callable[[str], Passages]) -> None:
        """Hold exactly these sources (name to the id of its content): `read` is asked for those not held yet.

        What is held of other names or contents is removed. What `read` raises passes through; nothing has changed then.
        """
        ...

    def search(self, text: str, limit: int, scope: Scope) -> tuple[Hit, ...]:
        """Return the best matches among the sources of the last `update`, best first."""
        ...
