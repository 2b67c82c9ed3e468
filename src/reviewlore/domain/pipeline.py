"""What a repository's build files let people run. Made by `formats/commands.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command a build file offers: where it is declared (1-based line), and all ways to spell its call."""

    path: str
    line: int
    spelled: tuple[str, ...]
