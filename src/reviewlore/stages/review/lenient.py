"""The JSON objects in a text that a model wrote; prose, fences, cut ends and slips of syntax are passed over.

Text in, plain values out. It never raises, never goes back in the text, and stops at a fixed number of characters:
time is linear. Libraries that repair JSON were measured and are not used: theirs is quadratic on hostile text.
"""

import re
from dataclasses import dataclass, field

MAX_CHARACTERS = 200_000  # fifty times the longest answer asked for
MAX_DEPTH = 12  # an answer has four levels
_MAX_OBJECTS = 2_000
_MAX_STRING = 20_000

_SKIP = re.compile(r"[^{\[]+")
_BLANK = re.compile(r"(?:\s|//[^\n]{0,200}(?=\n)|/\*[^*]{0,200}\*/)*+")
_BARE = re.compile(r"[^\s,:{}\[\]\"']{1,200}")
_PIECE = {'"': re.compile(r'[^"\\]*+'), "'": re.compile(r"[^'\\]*+")}
# What follows the quotation mark that ends a string: of a key, and of a value. Anything else, and it stands inside.
_AFTER_KEY = re.compile(r"\s*+:")
_AFTER_VALUE = re.compile(
    r"\s*+(?:[}\]]|\Z|,\s*+(?:[\"'{\[}\]\d\-]|//|/\*|null|true|false|None|True|False|\w{1,20}\s*+:|\Z))"
)
# A key on a row of its own: where a value before it has no end, it ends there.
_NEXT_KEY = re.compile(r"[\"'][A-Za-z_]{1,30}[\"']\s{0,20}:")
_ROW_END = re.compile(r",?[ \t\r]*\n[ \t]*\Z")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_WORDS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}


@dataclass(slots=True)
class _Box:
    """An object or a list that is being read; `key` is what the next value belongs to."""

    is_object: bool
    members: dict[str, object] = field(default_factory=dict)
    items: list[object] = field(default_factory=list)
    key: str | None = None

    def put(self, value: object) -> None:
        if not self.is_object:
            self.items.append(value)
        elif self.key is not None:
            self.members[self.key] = value
            self.key = None

    @property
    def value(self) -> object:
        return self.members if self.is_object else self.items


@dataclass(frozen=True, slots=True)
class Loose:
    """The outermost values of a text in their order; `unfinished` are the objects whose end is missing, outer first."""

    values: tuple[object, ...]
    unfinished: tuple[dict[str, object], ...] = ()


def read_loose(text: str) -> Loose:
    """Return every outermost JSON object and list in a text.

    Taken as meant: single quotes, bare words, raw line ends and stray quotation marks in strings, missing or trailing
    commas, comments. What does not go on like JSON is prose, and what was open before it is given up.
    """
    return _Reader(text[:MAX_CHARACTERS]).read()


class _Reader:
    """One pass over a text: `at` only ever grows."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.open: list[_Box] = []
        self.found: list[object] = []
        self.lost: list[dict[str, object]] = []
        self.count = 0

    def read(self) -> Loose:
        while self.at < len(self.text) and self.count < _MAX_OBJECTS:
            if self.open:
                self._step()
            else:
                self.at = match.end() if (match := _SKIP.match(self.text, self.at)) else self.at
                self._begin()
        self._give_up()
        return Loose(tuple(self.found), tuple(self.lost))

    def _begin(self) -> None:
        if self.at < len(self.text):
            self.count += 1
            self.open.append(_Box(self.text[self.at] == "{"))
            self.at += 1

    def _step(self) -> None:
        self.at = match.end() if (match := _BLANK.match(self.text, self.at)) else self.at
        if self.at >= len(self.text):
            return
        box, mark = self.open[-1], self.text[self.at]
        if mark in "}]":
            self.at += 1
            self._close(mark == "}")
        elif mark == ",":
            self.at += 1
        elif box.is_object and box.key is None:
            self._key(box, mark)
        elif mark in "{[":
            self._begin()
            if len(self.open) > MAX_DEPTH:
                self._give_up()
        elif mark in "\"'":
            value = self._string(mark, _AFTER_VALUE)
            if value is not None:
                box.put(value)
        else:
            self._bare(box)

    def _close(self, is_object: bool) -> None:
        """End the innermost open value of this kind, and with it what has no end of its own inside."""
        while self.open:
            box = self.open.pop()
            if not self.open:
                self.found.append(box.value)
            else:
                self.open[-1].put(box.value)
            if box.is_object == is_object:
                return

    def _key(self, box: _Box, mark: str) -> None:
        if mark in "\"'":
            name = self._string(mark, _AFTER_KEY)
        else:
            match = _BARE.match(self.text, self.at)
            name = match[0] if match else None
            self.at = match.end() if match else self.at
        colon = _AFTER_KEY.match(self.text, self.at)
        if name is None or colon is None:
            self._give_up()
            return
        box.key, self.at = name, colon.end()

    def _give_up(self) -> None:
        """What is open has no end, or was prose with a bracket in it; what is finished inside it is kept."""
        self.lost += [box.members for box in self.open if box.is_object]
        for box in self.open:
            self.found += [item for item in box.items if isinstance(item, dict)]
            self.found += [value for value in box.members.values() if isinstance(value, dict | list)]
        self.open.clear()

    def _string(self, mark: str, after: re.Pattern[str]) -> str | None:
        """Return a string's content; None where the text ends inside it."""
        self.at += 1
        parts: list[str] = []
        size = 0
        while self.at < len(self.text):
            piece = _PIECE[mark].match(self.text, self.at)
            end = piece.end() if piece else self.at
            parts.append(self.text[self.at : end])
            size += end - self.at
            self.at = end
            if end >= len(self.text) or size > _MAX_STRING:
                return None
            if self.text[end] == "\\":
                parts.append(self._escape())
            elif after.match(self.text, end + 1):
                self.at = end + 1
                return _paired("".join(parts))
            elif _NEXT_KEY.match(self.text, end) and _ROW_END.search(parts[-1][-200:]):
                return _paired(_ROW_END.sub("", "".join(parts)))
            else:
                parts.append(mark)
                self.at += 1
        return None

    def _escape(self) -> str:
        character = self.text[self.at + 1 : self.at + 2]
        if character == "u":
            digits = self.text[self.at + 2 : self.at + 6]
            if re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                self.at += 6
                return chr(int(digits, 16))
        self.at += 1 + len(character)
        return _ESCAPES.get(character, character if character in {'"', "'", "\\", "/", ""} else f"\\{character}")

    def _bare(self, box: _Box) -> None:
        """A number or a word; a row of words is prose."""
        match = _BARE.match(self.text, self.at)
        if match is None:  # a colon where no value can be
            self._give_up()
            self.at += 1
            return
        self.at = match.end()
        word = match[0]
        if word.lower() in _WORDS:
            box.put(_WORDS[word.lower()])
        elif re.fullmatch(r"[-+]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?", word):
            box.put(float(word) if re.search(r"[.eE]", word) else int(word))
        elif box.is_object or not box.items:
            box.put(word)
        else:
            self._give_up()


def _paired(text: str) -> str:
    """Join the halves of surrogate pairs that were escaped one by one; a lone half becomes a question mark."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\ufffd", "?")
