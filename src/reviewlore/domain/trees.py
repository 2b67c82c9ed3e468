"""Trees of commits as git tells them: what lies in one, and what each commit of a history did to its parent's."""

from dataclasses import dataclass

from reviewlore.domain.source import SourceFile


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one commit's tree: regular files, and the paths of symbolic links and submodules beside them."""

    files: tuple[SourceFile, ...] = ()
    links: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: its parents, and the regular files that differ from its first parent's tree (none: from nothing).

    `changes` are (path, blob), without a blob where the path is no regular file any more.
    """

    commit: str
    parents: tuple[str, ...]
    changes: tuple[tuple[str, str | None], ...]
