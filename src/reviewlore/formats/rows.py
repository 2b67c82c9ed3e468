"""Rows of other people's files: JSON Lines of review comments and of remarks to score. Bytes in, records out.

Formats: docs/formats.md. A malformed line never stops the file: it is returned as a rejection with its line number.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast, get_args

from reviewlore.domain.history import Confidence, Intent, Outcome, RawRemark, Reply, Vote, VoteKind
from reviewlore.domain.people import ROLES, Role
from reviewlore.errors import InputError

_OUTCOMES: Mapping[str, Outcome] = {
    "addressed": "addressed", "ignored": "ignored", "declined": "declined", "unknown": "unknown",
}  # fmt: skip
_MOST_BYTES = 2 << 30  # of one file
_GZIP = b"\x1f\x8b"
_NAME = re.compile(r"[^\s@]{1,200}")  # an @ is that of a mail address, or ends the password in another
_MOST = 2**63  # what the state branch can hold as a number
_REQUIRED: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("repo", str, "text"),
    ("pr_number", int, "number"),
    ("comment_id", (int, str), "number or text"),
    ("path", str, "text"),
    ("body", str, "text"),
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no usable row: where, and why in words."""

    line: int
    why: str


def read_lines(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    """Yield (1-based line number, JSON object or Rejected) of a plain or gzip-compressed JSON Lines file.

    InputError where the compression itself is broken or the file is not UTF-8 text at all.
    """
    for number, line in enumerate(read_text(data, name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, Rejected(number, f"not JSON: {error}")
            continue
        yield number, row if isinstance(row, dict) else Rejected(number, "not a JSON object")


def parse_comment_row(row: Mapping[str, Any], line: int) -> RawRemark | Rejected:
    """Read one review comment row; Rejected names the first missing or ill-typed field."""
    for key, kinds, expected in _REQUIRED:
        if not isinstance(row.get(key), kinds) or isinstance(row.get(key), bool):
            return Rejected(line, f"field {key!r} is missing or not a {expected}")
    if not is_text(json.dumps(row, ensure_ascii=False)):
        return Rejected(line, "holds half a character (a lone surrogate), which cannot be stored")
    if not is_count(row["pr_number"]):
        return Rejected(line, "field 'pr_number' is no number of a pull request")
    for key in ("repo", "comment_id"):
        if not is_name(str(row[key])):
            why = "is no name: empty, too long, or with spaces, '@' or control characters"
            return Rejected(line, f"field {key!r} {why}")
    if "\0" in row["path"]:
        return Rejected(line, "field 'path' holds a NUL, which no file name does")
    role = row.get("author_role")
    outcome = _OUTCOMES.get(_string(row, "outcome") or "")
    return RawRemark(
        repository=row["repo"],
        pull_request=row["pr_number"],
        comment_id=str(row["comment_id"]),
        path=row["path"],
        line=_integer(row, "original_line") or _integer(row, "line"),
        start_line=_integer(row, "start_line"),
        side="LEFT" if row.get("side") == "LEFT" else "RIGHT",
        hunk=_string(row, "diff_hunk") or "",
        body=row["body"],
        author=_string(row, "author"),
        author_is_bot=role == "BOT",
        pull_request_author=_string(row, "pr_author"),
        created_at=utc(_string(row, "created_at") or ""),
        replies=_replies(row.get("replies")),
        language=_string(row, "language"),
        url=_string(row, "url"),
        reviewed_commit=_string(row, "original_commit"),
        last_commit=_string(row, "pr_last_commit") or _string(row, "head_commit"),
        base=_string(row, "base_commit"),
        author_role=cast(Role | None, _one_of(row, "author_role", ROLES)),
        votes=_votes(row.get("votes")),
        edited_at=utc(_string(row, "edited_at") or "") or None,
        hidden=_string(row, "hidden"),
        approved_after=row.get("approved_after") is True,
        license=_string(row, "license"),
        intent=cast(Intent | None, _one_of(row, "intent", ("suggestion", "question", "statement", "nit", "praise"))),
        imported_outcome=outcome,
        imported_evidence=_string(row, "evidence"),
        imported_confidence=cast(Confidence | None, _one_of(row, "confidence", ("high", "medium", "low"))),
        source="file",
    )


def looks_like_row(item: object) -> bool:
    """Whether an object of a file is meant to be a row of ours, however good."""
    return isinstance(item, dict) and "repo" in item and "comment_id" in item


def utc(text: str) -> str:
    """Return a time as ISO 8601 in UTC, to the second, so that times sort as text; empty where it is none."""
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the ends of the calendar have no other time zone
        return ""
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def read_text(data: bytes, name: str, most: int = _MOST_BYTES) -> str:
    """Return a plain or gzip-compressed file as text; InputError where it is damaged, not UTF-8, or above `most` bytes.

    Zeros by the gigabyte fit into a megabyte of gzip.
    """
    if data.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name} is a damaged gzip file: {error}. Make or fetch it again.") from error
    if len(data) > most:
        raise InputError(f"{name} holds more than {most >> 20} MiB, the most that is read. Split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text (byte {error.start}). Convert it and retry.") from error


def is_text(text: str) -> bool:
    """Whether text is UTF-8: JSON can spell halves of characters, which no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_name(text: str) -> bool:
    """Whether a repository or a comment can be called so, and then be named to have it forgotten."""
    return text.isprintable() and _NAME.fullmatch(text) is not None


def is_count(value: int) -> bool:
    """Whether a number can be stored, and is not below zero."""
    return 0 <= value < _MOST


def _replies(value: object) -> tuple[Reply, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        Reply(_string(row, "author") or "", body, utc(_string(row, "created_at") or ""))
        for row in value
        if isinstance(row, dict) and (body := _string(row, "body"))
    )


def _votes(value: object) -> tuple[Vote, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        Vote(
            author, cast(VoteKind, kind), utc(_string(row, "at") or ""), cast(Role | None, _one_of(row, "role", ROLES))
        )
        for row in value
        if isinstance(row, dict)
        and (author := _string(row, "author"))
        and (kind := _one_of(row, "kind", get_args(VoteKind)))
    )


def _string(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) and value else None


def _integer(row: Mapping[str, Any], key: str) -> int | None:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST else None


def _one_of(row: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str | None:
    value = row.get(key)
    return value if value in allowed else None
