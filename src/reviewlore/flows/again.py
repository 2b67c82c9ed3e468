"""What of a pull request was reviewed before: the summary comment's memory and git objects in, unchanged hunks out."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.finding import Review
from reviewlore.domain.forge import Posted
from reviewlore.domain.markers import Memory
from reviewlore.errors import InputError
from reviewlore.ports import Repo
from reviewlore.stages.publish.again import Unchanged, find_unchanged, hold_back
from reviewlore.stages.publish.places import match_posted


def unchanged_since(
    repo: Repo, memory: Memory, patches: Sequence[FilePatch], bring: Callable[[Sequence[str]], None]
) -> Unchanged:
    """Return which hunks of a pull request are as they were at its last review; none where that cannot be told.

    `bring` fetches commits that are missing, such as a head that was pushed over: whether what was seen then is there
    now is told by content.
    """
    commits = [commit for commit in (memory.base, memory.head) if commit]
    if len(commits) < 2:
        return Unchanged()
    with suppress(InputError):
        if missing := [commit for commit in commits if not repo.contains(commit)]:
            bring(missing)
        if all(repo.contains(commit) for commit in commits):
            return find_unchanged(patches, parse_diff(repo.diff(memory.base, memory.head)), memory.unseen)
    return Unchanged()


def only_new(review: Review, patches: Sequence[FilePatch], unchanged: Unchanged, posted: Posted) -> Review:
    """Return a later review without what the new push did not cause, each counted; what stands already stays."""
    said = match_posted(review.findings, posted.comments, {patch.path: patch for patch in patches})
    return hold_back(review, patches, unchanged, said.keys())
