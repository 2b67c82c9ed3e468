"""The bytes of one source file to what it says, or to the reason why it is not read. Pure; never raises on content."""

import codecs
import io
import re
import tokenize
from collections.abc import Callable
from dataclasses import replace

from reviewlore.domain.source import ParsedModule, SkipReason, language_of

Parse = Callable[[str, bytes], ParsedModule | SkipReason | None]

# Hand-written modules stay far below this (CPython's largest has 300 KB); what is above is generated or data.
MAX_BYTES = 1_000_000
# No folder of a repository lies so deep; every start of a name is looked up, so that a long one costs its square.
MAX_PARTS = 64
_SEPARATOR = re.compile(r"::|[./]")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_source(path: str, content: bytes, parse: Parse) -> ParsedModule | SkipReason:
    """Return what a file says; `parse` is `Grammar.parse` and is only asked about UTF-8 of at most `MAX_BYTES`.

    Imports of more than `MAX_PARTS` parts are left out, and the file counts as broken.
    """
    if len(content) > MAX_BYTES:
        return "too_large"
    text = _as_utf8(path, content)
    if text is None:
        return "not_utf8"
    found = parse(path, text) or "unsupported_language"
    return found if isinstance(found, str) else _within_reason(found)


def _within_reason(parsed: ParsedModule) -> ParsedModule:
    """Leave out imports of names that no module can have; what is left is known in part, as with syntax errors.

    Specifiers of JavaScript are looked up as a whole, and may hold data.
    """
    if parsed.language in ("javascript", "typescript"):
        return parsed
    kept = tuple(one for one in parsed.imports if sum(1 for _ in _SEPARATOR.finditer(one.module)) < MAX_PARTS)
    return parsed if len(kept) == len(parsed.imports) else replace(parsed, imports=kept, broken=True)


def _as_utf8(path: str, content: bytes) -> bytes | None:
    """Return a text in UTF-8, or None where its encoding is neither said nor known.

    Compilers read what begins with a byte order mark as UTF-8 or UTF-16. Without one Python takes UTF-8 or what a
    comment says (PEP 263); in other languages Latin-1 is what is left, which keeps every ASCII character in its place.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    if (text := _decoded(content, "utf-8")) is not None:
        return text
    if language_of(path) != "python":
        return None if b"\0" in content else _decoded(content, "latin-1")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except (SyntaxError, UnicodeError, LookupError):
        return None
    return _decoded(content, encoding)


def _decoded(content: bytes, encoding: str) -> bytes | None:
    try:
        return content.decode(encoding).encode("utf-8")
    except (UnicodeError, LookupError):
        return None
