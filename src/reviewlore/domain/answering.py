"""The form of a model's answer about a change: what a remark must say, and how long each part may be.

`prompts/ask.md.j2` says the same in words, for servers that cannot hold an answer to a schema.
"""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from reviewlore.domain.finding import SPECIALISTS, Specialist

ClaimKind = Literal["imports", "calls", "defined", "unused", "no_test", "duplicates", "changed_signature"]
CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

# Characters. A title is one line of a comment; the rest is what fits beside code without scrolling.
MAX_TITLE = 120
MAX_WORDS = 800  # of `why`, and of `advice`
MAX_QUOTE = 300
MAX_NAME = 200  # of a claim's subject, and of its object
MAX_SUGGESTION = 4_000
MAX_CLAIMS = 4
# More than any call is asked for; who asks for fewer says so in the request's own schema.
MAX_REMARKS = 20


def answer_schema(
    hunks: Sequence[str] = (), specialists: Sequence[Specialist] = SPECIALISTS, remarks: int = MAX_REMARKS
) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of an answer: at most `remarks`, each about one of `hunks` (none: any name).

    Every key is required and no other is allowed, as servers with strict structured output demand.
    """
    hunk: dict[str, Any] = {"enum": list(hunks)} if hunks else {"type": "string", "pattern": "^h[0-9]{1,4}$"}
    line = {"type": "integer", "minimum": 1}
    claim = _object(
        {"kind": {"enum": list(CLAIM_KINDS)}, "subject": _text(MAX_NAME), "object": _text(MAX_NAME, empty=True)}
    )
    remark = _object(
        {
            "hunk": hunk,
            "line": line,
            "start_line": {"anyOf": [line, {"type": "null"}]},
            "specialist": {"enum": list(specialists)},
            "severity": {"enum": ["info", "warning", "error"]},
            "title": _text(MAX_TITLE),
            "why": _text(MAX_WORDS),
            "advice": _text(MAX_WORDS),
            "quote": _text(MAX_QUOTE),
            "claims": {"type": "array", "items": claim, "maxItems": MAX_CLAIMS},
            "suggestion": {"anyOf": [_text(MAX_SUGGESTION, empty=True), {"type": "null"}]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        }
    )
    return _object({"remarks": {"type": "array", "items": remark, "maxItems": remarks}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _text(most: int, *, empty: bool = False) -> dict[str, Any]:
    return {"type": "string", "maxLength": most} | ({} if empty else {"minLength": 1})
