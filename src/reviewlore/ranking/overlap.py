"""How much of a remark is about this very hunk: rarity-weighted overlap by region, place, code and proposed lines.

In: a parsed remark and a parsed hunk with its path. Out: named numbers, all in 0..1 or logarithms of counts.
"""

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from reviewlore.ranking.text import BODIES, HUNKS, Body, Hunk, grams, identifiers, parts_of, rarity

_REGIONS = ("last1", "last2", "last4", "last8", "hunk", "added", "removed", "scope")
_DECAYS = (0.5, 0.8, 0.95)
_CODE = (
    "code_last1",
    "code_last4",
    "code_hunk",
    "code_missing",
    "code_missing_share",
    "first_code_last2",
    "first_code_hunk",
)
_GRAMS = ("grams_last1", "grams_last4", "grams_hunk", "prose_grams_last2")
_PLACE = ("best_distance", "best_weight", "best_is_last", "lines_touched")
_SUGGESTED = (
    "suggest_last", "suggest_window", "suggest_indent", "suggest_same", "suggest_first", "block_hunk",
    "suggest_holds_last", "suggest_held", "suggest_growth", "suggest_same_text", "block_last4",
)  # fmt: skip
_LITERALS = (
    "numbers_last2", "span_last1", "span_last2", "span_last4", "strings_hunk", "first_span_last2", "quoted_last4",
    "fuzzy_last2", "fuzzy_hunk", "span_added", "spans_missing",
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(
    f"overlap.{name}"
    for name in (
        *(f"{level}_{region}" for level in ("name", "part") for region in _REGIONS),
        *(f"{level}_weight_{region}" for level in ("name", "part") for region in ("last1", "last4", "hunk")),
        *(f"{level}_near_{int(100 * decay)}" for level in ("name", "part") for decay in _DECAYS),
        *_CODE, *_GRAMS, *_PLACE, *_SUGGESTED, *_LITERALS,
    )
)  # fmt: skip
Tokens = frozenset[str]
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{2,80})[\"”]")


def overlap_features(path: str, hunk: Hunk, body: Body) -> tuple[float, ...]:
    """Return the numbers named by NAMES."""
    names, parts = _regions(path, hunk)
    by_name = _coverage(body.identifiers, names)
    by_part = _coverage(body.parts, parts)
    weights = [
        math.log1p(share[i] * total)
        for share, total in ((by_name, _mass(body.identifiers)), (by_part, _mass(body.parts)))
        for i in (0, 2, 4)
    ]
    near = [*_nearness(body.identifiers, hunk.identifiers), *_nearness(body.parts, hunk.parts)]
    return (
        *by_name, *by_part, *weights, *near, *_code(body, names), *_gram_overlap(body, hunk), *_place(body, hunk),
        *_suggested(body, hunk), *_literals(body, hunk),
    )  # fmt: skip


def _mass(tokens: Iterable[str]) -> float:
    """Sum rarities exactly: a set has no order, and a rounded sum would differ from process to process."""
    return math.fsum(map(rarity, tokens))


def _share(tokens: Tokens, region: Tokens) -> float:
    total = _mass(tokens)
    return _mass(tokens & region) / total if total else 0.0


def _coverage(tokens: Tokens, regions: tuple[Tokens, ...]) -> list[float]:
    total = _mass(tokens)
    return [_mass(tokens & region) / total if total else 0.0 for region in regions]


@lru_cache(maxsize=HUNKS)
def _regions(path: str, hunk: Hunk) -> tuple[tuple[Tokens, ...], tuple[Tokens, ...]]:
    """Return the identifiers and the subtokens of each region; `scope` is the path and the enclosing definition."""
    full = [i for i, (_, content) in enumerate(hunk.lines) if content.strip()]
    scope = identifiers(path.replace("/", " ")) | identifiers(hunk.context)
    chosen = (
        *(full[-n:] for n in (1, 2, 4, 8)),
        full,
        [i for i in full if hunk.lines[i][0] == "+"],
        [i for i in full if hunk.lines[i][0] == "-"],
    )
    names = tuple(frozenset[str]().union(*(hunk.identifiers[i] for i in rows)) for rows in chosen)
    parts = tuple(frozenset[str]().union(*(hunk.parts[i] for i in rows)) for rows in chosen)
    return (*names, scope), (*parts, parts_of(scope))


def _nearness(tokens: Tokens, lines: tuple[Tokens, ...]) -> list[float]:
    """Weigh each matched token by how near the end of the hunk (the commented line) it stands."""
    total = _mass(tokens)
    if not total:
        return [0.0] * len(_DECAYS)
    left, sums = set(tokens), [0.0] * len(_DECAYS)
    for distance, line in enumerate(reversed(lines)):
        found = left & line
        if found:
            mass = _mass(found)
            for k, decay in enumerate(_DECAYS):
                sums[k] += mass * decay**distance
            left -= found
            if not left:
                break
    return [s / total for s in sums]


def _code(body: Body, names: tuple[Tokens, ...]) -> list[float]:
    code = body.code_identifiers
    missing = code - names[4] - names[7]
    first = identifiers(body.spans[0]) if body.spans else frozenset[str]()
    return [
        _share(code, names[0]),
        _share(code, names[2]),
        _share(code, names[4]),
        math.log1p(len(missing)),
        _share(missing, missing) * (_mass(missing) / _mass(code) if code else 0.0),
        _share(first, names[1]),
        _share(first, names[4]),
    ]


@lru_cache(maxsize=HUNKS)
def _hunk_grams(hunk: Hunk) -> tuple[Tokens, Tokens, Tokens, Tokens]:
    texts = [content for _, content in hunk.lines if content.strip()]
    return (
        grams(" ".join(texts[-1:])),
        grams(" ".join(texts[-2:])),
        grams(" ".join(texts[-4:])),
        grams(" ".join(texts[-12:])),
    )


@lru_cache(maxsize=BODIES)
def _body_grams(body: Body) -> tuple[Tokens, Tokens]:
    code = " ".join((*body.spans, *body.blocks, *(body.suggestion or ())))
    return grams(body.prose + " " + code), grams(body.prose)


def _gram_overlap(body: Body, hunk: Hunk) -> list[float]:
    """Containment of the smaller gram set, so that a long line does not drown a short remark."""
    last1, last2, last4, whole = _hunk_grams(hunk)
    every, prose = _body_grams(body)
    pairs = ((every, last1), (every, last4), (every, whole), (prose, last2))
    return [len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0 for a, b in pairs]


def _place(body: Body, hunk: Hunk) -> list[float]:
    """Say which line shares most with the remark, and how far it is from the commented line."""
    best, where, touched = 0.0, len(hunk.lines), 0
    for distance, line in enumerate(reversed(hunk.parts)):
        common = body.parts & line
        if common:
            touched += 1
            mass = _mass(common)
            if mass > best + 1e-9:
                best, where = mass, distance
    return [math.log1p(where), math.log1p(best), float(best > 0 and where == 0), math.log1p(touched)]


def _suggested(body: Body, hunk: Hunk) -> list[float]:
    """Compare the proposed lines with those they would replace, which end the hunk."""
    empty: frozenset[str] = frozenset()
    block = empty.union(*(parts_of(identifiers(b)) for b in body.blocks)) if body.blocks else empty
    regions = (empty.union(*hunk.parts), empty.union(*hunk.parts[-4:]))
    shared = [len(block & region) / len(block) if block else 0.0 for region in regions]
    lines = [line for line in body.suggestion or () if line.strip()]
    texts = [content for sign, content in hunk.lines if sign != "-"]
    if not lines or not texts:
        return [0.0] * 5 + [shared[0]] + [0.0] * 4 + [shared[1]]
    window = texts[-len(lines) :]
    proposed, replaced = grams(" ".join(lines), 3), grams(" ".join(window), 3)
    last = grams(texts[-1], 3)
    indent = {len(t) - len(t.lstrip()) for t in window}
    return [
        _dice(grams(lines[-1], 3), last),
        _dice(proposed, replaced),
        float(len(lines[0]) - len(lines[0].lstrip()) in indent),
        float(lines == window),
        max(_dice(grams(lines[0], 3), grams(t, 3)) for t in texts[-4:]),
        shared[0],
        len(last & proposed) / len(last) if last else 0.5,
        len(replaced & proposed) / len(proposed) if proposed else 0.5,
        math.log((len(" ".join(lines)) + 5) / (len(" ".join(window)) + 5)),
        float("".join("".join(lines).split()) == "".join("".join(window).split())),
        shared[1],
    ]


def _dice(one: Tokens, two: Tokens) -> float:
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0


def _literals(body: Body, hunk: Hunk) -> list[float]:
    """Find numbers, code spans and quoted text letter by letter; find words by their first five letters."""
    texts = [content for _, content in hunk.lines if content.strip()]
    last1, last2, last4, whole = texts[-1:], texts[-2:], texts[-4:], texts
    added = [content for sign, content in hunk.lines if sign == "+"]
    numbers = {w.strip(".,()") for w in body.prose.split()[:400] if w.strip(".,()").isdigit()}
    spans = [s.strip() for s in body.spans if s.strip()]
    quoted = _QUOTED.findall(body.raw)
    found = [_found(spans, lines) for lines in (last1, last2, last4, whole)]
    return [
        _found(sorted(numbers), last2),
        *found,
        _found(spans[:1], last2),
        _found(quoted, last4),
        _fuzzy(body.parts, hunk.parts[-2:]),
        _fuzzy(body.parts, hunk.parts),
        _found(spans, added),
        math.log1p((1.0 - found[3]) * len(spans)),
    ]


def _found(wanted: Sequence[str], lines: Sequence[str]) -> float:
    text = "\n".join(lines)
    return sum(w in text for w in wanted) / len(wanted) if wanted else 0.0


def _fuzzy(tokens: Tokens, lines: Sequence[Tokens]) -> float:
    """Share of longer words that begin like a word of the lines: `deprecation` meets `deprecated`."""
    heads = {t[:5] for t in tokens if len(t) > 4}
    there = {t[:5] for line in lines for t in line if len(t) > 4}
    return len(heads & there) / len(heads) if heads else 0.0
