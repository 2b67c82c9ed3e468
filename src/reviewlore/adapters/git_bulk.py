"""The output of one long-running git process as it comes: bytes in, one record after another out.

Memory holds one record and one piece of the pipe, however long the output. No process is started here.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from reviewlore.domain.architecture import Mention

_PIECE = 1 << 16  # what a pipe holds: git writes the next piece while this one is read
_COMMIT = re.compile(rb"\n\x00")
_TREES = re.compile(rb"\n[0-9a-f]{40} [0-9a-f]{40}(?=\n)")
_REACH = 83  # no border is longer, the newline behind it included


_MENTION = re.compile(rb"[0-9a-f]{40,64}:([^\x00]+)\x00(\d+)\x00([^\n]*)\n")


class Stream(Protocol):
    """The reading end of a pipe."""

    def read1(self, size: int, /) -> bytes:
        """Return what is there, at most `size` bytes; nothing at the end."""
        ...


def split_commits(stream: Stream) -> Iterator[bytes]:
    """Yield the record of each commit of `git log -p --format=%x00...`, without the NUL.

    A NUL can stand inside a row of a hunk, but never at the start of a line.
    """
    return _split(stream, _COMMIT)


def split_pairs(stream: Stream) -> Iterator[bytes]:
    """Yield the patch of each pair of trees of `git diff-tree --stdin`, empty where the two are the same."""
    for record in _split(stream, _TREES):
        yield record[1:] + b"\n" if len(record) > 1 else b""


def parse_mentions(output: bytes) -> tuple[Mention, ...]:
    """Return the rows of `git grep -n -z -o` on a commit."""
    return tuple(
        Mention(word.decode("utf-8", "replace"), path.decode("utf-8", "surrogateescape"), int(line))
        for path, line, word in _MENTION.findall(output)
    )


def split_fields(stream: Stream) -> Iterator[bytes]:
    """Yield what stands between NULs."""
    rest = b""
    while piece := stream.read1(_PIECE):
        *fields, rest = (rest + piece).split(b"\0")
        yield from fields
    yield rest


def _split(stream: Stream, border: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield what follows each border, to the next one; the end of the stream loses its last newline."""
    buffer, read, begun = b"\n", list[bytes](), False
    while piece := stream.read1(_PIECE):
        *done, rest = border.split(buffer + piece)
        for part in done:
            read.append(part)
            if begun:
                yield b"".join(read)
            begun = True
            read.clear()
        cut = max(len(rest) - _REACH, 0)  # a border may have begun in what is left
        read.append(rest[:cut])
        buffer = rest[cut:]
    if begun:
        yield (b"".join(read) + buffer).removesuffix(b"\n")
