"""Sources on which tree-sitter would take the square of their length: bytes in, yes or no out.

Measured on its Java grammar: unclosed brackets nested some thousand deep keep every start of an error alive in the
parser (`a<a<a<…`: 20,000 of them take 12 s), and flat runs of punctuation in an error cost the query cursor as much.
The grammars of Rust and Go do likewise. No person writes either; what is refused here counts as broken, with nothing
read from it.
"""

import re
from itertools import accumulate

# Hand-written code stays below 30, generated parsers and literals below 300.
MAX_DEPTH = 1000

_STEP = {**dict.fromkeys(b"({[", 1), **dict.fromkeys(b")}]", -1)}
_OTHER = bytes(set(range(256)) - set(_STEP))
_ANGLES = re.compile(rb"(?:<[^<>;{}]*+){500}")
_EMPTY_STRINGS = re.compile(rb"(?:\"\"\s*+){1000}")
_PUNCTUATION = re.compile(rb"(?:[-+!~&*({\[]\s*+){1000}")


def is_too_nested(source: bytes) -> bool:
    """Whether to leave a source out before parsing: brackets deeper than `MAX_DEPTH`, or endless `<` or `""`."""
    brackets = source.translate(None, _OTHER)
    if len(brackets) > MAX_DEPTH and max(accumulate(map(_STEP.__getitem__, brackets))) > MAX_DEPTH:
        return True
    return _ANGLES.search(source) is not None or _EMPTY_STRINGS.search(source) is not None


def has_endless_punctuation(source: bytes) -> bool:
    """Whether to ask no query of a tree that has errors: a run of a thousand signs that begin an expression."""
    return _PUNCTUATION.search(source) is not None
