"""The hidden last line of everything we post, by which a later run knows what was said. Text in, text out."""

import re

MARKER = "<!-- reviewlore:"
_MARKED = re.compile(r"<!-- reviewlore:(finding|reply|review)=([0-9A-Za-z]{1,64}) -->\s*\Z")


def marker(kind: str, value: str) -> str:
    """Return the hidden last line of a body: `kind` is finding, reply or review."""
    return f"{MARKER}{kind}={value} -->"


def find_marker(kind: str, body: str) -> str | None:
    """Return the value of a body's marker; only its last line counts, so that no quoted text can forge one."""
    match = _MARKED.search(body)
    return match[2] if match is not None and match[1] == kind else None
