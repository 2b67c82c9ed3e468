"""What the flows need from the world. Adapters implement these; the core never names them.

No type of a third party appears in a signature; every method may raise the errors of `reviewlore.errors`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reviewlore.domain.architecture import Change, ParsedModule, SourceFile
from reviewlore.domain.events import Annotation
from reviewlore.domain.finding import Tier
from reviewlore.domain.forge import (
    CommentKind,
    HistoryPage,
    IssueComment,
    NewCheck,
    NewReview,
    Position,
    Posted,
    PostedReview,
    PullRequest,
    Reaction,
    ThreadComment,
)
from reviewlore.domain.mining import Rewritten
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.patch import CommitPatch
from reviewlore.domain.people import Role
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.domain.recipe import Recipe, TrainedAdapter
from reviewlore.ranking.model import RankerModel

T = TypeVar("T")


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> str:
        """Return the current time as ISO 8601 in UTC, to the second."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, for durations."""
        ...


class Console(Protocol):
    """Where progress is told; never where results are printed."""

    def step(self, title: str, text: str = "") -> None:
        """Announce a step of the story."""
        ...

    def say(self, text: str) -> None:
        """Tell one line."""
        ...

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        ...

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through while showing how far the work is."""
        ...


class Repo(Protocol):
    """A git repository, read from its objects only: never from a work tree, never by running its code."""

    def resolve(self, revision: str) -> str:
        """Return the full commit id of a revision; InputError if there is none."""
        ...

    def contains(self, commit: str) -> bool:
        """Whether a full commit id is present."""
        ...

    def merge_base(self, base: str, head: str) -> str:
        """Return the merge base of two commit ids; InputError if they share no history."""
        ...

    def diff(self, base: str, head: str) -> str:
        """Return the unified diff (3 context lines, renames detected) from one commit id to another."""
        ...

    def diffs(self, pairs: Iterable[tuple[str, str]], paths: Sequence[str] = ()) -> Iterator[str]:
        """Yield what `diff` returns for each pair of commit ids, in order, in bulk; with paths, of these files only."""
        ...

    def patches(self, commit: str, limit: int | None = None) -> Iterator[CommitPatch]:
        """Yield up to `limit` non-merge commits reachable from `commit`, newest first, with files and hunks."""
        ...

    def files(self, commit: str) -> tuple[SourceFile, ...]:
        """Return all regular files of a commit's tree (no symbolic links, no submodules)."""
        ...

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (blob id, content) in the order asked."""
        ...

    def read(self, commit: str, path: str) -> bytes | None:
        """Return one regular file's content at a commit, or None where there is none."""
        ...

    def contents(self, places: Iterable[tuple[str, str]]) -> Iterator[bytes | None]:
        """Yield the content of a file, or None where there is none, for each (commit id, path), in bulk."""
        ...

    def history(self, commit: str, limit: int) -> tuple[Change, ...]:
        """Return up to `limit` non-merge commits reachable from `commit`, newest first, with their paths."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of the state branch while its history is rewritten.

    `files` maps each path to the id of its content (equal ids, equal bytes); `fresh` are the paths that no earlier
    commit had with that content; `read` returns a path's content.
    """

    files: Mapping[str, str]
    fresh: Sequence[str]
    read: Callable[[str], bytes]


class Rewriting(Protocol):
    """What is to become of the history of the state branch."""

    def alter(self, revision: Revision) -> Mapping[str, bytes | None]:
        """Return what becomes of fresh files (None removes); asked for each commit, the oldest first.

        What is not named stays. Content that was altered once is altered alike wherever it stands later.
        """
        ...

    def reword(self, text: str) -> str:
        """Return what becomes of a commit's message, or of the name and address of who made it."""
        ...

    def close(self, tip: "Store") -> Mapping[str, bytes | None]:
        """Return the files to write on top of the rewritten history, in a commit of its own."""
        ...

    def message(self) -> str:
        """Return the message of that commit."""
        ...


class Store(Protocol):
    """The state branch: a versioned set of files, changed by compare-and-swap."""

    def head(self) -> str | None:
        """Return the id of the branch's commit, or None before the first write."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return one file of the branch, or None."""
        ...

    def paths(self, prefix: str = "") -> tuple[str, ...]:
        """Return the sorted paths of the branch that start with `prefix`."""
        ...

    def update(
        self, change: Callable[["Store"], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> str | None:
        """Apply `change` to the branch in one commit and return its id, or None where nothing changes.

        `change` is called with the current state (again, when somebody else wrote first) and returns the files to
        write (None removes). Raises StorageError where the write cannot be completed; the branch is then unchanged.
        """
        ...

    def when_added(self, path: str) -> "Store | None":
        """Return the branch, read-only, as it was when a path was first written; None where history does not tell."""
        ...

    def rewrite(self, plan: Rewriting, now: str, *, dry_run: bool = False) -> Rewritten:
        """Make the branch's whole history again as the plan says, and let go of the old one.

        Commits keep their messages and dates, and their ids up to the first that changes. The plan is asked again when
        somebody else wrote first. Errors as in `update`; `dry_run` asks the plan and writes nothing.
        """
        ...


class Scorer(Protocol):
    """The judgement in force: which of two remarks this team would stand by."""

    @property
    def version(self) -> str:
        """The version's id, or `prior` for what is shipped."""
        ...

    @property
    def tier(self) -> Tier:
        """The tier the version belongs to."""
        ...

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark, higher is better; each depends on that remark alone."""
        ...


class RankerTrainer(Protocol):
    """Learns a ranker from preference pairs, in seconds, on a CPU."""

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        """Return the trained ranker; MissingExtra where the libraries for it are not installed."""
        ...

    def settings(self) -> dict[str, str]:
        """Return what the training is set to, for the lineage."""
        ...


class AdapterTrainer(Protocol):
    """Trains a low-rank adapter by DPO, and scores with one. Files live in a folder while it works."""

    def fit(
        self, recipe: Recipe, train: Sequence[PreferencePair], test: Sequence[PreferencePair], *, seed: int
    ) -> tuple[TrainedAdapter, dict[str, bytes]]:
        """Return the record of the run and the files it made; RefusedError where the data is below the minimum."""
        ...

    def settings(self, recipe: Recipe) -> dict[str, str]:
        """Return all that decides what a training makes, for the lineage and the version's identity."""
        ...

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Scorer:
        """Return the judgement of a trained adapter after checking its files; StateError where one was changed."""
        ...


class Index(Protocol):
    """Full-text search over past remarks."""

    def search(self, text: str, limit: int) -> tuple[tuple[str, float], ...]:
        """Return (episode id, similarity) of the best matches, best first; similarity is above 0, higher is closer."""
        ...


class ForgeHistory(Protocol):
    """The past of one hosted repository, read in whole pages for mining; never a request per pull request or comment.

    Every method may raise BudgetError once the requests that were allowed are used up, before one more is sent.
    """

    @property
    def repository(self) -> str:
        """`owner/name` as the forge spells it now, whatever it was asked for by."""
        ...

    def merged(self, start: Position) -> Iterator[HistoryPage]:
        """Yield merged pull requests behind a position, whole, the least recently updated first.

        One that is updated while it is read comes again at the end; none is left out.
        """
        ...

    def pulls(self, numbers: Sequence[int]) -> Iterator[HistoryPage]:
        """Yield the merged ones of these pull requests, whole, as they are now."""
        ...

    def touched(self, since: str) -> frozenset[int]:
        """Return the pull requests of which a review comment was written or edited since (ISO 8601 in UTC)."""
        ...

    def writers(self) -> frozenset[str] | None:
        """Return the logins (lower case) of all who may write, or None where this token may not list them."""
        ...

    def role(self, login: str) -> Role | None:
        """Return one person's role; `none` for a stranger, None where this token may not ask or gets no answer."""
        ...

    def tags(self) -> dict[str, str]:
        """Return the entity tags of the answers so far by address, to ask for news only the next time."""
        ...

    def requests_used(self) -> int:
        """Return how many requests were sent so far, repeated ones included."""
        ...


class Forge(Protocol):
    """What is asked of a forge about one pull request before acting on it."""

    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now; InputError where there is none."""
        ...

    def role(self, login: str) -> Role:
        """Return a person's role in the repository; `none` for a stranger, and whenever it cannot be told."""
        ...

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment; InputError where there is none."""
        ...

    def posted(self, number: int, marker: str) -> Posted:
        """Return what this identity itself has posted on a pull request with `marker` in the text."""
        ...


class ForgeAccount(Protocol):
    """Whose token this is, and what that person may do."""

    repository: str

    @property
    def login(self) -> str:
        """The name of the token's owner."""
        ...

    def role(self, login: str) -> Role:
        """Return a person's role in the repository; `none` for a stranger, and whenever it cannot be told."""
        ...


class ForgeComments(Protocol):
    """What was said on a hosted repository, by anybody, to find one comment again."""

    repository: str

    def thread_comment(self, comment: int) -> ThreadComment:
        """Return one review comment; InputError where there is none."""
        ...

    def issue_comment(self, comment: int) -> IssueComment:
        """Return one comment of a conversation; InputError where there is none."""
        ...

    def recent_threads(self) -> Iterator[ThreadComment]:
        """Yield the review comments of all pull requests, newest first, a page a request as they are taken."""
        ...

    def recent_talk(self) -> Iterator[IssueComment]:
        """Yield the conversation comments of all pull requests and issues, newest first, likewise."""
        ...


class ForgeVoice(Protocol):
    """What is said to a forge. No call is ever repeated by itself: after an error, ask `posted` before trying again.

    RefusedError where the token may not write, ForgeError where it cannot be told whether the words arrived.
    """

    def post_review(self, number: int, review: NewReview) -> PostedReview:
        """Post one review with all its comments, or nothing: InputError names the anchor the forge refused."""
        ...

    def post_comment(self, number: int, body: str) -> IssueComment:
        """Post one comment in the conversation."""
        ...

    def edit_comment(self, comment: int, body: str) -> IssueComment:
        """Replace the text of one conversation comment."""
        ...

    def reply(self, number: int, comment: int, body: str) -> ThreadComment:
        """Answer in a review thread, given the id of its first comment."""
        ...

    def react(self, kind: CommentKind, comment: int, reaction: Reaction) -> None:
        """Add a reaction to a conversation comment (`issue`) or a review comment (`review`); twice is once."""
        ...


class ForgeRuns(Protocol):
    """The forge's checks and workflows."""

    def conclude_check(self, check: NewCheck) -> int:
        """Record a finished check run on a commit and return its id."""
        ...

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by its file name on a branch; InputError where there is none of that name or branch."""
        ...


class Grammar(Protocol):
    """Source text to records, one file at a time, without running anything."""

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 source says, or None where the path's language has no grammar; never raises on syntax."""
        ...


class Runner(Protocol):
    """The automation that runs us (GitHub Actions): where a run says how it ended."""

    def output(self, name: str, value: str) -> None:
        """Set an output that later steps can read."""
        ...

    def summarize(self, markdown: str) -> None:
        """Add to the summary page of the run."""
        ...

    def annotate(self, annotation: Annotation) -> None:
        """Show one line beside the code and in the log."""
        ...

    def log(self, text: str) -> None:
        """Print text to the log; none of it is read as an instruction to the runner."""
        ...

    def save(self, name: str, data: bytes) -> str:
        """Keep a file beyond this step, outside the checkout, and return its path."""
        ...
