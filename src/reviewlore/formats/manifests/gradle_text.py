"""The text of a Gradle script, Groovy or Kotlin: what is code, what comment and string; blocks and statements in it."""

import re
from bisect import bisect_right

_QUIET = re.compile(
    r'"""(?s:.*?)(?:"""|\Z)|\'\'\'(?s:.*?)(?:\'\'\'|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'(?:[^\'\\\n]|\\.)*+\'?'
    r"|//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)"
)
_BRACE = re.compile(r"[{}]")
_VISIBLE = re.compile(r"[^\n]")
# A statement that goes on for longer than this is not read to its end.
_MAX_LINES, _MAX_STATEMENT = 12, 2_000


class Script:
    """One script: `text` without its comments, `code` without the content of its strings too; places stay the same."""

    def __init__(self, text: str) -> None:
        self.text = _QUIET.sub(lambda found: _blank(found[0]) if found[0][0] == "/" else found[0], text)
        self.code = _QUIET.sub(lambda found: _blank(found[0]), text)
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._ends = _pairs(self.code)

    def line(self, at: int) -> int:
        """Return the 1-based line of a place."""
        return bisect_right(self._starts, at)

    def is_code(self, at: int) -> bool:
        """Whether a place lies outside of comments and strings, or at a quote."""
        return not self.code[at].isspace() or self.text[at] in "'\""

    def blocks(self, *names: str) -> list[tuple[int, int]]:
        """Return where the blocks `name { … }` start and end, without their braces; of nested ones the outermost."""
        begin = re.compile(rf"(?<![\w.$])(?:{'|'.join(names)})\b[ \t]*+(?:\([^()\n]*+\)[ \t]*+)?\{{")
        found: list[tuple[int, int]] = []
        for start in (match.end() for match in begin.finditer(self.code)):
            if not found or start >= found[-1][1]:
                found.append((start, self._ends.get(start - 1, len(self.code))))
        return found

    def statement(self, at: int) -> tuple[str, int]:
        """Return what follows a place up to the end of its line, on while brackets or a comma keep it open; its end."""
        first, end, last = at, at, min(len(self.code), at + _MAX_STATEMENT)
        for _ in range(_MAX_LINES):
            end = self.code.find("\n", first, last)
            end = last if end < 0 else end
            written = self.code[at:end]
            if end == last or not (written.count("(") > written.count(")") or written.rstrip().endswith(",")):
                break
            first = end + 1
        brace = self.code.find("{", at, end)
        end = end if brace < 0 else brace
        return self.text[at:end], end


def _blank(text: str) -> str:
    return _VISIBLE.sub(" ", text)


def _pairs(code: str) -> dict[int, int]:
    """Return the place of the closing brace for each opening one that has one."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for brace in _BRACE.finditer(code):
        if brace[0] == "{":
            waiting.append(brace.start())
        elif waiting:
            found[waiting.pop()] = brace.start()
    return found
