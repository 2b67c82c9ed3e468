"""Configuration written as JavaScript: the one literal that a file hands out, as a value. Text in; nothing is run."""

import re

from reviewlore.formats.json_text import read_json

# The value that a configuration written as code hands out, where it is one literal.
_HANDED_OUT = re.compile(r"(?:module\.exports\s*=|export\s+default)\s*(?=\{)")
# What a literal is made of, as far as strings and comments go. What never ends is taken to its end at once, so that the
# time stays in proportion to the text.
_PIECE = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<open>"(?:[^"\\\n]|\\.)*|'(?:[^'\\\n]|\\.)*)"""
    r"""|//[^\n]*|/\*(?:.*?\*/|.*)""",
    re.DOTALL,
)
_PLUS = re.compile(r"\s*\+\s*")


def read_literal(text: str) -> tuple[object, str]:
    """Return what a module exports by default where that is one literal, else half a sentence that says why not."""
    handed = _HANDED_OUT.search(text)
    if handed is None:
        return None, "it is code"
    value, problem = read_json(_join(text[handed.end() :]), some=True)
    return value, "it is code that computes them" if problem else ""


def _join(text: str) -> str:
    """Return a literal without comments, and with texts joined that are written as a sum: `'a' + "b"` is `'ab'`."""
    found: list[str] = []
    between: list[str] = []
    quote, at = "", 0  # of the text that another may be added to
    for piece in _PIECE.finditer(text):
        between.append(text[at : piece.start()])
        at = piece.end()
        said = piece["text"]
        if said is None:
            between.append(piece["open"] or "")
            continue
        if quote and _PLUS.fullmatch("".join(between)):
            found.append(said[1:-1] if said[0] == quote else re.sub(rf"(\\.)|{quote}", _escape, said[1:-1]))
        else:
            found += (quote, *between, said[:-1])
            quote = said[0]
        between.clear()
    return "".join((*found, quote, *between, text[at:]))


def _escape(match: re.Match[str]) -> str:
    return match[1] or f"\\{match[0]}"
