"""What changed between two trees, as git's patches tell it: files, hunks, and commits with theirs.

Made by `formats/patches.py` for reading in bulk; `reviewlore.diff` makes richer records of one diff.
"""

from dataclasses import dataclass
from typing import Literal

PatchStatus = Literal["added", "modified", "removed", "renamed"]


@dataclass(frozen=True, slots=True)
class PatchHunk:
    """One hunk: 1-based first lines and lengths on both sides, git's words behind the `@@`, and the rows.

    `text` holds the rows joined by newlines, each with its sign, without the `@@` row and without a last newline. An
    empty side starts at the line before it, as in git.
    """

    old_start: int
    old_length: int
    new_start: int
    new_length: int
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class PatchFile:
    """One file of a patch; `old_path` differs from `path` only where it was renamed. Binary files have no hunks.

    `added` and `removed` count lines, as `git diff --numstat` does. Of a file that only moved, a patch does not tell
    whether it is binary.
    """

    path: str
    old_path: str
    status: PatchStatus
    hunks: tuple[PatchHunk, ...] = ()
    added: int = 0
    removed: int = 0
    binary: bool = False


@dataclass(frozen=True, slots=True)
class CommitPatch:
    """One commit with what it changed in its parent; `time` is the committer's, in seconds since 1970."""

    commit: str
    time: int
    subject: str
    files: tuple[PatchFile, ...]
