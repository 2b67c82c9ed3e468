"""Text in, the places of secrets out that are written in pieces, or as base64 or hexadecimal. It never changes text.

Pieces: string literals that a compiler joins, or a line continued by a backslash, also across the lines of a diff.
"""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from reviewlore.stages.redact.text import Span, contains, long_words
from reviewlore.stages.redact.tokens import find_tokens

_JOINT = re.compile(
    r"(?P<quote>[\"'`])(?:[ \t]{0,8}(?:\+|\.|&|<<|\.\.|\\|~)?[ \t]{0,8}(?:\n[ +-]?[ \t]{0,80}(?:(?:\+|\.|&|<<"
    r"|\.\.|~)[ \t]{0,8})?)?)(?<!(?P=quote))[rbuf]?(?P=quote)"
    r"|\\\n[ +-]?[ \t]{0,80}"
)
_JOINT_HINTS = ('" +', "' +", "` +", '"+', "'+", '" "', "' '", '" .', "' .", '"\n', "'\n", "\\\n", '" \\', "' \\")
# What stands at the start of a secret, as base64 at each of three alignments, and as hexadecimal.
_STARTS = (
    *"""
    ghp_ gho_ ghs_ ghu_ github_pat_ glpat- xoxb- xoxp- xapp- AKIA ASIA AIza sk-ant- sk-proj- sk_live_ rk_live_
    whsec_ hf_ npm_ pypi- SG. dckr_pat_ hvs. dop_v1_ shpat_ eyJhbGciOi glrt- NRAK- GOCSPX- ya29. sk- dapi sntrys_
    sk_test_
    """.split(),
    "-----BEGIN ",
)
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,100000}={0,2}")
_HEX_RUN = re.compile(r"(?:[0-9a-fA-F]{2}){12,50000}")


def _forms(start: str) -> Iterator[str]:
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + start.encode()).decode().rstrip("=")
        whole = coded[-(-shift * 8 // 6) : (shift + len(start)) * 8 // 6]
        if len(whole) >= 4:
            yield whole


_BASE64_HINTS = tuple(sorted({form for start in _STARTS for form in _forms(start)}))
_HEX_HINTS = tuple(sorted({start.encode().hex() for start in _STARTS if len(start) >= 4}))


def find_encoded(text: str, words: str) -> Iterator[Span]:
    """Yield runs of base64 or hexadecimal whose plain text holds a secret of a known form; `words` as in `tokens`."""
    if contains(words, _BASE64_HINTS):
        for match in _BASE64_RUN.finditer(text):
            if contains(match[0], _BASE64_HINTS) and (kind := _kind(_decode(match[0]))):
                yield *match.span(), kind
    if contains(words.lower(), _HEX_HINTS):
        for match in _HEX_RUN.finditer(text):
            if contains(match[0].lower(), _HEX_HINTS) and (kind := _kind(bytes.fromhex(match[0]))):
                yield *match.span(), kind


def find_split(text: str, find: Callable[[str], Iterator[Span]]) -> Iterator[Span]:
    """Yield the pieces of what `find` sees once string literals are joined, where it goes over a joint."""
    joints = [match.span() for match in _JOINT.finditer(text)] if contains(text, _JOINT_HINTS) else ()
    if not joints:
        return
    kept: list[str] = []
    starts, places = [0], [0]  # where each kept piece starts in the joined text, and in the text
    at = length = 0
    for start, end in joints:
        kept.append(text[at:start])
        length += start - at
        at = end
        starts.append(length)
        places.append(end)
    joined = "".join([*kept, text[at:]])
    for start, end, kind in find(joined):
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        for piece in range(first, last + 1) if first < last else ():
            low = max(start, starts[piece])
            high = min(end, starts[piece + 1]) if piece + 1 < len(starts) else end
            if low < high:
                offset = places[piece] - starts[piece]
                yield low + offset, high + offset, kind


def _decode(run: str) -> bytes:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4 % 3))
    except binascii.Error:
        return b""


def _kind(plain: bytes) -> str | None:
    """The kind of the first secret in decoded text, None where it is not text or holds none."""
    try:
        text = plain.decode("ascii")
    except UnicodeDecodeError:
        return None
    return next((kind for _, _, kind in find_tokens(text, long_words(text))), None)
