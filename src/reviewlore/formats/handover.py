"""A handover to JSON, and a file that a stranger may have written back to one. Strict: one form, or InputError.

A file is taken only where it is byte for byte what we would have written of the record that it holds: no unknown or
doubled key, no other nesting, no number of another form passes.
"""

import re

from reviewlore.domain.handover import Handover
from reviewlore.errors import InputError, StateError
from reviewlore.formats import records

MAX_BYTES = 4_000_000  # a review asks for far less: an answer has some thousand tokens
_MAX_DEPTH = 4
_MAX_TOKENS = 100_000_000
_KEY = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')


def write_handover(handover: Handover) -> bytes:
    """Return a handover as indented JSON; equal ones give equal bytes."""
    return records.encode(handover)


def read_handover(data: bytes) -> Handover:
    """Return the handover that a file holds; InputError says why it holds none."""
    if len(data) > MAX_BYTES:
        raise InputError(f"it has {len(data)} bytes, and {MAX_BYTES} at most are read")
    if _depth(data) > _MAX_DEPTH:
        raise InputError(f"it is nested more than {_MAX_DEPTH} deep")
    try:
        found = records.decode(data, Handover, "the artefact")
    except StateError as error:
        raise InputError("it is not of the form that the mode analyse writes") from error
    if write_handover(found) != data or not _sound(found):
        raise InputError("it is not of the form that the mode analyse writes")
    return found


def _sound(found: Handover) -> bool:
    counts = [count for each in found.answers for count in (each.prompt_tokens, each.completion_tokens)]
    return (
        _REPOSITORY.fullmatch(found.repository) is not None
        and _COMMIT.fullmatch(found.head) is not None
        and found.pull_request > 0
        and all(_KEY.fullmatch(each.key) for each in found.answers)
        and all(count is None or 0 <= count <= _MAX_TOKENS for count in counts)
        and all(0 <= each.seconds < 1e6 for each in found.answers)
    )


def _depth(data: bytes) -> int:
    """Return how deep objects and lists stand in one another; what stands in strings is no nesting."""
    deepest = depth = 0
    for sign in re.findall(rb"[\[{}\]]", _STRING.sub(b"", data)):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
