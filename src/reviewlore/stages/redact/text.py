"""What all finders of secrets and personal data share: places in a text, and quick looks at it."""

import re
from collections.abc import Iterable

Span = tuple[int, int, str]  # start, end, kind

_MIXED = re.compile(r"[0-9]|[a-z][A-Z][a-z][A-Z]|[A-Z]{16}")


def long_words(text: str) -> str:
    """Return the words of a text that can hold a token, one a line: sixteen letters or more that look drawn.

    They are a small part of any text, so that looking for each issuer's prefix in them costs little.
    """
    return "\n".join([word for word in text.split() if len(word) >= 16 and _MIXED.search(word)])


def contains(text: str, hints: Iterable[str]) -> bool:
    """Whether one of the hints stands in a text. A plain loop: it runs for every text that is stored."""
    for hint in hints:  # noqa: SIM110 - a generator inside any() takes four times as long
        if hint in text:
            return True
    return False


def lowered(text: str) -> str:
    """Return the text in small letters, each at its place: a few would grow in small form, and stay as they are."""
    low = text.lower()
    return low if len(low) == len(text) else re.sub("[A-Z]+", lambda match: match[0].lower(), text)
