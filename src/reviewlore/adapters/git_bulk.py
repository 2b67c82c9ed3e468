"""The output of one long-running git process as it comes: bytes in, one record after another out.

Memory holds one record and one piece of the pipe, however long the output. No process is started here.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from reviewlore.domain.architecture import Mention

_PIECE = 1 << 16  # what a pipe holds: git writes the next piece while this one is read
_COMMIT = re.compile(rb"\n\x00")
_TREES = re.compile(rb"\n[0-9a-f]{40} [0-9a-f]{40}(?=\n)")
_REACH = 83  # no border is longer, the newline behind it included


_ENTRY = re.compile(rb"([0-7]{5,6}) ([^\x00]+)\x00(.{20})", re.DOTALL)
_MENTION = re.compile(rb"[0-9a-f]{40,64}:([^\x00]+)\x00(\d+)\x00([^\n]*)\n")


# The bits of a mode that tell files, folders, links and submodules apart (inode(7)); the others have changed over time.
_KIND, _FILE, _FOLDER = 0o170000, 0o100000, 0o040000


class Folder(NamedTuple):
    """The regular files and the folders that a tree object names, with their object ids."""

    files: dict[bytes, str]
    folders: dict[bytes, str]


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


def parse_folder(data: bytes) -> Folder:
    """Return what a tree object names: mode, name, NUL and the 20 bytes of an id, over and over (git-mktree(1))."""
    rows = [(int(mode, 8) & _KIND, name, found.hex()) for mode, name, found in _ENTRY.findall(data)]
    return Folder(
        {name: found for kind, name, found in rows if kind == _FILE},
        {name: found for kind, name, found in rows if kind == _FOLDER},
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
