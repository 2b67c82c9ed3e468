"""Takes secrets and personal data out of text before anything is stored, and turns names into keyed pseudonyms.

What is replaced keeps its kind: `[redacted:github-token]`. Lines keep their number and, in a diff, their mark. Text
without a finding comes back as it was, and redacting twice changes nothing more.
"""

from collections.abc import Callable, Iterator

from reviewlore.stages.redact.mentions import redact_mentions
from reviewlore.stages.redact.named import find_named
from reviewlore.stages.redact.numbers import find_numbers
from reviewlore.stages.redact.people import find_addresses, find_names
from reviewlore.stages.redact.pseudonyms import pseudonym, suppression_token
from reviewlore.stages.redact.text import Span, long_words
from reviewlore.stages.redact.tokens import find_tokens
from reviewlore.stages.redact.wrapped import find_encoded, find_split

__all__ = ["pseudonym", "redact", "redact_mentions", "redact_tokens", "suppression_token"]

_ROUNDS = 4  # what is taken out can make room for a finding beside it; nothing seen needed a third look


def redact(text: str) -> tuple[str, dict[str, int]]:
    """Return text without secrets and personal data, and how many findings of each kind were taken out."""
    counts: dict[str, int] = {}
    for _ in range(_ROUNDS):
        before = text
        for find in _FINDERS:
            text = _replace(text, find(text), counts)
        if text is before:
            break
    return text, counts


def redact_tokens(text: str) -> str:
    """Return text without what its own form gives away as a secret, also encoded; paths and addresses stay."""
    return _replace(text, _find_formed(text), {})


def _replace(text: str, found: Iterator[Span], counts: dict[str, int]) -> str:
    """Return the text with each place replaced by its kind; of places that overlap the first found counts."""
    spans = list(found)
    if not spans:
        return text
    taken: list[Span] = []
    for span in sorted(spans, key=lambda item: item[0]):  # stable: at one place the more telling comes first
        if span[1] > span[0] and (not taken or span[0] >= taken[-1][1]):
            taken.append(span)
    parts, at = [], 0
    for start, end, kind in taken:
        counts[kind] = counts.get(kind, 0) + 1
        parts += [text[at:start], f"[redacted:{kind}]", _lines_of(text, start, end)]
        at = end
    return "".join([*parts, text[at:]])


def _lines_of(text: str, start: int, end: int) -> str:
    """The line ends inside a place, each with the diff's mark behind it: line numbers must not move."""
    kept = []
    at = text.find("\n", start, end)
    while at >= 0:
        mark = text[at + 1 : at + 2]
        kept.append("\n" + (mark if mark in {"+", "-", " "} and at + 1 < end else ""))
        at = text.find("\n", at + 1, end)
    return "".join(kept)


def _find_joined(text: str) -> Iterator[Span]:
    return find_split(text, _find_written)


def _find_written(text: str) -> Iterator[Span]:
    yield from find_tokens(text, long_words(text))
    yield from find_named(text)


def _find_formed(text: str) -> Iterator[Span]:
    words = long_words(text)
    yield from find_tokens(text, words)
    yield from find_encoded(text, words)


_FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    _find_joined, _find_formed, find_named, find_names, find_numbers, find_addresses,
)  # fmt: skip
