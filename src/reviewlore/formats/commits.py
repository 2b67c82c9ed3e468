"""Lists of commits as `git log -z` prints them: bytes in, records out. Addresses come in and only hashes go out."""

import hashlib
from functools import lru_cache

from reviewlore.domain.architecture import Change, Landed

_BOT = "[bot]@"
# The end of the year 9999; what a broken commit says beyond it is no date.
_LATEST = 253_402_300_799


def parse_history(data: bytes) -> tuple[Change, ...]:
    """Read commits printed with `--format=%x00%H %ct %aE%x00.%s --name-only -z`.

    Only NUL divides: a subject or a path may hold any other character. Two NULs stand only before a commit's id.
    """
    found = []
    for record in data.decode("utf-8", "replace").removeprefix("\0").split("\0\0"):
        head, _, rest = record.partition("\0")
        if not rest:
            continue
        commit, at, address = head.split(" ", 2)
        subject, *paths = rest.removesuffix("\0").split("\0")
        if paths:
            paths[0] = paths[0].removeprefix("\n")
        found.append(Change(commit, read_time(at), subject[1:], tuple(paths), hash_address(address)))
    return tuple(found)


def parse_mainline(data: bytes) -> tuple[Landed, ...]:
    """Read commits printed with `-z --format=%H %ct %aE%x00.%s%x00.%b`."""
    parts = data.decode("utf-8", "replace").split("\0")
    found = []
    for head, subject, body in zip(parts[0::3], parts[1::3], parts[2::3], strict=False):
        commit, at, address = head.split(" ", 2)
        found.append(Landed(commit, read_time(at), subject[1:], body[1:].strip(), hash_address(address)))
    return tuple(found)


def read_time(seconds: str) -> int:
    """Return what `%ct` says; 0 where a commit has no date that git can read, as some old conversions have."""
    return min(int(seconds or 0), _LATEST) if len(seconds) < 20 else _LATEST


@lru_cache(maxsize=1 << 14)
def hash_address(address: str) -> str:
    """Return 16 hexadecimal digits for an author's address, nothing for a bot's or where there is none."""
    bare = address.strip().lower()
    if not bare or _BOT in bare:
        return ""
    return hashlib.blake2b(bare.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
