"""What happened on the forge: typed events, how a run was started, and how it ended.

Made by `stages/intake.py` from untrusted payloads; an event that is not acted on says why.
"""

from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.architecture import Severity
from reviewlore.domain.commands import DismissReason, TrainTier
from reviewlore.domain.forge import CommentKind
from reviewlore.domain.history import Anchor
from reviewlore.domain.people import Role

Mode = Literal["review", "command", "learn", "train", "report", "analyse", "post"]
Outcome = Literal["success", "failure", "cancelled", "skipped"]
FailOn = Severity | Literal["never"]
PullAction = Literal["opened", "reopened", "synchronize", "ready_for_review"]
AnnotationLevel = Literal["notice", "warning", "error"]
JobConclusion = Literal["success", "failure", "neutral", "skipped"]


@dataclass(frozen=True, slots=True)
class PullRequestEvent:
    """A pull request wants a review. `from_fork` also where the head's repository was deleted."""

    repository: str
    number: int
    action: PullAction
    head_sha: str
    base_sha: str
    from_fork: bool


@dataclass(frozen=True, slots=True)
class CommandEvent:
    """A person wrote a new comment on an open pull request; whether it is a command is told by its text.

    `kind` says which kind of comment it is; `thread` is the root of its thread where it stands on code; `at` is when it
    was written, as the forge says (ISO 8601 in UTC), empty where it does not.
    """

    repository: str
    number: int
    comment: int
    kind: CommentKind
    author: str
    body: str
    default_branch: str
    thread: int | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """The clock started a run; the forge does this from the default branch only."""

    repository: str
    schedule: str


@dataclass(frozen=True, slots=True)
class DispatchEvent:
    """Somebody with write access started a run by hand on the default branch, or `/lore train` did."""

    repository: str
    sender: str


@dataclass(frozen=True, slots=True)
class PushEvent:
    """The default branch moved, as it does when a pull request is merged: what was said on it has its outcome now."""

    repository: str
    sender: str


@dataclass(frozen=True, slots=True)
class AnalysedEvent:
    """A run that a pull request started has ended, and may have left a review to be posted.

    The forge says which commit of which repository's branch it ran for, and this cannot be forged; what the run itself
    says can: whoever opens a pull request from a fork writes the workflow that its run follows.
    """

    repository: str
    run: int
    head_repository: str
    head_branch: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class ThreadEvent:
    """Somebody wrote `comment` in a review thread, says the name of a run that has ended; the run began at `at`.

    Whoever opens a pull request writes the workflow that this run follows, and so its name: it may name any comment.
    All that counts of the comment is asked of the forge.
    """

    repository: str
    comment: int
    at: str
    default_branch: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is done, for a snake_case reason."""

    reason: str


Event = PullRequestEvent | CommandEvent | ScheduledEvent | DispatchEvent | PushEvent | AnalysedEvent | ThreadEvent


@dataclass(frozen=True, slots=True)
class FeedbackSignal:
    """One reaction of a maintainer to one of our remarks, as kept on the state branch; people are pseudonyms.

    `id` is `owner/name#pull_request/comment_id` of the comment that gave it; `anchor` is None where it is not known.
    Only a dismissal has a `reason`.
    """

    id: str
    kind: Literal["dismissed", "accepted"]
    repository: str
    pull_request: int
    finding: str
    reason: DismissReason | Literal[""]
    text: str
    author: str
    role: Role
    at: str
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class ActionInputs:
    """The inputs of `action.yml`, checked. `fail_on` None: as `.reviewlore.toml` says.

    `repository` is another one than the workflow's own that is learned from (empty: its own).
    `reply_to` is the pull request that is told how a training ended (0: none), `outcome` how its job did; `artefact`
    is where what the mode `analyse` left was downloaded to (empty: nowhere).
    """

    mode: Mode
    fail_on: FailOn | None = None
    tier: TrainTier = "embedded"
    recipe: str = ""
    state_repository: str = ""
    train_workflow: str = "reviewlore-learn.yml"
    reply_to: int = 0
    outcome: Outcome | None = None
    artefact: str = ""
    repository: str = ""


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run of the action: what started it, for which repository, and where it can be looked at."""

    event_name: str
    payload: object
    repository: str
    server_url: str
    run_id: str
    run_url: str
    inputs: ActionInputs


@dataclass(frozen=True, slots=True)
class Annotation:
    """One line of the log that the forge shows beside the code."""

    level: AnnotationLevel
    message: str
    path: str | None = None
    line: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended, as the action's outputs say it; `skip_reason` is snake_case, empty where all was done.

    `summary` is Markdown for the page of the run, `results` what the output `results-file` leads to under the name
    `results_name`: the review as JSON, the report's page, or what `analyse` leaves for `post`.
    """

    conclusion: JobConclusion
    skip_reason: str = ""
    findings: int = 0
    summary: str = ""
    results: bytes | None = None
    results_name: str = "reviewlore-review.json"
    annotations: tuple[Annotation, ...] = ()
    exit_code: int = 0
