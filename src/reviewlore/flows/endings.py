"""How reviews kept in git ended, which their notes do not say: submitted, open or abandoned, and at which commit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from reviewlore.domain.architecture import Change
from reviewlore.errors import InputError
from reviewlore.formats.appraise import ReviewRequest
from reviewlore.ports import Repo

Ending = Literal["submitted", "open", "abandoned", "unknown"]
_REF = re.compile(r"refs/[\w./+-]+")
_PULL = re.compile(r"refs/pull/(\d{1,9})/")
_HEADS = "refs/heads/"
_HISTORY = 50_000  # commits of a target branch that are looked through
_AFTERMATH = 24 * 3600  # seconds after the last word in which a commit may still answer it


@dataclass(frozen=True, slots=True)
class ReviewedBranch:
    """What is known of a reviewed branch: the first commits it had, the commits that were commented on, as full ids.

    `requests` is never empty and has the current one last; `last_word` is the time of the last comment, ISO 8601.
    """

    starts: tuple[str, ...]
    requests: tuple[ReviewRequest, ...]
    commented: tuple[str, ...]
    last_word: str


class Endings:
    """The endings of all reviews of one repository; `starts` are the first commits of all of them."""

    def __init__(self, repo: Repo, starts: frozenset[str]) -> None:
        self._repo, self._starts = repo, starts
        self._ref = lru_cache(maxsize=None)(self._find_ref)
        self._history = lru_cache(maxsize=4)(self._read_history)
        self._holds = lru_cache(maxsize=None)(self._is_ancestor)

    def find(self, branch: ReviewedBranch) -> tuple[Ending, str | None]:
        """Return how a review ended and its last commit, None where git cannot tell."""
        request = branch.requests[-1]
        if not request.target:
            return "abandoned", None
        target, head = self._ref(request.target), self._head(branch)
        if target is None:
            return "unknown", head
        known = (*self._aliases(branch), *branch.starts, *branch.commented, *filter(None, [head]))
        inside = any(self._holds(commit, target) for commit in known)
        if inside and any(map(_PULL.match, self._refs(branch))) and head:
            return "submitted", head
        merge = self._merge(branch, target)
        if not inside and merge is None:
            return "open", head
        return "submitted", self._side(merge) or head or self._straight(branch, target)

    def bases(self, branch: ReviewedBranch) -> tuple[str, ...]:
        """Return the commits a review was compared with, the latest first: those requested, then its starts' parents.

        A first commit that is a merge took the target in, which is then its last parent.
        """
        found = [request.base for request in reversed(branch.requests) if request.base]
        for start in branch.starts:
            parents = (self._resolve(f"{start}^{number}") for number in (2, 1))
            found += [parent for parent in parents if parent][:1]
        return tuple(dict.fromkeys(base for base in found if self._repo.contains(base)))

    def later(self, branch: ReviewedBranch, commit: str) -> str | None:
        """Return the latest commit that was commented on, where it is another one: the branch went that far."""
        latest = self._latest(branch)
        return latest if latest != commit else None

    def _head(self, branch: ReviewedBranch) -> str | None:
        """Return the head of the branch where it is still there, and is still this one: a name may be taken again."""
        for name in self._refs(branch):
            head = self._ref(name)
            begun = (*self._aliases(branch), *branch.starts)
            if head and (_PULL.match(name) or any(self._holds(start, head) for start in begun)):
                return head
        return None

    def _merge(self, branch: ReviewedBranch, target: str) -> str | None:
        """Return the commit that merged a review, by the words git-appraise and GitHub write into it."""
        patterns = [f"^Submitting review {start[:12]}" for start in branch.starts]
        pulls = {found[1] for name in self._refs(branch) if (found := _PULL.match(name))}
        patterns += [f"^(Merge pull request #{number} |[^\n]*\\(#{number}\\)(\n|$))" for number in sorted(pulls)]
        return next(filter(None, (self._resolve(f"{target}^{{/{pattern}}}") for pattern in patterns)), None)

    def _side(self, merge: str | None) -> str | None:
        return self._resolve(f"{merge}^2") if merge else None

    def _straight(self, branch: ReviewedBranch, target: str) -> str | None:
        """Return where a review ended that was submitted without a merge commit: before the next one began.

        What was committed on top of its last known commit belongs to it until then, or until a day after the last word.
        """
        known = self._latest(branch)
        changes = self._history(target)
        place = next((i for i, change in enumerate(changes) if change.commit == known), None)
        if known is None or place is None:
            return None
        until = int(datetime.fromisoformat(branch.last_word).timestamp()) + _AFTERMATH
        others = self._starts - {*branch.starts, *self._aliases(branch)}
        last = known
        for change in reversed(changes[:place]):
            if change.commit in others or change.committed_at > until:
                break
            if self._holds(known, change.commit):
                last = change.commit
        return last

    def _latest(self, branch: ReviewedBranch) -> str | None:
        latest = None
        for commit in (*branch.starts, *self._aliases(branch), *branch.commented):
            if latest is None or self._holds(latest, commit) or commit in self._aliases(branch):
                latest = commit
        return latest

    def _aliases(self, branch: ReviewedBranch) -> tuple[str, ...]:
        return tuple(item.alias for item in branch.requests if item.alias and self._repo.contains(item.alias))

    def _refs(self, branch: ReviewedBranch) -> Iterator[str]:
        """Yield the names a reviewed branch had, a mirrored pull request's first: that one is kept for good."""
        names = list(dict.fromkeys(item.review_ref for item in reversed(branch.requests) if item.review_ref))
        yield from sorted(names, key=lambda name: _PULL.match(name) is None)

    def _find_ref(self, name: str) -> str | None:
        if not _REF.fullmatch(name):
            return None
        fetched = [f"refs/remotes/origin/{name.removeprefix(_HEADS)}"] if name.startswith(_HEADS) else []
        return next(filter(None, map(self._resolve, [name, *fetched])), None)

    def _read_history(self, commit: str) -> tuple[Change, ...]:
        return self._repo.history(commit, _HISTORY)

    def _is_ancestor(self, commit: str, head: str) -> bool:
        try:
            return self._repo.merge_base(commit, head) == commit
        except InputError:
            return False

    def _resolve(self, revision: str) -> str | None:
        try:
            return self._repo.resolve(revision)
        except InputError:
            return None
