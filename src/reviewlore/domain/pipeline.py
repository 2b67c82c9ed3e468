"""What a repository's build files let people run. Made by `formats/commands.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command a build file offers: where it is declared (1-based line), and all ways to spell its call."""

    path: str
    line: int
    spelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A workflow or build file: what starts it (nothing: people do), its jobs or targets, what its steps run first.

    `documents` are the texts for people that name it or one of its targets.
    """

    path: str
    name: str
    triggers: tuple[str, ...]
    jobs: tuple[str, ...]
    runs: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
