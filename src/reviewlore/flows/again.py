"""What of a pull request was reviewed before: the summary comment's memory and git objects in, unchanged hunks out."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.finding import Finding
from reviewlore.domain.markers import Memory
from reviewlore.errors import InputError
from reviewlore.flows.subject import Subject
from reviewlore.ports import Repo
from reviewlore.stages.publish.again import Unchanged, find_unchanged, is_old
from reviewlore.stages.publish.places import match_posted
from reviewlore.stages.publish.render import fingerprint


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


def find_standing(subject: Subject, candidates: Sequence[Finding]) -> tuple[frozenset[str], Callable[[Finding], bool]]:
    """Return the ids of the candidates that stand on the pull request, and what tells of another that it is no news."""
    patches = subject.change.patch_of
    said = match_posted(candidates, subject.known.posted.comments, patches)
    standing = frozenset(finding.id for finding in candidates if fingerprint(finding) in said)
    return standing, lambda finding: is_old(finding, patches, subject.unchanged)
