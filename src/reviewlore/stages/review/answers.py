"""A model's text about excerpts to drafts of remarks: read leniently, checked strictly. It never raises on any text.

Out: the drafts whose form is right, and of the others what is wrong, in words that a model can act on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from reviewlore.domain.answering import (
    CLAIM_KINDS,
    MAX_CLAIMS,
    MAX_NAME,
    MAX_QUOTE,
    MAX_REMARKS,
    MAX_SUGGESTION,
    MAX_TITLE,
    MAX_WORDS,
)
from reviewlore.domain.architecture import Severity
from reviewlore.domain.asking import Excerpt
from reviewlore.domain.drafts import UNSURE, Claim, Draft, Faulty, Parsed
from reviewlore.domain.finding import Specialist
from reviewlore.stages.review.anchoring import last_line
from reviewlore.stages.review.lenient import MAX_CHARACTERS, read_loose

_KEYS = frozenset({"hunk", "line", "specialist", "severity", "title", "why", "advice", "quote"})
_LIKE_A_REMARK = 2  # of these keys: fewer, and an object is something else
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_PLACED = re.compile(
    r"^[\s*\-•>#\d.)`]{0,8}(?P<path>[\w./@+-]{1,200}):(?:L)?(?P<line>\d{1,7})`?(?:-\d{1,7})?\s*[:\-–—]\s+(?P<words>\S.*)$"
)
_SUGGESTED = re.compile(
    r"^(?P<fence>`{3,8}|~{3,8})suggestion[ \t]*\n(?P<code>.*?)^(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n+")
# Of a remark in the trained form: more than its budget, and so little that searching it twice costs nothing.
_MAX_PLAIN = 10_000
_UNREADABLE = "the answer has no JSON object that can be read"


def parse_answer(text: str, excerpts: Sequence[Excerpt], specialists: Sequence[Specialist]) -> Parsed:
    """Return what an answer in JSON says; where it has none, rows of the form `path:line: words` are taken.

    Form only: whether a line stands in its hunk, or a claim holds, is judged later.
    """
    loose = read_loose(text)
    raws = [raw for value in loose.values for raw in _remarks(value)]
    cut = sum(_is_remark(members) for members in loose.unfinished) + (len(text) > MAX_CHARACTERS)
    if not raws:
        drafts = _placed(text, excerpts, specialists)
        read = drafts or cut or any(_is_answer(value) for value in loose.values)
        return Parsed(drafts[:MAX_REMARKS], (), "" if read else _UNREADABLE, cut, max(0, len(drafts) - MAX_REMARKS))
    drafts_found, faulty = [], []
    for place, raw in enumerate(raws[:MAX_REMARKS], 1):
        checked = _Check(raw, specialists)
        draft = checked.draft()
        if draft is None:
            faulty.append(Faulty(place, tuple(checked.problems)))
        else:
            drafts_found.append(draft)
    return Parsed(tuple(drafts_found), tuple(faulty), "", cut, max(0, len(raws) - MAX_REMARKS))


def parse_plain(text: str, excerpt: Excerpt, specialist: Specialist) -> Parsed:
    """Return what an answer in the trained form says: one remark on its excerpt's last changed line, or silence."""
    line = last_line(excerpt)
    text = text[:_MAX_PLAIN]
    match = _SUGGESTED.search(text)
    suggestion = match["code"].removesuffix("\n") if match else None
    words = _SUGGESTED.sub("", text).strip()
    if line is None or not (words or suggestion):
        return Parsed()
    title, why = _headline(words or "Proposed change")
    draft = Draft(excerpt.id, line, specialist, "warning", title, why, "", suggestion=_bounded(suggestion))
    return Parsed((draft,))


class _Check:
    """One remark's members to a draft; `problems` says what is wrong with them."""

    def __init__(self, raw: Mapping[str, object], specialists: Sequence[Specialist]) -> None:
        self.raw, self.specialists = raw, specialists
        self.problems: list[str] = []

    def draft(self) -> Draft | None:
        """Return the draft, or None where there are problems."""
        line, start = self._line("line"), self._line("start_line", optional=True)
        draft = Draft(
            hunk=self._text("hunk", 20),
            line=line or 0,
            specialist=self._one_of("specialist", self.specialists),
            severity=self._one_of("severity", _SEVERITIES),
            title=self._text("title", MAX_TITLE),
            why=self._text("why", MAX_WORDS),
            advice=self._text("advice", MAX_WORDS),
            quote=self._text("quote", MAX_QUOTE),
            start_line=start if start != line else None,
            claims=self._claims(),
            suggestion=self._suggestion(),
            confidence=self._confidence(),
        )
        return None if self.problems else draft

    def _text(self, key: str, most: int) -> str:
        value = self.raw.get(key)
        if not isinstance(value, str) or not value.strip():
            self.problems.append(f"`{key}` is missing: give a text")
            return ""
        text = value.strip("\n") if key == "quote" else value.strip()
        if len(text) > most:
            self.problems.append(f"`{key}` has {len(text)} characters: give at most {most}")
        return text

    def _line(self, key: str, *, optional: bool = False) -> int | None:
        value = self.raw.get(key)
        if optional and (value is None or value == ""):
            return None
        if isinstance(value, str) and re.fullmatch(r"\s*[lL]?\d{1,9}\s*", value):
            value = int(value.strip().lstrip("lL"))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 10**9:
            self.problems.append(f"`{key}` must be a whole number from 1" + (", or null" if optional else ""))
            return None
        return value

    def _one_of(self, key: str, allowed: Sequence[Any]) -> Any:
        value = self.raw.get(key)
        word = value.strip().lower() if isinstance(value, str) else value
        if word not in allowed:
            self.problems.append(f"`{key}` must be one of {', '.join(allowed)}")
            return allowed[0] if allowed else ""
        return word

    def _claims(self) -> tuple[Claim, ...]:
        value = self.raw.get("claims")
        rows = value if isinstance(value, list) else []
        if value is not None and not isinstance(value, list):
            self.problems.append("`claims` must be a list, empty where nothing is claimed")
        if len(rows) > MAX_CLAIMS:
            self.problems.append(f"`claims` has {len(rows)} entries: give at most {MAX_CLAIMS}")
        return tuple(claim for row in rows[:MAX_CLAIMS] if (claim := self._claim(row)))

    def _claim(self, row: object) -> Claim | None:
        members = row if isinstance(row, dict) else {}
        kind = next((kind for kind in CLAIM_KINDS if kind == members.get("kind")), None)
        subject, other = members.get("subject"), members.get("object") or ""
        fine = isinstance(subject, str) and subject.strip() and isinstance(other, str)
        if kind is None or not fine or len(str(subject)) > MAX_NAME or len(str(other)) > MAX_NAME:
            kinds = ", ".join(CLAIM_KINDS)
            self.problems.append(f"each of `claims` needs a `kind` ({kinds}), a `subject` and an `object`, as texts")
            return None
        return Claim(kind, str(subject).strip(), str(other).strip())

    def _suggestion(self) -> str | None:
        value = self.raw.get("suggestion")
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > MAX_SUGGESTION:
            self.problems.append(f"`suggestion` must be a text of at most {MAX_SUGGESTION} characters, or null")
            return None
        return value

    def _confidence(self) -> float:
        value = self.raw.get("confidence", UNSURE)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.problems.append("`confidence` must be a number from 0 to 1")
            return 0.0
        return float(value)


def _remarks(value: object) -> Iterator[Mapping[str, object]]:
    """Yield the remarks in a value, wherever the model has put them; the reader bounds how deep that is."""
    if isinstance(value, dict) and _is_remark(value):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _remarks(inner)


def _is_remark(members: Mapping[str, object]) -> bool:
    return len(_KEYS & members.keys()) >= _LIKE_A_REMARK


def _is_answer(value: object) -> bool:
    """Whether a value without remarks is an answer all the same: it says that there is nothing to say."""
    return value == [] or (isinstance(value, dict) and isinstance(value.get("remarks"), list))


def _placed(text: str, excerpts: Sequence[Excerpt], specialists: Sequence[Specialist]) -> tuple[Draft, ...]:
    """Return the remarks in rows of the form `path:line: words`; who says them is the first that looked at the hunk."""
    drafts = []
    for row in text[:MAX_CHARACTERS].split("\n"):
        match = _PLACED.match(row[:2_000])
        if match is None:
            continue
        line = int(match["line"])
        own = [excerpt for excerpt in excerpts if excerpt.path == match["path"].removeprefix("./")]
        excerpt = next((excerpt for excerpt in own if line in excerpt.lines), own[0] if own else None)
        if excerpt is None or not specialists:
            continue
        who = next((name for name in excerpt.specialists if name in specialists), specialists[0])
        title, why = _headline(match["words"])
        drafts.append(Draft(excerpt.id, line, who, "warning", title, why, ""))
    return tuple(drafts)


def _headline(words: str) -> tuple[str, str]:
    """Return the first sentence as a title, cut at a word where it is long, and what else is said."""
    first, *_ = _SENTENCE.split(words, maxsplit=1)
    if len(first) > MAX_TITLE:
        first = first[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"
        return first, _cut(words)
    return first.strip(), _cut(words[len(first) :].strip())


def _cut(words: str) -> str:
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1].rsplit(" ", 1)[0] + "…"


def _bounded(suggestion: str | None) -> str | None:
    return suggestion if suggestion is None or len(suggestion) <= MAX_SUGGESTION else None
