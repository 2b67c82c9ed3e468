# ruff: noqa: E501 - tables of patterns read better one topic a line
"""What a remark does: asks, orders, explains, praises, doubts, postpones; and its shape.

In: a parsed remark. Out: named numbers. Never looks at the hunk. The lists are general English of code review, written
by hand: speech acts after Austin and Searle (who asks whom to do what), not words taken from anybody's remarks.
"""

import math
import re
from collections.abc import Callable

from reviewlore.ranking.text import Body

_IMPERATIVES = frozenset(
    "use add remove rename move change make fix replace delete drop update keep put call return avoid consider check "
    "ensure extract inline revert document mention simplify reuse split merge convert set create define declare pass "
    "wrap throw raise catch handle try do don't please pls let's lets mark log print validate verify include exclude "
    "import format indent align sort clean refactor restructure rewrite rephrase reword clarify explain elaborate "
    "specify describe follow follow prefer stick leave link note give take turn switch combine introduce implement "
    "override assert test cover write read see look capitalize lowercase delete undo skip limit reduce increase nit "
    "just instead should could can missing typo unused unnecessary redundant same ditto wrong".split()
)
_ACTS: dict[str, str] = {
    "please": r"\b(?:please|pls|plz)\b",
    "should": r"\bshould(?!n't)\b",
    "shouldnt": r"\b(?:shouldn't|should not|must not|mustn't|never)\b",
    "must": r"\b(?:must|needs? to|ha(?:ve|s) to|required)\b",
    "could": r"\bcould\b",
    "can_you": r"\b(?:can|could|would|will) (?:you|we|this|it|i|these)\b",
    "would": r"\bwould\b",
    "lets": r"\blet(?:'s|s| us)\b",
    "instead": r"\b(?:instead|rather than|in favou?r of|replaced? (?:by|with))\b",
    "better": r"\b(?:better|prefer|cleaner|simpler|nicer|clearer|more (?:readable|consistent|explicit|idiomatic))\b",
    "opinion": r"\b(?:i think|i believe|imo|imho|i feel|i'd|i would|in my opinion|i suggest|i prefer)\b",
    "hedge": r"\b(?:maybe|perhaps|might|possibly|probably|seems?|looks? like|i guess|potentially)\b",
    "doubt": r"\b(?:not sure|unsure|wonder(?:ing)?|no idea|don't know|doubt|curious|confused|don't (?:quite )?understand)\b",
    "nit": r"\b(?:nit|nits|nitpick|minor|tiny|small thing|style)\b",
    "typo": r"\b(?:typo|typos|spelling|grammar|misspel\w+|wording|rephrase|reword)\b",
    "substitute": r"(?:^|\s)s/[^/\n]+/|->|=>|→",
    "ditto": r"\b(?:same (?:here|as above|thing|comment|for)|ditto|here too|likewise|as above|as well|also here|idem)\b",
    "why": r"\b(?:why|how come|what's the (?:reason|point|purpose)|reason for|purpose of|rationale)\b",
    "what": r"\bwhat(?:'s)?\b",
    "how": r"\bhow\b",
    "is_it": r"(?:^|[.!?]\s+)(?:is|are|does|do|did|has|have|was|were|isn't|doesn't|don't|aren't|won't) ",
    "what_if": r"\b(?:what if|what about|how about|what happens|would it|wouldn't)\b",
    "thanks": r"\b(?:thanks|thank you|thx|ty)\b",
    "praise": r"\b(?:nice|great|good (?:job|catch|call|idea|point|work|one)|love|awesome|lgtm|excellent|neat|cool|perfect)"
    r"\b|\+1|:\+1:|👍|🎉|❤",
    "agree": r"\b(?:agree|agreed|makes sense|fair|right|correct|exactly|yes|yeah|yep|sounds good|fine|okay|ok)\b",
    "did": r"\b(?:i|we)(?:'ve| have|'d| had)? (?:also |just |only |already |had to |then )?(?:\w+ed|made|put|kept|left|took|"
    r"chose|did|wrote|ran|found|saw|got|went|was|were|thought|forgot|split|set)\b",
    "explains": r"^(?:this|that|it|these|those|here|the|because|so|as|since|without|with|now|before|note|fyi|just|unfortunately"
    r"|basically|previously|currently|yes|no)\b[^?\n]{0,200}\b(?:is|are|was|were|will|does|did|has|had|because|since|so|"
    r"needed|required|used|allows?|means|makes?|ensures?|fails?|causes?|happens?)\b",
    "because": r"\b(?:because|since|as it|so that|in order to|due to|otherwise|the reason)\b",
    "this_is": r"^(?:this|that|it|these|those|they)(?:'s| is| was| are| were|'re)\b",
    "this_verbs": r"^(?:this|that|it|these|those) (?:\w+s|\w+ed|will|would|can|could|should|may|might|also|just|only)\b",
    "fyi": r"\b(?:fyi|btw|by the way|note that|for (?:the )?(?:record|reference|context)|heads up|turns out|as discussed|see also)\b",
    "later": r"\b(?:follow[- ]?up|separate (?:pr|issue|commit|change|pull)|later|future|for now|out of scope|another pr|"
    r"next pr|different pr|new issue|eventually|at some point|down the (?:road|line)|long term|todo|unrelated)\b",
    "optional": r"\b(?:optional|feel free|up to you|non-?blocking|not blocking|if you (?:want|like|prefer)|no strong|i'm (?:ok|fine)"
    r"|don't mind|either way|not a (?:big|blocker)|wdyt|thoughts|what do you think|let me know)\b",
    "past": r"\b(?:previously|before|used to|originally|earlier|existing|already|old|legacy|historical\w*|was|were|had)\b",
    "unsure_change": r"\b(?:do we (?:need|want|really)|is (?:this|it|there)|are (?:we|these|there|you)|did you|have you|should we)\b",
    "missing": r"\b(?:missing|forgot|forgotten|lacks?|absent|no longer|not (?:used|needed|necessary|required))\b",
    "needless": r"\b(?:unused|unnecessary|redundant|not needed|don't need|no need|needn't|useless|superfluous|remove|delete|drop)\b",
    "wrong": r"\b(?:wrong|incorrect|bug|broken|breaks?|invalid|mistake|error|fails?|issue|problem|leak|race|crash\w*)\b",
    "consistent": r"\b(?:consistent|consistency|consistently|convention|style guide|everywhere|elsewhere|other places|rest of)\b",
    "rename": r"\b(?:rename|renamed|naming|name it|call it|called|name should|better name|misleading|confusing)\b",
    "move": r"\b(?:move|moved|extract|inline|refactor|pull (?:this|it|out)|split|merge|combine|reorder|put)\b",
    "explain": r"\b(?:explain|clarify|elaborate|document|describe|comment|comments|docs?|docstring|javadoc|readme)\b",
    "testing": r"\b(?:test|tests|tested|testing|coverage|assert\w*)\b",
    "negation": r"\b(?:not|no|n't|don't|doesn't|isn't|can't|won't|didn't|wasn't|aren't|without|never|none|nothing)\b",
    "even_now": r"\b(?:still|yet|currently|now|anymore|any more|at the moment)\b",
    "ping": r"\bxuser\b",
    "team": r"\b(?:we|us|our|let's)\b",
    "you": r"\b(?:you|your|you're|you've|you'd)\b",
    "me": r"\b(?:i|i'm|i've|i'd|i'll|my|me)\b",
    "example": r"\b(?:e\.g|for example|for instance|such as|something like|i\.e|like this|example)\b",
    "suggests": r"\b(?:suggest|suggestion|recommend|propose|consider|how about|what about|alternatively|we can|you can|it can)\b",
    "only_if": r"\b(?:if|unless|when|whenever|in case)\b",
    "same": r"\b(?:same|similar|like (?:the|in)|duplicate|duplicated|copy)\b",
    "extra": r"\b(?:extra|additional|whitespace|space|newline|blank|empty line|indent\w*|trailing|format\w*|line length)\b",
    "done": r"\b(?:done|fixed|resolved|addressed|updated|will (?:do|fix|update|change)|i'll)\b",
    "ci": r"\b(?:ci|build|pipeline|flaky|flake8|mypy|pylint|lint\w*|tox|travis|workflow|jenkins|coverage)\b",
    "emoji": r":[a-z_]{3,30}:|[\U0001F300-\U0001FAFF☀-➿]",
}
_PATTERNS: tuple[tuple[str, Callable[[str], list[str]]], ...] = tuple(
    (name, re.compile(pattern, re.MULTILINE).findall) for name, pattern in _ACTS.items()
)
_FIRST = {
    "first_i": frozenset("i i'm i'd i've i'll my".split()),
    "first_we": frozenset("we we're we'd we've we'll our let's lets".split()),
    "first_this": frozenset("this that it these those they it's that's its there here".split()),
    "first_the": frozenset("the a an".split()),
    "first_wh": frozenset("why what how where when which who what's".split()),
    "first_aux": frozenset(
        "is are does do did can could should would will shouldn't isn't doesn't don't may shall".split()
    ),
    "first_yes": frozenset("yes no yeah ok okay ah oh hmm well thanks right sorry agreed good nice so".split()),
    "first_cond": frozenset("if when since because as for in with without while after before now".split()),
    "first_hedge": frozenset("maybe perhaps probably not wondering just also nit minor".split()),
}
_SHAPE = (
    "chars", "words", "sentences", "word_length", "lines", "spans", "span_share", "blocks", "block_share", "suggestion",
    "suggestion_lines", "suggestion_empty", "only_suggestion", "links", "mentions", "issues", "quotes", "bullets", "ends_question",
    "questions", "exclaims", "ellipsis", "parentheses", "ends_stop", "ends_colon", "ends_code", "starts_lower", "starts_code",
    "upper_words", "digits", "non_ascii", "past_share", "ing_share", "imperative", "imperatives", "code_first",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    *(f"speech.{name}" for name, _ in _PATTERNS),
    *(f"speech.{name}" for name in _FIRST),
    *(f"shape.{name}" for name in _SHAPE),
)


def speech_features(body: Body) -> tuple[float, ...]:
    """Return the numbers named by NAMES: acts counted up to three, the class of the first word, the shape."""
    prose = body.prose.strip()
    acts = [float(min(len(find(prose)), 3)) for _, find in _PATTERNS]
    first = body.words[0] if body.words else ""
    firsts = [float(first in words) for words in _FIRST.values()]
    return (*acts, *firsts, *_shape(body, prose))


def _shape(body: Body, prose: str) -> list[float]:
    raw, words = body.raw, body.words
    length = max(1, len(raw))
    span_chars = sum(map(len, body.spans))
    block_chars = sum(map(len, body.blocks)) + sum(map(len, body.suggestion or ()))
    real = [w for w in words if w not in {"xcode", "xblock", "xlink", "xuser", "xissue"}]
    count = max(1, len(real))
    imperatives = sum(_is_imperative(s) for s in body.sentences)
    tail = prose.rstrip().removesuffix("xblock").rstrip()
    empty = body.suggestion is not None and not any(line.strip() for line in body.suggestion)
    return [
        math.log1p(len(raw)),
        math.log1p(len(real)),
        math.log1p(len(body.sentences)),
        sum(map(len, real)) / count,
        math.log1p(raw.count("\n")),
        math.log1p(len(body.spans)),
        span_chars / length,
        float(min(len(body.blocks), 3)),
        block_chars / length,
        float(body.suggestion is not None),
        math.log1p(len(body.suggestion or ())),
        float(empty),
        float(body.suggestion is not None and len(real) < 2),
        float(min(body.links, 3)),
        float(min(body.mentions, 3)),
        float(min(body.issues, 3)),
        float(min(body.quotes, 3)),
        float(min(raw.count("\n- ") + raw.count("\n* "), 4)),
        float(tail.endswith("?")),
        float(min(prose.count("?"), 3)),
        float(min(prose.count("!"), 3)),
        float("..." in prose or "…" in prose),
        float(min(prose.count("("), 3)),
        float(tail.endswith(".")),
        float(tail.endswith(":")),
        float(tail.endswith("xcode")),
        float(raw[:1].islower()),
        float(raw[:1] == "`"),
        math.log1p(len(re.findall(r"\b[A-Z]{2,}\b", raw))),
        math.log1p(sum(map(str.isdigit, raw))),
        sum(not c.isascii() for c in raw) / length,
        sum(w.endswith("ed") for w in real) / count,
        sum(w.endswith("ing") for w in real) / count,
        float(bool(body.sentences) and _is_imperative(body.sentences[0])),
        float(min(imperatives, 4)),
        len(body.code_identifiers) / max(1, len(body.identifiers)),
    ]


def _is_imperative(sentence: str) -> bool:
    """A sentence that opens with a verb of asking, behind a label such as `nit:` or `minor,`."""
    words = re.findall(r"[a-z']+", sentence[:60])[:3]
    skipped = [
        w for w in words if w not in {"nit", "nits", "minor", "also", "and", "then", "so", "xuser", "just", "or"}
    ]
    return bool(skipped) and skipped[0] in _IMPERATIVES
