"""Reviews that git-appraise keeps in git notes (`refs/notes/devtools/*`): a note's bytes in, requests and comments out.

Formats: the JSON schemas of request and comment in https://github.com/google/git-appraise. A line that is none is
counted, never fatal. Keys count in any case, as in the tool itself: its mirror once wrote `Parent`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from reviewlore.formats.rows import is_text

REVIEWS = "refs/notes/devtools/reviews"
DISCUSS = "refs/notes/devtools/discuss"
_FIELDS = ("timestamp", "author", "original", "parent", "location", "description", "resolved", "v", "signature")
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_ALIKE = 0.8  # share of the shorter text's words in the longer one: a text that was worked over keeps most of them
_FEW = 3  # words: fewer say nothing about whether two texts are versions of one
_WORD = re.compile(r"\w+")
# How a mirror's own account says whose word it passes on (https://github.com/google/git-phabricator-mirror).
_PASSED_ON = re.compile(r"([\w.+-]+@[\w.-]+):\n\n")
_LARGEST_LINE = 2**31


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What was asked to be reviewed; a text is empty where it was not recorded.

    `target` is empty once the review was abandoned; `alias` is what its first commit became by a rebase.
    """

    requester: str
    review_ref: str
    target: str
    base: str
    alias: str


@dataclass(frozen=True, slots=True)
class ReviewNote:
    """One comment: `parent` is the id of what it answers, `line` is 1-based; both None where there is none.

    `commit` and `path` say where it stands, `resolved` what it says of the state of things.
    """

    id: str
    author: str
    body: str
    created_at: str
    edited_at: str | None
    parent: str | None
    commit: str | None
    path: str | None
    start_line: int | None
    line: int | None
    resolved: bool | None


def read_requests(note: bytes) -> tuple[ReviewRequest, ...]:
    """Return the requests of a review, the current one last."""
    found = []
    for row in _rows(note):
        keys = ("requester", "reviewref", "targetref", "basecommit", "alias")
        if row is not None and any(_text(row[1], key) for key in keys):
            found.append((_text(row[1], "timestamp"), ReviewRequest(*(_text(row[1], key) for key in keys))))
    return tuple(request for _, request in sorted(found, key=lambda pair: pair[0]))


def read_notes(note: bytes) -> tuple[tuple[ReviewNote, ...], int]:
    """Return the comments of a review in the order of time, each as last edited, and how many lines were none.

    A comment is named by the SHA-1 of its line. Answers name it like that, or by the SHA-1 of what the tool would have
    written: both are understood, and `parent` is always the former where the comment is there.
    """
    found: dict[str, ReviewNote] = {}
    names: dict[str, str] = {}
    edits: list[tuple[str, ReviewNote]] = []
    malformed = 0
    for row in _rows(note):
        read = None if row is None else _note(*row)
        if row is None or read is None:
            malformed += 1
            continue
        if original := _text(row[1], "original"):
            edits.append((original, read))
        else:
            found[read.id] = read
        names |= {read.id: read.id, _written(row[1]): read.id}
    for original, edit in sorted(edits, key=lambda pair: (pair[1].created_at, pair[1].id)):
        known = names.get(original, "")
        if known in found:
            resolved = found[known].resolved if edit.resolved is None else edit.resolved
            found[known] = replace(found[known], body=edit.body, edited_at=edit.created_at, resolved=resolved)
        else:
            malformed += 1
    told = (replace(each, parent=names.get(each.parent or "", each.parent)) for each in found.values())
    return tuple(sorted(told, key=lambda each: (each.created_at, each.id))), malformed


def join_versions(notes: Sequence[ReviewNote]) -> tuple[tuple[ReviewNote, ...], int]:
    """Make one of what a mirror wrote several times, and return how many were too many; `notes` in order of time.

    The same person at the same place with the same words, or most of them: GitHub's mirror writes a comment again after
    each edit, and once more when its own format changed. The last text stands, under the first time; the place is the
    first that has a commit. What answers any of them answers the one that is left.
    """
    kept: dict[str, ReviewNote] = {}
    became: dict[str, str] = {}
    by_place: dict[object, list[str]] = {}
    for note in notes:
        place = (note.author, note.path, note.line, note.parent, note.resolved)
        same = next((name for name in by_place.get(place, ()) if _is_version(kept[name].body, note.body)), None)
        if same is None:
            kept[note.id] = note
            by_place.setdefault(place, []).append(note.id)
        else:
            kept[same] = _joined(kept[same], note)
            became[note.id] = same
    told = (replace(each, parent=became.get(each.parent or "", each.parent)) for each in kept.values())
    return tuple(told), len(became)


def _joined(known: ReviewNote, later: ReviewNote) -> ReviewNote:
    changed = _words(known.body) != _words(later.body)
    stands = known if known.commit else later
    return replace(
        known,
        body=later.body if changed else known.body,
        edited_at=later.created_at if changed else known.edited_at,
        commit=stands.commit,
        start_line=stands.start_line,
    )


def _is_version(known: str, later: str) -> bool:
    one, other = _words(known), _words(later)
    if one == other:
        return bool(one)
    fewer = min(len(set(one)), len(set(other)))
    return fewer >= _FEW and len(set(one) & set(other)) >= _ALIKE * fewer


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _rows(note: bytes) -> Iterator[tuple[bytes, dict[str, Any]] | None]:
    """Yield each line with its fields, names in lower case; None for one that is no object of a version we know."""
    for line in note.split(b"\n"):
        if line.strip():
            row = _row(line)
            yield None if row is None else (line, row)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
        storable = is_text(json.dumps(row, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not storable:
        return None
    lowered = {key.lower(): value for key, value in row.items()}
    return lowered if lowered.get("v", 0) == 0 else None


def _note(line: bytes, row: Mapping[str, Any]) -> ReviewNote | None:
    at = _time(_text(row, "timestamp"))
    place = _part(row, "location")
    span = _part(place, "range")
    if not at or not _text(row, "author") or "\0" in _text(place, "path"):
        return None
    start, end = _line(span, "startline"), _line(span, "endline")
    author, body = _text(row, "author"), _text(row, "description").strip().replace("\r\n", "\n")
    passed_on = _PASSED_ON.match(body) if "@" not in author else None
    resolved = row.get("resolved")
    return ReviewNote(
        id=_sha1(line),
        author=passed_on[1] if passed_on else author,
        body=body[passed_on.end() :] if passed_on else body,
        created_at=at,
        edited_at=None,
        parent=_text(row, "parent") or None,
        commit=_text(place, "commit") or None,
        path=_text(place, "path") or None,
        start_line=start if end and start and end > start else None,
        line=max(end or 0, start or 0) or None,
        resolved=resolved if isinstance(resolved, bool) else None,
    )


def _written(row: Mapping[str, Any]) -> str:
    """Return the id git-appraise gives a comment: the SHA-1 of the JSON it would write, without what is empty."""
    fields = {name: row[name] for name in _FIELDS if row.get(name) not in (None, "", 0) or row.get(name) is False}
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return _sha1("".join(_ESCAPED.get(char, char) for char in text).encode())


def _sha1(octets: bytes) -> str:
    return hashlib.sha1(octets, usedforsecurity=False).hexdigest()


def _time(seconds: str) -> str:
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _part(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    return {name.lower(): each for name, each in value.items()} if isinstance(value, dict) else {}


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _line(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST_LINE else None
