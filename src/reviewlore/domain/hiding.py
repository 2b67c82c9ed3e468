"""Text and secrets in, the text without them out, however they are written: nothing that leaves may carry one.

A secret is looked for as its letters and digits, whatever stands between them and in whatever case, and in parts: one
that was cut off or spread over a text is no less a secret. It is the last defence; whoever writes text knows none.
"""

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from reviewlore.domain.inert import inert_line

_HIDDEN = "[redacted]"
_LEAST = 8  # shorter ones would black out ordinary words
_PART = 16  # letters and digits; a longer secret is hidden in parts of this many
# All but letters and digits, escapes of line ends and of what cannot be seen, and what begins a character's number.
_BETWEEN = re.compile(
    r"(?:[^0-9A-Za-z\u0080-\U0010ffff\\&]|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\x(?:0[0-8bcef]|1[0-9a-f]|7f|[89][0-9a-f]|ad)"
    r"|\\[nrt]|\\x(?=[0-9a-fA-F]{2})|&(?:amp;)?#[xX]?|[\\&]|(?<![0-9A-Za-z])0x(?=[0-9a-fA-F]{2})"
    r"|[\u0080-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef])+"
)
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets: in the clear, reversed, as numbers, base64 or percent-encoded.

    One of fewer than eight characters is left; one of fewer letters and digits is found only as it is written.
    """
    given = [secret for secret in secrets if len(secret) >= _LEAST]
    if not given or not text:
        return text
    for secret in given:
        for spelled in _spellings(secret):
            text = text.replace(spelled, _HIDDEN)
    folded, places = _fold(text)
    parts = {part for secret in given for part in _parts(secret)}
    found = sorted((at, at + len(part)) for part in parts for at in _find_all(folded, part))
    return _without(text, [(_place(places, start), _place(places, stop - 1) + 1) for start, stop in _joined(found)])


def _parts(secret: str) -> Iterator[str]:
    """What to look for: each form of the secret folded, cut into parts; a path is a secret as a whole only."""
    whole = secret.startswith(("/", "~", "./"))
    for form in _forms(secret):
        folded, _ = _fold(form)
        if len(folded) < _LEAST:
            continue
        count = 1 if whole else max(1, len(folded) // _PART)
        for number in range(count):
            yield folded[number * _PART : (number + 1) * _PART if number + 1 < count else None]


def _spellings(secret: str) -> tuple[str, ...]:
    """The secret as it is written, in a comment, in JSON and in an address."""
    raw = secret.encode("utf-8", "surrogateescape")
    return secret, inert_line(secret), json.dumps(secret)[1:-1], quote(raw, safe="")


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield from {*_spellings(secret), secret[::-1]}
    yield raw.hex()
    yield " ".join(map(str, raw))
    for shift in range(3):  # a text before it moves the characters of base64; the last ones depend on what follows
        body = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        skip = (shift * 8 + 5) // 6
        yield body[skip : skip + (len(raw) * 8 - (6 * skip - 8 * shift)) // 6]


def _fold(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return letters and digits alone, small ones, and where each piece of them begins in both texts."""
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    at = length = 0
    for match in _BETWEEN.finditer(text):
        if match.start() > at:
            pieces.append(text[at : match.start()])
            places.append((length, at))
            length += match.start() - at
        at = match.end()
    if at < len(text):
        pieces.append(text[at:])
        places.append((length, at))
    return "".join(pieces).translate(_LOWER), places


def _place(places: list[tuple[int, int]], at: int) -> int:
    """Return where the character `at` of a folded text stands in the text itself."""
    folded, given = places[bisect_right(places, at, key=lambda place: place[0]) - 1]
    return given + at - folded


def _find_all(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join sorted spans that touch or overlap."""
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, stop in spans:
        pieces += [text[at:start], _HIDDEN]
        at = stop
    return "".join([*pieces, text[at:]])
