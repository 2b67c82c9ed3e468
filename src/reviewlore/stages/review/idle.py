"""Remarks that nobody needs, by their words: praise, a change retold, what is done already, orders to people.

A draft and the rows it stands on in, a snake_case reason out. English only: what is written otherwise passes.
"""

import re

from reviewlore.domain.drafts import Draft
from reviewlore.stages.review.anchoring import Placed, squeezed

_SPAN = re.compile(r"`([^`\n]{1,200})`")
_PRAISE = re.compile(
    r"\W*+(?:lgtm|looks? (?:good|great|fine|ok(?:ay)?)|(?:very |really )?(?:nice|great|good|excellent|solid|clean)\b"
    r"(?! to\b)|well[ -](?:done|written|structured|tested)|approved?\b|love (?:it|this)|perfect|thanks?\b|kudos|"
    r"no (?:issues?|problems?|concerns?|comments?|remarks?)\b|(?:all|everything) (?:is )?(?:good|fine|correct))"
    r"|\s*(?:👍|\+1)",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"\W*+(?:none|n/?a|nothing|no (?:further )?(?:action|changes?|fix)\b[^.]{0,40}|"
    r"keep (?:it |this )?(?:up|as is|as it is)[^.]{0,40}|(?:this |it )?(?:looks|is) (?:good|fine|correct)[^.]{0,40}|"
    r"lgtm|approved?|merge(?: it| this)?)\W*",
    re.IGNORECASE,
)
# `adds`, not `add`: "Add a log" asks for one. Of 3,101 remarks of people that were acted on, this takes 6.
_RETELLS = re.compile(
    r"\W*+(?:this|the|it)?\s*+(?:change|commit|diff|code|pr|pull request|line|hunk|function|method)?\s*+"
    r"(?:now\s+)?(?:adds|added|introduces|updates|updated|renames|renamed|removes|removed|changes|changed|"
    r"refactors|moves|moved|replaces|replaced|imports|defines|implements)\b",
    re.IGNORECASE,
)
# Words by which praise turns into a remark, and those that any remark has which wants something.
_TURNS = re.compile(
    r"\b(?:but|however|should|must|please|consider|instead|missing|fails?|breaks?|never|wrong|avoid|could|would|needs?|"
    r"except|unless)\b|\?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"{_TURNS.pattern}|\b(?:without|risks?|errors?|bugs?|leaks?|may|might|ensure|verify|check|tests?|document|rename|"
    r"remove|add|use|move|no longer|still|callers?)\b",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"\b(?:curl|wget)\b[^|\n]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\brm\s+-rf\s+[/~]|\bgit push\s+(?:-f|--force)|"
    r"\b(?:run|execute|paste|type|enter|start)\b[^.\n]{0,60}\b(?:curl|wget|bash|powershell|sudo|npx|eval|ssh|git push|"
    r"pip install|npm install|terminal|shell|console)\b|\b(?:disable|turn off|skip|bypass)\b[^.\n]{0,40}"
    r"\b(?:branch protection|required (?:checks|reviews)|code scanning)\b",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b(?:send|paste|share|post|reply with|provide|upload|e-?mail|enter|type|give|print|echo|reveal|tell|confirm)\b"
    r"[^.\n]{0,40}\b(?:your|me|us|here|below|this (?:thread|comment))\b[^.\n]{0,60}\b(?:tokens?|passwords?|secrets?|"
    r"credentials?|api[ _-]?keys?|private keys?|ssh keys?|\.env|2fa)\b",
    re.IGNORECASE,
)
_DOES = re.compile(r"\b(?:change|replace|use|write|add|rewrite|should (?:be|read))\b", re.IGNORECASE)


def find_idle(draft: Draft, placed: Placed) -> str:
    """Return why a remark is not worth saying, or must not be said, whatever it stands on; empty where it may be."""
    words = f"{draft.title}\n{draft.why}\n{draft.advice}"
    reason = f"{draft.why} {draft.advice}"
    proposes = draft.suggestion is not None
    code = squeezed("\n".join(row.text for row in placed.rows))
    praise = bool(_PRAISE.match(draft.title)) and not _TURNS.search(words)
    retells = bool(_RETELLS.match(f"{draft.title} {draft.why}")) and not _ASKS.search(reason)
    checks = (
        ("tells_people_to_run_something", bool(_RUNS.search(words))),
        ("asks_for_secrets", bool(_SECRETS.search(words))),
        ("praise", praise and not proposes),
        ("asks_for_nothing", bool(_IDLE.fullmatch(draft.advice)) and not proposes),
        ("already_done", proposes and squeezed(draft.suggestion or "") == code),
        ("already_done", _is_there(draft.advice, code)),
        ("retells_the_change", retells and not proposes),
    )
    return next((name for name, hit in checks if hit), "")


def _is_there(advice: str, code: str) -> bool:
    """Whether all that an advice tells to write stands in the very row it is about."""
    spans = [squeezed(span) for span in _SPAN.findall(advice)]
    return bool(spans) and bool(_DOES.search(advice)) and all(span == code for span in spans)
