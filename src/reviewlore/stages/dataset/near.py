"""Which texts are near-equal: texts in, groups out. Owns rensa.

MinHash (Broder 1997) with banding (Leskovec, Rajaraman, Ullman 2014, chapter 3): candidates come from signatures with
a fixed seed, and each is checked by the exact Jaccard index of its shingles, so the result depends on the texts alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise

import rensa

THRESHOLD = 0.75  # Jaccard of words and word pairs: one word of twelve differs; read on public reviews
# 21 bands of 6 find 98 % of what lies at the threshold, and one in 200 at half of it.
_BANDS, _ROWS, _SEED = 21, 6, 20260101
_SLACK = 0.06  # an estimate from 126 values is that far off once in 16 times at the threshold, hardly ever above 0.85
_BATCH = 1000
_LEAST_WORDS = 3
_MASKED = re.compile(r"https?://\S+|@[\w-]+|\b\d+\b")
_WORD = re.compile(r"[^\W_]+")
Shingles = Callable[[str], frozenset[str]]


def normal_form(body: str) -> str:
    """Return a remark's words in one case, without addresses, names and numbers; the text itself where few are left."""
    words = _WORD.findall(_MASKED.sub(" ", body.casefold()))
    return " ".join(words) if len(words) >= _LEAST_WORDS else " ".join(body.casefold().split())


@lru_cache(maxsize=1 << 14)
def word_shingles(normal: str) -> frozenset[str]:
    """Return the words and pairs of neighbouring words of a normal form; the whole where there are fewer than three."""
    words = normal.split(" ")
    if len(words) < _LEAST_WORDS:
        return frozenset((normal,))
    return frozenset((*words, *(f"{a} {b}" for a, b in pairwise(words))))


@lru_cache(maxsize=1 << 14)
def line_shingles(hunk: str) -> frozenset[str]:
    """Return the lines of a diff hunk, without its header and whether they are old or new."""
    lines = {line[1:].strip() for line in hunk.split("\n")[1:]} - {""}
    return frozenset(lines or (hunk,))


def group_near_equal(texts: Iterable[str], shingles: Shingles = word_shingles) -> dict[str, int]:
    """Return the number of each text's group; near-equal texts share one.

    A text joins the nearest earlier one (in the order of their characters) that leads a group, or leads a new group.
    """
    index = _Index(shingles)
    groups: dict[str, int] = {}
    for text, signature in _signed(sorted(set(texts)), shingles):
        leader = index.nearest(text, signature)
        if leader is None:
            index.add(text, signature)
        groups[text] = groups[leader] if leader is not None else len(groups)
    return groups


def find_near_equal(texts: Iterable[str], known: Iterable[str], shingles: Shingles = word_shingles) -> frozenset[str]:
    """Return those of the texts that are near-equal to one of the known ones."""
    index = _Index(shingles)
    for text, signature in _signed(sorted(set(known)), shingles):
        index.add(text, signature)
    asked = _signed(sorted(set(texts)), shingles)
    return frozenset(text for text, signature in asked if index.nearest(text, signature) is not None)


class _Index:
    """Texts that were added, found again by what is near-equal to them."""

    def __init__(self, shingles: Shingles) -> None:
        self._shingles = shingles
        self._buckets = rensa.RMinHashLSH(THRESHOLD, _BANDS * _ROWS, _BANDS)
        self._texts: list[str] = []
        self._signatures: list[rensa.RMinHash] = []

    def add(self, text: str, signature: rensa.RMinHash) -> None:
        self._buckets.insert(len(self._texts), signature)
        self._texts.append(text)
        self._signatures.append(signature)

    def nearest(self, text: str, signature: rensa.RMinHash) -> str | None:
        """Return the added text most like this one, the first of equals; None where none is near-equal."""
        own = self._shingles(text)
        found = []
        for at in self._buckets.query(signature):
            if self._signatures[at].jaccard(signature) < THRESHOLD - _SLACK:
                continue
            other = self._shingles(self._texts[at])
            shared = len(own & other)
            similarity = shared / (len(own) + len(other) - shared)
            if similarity >= THRESHOLD:
                found.append((-similarity, at))
        return self._texts[min(found)[1]] if found else None


def _signed(texts: Sequence[str], shingles: Shingles) -> Iterator[tuple[str, rensa.RMinHash]]:
    """Yield each text with its signature, made in batches: the shingles of all texts would not fit in memory."""
    rest = iter(texts)
    while batch := list(islice(rest, _BATCH)):
        tokens = [list(shingles(text)) for text in batch]
        yield from zip(batch, rensa.RMinHash.from_token_sets(tokens, _BANDS * _ROWS, _SEED), strict=True)
