"""The text of a comment in, a `Command`, a `CommandError` or None out.

A command is the first line of a comment and starts with `/lore`. One row of `ROWS` is one command: its name, usage,
the role it needs and its parser; help is rendered from the rows. No setting can be reached from a comment.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from reviewlore.domain.events import (
    DISMISS_REASONS,
    ApproveCommand,
    Command,
    CommandError,
    DismissCommand,
    ForgetCommand,
    HelpCommand,
    OptInCommand,
    OptOutCommand,
    ReviewCommand,
    StatusCommand,
    TrainCommand,
    TrainTier,
)
from reviewlore.domain.people import Role, is_at_least

PREFIX = "/lore"
_TIERS: tuple[TrainTier, ...] = get_args(TrainTier)
_TRIGGER = re.compile(r" {0,3}/lore(?=[\s,:;.!]|$)[\s,:;.!]*", re.IGNORECASE)
_COURTESY = frozenset({"please", "pls", "thanks", "thx"})
_ALIASES = {
    **dict.fromkeys(("?", "commands"), "help"),
    **dict.fromkeys(("re-review", "rerun", "check"), "review"),
    **dict.fromkeys(("ignore", "reject"), "dismiss"),
    **dict.fromkeys(("info", "version"), "status"),
    **dict.fromkeys(("retrain", "learn"), "train"),
    **dict.fromkeys(("allow", "accept"), "approve"),
    **dict.fromkeys(("optout", "opt_out", "unsubscribe"), "opt-out"),
    **dict.fromkeys(("optin", "opt_in"), "opt-in"),
    **dict.fromkeys(("delete", "erase"), "forget"),
}
_FINDING = re.compile(r"[0-9a-f]{6,64}")
_SUBJECT = re.compile(r"[0-9a-f]{4,64}|(?:embedded|prompt|adapter)-[0-9a-f]{1,64}")
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One command: what to type, what it does, the lowest role that may, and how its words are read."""

    name: str
    usage: str
    summary: str
    role: Role
    parse: Callable[[Sequence[str]], Command | CommandError]
    command: type[Command]


def parse_command(text: str) -> Command | CommandError | None:
    """Read the first line of a comment; None where it is not meant for us (other text, a quote, code)."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    match = _TRIGGER.match(first)
    if match is None:
        return None
    words = first[match.end() :].split()
    while len(words) > 1 and _plain(words[-1]) in _COURTESY:
        words.pop()
    if not words:
        return HelpCommand()
    name = _plain(words[0])
    row = next((row for row in ROWS if row.name == name), None)
    return _unknown(words[0]) if row is None else row.parse(words[1:])


def row_of(command: Command) -> Row:
    """Return the row of a command."""
    return next(row for row in ROWS if isinstance(command, row.command))


def may(role: Role, command: Command) -> bool:
    """Whether a person with this role may give this command."""
    return is_at_least(role, row_of(command).role)


def is_for_everybody(said: Command | CommandError) -> bool:
    """Whether somebody without any role is answered: commands about oneself, also where they are misspelt."""
    if isinstance(said, CommandError):
        return any(row.role == "none" and row.usage == said.usage for row in ROWS)
    return row_of(said).role == "none"


def _parse_help(words: Sequence[str]) -> Command | CommandError:
    return HelpCommand()


def _parse_review(words: Sequence[str]) -> Command | CommandError:
    return _surplus("review", words) or ReviewCommand()


def _parse_status(words: Sequence[str]) -> Command | CommandError:
    return _surplus("status", words) or StatusCommand()


def _parse_train(words: Sequence[str]) -> Command | CommandError:
    if not words:
        return TrainCommand()
    tier = next((tier for tier in _TIERS if tier == _plain(words[0])), None)
    if tier is None:
        near = get_close_matches(_plain(words[0]), _TIERS, 1)
        return CommandError("There is no tier", words[0], f"train {near[0]}" if near else None, _usage("train"))
    return _surplus("train", words[1:]) or TrainCommand(tier)


def _parse_dismiss(words: Sequence[str]) -> Command | CommandError:
    """`dismiss <reason> [id] [text]`; the id may also stand first, because people paste it there."""
    rest = list(words)
    finding = _finding(rest.pop(0)) if len(rest) > 1 and _finding(rest[0]) else None
    if not rest:
        return CommandError("A dismissal needs a reason", usage=_usage("dismiss"))
    given, used = _plain(rest[0]), 1
    if len(rest) > 1 and f"{given}-{_plain(rest[1])}" in DISMISS_REASONS:
        given, used = f"{given}-{_plain(rest[1])}", 2
    reason = next((known for known in DISMISS_REASONS if known == given.replace("_", "-")), None)
    if reason is None:
        near = get_close_matches(given, DISMISS_REASONS, 1)
        return CommandError("There is no reason", rest[0], f"dismiss {near[0]}" if near else None, _usage("dismiss"))
    rest = rest[used:]
    if finding is None and rest and _finding(rest[0]):
        finding = _finding(rest.pop(0))
    return DismissCommand(reason, finding, " ".join(rest)[:_MAX_TEXT])


def _parse_approve(words: Sequence[str]) -> Command | CommandError:
    """`approve <dataset|version> [text]`; the beginning of the id is enough, of a version's with its tier."""
    if not words:
        return CommandError("Say which dataset or version", usage=_usage("approve"))
    if not _SUBJECT.fullmatch(_plain(words[0])):
        return CommandError("That is no id of a dataset or version:", words[0], usage=_usage("approve"))
    return ApproveCommand(_plain(words[0]), " ".join(words[1:])[:_MAX_TEXT])


def _parse_forget(words: Sequence[str]) -> Command | CommandError:
    """`forget pr [name]` or `forget comment [name]`; whoever wants to be forgotten says `opt-out`."""
    kind = _plain(words[0]) if words else ""
    if kind in ("author", "me"):
        return CommandError("People are not named to be forgotten, they say it themselves, not", words[0], "opt-out")
    if kind not in ("pr", "comment"):
        problem = "There is nothing to forget by the name" if words else "Say what to forget"
        return CommandError(problem, words[0] if words else "", usage=_usage("forget"))
    return _surplus("forget", words[2:]) or ForgetCommand("pr" if kind == "pr" else "comment", "".join(words[1:2]))


def _parse_opt_out(words: Sequence[str]) -> Command | CommandError:
    return _surplus("opt-out", words) or OptOutCommand()


def _parse_opt_in(words: Sequence[str]) -> Command | CommandError:
    return _surplus("opt-in", words) or OptInCommand()


def _unknown(word: str) -> CommandError:
    plain = _plain(word)
    names = [row.name for row in ROWS]
    near = _ALIASES.get(plain) or next(iter(get_close_matches(plain, names, 1, 0.6)), None)
    return CommandError("There is no command", word, near)


def _surplus(name: str, words: Sequence[str]) -> CommandError | None:
    return CommandError(f"`{PREFIX} {name}` does not take", words[0], usage=_usage(name)) if words else None


def _finding(word: str) -> str | None:
    """Return the id of a remark, or None: hexadecimal with a digit, so that no ordinary word is taken for one."""
    plain = _plain(word)
    return plain if _FINDING.fullmatch(plain) and any(char.isdigit() for char in plain) else None


def _plain(word: str) -> str:
    """Return a word as it is compared: lower case for ASCII only, so that no look-alike becomes a known word."""
    return word.strip(",:;.!`").lower() if word.isascii() else word


def _usage(name: str) -> str:
    return next(row.usage for row in ROWS if row.name == name)


ROWS: tuple[Row, ...] = (
    Row("help", "help", "lists these commands", "triage", _parse_help, HelpCommand),
    Row("review", "review", "reviews the pull request as it stands now", "write", _parse_review, ReviewCommand),
    Row(
        "dismiss",
        "dismiss <reason> [id] [text]",
        "says that a remark is not wanted, and why; in its thread, or with the remark's id",
        "write",
        _parse_dismiss,
        DismissCommand,
    ),
    Row("status", "status", "tells which version is in force and why", "triage", _parse_status, StatusCommand),
    Row(
        "train",
        "train [embedded|adapter]",
        "starts the training workflow; the gate judges the result",
        "maintain",
        _parse_train,
        TrainCommand,
    ),
    Row(
        "approve",
        "approve <dataset|version> [text]",
        "allows a dataset to be trained on, or a version that passed the gate to judge, where policy asks for "
        "somebody's word; policy says which role it takes",
        "write",
        _parse_approve,
        ApproveCommand,
    ),
    Row(
        "forget",
        "forget pr|comment [name]",
        "removes this pull request or comment, or the named one, from what was learned, with its history",
        "maintain",
        _parse_forget,
        ForgetCommand,
    ),
    Row(
        "opt-out",
        "opt-out",
        "removes what you wrote from what was learned, with its history; you are not learned from any more",
        "none",
        _parse_opt_out,
        OptOutCommand,
    ),
    Row("opt-in", "opt-in", "lets what you write be learned from again", "none", _parse_opt_in, OptInCommand),
)
