"""A later review of a pull request: which hunks are as they were, and which remarks that leaves to be said. Pure.

In: the patches of now and of the last review, told by content, not by commits, so that a rebase or a force-push changes
nothing by itself. Out: the hunks that are unchanged, and of a finding whether the new push can have caused it.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch, Hunk
from reviewlore.domain.finding import UNCHANGED, Finding, Review
from reviewlore.domain.markers import EVERYTHING


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What is as it was when the pull request was reviewed last.

    `hunks` are pairs of a path and the place of a hunk in its `FilePatch.hunks`, `asked` those of them that a model was
    shown then and need not be shown again; `moved` are the paths, of both reviews, of which anything in the diff is
    different.
    """

    hunks: frozenset[tuple[str, int]] = frozenset()
    moved: frozenset[str] = frozenset()
    asked: frozenset[tuple[str, int]] = frozenset()

    @property
    def anything(self) -> bool:
        """Whether there is any hunk that need not be looked at again."""
        return bool(self.hunks)


def find_unseen(review: Review) -> tuple[str, ...]:
    """Return the files of a review that no model was shown whole, as a memory keeps them; all where none was asked.

    All also where an answer failed: which hunks it was about is not known. What was left out since it was unchanged was
    seen before.
    """
    coverage, usage = review.coverage, review.usage
    if usage.failed or usage.malformed or not (coverage.covered or coverage.clipped or coverage.left_out):
        return (EVERYTHING,)
    paths = {*coverage.clipped, *(path for path, reason in coverage.left_out.items() if reason != UNCHANGED)}
    return tuple(sorted(map(_key, paths)))


def find_unchanged(
    patches: Sequence[FilePatch], before: Sequence[FilePatch], unseen: Collection[str] = (EVERYTHING,)
) -> Unchanged:
    """Compare the diff of a pull request now with the one it had when it was reviewed last.

    `unseen` is what the last review's memory keeps of what no model was shown.

    A hunk is unchanged where a hunk of the same file (by its name on the base, or now) had the same rows, context
    included; line numbers do not count. Of like hunks as many are unchanged as there were.
    """
    known: dict[str, Counter[str]] = defaultdict(Counter)
    for patch in before:
        known[patch.old_path].update(map(_rows, patch.hunks))
    hunks, moved = set[tuple[str, int]](), set[str]()
    for patch in patches:
        left = known.get(patch.old_path, Counter())
        for place, hunk in enumerate(patch.hunks):
            rows = _rows(hunk)
            if left[rows] > 0:
                left[rows] -= 1
                hunks.add((patch.path, place))
            else:
                moved |= {patch.path, patch.old_path}
    moved |= {path for path, left in known.items() if left.total() > 0}
    missing = {path for path, _ in hunks if EVERYTHING in unseen or _key(path) in unseen}
    return Unchanged(frozenset(hunks), frozenset(moved), frozenset(hunk for hunk in hunks if hunk[0] not in missing))


def is_old(finding: Finding, patches: Mapping[str, FilePatch], unchanged: Unchanged) -> bool:
    """Whether a finding is on a hunk that was reviewed before; what rests on another file that changed since is new."""
    if not unchanged.anything or _has_cause(finding, unchanged):
        return False
    return _is_on(finding, patches.get(finding.anchor.path), unchanged)


def _is_on(finding: Finding, patch: FilePatch | None, unchanged: Unchanged) -> bool:
    """Whether a finding is on what its source has seen before: facts are looked for in all of a change each time."""
    anchor = finding.anchor
    known = unchanged.asked if finding.source == "generated" else unchanged.hunks
    for place, hunk in enumerate(patch.hunks if patch is not None else ()):
        if anchor.line in (hunk.right if anchor.side == "RIGHT" else hunk.left):
            return (anchor.path, place) in known
    return anchor.path not in unchanged.moved and finding.source != "generated"


def _has_cause(finding: Finding, unchanged: Unchanged) -> bool:
    own = finding.anchor.path
    return any(item.path != own and item.path in unchanged.moved for item in finding.evidence if item.path)


def _rows(hunk: Hunk) -> str:
    return hunk.text.partition("\n")[2]


def _key(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:8]
