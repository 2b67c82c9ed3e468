"""Which findings stand on the pull request already: by their id, or since they say the same of the same code. Pure.

In: findings, the patches they lie in, and our posted comments. Out: for each finding the comment that says it. Ids
change when a model words a remark anew; lines move with every push; a rebase changes the numbers of all.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from reviewlore.diff import FilePatch, hunk_until
from reviewlore.domain.finding import Finding
from reviewlore.domain.forge import ThreadComment
from reviewlore.domain.history import Anchor
from reviewlore.domain.markers import Place, find_marker, find_place
from reviewlore.stages.publish.render import fingerprint

_TELLING = 8  # letters and digits; a row of fewer, such as `else:`, stands in many places
_MOST_ROWS = 4
_LONE = re.compile("[\ud800-\udfff]")  # how git's bytes that are no UTF-8 are read


def find_anchor(anchor: Anchor, patches: Mapping[str, FilePatch]) -> Anchor | None:
    """Return the anchor as GitHub takes it (one side, inside one hunk), or None where no line can carry a comment.

    REST "Create a review for a pull request": `line` must be part of a hunk; `start_line` before it, in the same hunk.
    A name that is no UTF-8 cannot be said in JSON; one such comment would have the whole review refused.
    """
    patch = patches.get(anchor.path)
    if patch is None or anchor.line is None or _LONE.search(anchor.path):
        return None
    hunk = patch.hunk_at(anchor.line, anchor.side)
    if hunk is None:
        return None
    lines = hunk.right if anchor.side == "RIGHT" else hunk.left
    start = anchor.start_line
    if start is None or start >= anchor.line or start not in lines:
        start = None
    return Anchor(anchor.path, anchor.line, anchor.side, start)


def find_place_of(finding: Finding, patches: Mapping[str, FilePatch]) -> Place:
    """Return what a finding is about: its rule, its file under the name it had on the base, and the anchored text."""
    source, anchor = finding.source, finding.anchor
    patch = patches.get(anchor.path)
    hunk = patch.hunk_at(anchor.line, anchor.side) if patch is not None and anchor.line is not None else None
    if patch is None or hunk is None or anchor.line is None:
        return Place("", source)
    shown = " +" if anchor.side == "RIGHT" else " -"
    rows = [row[1:] for row in hunk_until(hunk, anchor.line, anchor.side).split("\n")[1:] if row[:1] in shown]
    text = _telling(rows)
    data = "\0".join((finding.rule, patch.old_path, text)).encode("utf-8", "surrogateescape")
    return Place(hashlib.sha256(data).hexdigest()[:16], source)


def match_posted(
    findings: Sequence[Finding], comments: Sequence[ThreadComment], patches: Mapping[str, FilePatch]
) -> dict[str, ThreadComment]:
    """Return, by its fingerprint, the comment that says each finding already.

    A comment that no finding names by its id stands for one finding about the same code, and for no more than one: two
    remarks on two like rows are two.
    """
    by_id: dict[str, ThreadComment] = {}
    for comment in comments:
        name = find_marker("finding", comment.body)
        if name is not None:
            by_id.setdefault(name, comment)
    names = [fingerprint(finding) for finding in findings]
    found = {name: by_id[name] for name in names if name in by_id}
    free: dict[str, list[ThreadComment]] = defaultdict(list)
    for name, comment in by_id.items():
        key = find_place(comment.body).key
        if name not in found and key:
            free[key].append(comment)
    for finding, name in zip(findings, names, strict=True):
        if not free or name in found:
            continue  # what a finding is about is read from its whole hunk: only where a comment may stand for it
        if same := free.get(find_place_of(finding, patches).key):
            found[name] = same.pop(0)
    return found


def _telling(rows: Sequence[str]) -> str:
    """Return the last row, its spaces evened out, with as many rows above it as it takes to tell it from others."""
    kept: list[str] = []
    for row in reversed(rows[-_MOST_ROWS:]):
        kept.insert(0, " ".join(row.split()))
        if len(re.findall(r"\w", "".join(kept))) >= _TELLING:
            break
    return "\n".join(kept)
