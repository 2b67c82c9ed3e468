"""TOML as people write it: text in, plain values and the lines of keys out. Never raises, stays linear on any text."""

import re
from collections.abc import Mapping

from reviewlore.config.toml import MAX_CHARACTERS, PART, load_toml

_HEADER = re.compile(rf"[ \t]*+\[\[?+[ \t]*+({PART}(?:[ \t]*+\.[ \t]*+{PART})*+)[ \t]*+\]")
_KEY = re.compile(rf"[ \t]*+({PART}(?:[ \t]*+\.[ \t]*+{PART})*+)[ \t]*+=")
_PARTS = re.compile(PART)
_LONG_QUOTE = re.compile("\"\"\"|'''")


def read_toml(text: str) -> tuple[Mapping[str, object], str]:
    """Return the table a text says and no problem, or an empty one and half a sentence saying why it says none."""
    try:
        return load_toml(text), ""
    except ValueError as error:
        return {}, f"it is no TOML ({error})"


def toml_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the 1-based line of every table header and every key that starts a line, by the names that lead to it."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text[:MAX_CHARACTERS].split("\n"), 1):
        if not quote:
            header = _HEADER.match(line)
            key = None if header else _KEY.match(line)
            if header:
                table = _names(header[1])
                found.setdefault(table, number)
            elif key:
                found.setdefault((*table, *_names(key[1])), number)
        for mark in _LONG_QUOTE.findall(line):
            quote = mark if not quote else "" if quote == mark else quote
    return found


def _names(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(key))
