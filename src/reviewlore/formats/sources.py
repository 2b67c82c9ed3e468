"""What was read of a source file, to and from the bytes a shelf keeps. Data only: nothing in them can be executed."""

import hashlib
import zlib
from functools import cache

import msgspec

from reviewlore.domain.source import ParsedModule, SkipReason

Entry = ParsedModule | SkipReason
# A source of the largest size that is read says less than this; more would be a shelf that somebody tampered with.
_MOST_BYTES = 64_000_000
_FASTEST = 1  # a fifth of the size for a twentieth of the time that parsing takes
_ENTRY = msgspec.json.Decoder(Entry)


def encode_source(entry: Entry) -> bytes:
    """Return an entry as compressed JSON."""
    return zlib.compress(msgspec.json.encode(entry), _FASTEST)


def decode_source(data: bytes) -> Entry | None:
    """Return the entry in what a shelf kept, or None where it is damaged or of another version."""
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(data, _MOST_BYTES)
        entry: Entry = _ENTRY.decode(text)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return entry if inflater.eof else None


@cache
def source_schema() -> str:
    """Return a name for the shape of the records: another one where a field came, went or changed."""
    return hashlib.sha256(repr(msgspec.json.schema(Entry)).encode()).hexdigest()[:12]
