"""Code-aware reading of a remark and of the hunk it stands on.

In: the words of a remark, or a diff hunk. Out: their parts (prose, code spans, blocks, suggestion; lines with their
signs) and weighted token sets. Never raises on any text, and never reads more than a fixed number of characters.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

MAX_BODY = 6000  # characters: the longest human remark seen was 3,400; the rest is pasted logs
MAX_HUNK_LINES = 160
MAX_LINE = 400
HUNKS = (
    64  # parsed hunks kept: remarks on one hunk come one after the other; more would only feed the garbage collector
)
BODIES = 4096  # parsed remarks kept: each occurs in several pairs, anywhere

_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_SPAN = re.compile(r"`([^`\n]{1,200})`")
_LINK = re.compile(r"https?://\S{1,300}")
_MENTION = re.compile(r"(?<![\w.])@[A-Za-z][\w-]{0,40}")
_ISSUE = re.compile(r"(?<![\w&])#\d{1,7}\b")
_QUOTE = re.compile(r"(?m)^[ \t]*>.*$")
_HEADER = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)")
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_IDENTIFIER = re.compile(r"[^\W\d]\w{0,80}")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_NOT_WORD = re.compile(r"[\W_]+")
_SENTENCE = re.compile(r"(?<![.!?])[.!?]+(?:\s|$)|\n+")

STOPWORDS = frozenset(
    "the and for that this with you are not but can have has had was were will would should could may might must from "
    "they them then than there here their what when which who why how all any some one two just only also more most "
    "very like into over out off its it's his her our your my me we he she him did does doing don't doesn't didn't "
    "isn't aren't can't won't i'm i'd i'll i've we're we'd we'll you're that's there's let's because since though "
    "about after before while where being been same other such each both own too now well make makes made get gets "
    "got use used using need needs needed think want see say know way lot bit much many something anything maybe "
    "perhaps please instead rather still even yes nit really actually already these those between above below through "
    "without within again seems seem looks look sure sense probably guess feel fine good better nice thanks thank "
    "add added adding change changed remove removed keep put".split()
)
COMMON_CODE = frozenset(
    "self this return def class function func method import from none null nil true false void int str string bool "
    "float list dict map set array object type value values name names key keys data item items test tests file files "
    "line lines code public private protected static final new var let const if else for while try except catch throw "
    "raise error err async await assert todo http https com org www doc docs args kwargs param params argument "
    "arguments parameter config default result get set is in not or and as with pass break continue print log "
    "logger".split()
)


@dataclass(frozen=True, slots=True)
class Body:
    """A remark taken apart: `prose` is lower case, its code replaced by `xcode`; `suggestion` is the proposed lines."""

    raw: str
    prose: str
    sentences: tuple[str, ...]
    words: tuple[str, ...]
    spans: tuple[str, ...]
    blocks: tuple[str, ...]
    suggestion: tuple[str, ...] | None
    links: int
    mentions: int
    issues: int
    quotes: int
    identifiers: frozenset[str]
    code_identifiers: frozenset[str]
    parts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hunk:
    """A hunk taken apart: `lines` are (sign, content), the commented line last; `context` is what follows the `@@`."""

    lines: tuple[tuple[str, str], ...]
    old_start: int
    old_length: int
    new_start: int
    new_length: int
    context: str
    identifiers: tuple[frozenset[str], ...]
    parts: tuple[frozenset[str], ...]


def identifiers(text: str) -> frozenset[str]:
    """Return the identifiers of a text as they are spelt."""
    return frozenset(_IDENTIFIER.findall(text))


def telling(tokens: frozenset[str]) -> frozenset[str]:
    """Leave out one-letter names and stop words: in prose `this` and `for` are English, in code they are names."""
    return frozenset(t for t in tokens if len(t) > 1 and t.lower() not in STOPWORDS)


@lru_cache(maxsize=65536)
def subtokens(identifier: str) -> tuple[str, ...]:
    """Split `parseHTTPUrl_v2` into ("http", "parse", "url"), stemmed lightly, sorted, without stop words."""
    stems = {stem(p.lower()) for p in _PART.findall(identifier) if len(p) > 1}
    return tuple(sorted(p for p in stems if len(p) > 2 and p not in STOPWORDS))


def stem(word: str) -> str:
    """Take off the commonest English endings, so that `returns`, `returned` and `returning` meet."""
    for ending, short, rest in (("ies", "y", 2), ("ing", "", 4), ("ed", "", 4), ("es", "", 4), ("s", "", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= rest and not word.endswith("ss"):
            return word[: -len(ending)] + short
    return word


def parts_of(tokens: frozenset[str]) -> frozenset[str]:
    """Return the stemmed subtokens of identifiers, without stop words."""
    return frozenset(chain.from_iterable(map(subtokens, tokens)))


@lru_cache(maxsize=65536)
def rarity(token: str) -> float:
    """Return how telling a token is, by its form alone: long and compound names are rare, keywords are not."""
    if token.lower() in COMMON_CODE:
        return 0.3
    pieces = len(subtokens(token))
    return 0.6 + 0.06 * min(len(token), 20) + (0.5 if pieces > 1 else 0.0) + (0.3 if pieces > 2 else 0.0)


def grams(text: str, size: int = 4) -> frozenset[str]:
    """Return the character n-grams of a text, letters and digits only, lower case."""
    flat = _NOT_WORD.sub(" ", text.lower())
    return frozenset([flat[i : i + size] for i in range(len(flat) - size + 1)])


@lru_cache(maxsize=BODIES)
def parse_body(body: str) -> Body:
    """Take a remark apart; of a very long one only the first MAX_BODY characters are read."""
    raw = body[:MAX_BODY].replace("\r\n", "\n")
    blocks: list[str] = []
    suggestion: list[str] | None = None
    for language, content in _FENCE.findall(raw):
        if language.startswith("suggestion") and suggestion is None:
            suggestion = content.rstrip("\n").split("\n")
        else:
            blocks.append(content)
    text = _FENCE.sub(" xblock ", raw)
    quotes = len(_QUOTE.findall(text))
    text = _QUOTE.sub(" ", text)
    spans = tuple(_SPAN.findall(text))
    links, mentions, issues = len(_LINK.findall(text)), len(_MENTION.findall(text)), len(_ISSUE.findall(text))
    plain = _MENTION.sub(" xuser ", _ISSUE.sub(" xissue ", _LINK.sub(" xlink ", _SPAN.sub(" xcode ", text))))
    prose = plain.lower().replace("’", "'")
    code = "\n".join((*spans, *blocks, *(suggestion or ())))
    code_names = identifiers(code)
    names = code_names | telling(identifiers(plain))
    return Body(
        raw=raw,
        prose=prose,
        sentences=tuple(s.strip() for s in _SENTENCE.split(prose) if s.strip()),
        words=tuple(_WORD.findall(prose)),
        spans=spans,
        blocks=tuple(blocks),
        suggestion=tuple(suggestion) if suggestion is not None else None,
        links=links,
        mentions=mentions,
        issues=issues,
        quotes=quotes,
        identifiers=names - {"xcode", "xblock", "xuser", "xlink", "xissue"},
        code_identifiers=code_names,
        parts=parts_of(names - {"xcode", "xblock", "xuser", "xlink", "xissue"}),
    )


@lru_cache(maxsize=HUNKS)
def parse_hunk(hunk: str) -> Hunk:
    """Take a hunk apart; of a long one only the last MAX_HUNK_LINES lines are read, each to MAX_LINE characters."""
    rows = hunk.replace("\r\n", "\n").rstrip("\n").split("\n")
    match = _HEADER.match(rows[0][:MAX_LINE])
    numbers, context = (0, 0, 0, 0), ""
    if match:
        first, second, third, fourth, context = match.groups()
        numbers = (int(first), int(second or 1), int(third), int(fourth or 1))
        rows = rows[1:] or [""]
    lines = tuple(_split_sign(row[:MAX_LINE]) for row in rows[-MAX_HUNK_LINES:])
    names = tuple(identifiers(content) for _, content in lines)
    return Hunk(lines, *numbers, context.strip(), names, tuple(parts_of(n) for n in names))


def _split_sign(row: str) -> tuple[str, str]:
    return (row[0], row[1:]) if row[:1] in {"+", "-", " "} else (" ", row)
