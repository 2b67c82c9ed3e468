"""Text and code to the words an index holds: identifiers split, stop words left out. FTS5 does the stemming."""

import re
from functools import lru_cache

TOKENIZER = "porter unicode61 remove_diacritics 2"
_WORD = re.compile(r"\w{2,40}")
_PART = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Function words of English. Words that are terms of code too stay.
STOP_WORDS = frozenset(
    """a about after again all also although am an and any are as at be because been before being both but by
    can cannot could did do does doing don done down each either else even every few for from further get got
    had has have having he her here hers him his how however i if in into is isn it its itself just let lets
    like ll may maybe me might more most much must my need needs no nor not now of off on once only or other our
    ours out over own per please quite rather re really same see she should since so some still such than that
    the their them then there these they thing things think this those though through thus to too under until up
    us use used uses using ve very via want was way we well were what when where whether which while who whom
    why will with within without would yes yet you your yours
    """.split()
)


def split_terms(text: str) -> list[str]:
    """Return the words in order, lower-case: of `load_user` and `loadUser` both parts, so that they meet, and all."""
    return [term for word in _WORD.findall(text) for term in _terms(word)]


@lru_cache(maxsize=65_536)
def _terms(word: str) -> tuple[str, ...]:
    parts = [part.lower() for part in _PART.split(word)]
    found = [part for part in parts if len(part) > 1 and part not in STOP_WORDS]
    return (*found, "".join(parts)) if len(parts) > 1 else tuple(found)
