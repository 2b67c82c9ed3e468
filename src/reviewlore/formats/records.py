"""Domain records to and from the JSON of the state branch. Owns msgspec. Canonical: equal records give equal bytes.

A record with a `schema` field is refused when it was written by a newer version, before anything else is believed.
"""

import zlib
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from reviewlore.errors import StateError

T = TypeVar("T")

_FASTEST = 1  # a quarter of the size for a tenth of the time that git takes
# What is kept of one commit is far smaller; more would be a shelf that somebody tampered with.
_MOST_BYTES = 256_000_000


def encode(record: object) -> bytes:
    """Return one record as indented JSON with a final newline: readable in a diff."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def encode_lines(records: Iterable[object]) -> bytes:
    """Return records as JSON Lines, in the order given."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def decode(data: bytes, kind: type[T], path: str) -> T:
    """Return the record in a state file; StateError says which file and field is wrong, or that it is too new."""
    try:
        _refuse_newer(msgspec.json.decode(data), kind, path)
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(_damaged(path, str(error))) from error


def parse(data: bytes, path: str) -> Any:
    """Return what a file of JSON holds, as plain values; StateError where it is no JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(_damaged(path, str(error))) from error


def decode_lines(data: bytes, kind: type[T], path: str) -> list[T]:
    """Return the records of a JSON Lines state file; StateError names the line."""
    decoder = msgspec.json.Decoder(kind)
    records = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                records.append(decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise StateError(_damaged(f"{path}, line {number}", str(error))) from error
    return records


def encode_kept(record: object) -> bytes:
    """Return what was computed as bytes for a shelf: compressed JSON behind its checksum.

    Nothing where a text in it has no UTF-8 form, as a path of bytes that are no text.
    """
    try:
        data = zlib.compress(msgspec.json.encode(record), _FASTEST)
    except UnicodeEncodeError:
        return b""
    return zlib.crc32(data).to_bytes(4, "big") + data


def decode_kept(data: bytes | None, kind: type[T]) -> T | None:
    """Return what a shelf kept, or None where there is nothing, or it is damaged or of another shape."""
    if not data or zlib.crc32(data[4:]) != int.from_bytes(data[:4], "big"):
        return None
    try:
        return msgspec.json.decode(zlib.decompressobj().decompress(data[4:], _MOST_BYTES), type=kind)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def to_plain(record: object) -> Any:
    """Return a record as dictionaries and lists, for output as JSON."""
    return msgspec.to_builtins(record)


def _refuse_newer(raw: object, kind: type[Any], path: str) -> None:
    fields = getattr(kind, "__dataclass_fields__", {})
    if "schema" not in fields or not isinstance(raw, dict):
        return
    known, found = fields["schema"].default, raw.get("schema", 1)
    if isinstance(found, int) and found > known:
        raise StateError(
            f"{path} on the state branch was written by a newer reviewlore (format {found}, this version knows "
            f"{known}). Upgrade reviewlore; nothing was changed."
        )


def _damaged(where: str, why: str) -> str:
    return (
        f"{where} on the state branch is damaged: {why}. "
        "Nothing was changed; restore it from an earlier commit of the branch (git log reviewlore/state)."
    )
