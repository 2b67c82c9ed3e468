"""Commands about the review of one pull request: their rows, and how their words are read."""

from collections.abc import Sequence
from difflib import get_close_matches

from reviewlore.domain.commands import (
    DISMISS_REASONS,
    Command,
    CommandError,
    DismissCommand,
    HelpCommand,
    PauseCommand,
    ResumeCommand,
    ReviewCommand,
)
from reviewlore.stages.commands.words import MAX_TEXT, Row, as_finding, plain, surplus

_HELP = "help"
_REVIEW = "review [full]"
_PAUSE = "pause"
_RESUME = "resume"
_WHOLE = frozenset({"full", "all", "everything", "anew"})
_DISMISS = "dismiss <reason> [id] [text]"


def _parse_help(words: Sequence[str]) -> Command | CommandError:
    return HelpCommand()


def _parse_review(words: Sequence[str]) -> Command | CommandError:
    whole = bool(words) and plain(words[0]) in _WHOLE
    return surplus(_REVIEW, words[1:] if whole else words) or ReviewCommand(whole)


def _parse_pause(words: Sequence[str]) -> Command | CommandError:
    return surplus(_PAUSE, words) or PauseCommand()


def _parse_resume(words: Sequence[str]) -> Command | CommandError:
    return surplus(_RESUME, words) or ResumeCommand()


def _parse_dismiss(words: Sequence[str]) -> Command | CommandError:
    """`dismiss <reason> [id] [text]`; the id may also stand first, because people paste it there."""
    rest = list(words)
    finding = as_finding(rest.pop(0)) if len(rest) > 1 and as_finding(rest[0]) else None
    if not rest:
        return CommandError("A dismissal needs a reason", usage=_DISMISS, choices=DISMISS_REASONS)
    given, used = plain(rest[0]), 1
    if len(rest) > 1 and f"{given}-{plain(rest[1])}" in DISMISS_REASONS:
        given, used = f"{given}-{plain(rest[1])}", 2
    reason = next((known for known in DISMISS_REASONS if known == given.replace("_", "-")), None)
    if reason is None:
        near = get_close_matches(given, DISMISS_REASONS, 1)
        meant = f"dismiss {near[0]}" if near else None
        return CommandError("There is no reason", rest[0], meant, _DISMISS, DISMISS_REASONS)
    rest = rest[used:]
    if finding is None and rest and as_finding(rest[0]):
        finding = as_finding(rest.pop(0))
    return DismissCommand(reason, finding, " ".join(rest)[:MAX_TEXT])


REVIEW_ROWS: tuple[Row, ...] = (
    Row("help", _HELP, "lists these commands", "triage", _parse_help, HelpCommand),
    Row(
        "review",
        _REVIEW,
        "reviews what is new since the last review, or all of the pull request anew",
        "write",
        _parse_review,
        ReviewCommand,
    ),
    Row(
        "pause",
        _PAUSE,
        "leaves pushes to this pull request unreviewed until somebody resumes",
        "write",
        _parse_pause,
        PauseCommand,
    ),
    Row("resume", _RESUME, "reviews pushes to this pull request again", "write", _parse_resume, ResumeCommand),
    Row(
        "dismiss",
        _DISMISS,
        "says that a remark is not wanted, and why; in its thread, or with the remark's id",
        "write",
        _parse_dismiss,
        DismissCommand,
        writes=True,
    ),
)
