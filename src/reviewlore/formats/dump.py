"""Saved answers of GitHub's REST interface (`pulls/comments`, `pulls`): bytes in, comments and pull requests out.

One JSON array, several one after another (as `gh api --paginate` writes them), or an object a line; plain or gzip.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reviewlore.domain.forge import PullRequest, ThreadComment
from reviewlore.errors import ForgeError
from reviewlore.formats.github import parse_pull, parse_thread_comment, parsed
from reviewlore.formats.rows import Rejected, read_text


@dataclass(slots=True)
class Dump:
    """What a file of REST answers holds, by repository; `rejected` are objects that are neither, by their number."""

    comments: dict[str, list[ThreadComment]] = field(default_factory=lambda: defaultdict(list))
    pulls: dict[str, dict[int, PullRequest]] = field(default_factory=lambda: defaultdict(dict))
    rejected: list[Rejected] = field(default_factory=list)


def read_dump(data: bytes, name: str) -> Dump | None:
    """Return what a file of REST answers holds; None where it does not begin as one (but as rows of our own).

    InputError where the compression is broken or the file is not UTF-8 text at all.
    """
    text = read_text(data, name)
    found = Dump()
    for number, item in enumerate(_items(text), 1):
        if number == 1 and not isinstance(item, Rejected) and _kind(item) is None:
            return None
        if isinstance(item, Rejected):
            if number == 1:
                return None
            found.rejected.append(item)
        else:
            _take(found, item, number)
    return found


def _items(text: str) -> Iterator[Any]:
    """Yield the objects of all arrays and lines, one after another; Rejected where the rest cannot be read."""
    decoder = json.JSONDecoder()
    at, number = 0, 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Rejected(number + 1, f"not JSON: {error}")
            return
        for item in value if isinstance(value, list) else [value]:
            number += 1
            yield item


def _kind(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    if "pull_request_url" in item and "diff_hunk" in item:
        return "comment"
    return "pull" if "merged_at" in item and "head" in item else None


def _take(found: Dump, item: Any, number: int) -> None:
    kind = _kind(item)
    try:
        if kind == "comment":
            found.comments[_repository(item["pull_request_url"])].append(parsed(parse_thread_comment, item))
        elif kind == "pull":
            pull = parsed(parse_pull, item)
            found.pulls[_repository(item["url"])][pull.number] = pull
        else:
            found.rejected.append(Rejected(number, "neither a review comment nor a pull request"))
    except (ForgeError, KeyError, ValueError) as error:
        found.rejected.append(Rejected(number, " ".join(str(error).split())))


def _repository(address: Any) -> str:
    """Return `owner/name` of an address such as https://api.github.com/repos/owner/name/pulls/1."""
    before, _, rest = str(address).partition("/repos/")
    parts = rest.split("/")
    if not before or len(parts) < 4 or parts[2] != "pulls":
        raise ValueError(f"{str(address)[:80]!r} is no address of a pull request")
    return "/".join(parts[:2])
