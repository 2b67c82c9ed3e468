# ruff: noqa: E501 - tables of patterns read better one topic a line
"""What kind of line is commented on, and whether the remark talks about that kind of line.

In: the path, a parsed hunk, a parsed remark. Out: named numbers: the place alone (kind of file, of line, of change) and
topics: +1 where the remark's topic is found at the end of the hunk, -1 where it is missing there, 0 where not raised.
"""

import math
import re
from functools import lru_cache

from reviewlore.ranking.text import BODIES, HUNKS, Body, Hunk

# topic -> (what the remark says, what the lines then hold). English of code review and syntax of common languages.
_TOPICS: dict[str, tuple[str, str]] = {
    "import": (r"\bimport(?:s|ed|ing)?\b|\bdependenc\w+\b", r"^[^\S\n]*(?:import|from|#include|using|require|use)\b|\brequire\("),
    "test": (r"\btest(?:s|ed|ing)?\b|\bassert\w*\b", r"\b(?:assert\w*|test\w*|expect\w*|should|Test\w*|verify)\b|@Test|def test_"),
    "doc": (r"\bdoc\w*\b|\bjavadoc\b|\breadme\b|\bcomments?\b", r"^[^\S\n]*(?:#|//|/\*|\*|\"\"\"|'''|--|\.\. |>)|\"\"\""),
    "typo": (r"\btypos?\b|\bgrammar\b|\bspelling\b|\bwording\b|\bsentence\b|\bphras\w+\b", r"^[^\S\n]*(?:#|//|\*|\"\"\")|\"[^\"]* [^\"]* |[a-z]+ [a-z]+ [a-z]+ [a-z]+"),
    "type": (r"\btyp(?:e|es|ed|ing)\b|\bannotation\w*\b|\bmypy\b|\bgeneric\w*\b|\bcast\w*\b", r"->|:\s*[A-Z]\w*|\bAny\b|\bOptional\b|<\w+>|\b(?:int|str|bool|List|Dict|Map|Type\w*|cast)\b"),
    "name": (r"\bnam(?:e|es|ed|ing)\b|\brenam\w+\b|\bcall(?:ed)? it\b|\bprefix\b|\bsuffix\b", r"\b(?:def|class|func|function|var|let|const|private|public|final|type|interface)\b|:?=[^=]|\w\s*\("),
    "log": (r"\blog(?:s|ged|ging|ger)?\b|\bprint\w*\b|\bwarn\w*\b|\bdebug\b", r"\b(?:log\w*|LOG\w*|print\w*|warn\w*|console|debug|Debug|Info|info)\b"),
    "error": (r"\berrors?\b|\bexception\w*\b|\bthrow\w*\b|\brais\w+\b|\bcatch\w*\b|\bpanic\w*\b", r"\b(?:raise|throw\w*|except|catch|panic|err|error\w*|\w*Error\w*|\w*Exception\w*|Errorf)\b"),
    "null": (r"\bnull\w*\b|\bnone\b|\bnil\b|\bundefined\b|\boptional\b|\bempty\b", r"\b(?:null|None|nil|undefined|Optional|Nullable|isEmpty|empty)\b"),
    "loop": (r"\bloops?\b|\biterat\w+\b|\bfor each\b|\bstream\w*\b|\bcomprehension\b", r"\b(?:for|while|forEach|stream|map|iter\w*|range|next)\b"),
    "string": (r"\bstrings?\b|\bformat\w*\b|\bmessage\b|\bf-string\w*\b|\bquot\w+\b|\btext\b", r"[\"'`]"),
    "thread": (r"\basync\w*\b|\bthread\w*\b|\block\w*\b|\bconcurren\w+\b|\brac(?:e|es|y)\b|\batomic\w*\b|\bawait\w*\b|\bmutex\w*\b|\bgoroutine\w*\b", r"\b(?:async\w*|await|[Tt]hread\w*|[Ll]ock\w*|synchronized|volatile|[Aa]tomic\w*|Mutex|go|chan|Future\w*|Deferred\w*|Executor\w*|sync)\b"),
    "access": (r"\bprivate\b|\bpublic\b|\bprotected\b|\bfinal\b|\bstatic\b|\bexport\w*\b|\bunderscore\b|\bvisib\w+\b|\bexpos\w+\b", r"\b(?:private|public|protected|final|static|export|_\w+|internal)\b"),
    "return": (r"\breturn(?:s|ed|ing)?\b", r"\breturns?\b|->|@return"),
    "argument": (r"\bargs?\b|\bargument\w*\b|\bparam\w*\b|\bdefault\w*\b|\bkwarg\w*\b|\bsignature\b", r"\(.*\)|@param|:param|\bdef\b|\bfunc\b|,\s*$"),
    "class": (r"\bclass(?:es)?\b|\bsubclass\w*\b|\binherit\w*\b|\bextend\w*\b|\binterface\b|\babstract\b", r"\b(?:class|extends|implements|interface|struct|enum|abstract)\b"),
    "method": (r"\bmethods?\b|\bfunctions?\b|\bfunc\b|\bhelper\b|\bconstructor\b", r"\b(?:def|func|function|fn|void|public|private|static)\b|\w\("),
    "variable": (r"\bvariable\w*\b|\bfields?\b|\bassign\w*\b|\battribute\w*\b|\bpropert\w+\b", r"[^=!<>]=[^=]|:="),
    "constant": (r"\bconstants?\b|\bmagic\b|\bhard-?coded?\b|\benum\w*\b|\bnumber\b", r"\b[A-Z][A-Z0-9_]{2,}\b|\b\d+\b"),
    "condition": (r"\bconditions?\b|\bbranch\w*\b|\bif\b.*\belse\b|\bcheck\w*\b|\bboolean\b|\bternary\b|\bswitch\b|\bcase\b", r"\b(?:if|else|elif|switch|case|when|\?)\b|&&|\|\||\bnot\b|!="),
    "space": (r"\bspac(?:e|es|ing)\b|\bindent\w*\b|\bnew ?lines?\b|\bwhitespace\b|\bblank\b|\btrailing\b|\balign\w*\b|\bempty line\b", r"^[^\S\n]*$|\s$|^[^\S\n]*[})\]]|  \S"),
    "url": (r"\blinks?\b|\burls?\b|\bxlink\b|\bhref\b|\banchor\b", r"https?:|:ref:|\]\(|\burl\b|`_"),
    "config": (r"\bconfig\w*\b|\bsettings?\b|\bflags?\b|\boptions?\b|\benv\w*\b|\bproperty\b", r"\b\w*(?:config|Config|CONFIG|setting|Setting|flag|option|Option|env|ENV)\w*\b"),
    "version": (r"\bversions?\b|\bpython ?\d|\brelease\w*\b|\bupgrade\w*\b|\bbump\w*\b|\bdeprecat\w+\b|\bcompat\w*\b", r"\bversion\w*\b|\d+\.\d+|\b[Dd]eprecat\w*\b"),
    "unused": (r"\bunused\b|\bnot (?:being )?used\b|\bnever used\b|\bdead code\b|\bunnecessary\b|\bredundant\b", r"\S"),
    "list": (r"\blists?\b|\barrays?\b|\btuples?\b|\bsets?\b|\bdict\w*\b|\bmaps?\b|\bcollection\w*\b", r"\b(?:[Ll]ist\w*|[Aa]rray\w*|[Tt]uple|[Ss]et|[Dd]ict|[Mm]ap\w*|\[\]\w*|append|Collection\w*)\b|[\[{]"),
    "time": (r"\btime\w*\b|\bseconds?\b|\bms\b|\bduration\b|\bdate\w*\b|\bsleep\b", r"\b\w*(?:[Tt]ime|[Ss]econd|[Dd]uration|[Dd]ate|[Mm]illis|sleep|Sleep)\w*\b"),
    "json": (r"\bjson\b|\bschema\b|\bserializ\w*\b|\bencod\w*\b|\bparse\w*\b|\byaml\b|\bxml\b", r"\b\w*(?:json|JSON|[Ss]chema|[Ss]eriali[sz]|[Ee]ncod|[Pp]arse|yaml|xml)\w*\b"),
}  # fmt: skip
_COMPILED = tuple((name, re.compile(said), re.compile(held, re.MULTILINE)) for name, (said, held) in _TOPICS.items())
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("import", r"^\s*(?:import|from|#include|using|require|use|package)\b"),
        ("definition", r"^\s*(?:(?:public|private|protected|static|final|abstract|async|export|default)\s+)*(?:def|func|fn|function|class|interface|struct|enum|type|void)\b"),
        ("comment", r"^\s*(?:#|//|/\*|\*|--|\"\"\"|''')"),
        ("returns", r"^\s*return\b"),
        ("condition", r"^\s*(?:}?\s*else|if|elif|switch|case|when|unless)\b"),
        ("loop", r"^\s*(?:for|while)\b"),
        ("raises", r"\b(?:raise|throw|panic|catch|except)\b"),
        ("assertion", r"\b(?:assert\w*|expect|verify|should)\b"),
        ("assignment", r"^[^=(]*[^=!<>(]=[^=>]|:="),
        ("call", r"^\s*[\w.]+\("),
        ("decorator", r"^\s*@\w+"),
        ("logs", r"\b(?:log\w*|LOG\w*|print\w*|console|fmt)\b"),
        ("closing", r"^\s*[)}\]]++[;,)]*+\s*$"),
        ("blank", r"^\s*$"),
        ("string", r"[\"'][^\"']{12,}"),
        ("prose", r"^\W*(?:[A-Za-z,'-]+[ .]){5,}"),
        ("todo", r"\b(?:TODO|FIXME|XXX|HACK)\b"),
        ("number", r"\b\d{2,}\b"),
    )
)  # fmt: skip
_FILES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("python", r"\.pyi?$"), ("java", r"\.(?:java|kt|scala|groovy)$"), ("go", r"\.go$"), ("script", r"\.(?:tsx?|jsx?|vue|mjs)$"),
        ("native", r"\.(?:c|cc|cpp|h|hpp|rs|cs|swift)$"), ("docs", r"\.(?:md|rst|txt|adoc|ipynb)$|(?:^|/)docs?/"),
        ("data", r"\.(?:json|ya?ml|toml|cfg|ini|xml|gradle|properties|lock|sql|proto|sh)$|(?:^|/)(?:Makefile|Dockerfile)|\.github/"),
        ("test", r"(?:^|[/_.])(?:tests?|spec|specs|testing|e2e|fixtures)(?:[/_.]|$)|[a-z]Tests?\.\w+$|_test\.\w+$"),
    )
)  # fmt: skip
_HUNK = (
    "added_last", "removed_last", "lines", "added", "removed", "added_share", "new_file", "length", "start", "tail_added",
    "last_chars", "last_indent", "whole_shown", "depth", "words_last",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    *(f"place.file_{name}" for name, _ in _FILES),
    *(f"place.kind_{name}" for name, _ in _KINDS),
    *(f"place.{name}" for name in _HUNK),
    *(f"topic.{name}" for name, _, _ in _COMPILED),
    "topic.matched", "topic.missed", "topic.matched_near", "topic.raised",
    "topic.code_for_docs", "topic.fence_language",
)  # fmt: skip
_LANGUAGES = {
    "python": "py pyi python pycon", "java": "java kotlin kt groovy scala", "go": "go golang",
    "script": "ts tsx js jsx javascript typescript vue mjs", "native": "c cc cpp h hpp rs rust cs csharp swift",
    "docs": "md rst markdown txt restructuredtext", "data": "json yaml yml toml ini xml gradle sql sh bash shell proto",
}  # fmt: skip


def place_features(path: str, hunk: Hunk, body: Body) -> tuple[float, ...]:
    """Return the numbers named by NAMES."""
    return (*_place(path, hunk), *_topics(path, hunk, body))


@lru_cache(maxsize=BODIES)
def _said(prose: str) -> tuple[bool, ...]:
    return tuple(bool(said.search(prose)) for _, said, _ in _COMPILED)


@lru_cache(maxsize=HUNKS)
def _tail(hunk: Hunk) -> tuple[str, str]:
    texts = [content for _, content in hunk.lines if content.strip()]
    return "\n".join(texts[-1:]), "\n".join(texts[-4:])


def _held(hunk: Hunk, said: tuple[bool, ...]) -> list[tuple[float, float]]:
    """Per topic (on the last line, on the last four): +1 found, -1 not found, 0 not raised by the remark."""
    near, wide = _tail(hunk)
    found: list[tuple[float, float]] = []
    for raised, (_, _, held) in zip(said, _COMPILED, strict=True):
        if not raised:
            found.append((0.0, 0.0))
        elif held.search(near):
            found.append((1.0, 1.0))
        else:
            found.append((-1.0, 1.0 if held.search(wide) else -1.0))
    return found


@lru_cache(maxsize=HUNKS)
def _place(path: str, hunk: Hunk) -> tuple[float, ...]:
    sign, last = hunk.lines[-1]
    added = sum(s == "+" for s, _ in hunk.lines)
    removed = sum(s == "-" for s, _ in hunk.lines)
    count = len(hunk.lines)
    tail = hunk.lines[-4:]
    return (
        *(float(bool(p.search(path[-300:]))) for _, p in _FILES),
        *(float(bool(p.search(last))) for _, p in _KINDS),
        float(sign == "+"),
        float(sign == "-"),
        math.log1p(count),
        math.log1p(added),
        math.log1p(removed),
        added / count,
        float(hunk.old_length == 0 or hunk.old_start == 0),
        math.log1p(hunk.new_length),
        math.log1p(hunk.new_start),
        sum(s == "+" for s, _ in tail) / len(tail),
        math.log1p(len(last.strip())),
        math.log1p(len(last) - len(last.lstrip())),
        min(1.0, count / max(1, hunk.new_length + removed)),
        float(path.count("/")),
        math.log1p(len(last.split())),
    )


def _topics(path: str, hunk: Hunk, body: Body) -> list[float]:
    said = _said(body.prose)
    held = _held(hunk, said)
    wide = [there for _, there in held]
    is_docs = any(p.search(path) for name, p in _FILES if name == "docs")
    return [
        *wide,
        float(sum(v > 0 for v in wide)),
        float(sum(v < 0 for v in wide)),
        float(sum(there > 0 for there, _ in held)),
        float(sum(said)),
        float(is_docs) * (1.0 if body.code_identifiers else -1.0),
        _fence_language(path, body.raw),
    ]


def _fence_language(path: str, raw: str) -> float:
    """+1 where a fenced block is in the file's language, -1 where it is in another, 0 where neither is known."""
    fences = {f.lower() for f in re.findall(r"```(\w+)", raw)} - {"suggestion", "diff"}
    known = {name for name, words in _LANGUAGES.items() if fences & set(words.split())}
    if not known:
        return 0.0
    here = {name for name, pattern in _FILES if name in known and pattern.search(path)}
    return 1.0 if here else -1.0
