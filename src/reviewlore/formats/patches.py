"""Patches as git prints them, read in bulk: bytes in, records out, by splitting instead of a look at every line.

It holds because a row inside a hunk starts with a space, a sign or a backslash: what starts a line otherwise is git's.
"""

import re
from collections import Counter
from collections.abc import Sequence

from reviewlore.domain.patch import CommitPatch, PatchFile, PatchHunk, PatchStatus
from reviewlore.formats.commits import read_time

# What stands after a backslash in a quoted path: git's quote.c, as in C.
_QUOTED = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {
    b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b'"': b'"', b"\\": b"\\",
}  # fmt: skip
_FILE = b"\ndiff --git "
_HUNK = b"\n@@ -"


def parse_commit(record: bytes) -> CommitPatch:
    """Read `<id> <time> <subject>`, a blank line, and the patch of one commit (`git log -p --format='%H %ct %s'`)."""
    head, _, patch = record.partition(b"\n")
    commit, time, subject = head.split(b" ", 2)
    return CommitPatch(
        commit.decode(), read_time(time.decode()), subject.decode("utf-8", "replace"), parse_patch(patch)
    )


def parse_patch(patch: bytes) -> tuple[PatchFile, ...]:
    """Read what `git diff -M` prints with the prefixes `a/` and `b/`; what stands before the first file is left out."""
    sections = (b"\n" + patch).removesuffix(b"\n").split(_FILE)
    return tuple([_file(section) for section in sections[1:]])


def parse_file(patch: bytes, path: str) -> PatchFile | None:
    """Read only the file that had this path before the patch; None where the patch does not touch it."""
    spelled = path.encode("utf-8", "surrogateescape")
    for section in (b"\n" + patch).removesuffix(b"\n").split(_FILE)[1:]:
        head = section.partition(_HUNK)[0]
        if (spelled in head or b'"' in head) and b"\nnew file mode " not in head and _names(head)[0] == path:
            return _file(section)
    return None


def find_heir(patch: bytes, rows: Sequence[str]) -> str | None:
    """Return the file to which most of these rows went: a file split in two is a rename of neither for git.

    None where no file, or more than one, got at least half of them.
    """
    counts = Counter[str]()
    for file in parse_patch(patch) if rows else ():
        came = {row[1:].strip() for hunk in file.hunks for row in hunk.text.split("\n") if row[:1] == "+"}
        counts[file.path] = sum(row.strip() in came for row in rows)
    best = counts.most_common(2)
    if not best or best[0][1] * 2 < len(rows) or (len(best) > 1 and best[1][1] == best[0][1]):
        return None
    return best[0][0]


def unquote_path(name: bytes) -> str:
    """Return a path as it is: git quotes one that holds a quotation mark, a backslash or a byte beyond ASCII."""
    if name[:1] == b'"':
        name = _QUOTED.sub(lambda found: _ESCAPES.get(found[1]) or bytes([int(found[1], 8)]), name[1:-1])
    return name.decode("utf-8", "surrogateescape")


def _file(section: bytes) -> PatchFile:
    head, *parts = section.split(_HUNK)
    old, new = _names(head)
    status: PatchStatus = "modified" if old == new else "renamed"
    if b"\nnew file mode " in head:
        status = "added"
    elif b"\ndeleted file mode " in head:
        status = "removed"
    added = removed = 0
    hunks = []
    for part in parts:
        hunk, more, fewer = _hunk(part)
        hunks.append(hunk)
        added += more
        removed += fewer
    return PatchFile(new, old, status, tuple(hunks), added, removed, not parts and b"\nBinary files " in head)


def _hunk(part: bytes) -> tuple[PatchHunk, int, int]:
    header, _, rows = part.partition(b"\n")
    spans, _, section = header.partition(b" @@")
    left, _, right = spans.partition(b" +")
    old_start, _, old_length = left.partition(b",")
    new_start, _, new_length = right.partition(b",")
    old, new = int(old_length or 1), int(new_length or 1)
    added = rows.count(b"\n+") + (rows[:1] == b"+")
    text = rows.decode("utf-8", "replace")
    hunk = PatchHunk(int(old_start), old, int(new_start), new, section[1:].decode("utf-8", "replace"), text)
    return hunk, added, old - new + added  # what is not added on the new side is context on both


def _names(head: bytes) -> tuple[str, str]:
    """Return the old and the new path from wherever git writes one on a line of its own."""
    both, _, rows = head.partition(b"\n")
    at = rows.find(b"rename from ")
    if at == 0 or rows[at - 1 : at] == b"\n":
        source, _, rest = rows[at + 12 :].partition(b"\nrename to ")
        return unquote_path(source), unquote_path(rest.partition(b"\n")[0])
    for mark in (b"\n+++ ", b"\n--- "):
        _, found, rest = rows.partition(mark)
        name = rest.partition(b"\n")[0].removesuffix(b"\t")
        if found and name != b"/dev/null":
            return _twice(name)
    return _twice(both[: len(both) // 2])  # no line changed: the same name twice, each with its prefix


def _twice(name: bytes) -> tuple[str, str]:
    path = unquote_path(name)[2:]
    return path, path
