"""A sketch of a function's body, by which near-clones find each other: bytes in, the smallest hashes of windows out.

The body becomes one symbol for each token (names are all alike, so are literals; keywords and operators are kept), as
in Schleimer, Wilkerson, Aiken, "Winnowing" (SIGMOD 2003); of the hashed windows the smallest ones are kept (bottom-k
sketch, Broder 1997), so that the share of common hashes estimates the Jaccard similarity. The same for every process.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

# Eight tokens make one 64-bit window; bodies of fewer than 30 tokens look alike by chance.
WINDOW = 8
MIN_TOKENS = 30
KEPT = 16

# Patterns for `Lexis` that most languages share; a missing closing mark is made up for by the end of line or text.
DOUBLE_QUOTED = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
SINGLE_QUOTED = rb"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
BACKTICKED = rb"`[^`\\]*+(?:\\.[^`\\]*+)*+`?"
C_COMMENTS = rb"//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"

_NAME, _NUMBER, _STRING, _FIRST_KEYWORD = b"\x01", b"\x02", b"\x03", 128
_WORD = rb"[\w\x80-\xff]++"
# Punctuation that begins no string and no comment in any language.
_STARTS = b"\"'`#/"
_MARK = rb"[^\s\w\"'`#/]"
# A prime near 2**32 / golden ratio: the window as a polynomial in 256, modulo this, is spread well (Rabin, Karp 1987).
_MODULUS = 2_654_435_761
_MAX_KNOWN, _MAX_LENGTH = 20_000, 80
# Along a history most bodies come again with each version of their file; larger ones are too few to be worth holding.
_REMEMBERED, _MAX_REMEMBERED = 1 << 14, 4_000


class Lexis:
    """What the tokens of one language look like; made once for each language.

    `keywords` are kept as they are (at most 120). `comments` and `strings` are patterns without capturing groups that
    match in linear time also where the closing mark is missing, and begin with one of " ' ` # / (what stands before the
    mark, as in `f"…"`, is a name). Comments are tried first.
    """

    def __init__(self, keywords: Iterable[str], strings: bytes, comments: bytes) -> None:
        self._token = re.compile(rb"(%s|%s|(?:%s)|(?:%s)|\S)\s*+" % (_WORD, _MARK, comments, strings), re.DOTALL)
        self._codes = _Codes(keywords, comments)
        self._remembered = lru_cache(_REMEMBERED)(self._sketch)

    def sketch(self, body: bytes) -> tuple[int, ...]:
        """Return the smallest hashes (32 bits) of a body's windows, ascending; nothing where the body is too short."""
        return self._remembered(body) if len(body) < _MAX_REMEMBERED else self._sketch(body)

    def _sketch(self, body: bytes) -> tuple[int, ...]:
        symbols = self.symbols(body)
        if len(symbols) < MIN_TOKENS:
            return ()
        windows: set[int] = set()
        for shift in range(WINDOW):
            whole = (len(symbols) - shift) // WINDOW
            windows.update(memoryview(symbols)[shift : shift + whole * WINDOW].cast("Q"))
        return tuple(sorted({window % _MODULUS for window in windows})[:KEPT])

    def symbols(self, body: bytes) -> bytes:
        """Return one byte for each token of a body, comments left out."""
        return b"".join(map(self._codes.__getitem__, self._token.findall(body)))


class _Codes(dict[bytes, bytes]):
    """Token -> symbol; names and numbers are remembered when first met, up to a bound."""

    def __init__(self, keywords: Iterable[str], comments: bytes) -> None:
        super().__init__((bytes((number,)), bytes((number,))) for number in range(33, 127))
        for number, word in enumerate(sorted(set(keywords)), _FIRST_KEYWORD):
            self[word.encode("ascii")] = bytes((number,))
        self._comment = re.compile(comments, re.DOTALL)

    def __missing__(self, token: bytes) -> bytes:
        if token[0] in _STARTS:
            return b"" if self._comment.match(token) else _STRING
        code = _NUMBER if token[:1].isdigit() else _NAME
        if len(self) < _MAX_KNOWN and len(token) < _MAX_LENGTH:
            self[token] = code
        return code
