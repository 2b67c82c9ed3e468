"""What all readers of commands share: a row of the table of commands, and how words are compared."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewlore.domain.commands import Command, CommandError
from reviewlore.domain.people import Role

PREFIX = "/lore"
MAX_TEXT = 500
_AROUND = ",:;.!`'\""
_FINDING = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Row:
    """One command: what to type, what it does, the lowest role that may, and how its words are read.

    `writes`: it changes the state branch, so its job needs `contents: write`; `dispatches`: it starts a workflow, which
    takes `actions: write`. The workflow that answers commands gives no other command either permission.
    """

    name: str
    usage: str
    summary: str
    role: Role
    parse: Callable[[Sequence[str]], Command | CommandError]
    command: type[Command]
    writes: bool = False
    dispatches: bool = False


def surplus(usage: str, words: Sequence[str]) -> CommandError | None:
    """Return what is wrong where words are left that a command does not take."""
    name = usage.split(maxsplit=1)[0]
    return CommandError(f"`{PREFIX} {name}` does not take", words[0], usage=usage) if words else None


def as_finding(word: str) -> str | None:
    """Return the id of a remark, or None: hexadecimal with a digit, so that no ordinary word is taken for one."""
    given = plain(word)
    return given if _FINDING.fullmatch(given) and any(char.isdigit() for char in given) else None


def plain(word: str) -> str:
    """Return a word as it is compared: lower case for ASCII only, so that no look-alike becomes a known word."""
    return word.strip(_AROUND).lower() if word.isascii() else word


def as_code(text: str) -> str:
    """Return a stranger's word as inert inline code: one line, no backticks, at most 60 characters."""
    clean = "".join(char if char.isprintable() else "?" for char in text).replace("`", "'")
    return f"`{clean[:60]}{'…' if len(clean) > 60 else ''}`"
