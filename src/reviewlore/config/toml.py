"""TOML as people write it: text in, plain values or the reason why there are none out. Linear on any text."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from reviewlore.domain.visible import visible_line

# The largest hand-written file stays far below this.
MAX_CHARACTERS = 1_000_000
# For every key, tomllib looks at all prefixes of its parts: a key of 500,000 parts would take hours.
_MAX_PARTS = 60
PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_LONG_KEY = re.compile(rf"(?<![\w.-])(?:{PART}[ \t]*+\.[ \t]*+){{{_MAX_PARTS}}}")
_MOST_SHOWN = 60


def load_toml(text: str) -> Mapping[str, Any]:
    """Return the table a text says; ValueError with the reason, one that fits into a sentence, where it says none."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"it is longer than {MAX_CHARACTERS} characters")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has more than {_MAX_PARTS} parts")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(visible_line(str(error))[:120]) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ValueError("a number or a time in it cannot be read") from error


def shown_value(value: object) -> str:
    """Return a value of a TOML text for a message: on one line, and not longer than people read."""
    try:
        text = visible_line(repr(value))
    except ValueError:  # a hexadecimal number may have more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
