"""What was read of a source file, to and from the bytes a shelf keeps. Data only: nothing in them can be executed.

Most of it is what stands inside definitions, which maps do not ask for: it is decoded once somebody does.
"""

import hashlib
import zlib
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

import msgspec

from reviewlore.domain.source import ParsedModule, SkipReason
from reviewlore.errors import InputError

Entry = ParsedModule | SkipReason
# A source of the largest size that is read says less than this; more would be a shelf that somebody tampered with.
_MOST_BYTES = 64_000_000
_FASTEST = 1  # a fifth of the size for a twentieth of the time that parsing takes
_HINTS = get_type_hints(ParsedModule)
_INSIDE = ("definitions", "docstrings", "calls", "raised")
_OUTSIDE = tuple(field.name for field in fields(ParsedModule) if field.name not in _INSIDE)
_Outside = msgspec.defstruct(
    "_Outside", [("checksum", int), *((name, _HINTS[name]) for name in _OUTSIDE)], array_like=True
)
_Inside = msgspec.defstruct("_Inside", [(name, _HINTS[name]) for name in _INSIDE], array_like=True)
_OUTSIDES = msgspec.json.Decoder(_Outside | SkipReason)
_INSIDES = msgspec.json.Decoder(_Inside)


class _KeptModule(ParsedModule):
    """A module whose definitions, docstrings, calls and raised errors are decoded on first use; else like any other."""

    __slots__ = ("_kept",)
    _kept: bytes

    def __getattr__(self, name: str) -> Any:
        """Decode what is not there yet; InputError where the bytes are none of ours, checksum or not."""
        if name not in _INSIDE:
            raise AttributeError(name)
        try:
            inside = _INSIDES.decode(zlib.decompressobj().decompress(self._kept, _MOST_BYTES))
        except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(
                "What was kept of a source file is damaged. Delete the folder `reviewlore` in the git directory."
            ) from error
        for each in _INSIDE:
            object.__setattr__(self, each, getattr(inside, each))
        return getattr(inside, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParsedModule):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in (*_OUTSIDE, *_INSIDE))

    __hash__ = ParsedModule.__hash__


def encode_source(entry: Entry) -> bytes:
    """Return an entry as compressed JSON: a reason, or what stands outside of definitions and then what is inside."""
    if not isinstance(entry, ParsedModule):
        return zlib.compress(msgspec.json.encode(entry), _FASTEST)
    inside = zlib.compress(msgspec.json.encode([getattr(entry, name) for name in _INSIDE]), _FASTEST)
    outside = [zlib.crc32(inside), *(getattr(entry, name) for name in _OUTSIDE)]
    return zlib.compress(msgspec.json.encode(outside), _FASTEST) + inside


def decode_source(data: bytes) -> Entry | None:
    """Return the entry in what a shelf kept, or None where it is damaged or of another version."""
    try:
        inflater = zlib.decompressobj()
        outside = _OUTSIDES.decode(inflater.decompress(data, _MOST_BYTES))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    inside = inflater.unused_data
    if not inflater.eof:
        return None
    if isinstance(outside, str):
        reason: SkipReason | None = outside if not inside else None  # type: ignore[assignment]
        return reason
    if zlib.crc32(inside) != outside.checksum:
        return None
    module = object.__new__(_KeptModule)
    for name in _OUTSIDE:
        object.__setattr__(module, name, getattr(outside, name))
    object.__setattr__(module, "_kept", inside)
    return module


@cache
def source_schema() -> str:
    """Return a name for the shape of the records: another one where a field came, went or changed."""
    return hashlib.sha256(repr(msgspec.json.schema(Entry)).encode()).hexdigest()[:12]
