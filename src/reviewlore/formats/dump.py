"""Saved answers of GitHub's REST interface (`pulls/comments`, `pulls`): bytes in, comments and pull requests out.

One JSON array, several one after another (as `gh api --paginate` writes them), arrays in an array (`--slurp`), or an
object a line; plain or gzip. Each object is used or named as left out; a damaged end costs only what it damaged.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar, get_type_hints

from reviewlore.domain.forge import PullRequest, ThreadComment
from reviewlore.errors import ForgeError
from reviewlore.formats.github import parse_pull, parse_thread_comment, parsed
from reviewlore.formats.rows import Rejected, is_count, is_text, looks_like_row, read_text, utc

_BETWEEN = re.compile(r"[\s,\[\]]*")
_NEXT = re.compile(r"^[\[{]", re.MULTILINE)
_SEEN = 20  # objects that are neither, before the file is taken for one of rows
_TIMES = ("created_at", "updated_at", "merged_at")
R = TypeVar("R", ThreadComment, PullRequest)
_TYPES: Mapping[type, Mapping[str, Any]] = {
    kind: {name: hint for name, hint in get_type_hints(kind).items() if hint in (int, str, int | None, str | None)}
    for kind in (ThreadComment, PullRequest)
}


@dataclass(slots=True)
class Dump:
    """What a file of REST answers holds, by repository; `rejected` are objects that are neither, by their number."""

    comments: dict[str, list[ThreadComment]] = field(default_factory=lambda: defaultdict(list))
    pulls: dict[str, dict[int, PullRequest]] = field(default_factory=lambda: defaultdict(dict))
    rejected: list[Rejected] = field(default_factory=list)


def read_dump(data: bytes, name: str) -> Dump | None:
    """Return what a file of REST answers holds; None where it is none (but one of our own rows, or of neither).

    A pull request that stands in it twice counts as it was updated last. InputError where the compression is broken or
    the file is not UTF-8 text at all.
    """
    text = read_text(data, name)
    if not _is_dump(text):
        return None
    found = Dump()
    for number, item in enumerate(_items(text), 1):
        why = item if isinstance(item, str) else _take(found, item)
        if why:
            found.rejected.append(Rejected(number, why))
    return found


def _is_dump(text: str) -> bool:
    """Decide by the first object that is known; where none is, an array is a dump."""
    for item in islice(_items(text), _SEEN):
        if not isinstance(item, str) and (looks_like_row(item) or _kind(item)):
            return not looks_like_row(item)
    return text.lstrip().startswith("[")


def _items(text: str) -> Iterator[Any]:
    """Yield the objects of all arrays and lines, one after another; text says why the next could not be read."""
    decoder = json.JSONDecoder()
    at = 0
    while (at := _after_marks(text, at)) < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield f"not JSON: {error}"
            line = text.find("\n", at)
            following = _NEXT.search(text, line) if line >= 0 else None
            at = following.start() if following else len(text)
            continue
        yield "neither a review comment nor a pull request" if isinstance(value, str) else value


def _after_marks(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _kind(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    if "pull_request_url" in item and "diff_hunk" in item:
        return "comment"
    return "pull" if "merged_at" in item and "head" in item else None


def _take(found: Dump, item: Any) -> str:
    """Take one object in; the answer says why it could not be, empty where it was."""
    kind = _kind(item)
    if kind is None:
        return "neither a review comment nor a pull request"
    try:
        if kind == "comment":
            comment = _in_utc(parsed(parse_thread_comment, item))
            why = _fault(comment)
            if not why:
                found.comments[_repository(item["pull_request_url"])].append(comment)
            return why
        pull = _in_utc(parsed(parse_pull, item))
        why = _fault(pull)
        if not why:
            known = found.pulls[_repository(item.get("url"))]
            older = known.get(pull.number)
            known[pull.number] = pull if older is None else max(older, pull, key=lambda each: each.updated_at)
    except (ForgeError, ValueError) as error:
        return " ".join(str(error).split())
    return why


def _fault(record: ThreadComment | PullRequest) -> str:
    """Return what keeps a record from being stored, in words: parsers take fields as they come."""
    for name, hint in _TYPES[type(record)].items():
        value = getattr(record, name)
        if isinstance(value, bool) or not isinstance(value, hint) or (isinstance(value, int) and not is_count(value)):
            return f"field {name!r} is not as documented"
        if isinstance(value, str) and not is_text(value):
            return f"field {name!r} holds half a character (a lone surrogate), which cannot be stored"
    if isinstance(record, ThreadComment) and "\0" in record.path:
        return "field 'path' holds a NUL, which no file name does"
    return "" if record.created_at else "field 'created_at' is no time"


def _in_utc(record: R) -> R:
    """Return a record with its times as they sort; one that is none is empty."""
    known = {name: value for name in _TIMES if isinstance(value := getattr(record, name, None), str)}
    told: dict[str, Any] = {name: utc(value) for name, value in known.items()}
    return replace(record, **told)


def _repository(address: Any) -> str:
    """Return `owner/name` of an address such as https://api.github.com/repos/owner/name/pulls/1."""
    before, _, rest = str(address).partition("/repos/")
    parts = rest.split("/")
    if not before or len(parts) < 4 or parts[2] != "pulls" or not is_text(rest):
        raise ValueError(f"{str(address)[:80]!r} is no address of a pull request")
    return "/".join(parts[:2])
