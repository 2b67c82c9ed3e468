"""What was answered in a thread: done, will do, won't do, withdrawn, explained; and by whom. Text in, evidence out.

Only the words of the pull request's author and of the remark's own author count.
"""

import re

from reviewlore.domain.fences import split_fences
from reviewlore.domain.history import OutcomeEvidence, RawRemark
from reviewlore.stages.outcome.weights import is_question, make_evidence


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_NOT_SPOKEN = re.compile(r"^[ \t]*>[^\n]*$|`[^`\n]*`|https?://\S+", re.MULTILINE)
_DENIED = re.compile(
    r"\b(?:not|isn'?t|hasn'?t|haven'?t|never|yet to be|to be|wasn'?t|can'?t be|should be)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_DECLINED = _words(
    r"won'?t (?:fix|change|do|be)", r"not going to", r"not (?:really )?(?:possible|feasible)", r"would break",
    r"(?:prefer|rather|like) (?:to keep|not|the current|it this way|leaving|keep)", r"intention(?:al|ally)",
    r"(?:let'?s|i'?d|i would|i'?ll|rather|we (?:should|can)?) ?(?:just )?(?:keep|leave)", r"by design", r"on purpose",
    r"(?:can'?t|cannot) (?:do|change|remove|use|be)", r"intended",
    r"out of (?:the )?scope", r"not (?:worth|needed|necessary|required)", r"as[- ]is", r"doesn'?t (?:need|have) to",
    r"i (?:disagree|don'?t (?:think|agree|see (?:why|the (?:point|need))))",
)  # fmt: skip
_LATER = _words(
    r"follow[- ]?up", r"separate (?:pr|pull request|issue|change|ticket)", r"later on", r"in the future",
    r"(?:another|different|future|next|later) (?:pr|pull request)", r"(?:opened|filed) (?:an? )?(?:issue|ticket)",
)  # fmt: skip
_WILL = _words(
    r"(?<!not )will (?:do|fix|change|update|add|remove|rename|move|try|look)", r"on it", r"nice catch", r"my bad",
    r"i'?ll (?:fix|change|update|add|remove|rename|move|do|try|look|make)", r"sounds good", r"oops", r"whoops",
    r"good (?:catch|point|call|idea|suggestion|spot)", r"great (?:catch|idea|point|suggestion)",
    r"you(?:'| a)?re (?:absolutely |totally )?right", r"yes,? (?:i|will|let)",
)  # fmt: skip
_SURE = re.compile(r"\W*sure\b", re.IGNORECASE)
_DONE = _words(
    "done", "fixed", "addressed", "updated", "changed", "applied", "resolved", "removed", "added", "renamed", "moved",
    "refactored", "reverted", "reworded", "corrected", "rewrote", "replaced", "implemented", "adjusted", "deleted",
    "dropped", "simplified", "extracted", "cleaned", "adopted", "committed",
)  # fmt: skip
_DONE_MYSELF = _words("done", "fixed", "updated", "applied", "pushed", "committed")
_WITHDRAWN = _words(
    r"never ?mind", r"nvm", r"fair enough", r"scratch that", r"ignore (?:this|that|me|my)", r"my mistake",
    r"i (?:misread|misunderstood|was wrong)", r"let'?s (?:keep|leave)", r"leave it", r"not a blocker", r"up to you",
)  # fmt: skip
_ACCEPTED = _words(
    r"i see", r"makes sense", r"got it", r"ah,? (?:ok|okay|right|yes)", r"that'?s fine", r"ok(?:ay)? (?:then|with me)",
    r"(?:it'?s|is) fine", r"no problem", r"works for me", r"fine (?:by|with) me", r"you(?:'| a)?re right", r"my bad",
    r"i missed that",
)  # fmt: skip
_OPENING = 60  # a telling word stands at the start: `Done.`, `Good catch, fixed in ...`


def judge_replies(raw: RawRemark) -> tuple[OutcomeEvidence, ...]:
    """Return the last telling word of the pull request's author, and of the remark's author.

    Nobody else's: anybody may answer in a public thread, and where a stranger says `done` a remark was not addressed
    more often than elsewhere.
    """
    found: dict[str, OutcomeEvidence] = {}
    for reply in raw.replies:
        if reply.author and reply.author == raw.pull_request_author:
            kind = classify_answer(reply.body)
        elif reply.author and reply.author == raw.author:
            kind = classify_word(reply.body)
            _forget_explanation(found)
        else:
            continue
        if kind == "reply_explained" and is_question(raw):
            kind = "reply_answered"
        if kind is not None:
            found[reply.author] = make_evidence(kind, by=reply.author)
    return tuple(found.values())


def classify_answer(body: str) -> str | None:
    """Return what an answer says: done, will do, later, declined, explained; None where it cannot be told."""
    text = _spoken(body)
    if not text:
        return None
    done = _stands(_DONE, text)
    declined = _DECLINED.search(text)
    if done and (not declined or done.start() < declined.start()):
        return "reply_done"
    if _LATER.search(text):
        return "reply_later"
    if declined:
        return "reply_declined"
    if _WILL.search(text[:_OPENING]) or _SURE.match(text):
        return "reply_will_do"
    return "reply_explained" if len(text) >= _OPENING and "?" not in text[-3:] else None


def classify_word(body: str) -> str | None:
    """Return what the remark's own author says afterwards: done by themselves, withdrawn, accepted; else None."""
    text = _spoken(body)
    if _stands(_DONE_MYSELF, text[:_OPENING]):
        return "reply_done"
    if _WITHDRAWN.search(text[: 2 * _OPENING]):
        return "reply_withdrawn"
    return "reply_accepted" if _ACCEPTED.search(text[: 2 * _OPENING]) else None


def _forget_explanation(found: dict[str, OutcomeEvidence]) -> None:
    """An explanation that the reviewer did not leave at that may have been none."""
    for author in [author for author, item in found.items() if item.kind == "reply_explained"]:
        del found[author]


def _stands(words: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Find a word of these in the opening, unless it is denied."""
    for found in words.finditer(text[: 2 * _OPENING]):
        if not _DENIED.search(text[: found.start()]):
            return found
    return None


def _spoken(body: str) -> str:
    return " ".join(_NOT_SPOKEN.sub(" ", split_fences(body)[0]).split())
