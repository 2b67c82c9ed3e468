"""Reviews that git-appraise keeps in a repository's own notes: git objects in, raw remarks out. Nothing is fetched."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from reviewlore.domain.history import RawRemark, Reply, Vote
from reviewlore.errors import InputError
from reviewlore.flows.endings import Ending, Endings, ReviewedBranch
from reviewlore.flows.hunks import Hunks
from reviewlore.flows.learn import Source
from reviewlore.formats import appraise
from reviewlore.formats.appraise import ReviewNote, ReviewRequest
from reviewlore.ports import Console, Repo
from reviewlore.stages.mine import says_settled

_NOTED = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,64}")
_PULL = re.compile(r"refs/pull/(\d{1,9})/")
_BOT = re.compile(r"(?:^|[-_.])bot$|\[bot\]$", re.IGNORECASE)
_LEFT_OUT: Mapping[Ending, str] = {"abandoned": "review_abandoned", "open": "review_not_submitted"}


def read_git_notes(repo: Repo, name: str, console: Console) -> Source:
    """Return the remarks on code in a repository's notes, of submitted reviews; InputError where there are no notes.

    The remarks of a mirrored pull request carry its number, those of another review a number made of the id of its
    first commit.
    """
    try:
        discussed, requested = repo.resolve(appraise.DISCUSS), repo.resolve(appraise.REVIEWS)
    except InputError as error:
        raise InputError(
            f"The repository has no reviews in {appraise.DISCUSS}. Fetch them first, with the commits they speak of: "
            "git fetch origin '+refs/notes/devtools/*:refs/notes/devtools/*' '+refs/devtools/*:refs/devtools/*' "
            "'+refs/pull/*/head:refs/pull/*/head'."
        ) from error
    reviews = _Reviews(repo, name, _notes(repo, requested), _notes(repo, discussed))
    raws: list[RawRemark] = []
    for number in console.track(reviews.numbers, "Reading reviews", len(reviews.numbers)):
        raws += reviews.remarks(number)
    return Source(f"git notes of {name}", raws, {reason: n for reason, n in reviews.dropped.items() if n})


def _notes(repo: Repo, commit: str) -> dict[str, bytes]:
    """Return the notes of one ref by the commit they stand on: git spreads its id over folders as notes grow many."""
    files = [(file.path.replace("/", ""), file.blob) for file in repo.files(commit)]
    files = [(name, blob) for name, blob in files if _NOTED.fullmatch(name)]
    found: dict[str, bytes] = {}
    for (name, _), (_, content) in zip(files, repo.blobs(blob for _, blob in files), strict=True):
        found[name] = found.get(name, b"") + content + b"\n"
    return found


class _Reviews:
    """All reviews of a repository; a pull request that was mirrored under several first commits is one."""

    def __init__(self, repo: Repo, name: str, requested: Mapping[str, bytes], discussed: Mapping[str, bytes]) -> None:
        self.dropped: Counter[str] = Counter()
        self._repo, self._name = repo, name
        self._hunks = Hunks(repo)
        self._commit = lru_cache(maxsize=None)(self._find_commit)
        self._discussed, self._requested = discussed, requested
        self._starts: dict[int, list[str]] = defaultdict(list)
        for start in sorted(discussed):
            self._starts[_number(start, appraise.read_requests(requested.get(start, b"")))].append(start)
        aliases = {item.alias for note in requested.values() for item in appraise.read_requests(note) if item.alias}
        self._endings = Endings(repo, frozenset(requested) | aliases)

    @property
    def numbers(self) -> list[int]:
        """The reviews, in a fixed order."""
        return sorted(self._starts)

    def remarks(self, number: int) -> list[RawRemark]:
        """Return a review's remarks on code; what is none is counted in `dropped`."""
        starts = self._starts[number]
        requests = appraise.read_requests(b"".join(self._requested.get(start, b"") for start in starts))
        notes = self._comments(starts, mirrored=bool(_pulls(requests)))
        roots, answers = _threads(notes, self.dropped)
        wanted = [root for root in roots if root.path]
        self.dropped["not_on_code"] += len(roots) - len(wanted)
        if not wanted or not requests:
            self.dropped["no_review_requested"] += len(wanted)
            return []
        branch = ReviewedBranch(
            starts=tuple(start for start in starts if self._repo.contains(start)),
            requests=requests,
            commented=tuple(dict.fromkeys(note.commit for note in notes if note.commit)),
            last_word=notes[-1].created_at,
        )
        ending, last = self._endings.find(branch)
        if reason := _LEFT_OUT.get(ending):
            self.dropped[reason] += len(wanted)
            return []
        found = [root for root in wanted if root.commit]
        self.dropped["reviewed_commit_missing"] += len(wanted) - len(found)
        bases = self._endings.bases(branch)
        raws = [_remark(self._name, number, root, answers[root.id], notes, requests[-1]) for root in found]
        return [
            replace(
                raw,
                hunk=self._hunks.find(raw, bases),
                last_commit=last or self._endings.later(branch, raw.reviewed_commit or ""),
                base=next(iter(bases), None),
            )
            for raw in raws
        ]

    def _comments(self, starts: Sequence[str], *, mirrored: bool) -> tuple[ReviewNote, ...]:
        """Return the comments of all notes of a review, commits as full ids, None where one is not here."""
        notes, malformed = appraise.read_notes(b"".join(self._discussed[start] for start in starts))
        placed = [replace(note, commit=self._commit(note.commit or starts[0]) if note.path else None) for note in notes]
        if mirrored:
            placed = [_unshifted(note) for note in placed]
        joined, versions = appraise.join_versions(placed)
        self.dropped["malformed_line"] += malformed
        self.dropped["written_again"] += versions
        return joined

    def _find_commit(self, commit: str) -> str | None:
        if self._repo.contains(commit):
            return commit
        try:
            return self._repo.resolve(commit) if _ABBREVIATED.fullmatch(commit) else None
        except InputError:
            return None


def _number(start: str, requests: Sequence[ReviewRequest]) -> int:
    """Return the number of a mirrored pull request; a review of the tool's own has none but its first commit's id.

    12 digits of it: 7 would make one review of two in every fifth repository of 10,000 reviews.
    """
    pulls = _pulls(requests)
    return pulls[-1] if pulls else int(start[:12], 16)


def _pulls(requests: Sequence[ReviewRequest]) -> list[int]:
    return [int(found[1]) for request in requests if (found := _PULL.match(request.review_ref))]


def _unshifted(note: ReviewNote) -> ReviewNote:
    """Undo an error of the mirror of pull requests, which names the line below the one that was commented on.

    Its commentStartLine adds all lines of the hunk to the first one's number (mirror/conversions.go of
    https://github.com/google/git-pull-request-mirror). It writes logins; the tool's own comments carry addresses and
    stand where they say.
    """
    shifted = note.line is not None and note.line > 1 and "@" not in note.author
    return replace(note, line=note.line - 1) if note.line and shifted else note


def _threads(
    notes: Sequence[ReviewNote], dropped: Counter[str]
) -> tuple[list[ReviewNote], Mapping[str, Sequence[ReviewNote]]]:
    """Return the comments that answer none, and below each all that was answered, in the order of time.

    Mirrors know no answers: there, what was said later at the same place is one.
    """
    known = {note.id: note for note in notes}
    first: dict[object, str] = {}
    answers: dict[str, list[ReviewNote]] = defaultdict(list)
    roots = []
    for note in notes:
        place = (note.commit, note.path, note.line) if note.path else note.id
        above, seen = note, set[str]()
        while above.parent in known and above.id not in seen:
            seen.add(above.id)
            above = known[above.parent]
        if above.parent is not None:
            dropped["reply_to_a_remark_not_read"] += 1
        elif above is not note:
            answers[first.get((above.commit, above.path, above.line), above.id)].append(note)
        elif place in first:
            answers[first[place]].append(note)
        else:
            first[place] = note.id
            roots.append(note)
    return roots, answers


def _remark(
    name: str,
    number: int,
    root: ReviewNote,
    answers: Sequence[ReviewNote],
    notes: Sequence[ReviewNote],
    request: ReviewRequest,
) -> RawRemark:
    """Return a remark with all that was said to it, and what was said of the review later."""
    author = next((n.author for n in (root, *answers) if _same_person(n.author, request.requester)), request.requester)
    later = [note for note in notes if note.path is None and note.created_at > root.created_at]
    return RawRemark(
        repository=name,
        pull_request=number,
        comment_id=root.id,
        path=root.path or "",
        hunk="",
        body=root.body,
        author=root.author,
        author_is_bot=_BOT.search(root.author) is not None,
        pull_request_author=author or None,
        created_at=root.created_at,
        line=root.line,
        start_line=root.start_line,
        replies=tuple(Reply(each.author, each.body, each.created_at) for each in answers if each.body.strip()),
        reviewed_commit=root.commit,
        votes=_votes(answers),
        edited_at=root.edited_at,
        approved_after=any(n.author == root.author and n.resolved and n.parent is None for n in later),
        settled=any(_same_person(n.author, request.requester) and says_settled(n.body) for n in later),
        source="git-notes",
    )


def _votes(answers: Sequence[ReviewNote]) -> tuple[Vote, ...]:
    """Return who marked the thread resolved, where that is what it says last. Notes do not tell who may write."""
    said = [note for note in answers if note.resolved is not None]
    if not said or not said[-1].resolved:
        return ()
    return tuple(Vote(note.author, "resolved", note.created_at) for note in said[-1:])


def _same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: mirrors write a login, git-appraise an address (`ann`, `ann@host`)."""
    if "@" in one and "@" in other:
        return one.lower() == other.lower()
    return one.partition("@")[0].lower() == other.partition("@")[0].lower()
