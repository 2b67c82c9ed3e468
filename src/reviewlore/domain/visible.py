"""Text that strangers wrote, made safe to look at: what cannot be seen, or hides what follows, becomes an escape.

Text in, text out; it never silently loses a character and never interprets markup.
"""

import json
import re
from typing import Any

# Controls (C0, C1), soft hyphen, bidirectional marks and overrides (CVE-2021-42574), zero-width space and joiners that
# no script needs, line and paragraph separators, byte order mark, interlinear marks, tag characters, lone surrogates.
# Kept: U+200C and U+200D, which Persian, Indic scripts and emoji need.
_CLASS = (
    "\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSEEN = re.compile(f"[{_CLASS}]")
_LONE = re.compile("[\ud800-\udfff]")


def visible(text: str, keep: str = "\n\t") -> str:
    r"""Return `text` with every unseen character but those of `keep` as `\n`, `\x1b`, `\u202e` or `\U000e0041`."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else escape_of(match[0]), text)


def visible_line(text: str) -> str:
    """Return `text` on one line: as `visible`, with line ends and tabs escaped too."""
    return visible(text, keep="")


def split_unseen(text: str, keep: str = "\n\t") -> tuple[tuple[bool, str], ...]:
    """Cut `text` into (is an escape, text) parts, so that a page can mark the escapes apart from the words."""
    parts: list[tuple[bool, str]] = []
    start = 0
    for match in _UNSEEN.finditer(text):
        if match[0] in keep:
            continue
        if match.start() > start:
            parts.append((False, text[start : match.start()]))
        parts.append((True, escape_of(match[0])))
        start = match.end()
    if start < len(text):
        parts.append((False, text[start:]))
    return tuple(parts)


def to_json(value: object) -> str:
    """Return indented ASCII JSON with a final newline; lone surrogates, which strict readers refuse, as text."""
    return json.dumps(_paired(value), indent=2) + "\n"


def escape_of(character: str) -> str:
    r"""Return the escape that Python would write for one character (`\t`, `\x1b`, `\u202e`)."""
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(character)
    wide = f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
    return named.get(character) or (f"\\x{code:02x}" if code < 0x100 else wide)


def _paired(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub(lambda match: escape_of(match[0]), value)
    if isinstance(value, dict):
        return {_paired(key): _paired(item) for key, item in value.items()}
    return [_paired(item) for item in value] if isinstance(value, list | tuple) else value
