"""What the first-parent line tells about the files of one change: messages, patches and migrations, read at the base.

Made by `flows/past.py`; the facts take it from the change's context. Empty is fine: those facts stay silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewlore.architecture.lineage import FileStory
from reviewlore.architecture.migrations import Migration
from reviewlore.domain.architecture import Landed
from reviewlore.domain.patch import CommitPatch


@dataclass(frozen=True, slots=True)
class Past:
    """`landed` are the last steps of the line, newest first; `patches` those that touched the changed files.

    `stories` tell the lines of these files at the base; `migrations` are the ways of the repository that are on their
    way out and that this change uses anew, with the places they have left.
    """

    landed: tuple[Landed, ...] = ()
    patches: tuple[CommitPatch, ...] = ()
    stories: Mapping[str, FileStory] = field(default_factory=dict)
    migrations: tuple[Migration, ...] = ()
