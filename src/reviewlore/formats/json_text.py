"""JSON as people write it: text in, plain values and the lines of keys out. Owns pyjson5; never raises.

Reads JSON5 (https://spec.json5.org), of which JSON and JSON with comments and trailing commas are parts.
"""

import re

import pyjson5

# The largest hand-written configuration stays far below this; package-lock.json and data files do not belong here.
MAX_CHARACTERS = 1_000_000
# Deeper than any configuration: each level costs stack.
_MAX_DEPTH = 60
# Strings and the characters that open, close and part; everything else (numbers, words, blanks) has no key in it.
_MARK = re.compile(r'"(?:[^"\\\n]|\\.)*+"|[{}\[\]:,\n]')


def read_json(text: str, *, some: bool = False) -> tuple[object, str]:
    """Return the value a text says and no problem, or None and half a sentence saying why it says none.

    With `some`, what follows the first complete value is ignored.
    """
    if len(text) > MAX_CHARACTERS:
        return None, f"it is longer than {MAX_CHARACTERS} characters"
    try:
        return pyjson5.decode(text.removeprefix("\ufeff"), _MAX_DEPTH, some), ""
    except (pyjson5.Json5Exception, ValueError, OverflowError, RecursionError) as error:
        reason = str(error.args[0]) if error.args else type(error).__name__
        return None, f"it is no JSON ({_plain(reason)[:120]})"


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the 1-based line of every key down to the second level of a JSON object, by the keys that lead to it.

    Of a key that is there twice, the last counts, as in `read_json`. Keys are taken as written, escapes and all.
    """
    found: dict[tuple[str, ...], int] = {}
    keys: list[str] = [""] * 3
    depth, line, last_line = 0, 1, 1
    last: str | None = None
    for match in _MARK.finditer(text[:MAX_CHARACTERS]):
        mark = match[0]
        if mark == "\n":
            line += 1
        elif mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
        elif mark == ":":
            if 1 <= depth <= 2 and last is not None:
                keys[depth] = last
                found[tuple(keys[1 : depth + 1])] = last_line
        elif mark != ",":
            last, last_line = mark[1:-1], line
            continue
        if mark != "\n":
            last = None
    return found


def as_text(value: object, limit: int = 500) -> str:
    """Return a string that can be stored and shown, or nothing where the value is none or is longer than `limit`."""
    return _plain(value) if isinstance(value, str) and len(value) <= limit else ""


def as_mapping(value: object) -> dict[str, object]:
    """Return an object's members, or nothing where the value is no object."""
    return {str(key): inner for key, inner in value.items()} if isinstance(value, dict) else {}


def as_texts(value: object) -> list[str]:
    """Return the strings of a list, or of one string alone."""
    rows = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [text for row in rows if (text := as_text(row))]


def _plain(text: str) -> str:
    """Half a surrogate pair, which JSON can escape and UTF-8 cannot hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
