"""TOML as people write it: text in, plain values and the lines of keys out. Never raises, stays linear on any text."""

import re
import tomllib
from collections.abc import Mapping

# The largest hand-written manifest stays far below this.
MAX_CHARACTERS = 1_000_000
# For every key, tomllib looks at all prefixes of its parts: a key of 500,000 parts would take hours.
_MAX_PARTS = 60
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_LONG_KEY = re.compile(rf"(?<![\w.-])(?:{_PART}[ \t]*+\.[ \t]*+){{{_MAX_PARTS}}}")
_HEADER = re.compile(rf"[ \t]*+\[\[?+[ \t]*+({_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)[ \t]*+\]")
_KEY = re.compile(rf"[ \t]*+({_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)[ \t]*+=")
_PARTS = re.compile(_PART)
_LONG_QUOTE = re.compile("\"\"\"|'''")


def read_toml(text: str) -> tuple[Mapping[str, object], str]:
    """Return the table a text says and no problem, or an empty one and half a sentence saying why it says none."""
    if len(text) > MAX_CHARACTERS:
        return {}, f"it is longer than {MAX_CHARACTERS} characters"
    if _LONG_KEY.search(text):
        return {}, f"a key has more than {_MAX_PARTS} parts"
    try:
        return tomllib.loads(text.removeprefix("\ufeff")), ""
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return {}, f"it is no TOML ({reason[:120]})"


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
