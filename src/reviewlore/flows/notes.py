"""Reviews that git-appraise keeps in a repository's own notes: git objects in, raw remarks out. Nothing is fetched."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch, hunk_until, parse_diff
from reviewlore.domain.history import RawRemark, Reply
from reviewlore.errors import InputError
from reviewlore.flows.learn import Source
from reviewlore.formats import appraise
from reviewlore.formats.appraise import ReviewNote, ReviewRequest
from reviewlore.ports import Console, Repo

_CONTEXT = 6  # lines above the remark, where it stands outside the diff


def read_git_notes(repo: Repo, name: str, console: Console) -> Source:
    """Return the remarks on code in a repository's notes; InputError where it has none."""
    try:
        discussed, requested = repo.resolve(appraise.DISCUSS), repo.resolve(appraise.REVIEWS)
    except InputError as error:
        raise InputError(
            f"The repository has no reviews in {appraise.DISCUSS}. Fetch them first: "
            "git fetch origin '+refs/notes/devtools/*:refs/notes/devtools/*' '+refs/devtools/*:refs/devtools/*'."
        ) from error
    requests = {commit: appraise.read_request(note) for commit, note in _notes(repo, requested).items()}
    notes = _notes(repo, discussed)
    raws: list[RawRemark] = []
    dropped: Counter[str] = Counter()
    for commit, note in console.track(sorted(notes.items()), "Reading reviews", len(notes)):
        comments, malformed = appraise.read_notes(note)
        dropped["malformed_line"] += malformed
        raws += _Review(repo, name, commit, requests.get(commit), comments).remarks(dropped)
    return Source(f"git notes of {name}", raws, {reason: count for reason, count in dropped.items() if count})


def _notes(repo: Repo, commit: str) -> dict[str, bytes]:
    """Return the notes of one ref by the commit they stand on: git spreads the id over folders."""
    files = [file for file in repo.files(commit) if len(file.path.replace("/", "")) == len(commit)]
    contents = dict(repo.blobs(file.blob for file in files))
    return {file.path.replace("/", ""): contents[file.blob] for file in files}


@dataclass(frozen=True, slots=True)
class _Review:
    """One review: the commit its notes stand on, and what was asked and said."""

    repo: Repo
    name: str
    commit: str
    request: ReviewRequest | None
    comments: Sequence[ReviewNote]

    def remarks(self, dropped: Counter[str]) -> list[RawRemark]:
        """Return the remarks on code; what is none is counted in `dropped`."""
        children: dict[str, list[ReviewNote]] = {}
        roots: dict[object, ReviewNote] = {}
        for each in self.comments:
            # Mirrors of other hosts know no answers: what stands later at the same place is one.
            place = (each.commit, each.path, each.line) if each.path else each.id
            if each.parent is not None:
                children.setdefault(each.parent, []).append(each)
            elif place in roots:
                children.setdefault(roots[place].id, []).append(each)
            else:
                roots[place] = each
        last = self._last_commit()
        found = []
        for root in roots.values():
            if root.path is None or root.commit is None:
                dropped["not_on_code"] += 1
            elif not self.repo.contains(root.commit):
                dropped["reviewed_commit_missing"] += 1
            else:
                found.append(self._remark(root, _answers(root, children), last))
        return found

    def _remark(self, root: ReviewNote, answers: Sequence[ReviewNote], last: str | None) -> RawRemark:
        commit, path = root.commit or "", root.path or ""
        return RawRemark(
            repository=self.name,
            pull_request=int(self.commit[:7], 16),  # a review has no number; this one is its commit's
            comment_id=root.id,
            path=path,
            hunk=self._hunk(commit, path, root.line),
            body=root.body,
            author=root.author,
            author_is_bot=root.author.endswith(("bot", "[bot]")),
            pull_request_author=self.request.requester if self.request else None,
            created_at=root.created_at,
            line=root.line,
            start_line=root.start_line,
            replies=tuple(Reply(each.author, each.body, each.created_at) for each in answers),
            reviewed_commit=commit,
            last_commit=last if last != commit else None,
            base=self.request.base or None if self.request else None,
            edited_at=root.edited_at,
            source="git-notes",
        )

    def _last_commit(self) -> str | None:
        """Return the review's last commit: its branch where that is still there, else the last one commented on."""
        seen = [each.commit for each in self.comments if each.commit and self.repo.contains(each.commit)]
        if self.request and self.request.review_ref:
            try:
                return self.repo.resolve(self.request.review_ref)
            except InputError:
                pass
        return seen[-1] if seen else None

    def _hunk(self, commit: str, path: str, line: int | None) -> str:
        patch = self._patches(commit).get(path)
        hunk = None if patch is None else patch.hunk_at(line) if line else next(iter(patch.hunks), None)
        if hunk is not None:
            return hunk_until(hunk, line) if line else hunk.text
        text = (self.repo.read(commit, path) or b"").decode("utf-8", "replace").split("\n")
        if line is None or line > len(text):
            return ""
        first = max(1, line - _CONTEXT)
        rows = text[first - 1 : line]
        return "\n".join([f"@@ -{first},{len(rows)} +{first},{len(rows)} @@", *(f" {row}" for row in rows)])

    def _patches(self, commit: str) -> Mapping[str, FilePatch]:
        start = self.request.base if self.request else ""
        try:
            base = self.repo.merge_base(self.repo.resolve(start or f"{self.commit}^"), commit)
            return {patch.path: patch for patch in parse_diff(self.repo.diff(base, commit))}
        except InputError:  # the first commit of all has no parent; then there is only the file itself
            return {}


def _answers(root: ReviewNote, children: Mapping[str, Sequence[ReviewNote]]) -> list[ReviewNote]:
    """Return all that was answered below a comment, however deep, in the order of time."""
    found: list[ReviewNote] = []
    waiting = [root.id]
    while waiting:
        below = children.get(waiting.pop(), ())
        found += below
        waiting += [each.id for each in below]
    return sorted(found, key=lambda each: (each.created_at, each.id))
