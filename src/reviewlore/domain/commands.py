"""What a comment may ask for: one record a slash command, made by `stages/commands/` from untrusted text."""

from dataclasses import dataclass
from typing import Literal, get_args

TrainTier = Literal["embedded", "adapter"]
DismissReason = Literal["wrong", "not-here", "already-known", "style-only", "too-minor", "intended", "duplicate"]

DISMISS_REASONS: tuple[DismissReason, ...] = get_args(DismissReason)
# Reasons that hold for one moment of one pull request; all others say that the remark is not wanted at all.
PASSING_REASONS: frozenset[DismissReason] = frozenset({"already-known", "duplicate"})


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """Say what can be asked."""


@dataclass(frozen=True, slots=True)
class ReviewCommand:
    """Review what is new on the pull request since its last review, or with `whole` all of it anew."""

    whole: bool = False


@dataclass(frozen=True, slots=True)
class PauseCommand:
    """Do not review this pull request by itself any more."""


@dataclass(frozen=True, slots=True)
class ResumeCommand:
    """Review this pull request by itself again."""


@dataclass(frozen=True, slots=True)
class DismissCommand:
    """A remark is not wanted; `finding` names it where the comment is not an answer in its thread."""

    reason: DismissReason
    finding: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Say which version is in force and how it was judged."""


@dataclass(frozen=True, slots=True)
class TrainCommand:
    """Start the training workflow for one tier."""

    tier: TrainTier = "embedded"


@dataclass(frozen=True, slots=True)
class EvaluateCommand:
    """Judge the version whose id begins with `version` on held-out later pull requests; empty: the latest ones."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class PromoteCommand:
    """Put the version whose id begins with `version` in force at once; `text` says why."""

    version: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class RollbackCommand:
    """Go one step back to the version in force before: a specialist's, or (empty) everybody's."""

    specialist: str = ""


@dataclass(frozen=True, slots=True)
class ApproveCommand:
    """Allow the dataset whose id begins with `subject` to be trained on, or such a version to judge.

    `text` says why.
    """

    subject: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ForgetCommand:
    """Forget a pull request or a comment of this repository; an empty `name` means the one it is said on.

    A `rule` is one that was taught, by the beginning of its id; it is always named.
    """

    kind: Literal["pr", "comment", "rule"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class OptOutCommand:
    """Forget whoever says it, and do not learn from them any more."""


@dataclass(frozen=True, slots=True)
class OptInCommand:
    """Take whoever says it off the list of those who are not learned from."""


@dataclass(frozen=True, slots=True)
class AcceptCommand:
    """A remark is right; `finding` names it where the comment is not an answer in its thread."""

    finding: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExplainCommand:
    """Say what a remark rests on; of no remark, what was looked at and why nothing is said."""

    finding: str | None = None


@dataclass(frozen=True, slots=True)
class WhyCommand:
    """Say how a remark came to be said: run, version, dataset, precedents, decisions."""

    finding: str | None = None


@dataclass(frozen=True, slots=True)
class AskCommand:
    """Answer a question from what this team said, taught and decided."""

    question: str


@dataclass(frozen=True, slots=True)
class ConfigCommand:
    """Say which settings are in force."""


@dataclass(frozen=True, slots=True)
class RememberCommand:
    """Keep a rule for later reviews, for all paths or for those that match one of the globs `paths`."""

    text: str
    paths: tuple[str, ...] = ()


Command = (
    HelpCommand
    | ReviewCommand
    | PauseCommand
    | ResumeCommand
    | DismissCommand
    | StatusCommand
    | TrainCommand
    | EvaluateCommand
    | PromoteCommand
    | RollbackCommand
    | ApproveCommand
    | ForgetCommand
    | OptOutCommand
    | OptInCommand
    | AcceptCommand
    | ExplainCommand
    | WhyCommand
    | AskCommand
    | ConfigCommand
    | RememberCommand
)


@dataclass(frozen=True, slots=True)
class CommandError:
    """A comment that means a command but is none: what is wrong, which word, the nearest right one, and what may be."""

    problem: str
    word: str = ""
    suggestion: str | None = None
    usage: str | None = None
    choices: tuple[str, ...] = ()
