"""Reviews that git-appraise keeps in git notes (`refs/notes/devtools/*`): a note's bytes in, requests and comments out.

Formats: the JSON schemas of request and comment in https://github.com/google/git-appraise. A line that is none is
counted, never fatal. A comment is named by the SHA-1 of its line, as its answers (`parent`) and edits (`original`) do.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

REVIEWS = "refs/notes/devtools/reviews"
DISCUSS = "refs/notes/devtools/discuss"


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What was asked to be reviewed: by whom, which branch, since which commit; empty where it was not recorded."""

    requester: str
    review_ref: str
    base: str


@dataclass(frozen=True, slots=True)
class ReviewNote:
    """One comment: `parent` is the id of what it answers, `line` is 1-based; both None where there is none."""

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


def read_request(note: bytes) -> ReviewRequest | None:
    """Return the latest request of a review, or None where the note holds none."""
    rows = [row for row in _rows(note) if row is not None and isinstance(row[1].get("requester"), str)]
    if not rows:
        return None
    row = max(rows, key=lambda found: _text(found[1], "timestamp"))[1]
    return ReviewRequest(_text(row, "requester"), _text(row, "reviewRef"), _text(row, "baseCommit"))


def read_notes(note: bytes) -> tuple[tuple[ReviewNote, ...], int]:
    """Return the comments of a review in the order of time, each as last edited, and how many lines were none."""
    found: dict[str, ReviewNote] = {}
    edits: list[tuple[str, ReviewNote]] = []
    malformed = 0
    for row in _rows(note):
        read = None if row is None else _note(*row)
        if read is None:
            malformed += 1
        elif original := _text(row[1] if row else {}, "original"):
            edits.append((original, read))
        else:
            found[read.id] = read
    for original, edit in sorted(edits, key=lambda pair: pair[1].created_at):
        if original in found:
            found[original] = replace(found[original], body=edit.body, edited_at=edit.created_at)
    return tuple(sorted(found.values(), key=lambda each: (each.created_at, each.id))), malformed


def _rows(note: bytes) -> Iterator[tuple[bytes, dict[str, Any]] | None]:
    for line in note.split(b"\n"):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield (line, row) if isinstance(row, dict) else None


def _note(line: bytes, row: Mapping[str, Any]) -> ReviewNote | None:
    at = _time(_text(row, "timestamp"))
    if not at or not _text(row, "author"):
        return None
    place = row.get("location")
    place = place if isinstance(place, dict) else {}
    span = place.get("range")
    span = span if isinstance(span, dict) else {}
    start, end = _line(span, "startLine"), _line(span, "endLine")
    resolved = row.get("resolved")
    return ReviewNote(
        id=hashlib.sha1(line, usedforsecurity=False).hexdigest(),
        author=_text(row, "author"),
        body=_text(row, "description"),
        created_at=at,
        edited_at=None,
        parent=_text(row, "parent") or None,
        commit=_text(place, "commit") or None,
        path=_text(place, "path") or None,
        start_line=start if end and start and end > start else None,
        line=end or start,
        resolved=resolved if isinstance(resolved, bool) else None,
    )


def _time(seconds: str) -> str:
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _line(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
