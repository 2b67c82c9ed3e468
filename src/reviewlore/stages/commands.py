"""The text of a comment in, a `Command`, a `CommandError` or None out; and every sentence of an answer to a command.

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
    PASSING_REASONS,
    Command,
    CommandError,
    DismissCommand,
    DismissReason,
    HelpCommand,
    ReviewCommand,
    StatusCommand,
    TrainCommand,
    TrainTier,
)
from reviewlore.domain.model import Registry
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
}
_REASON_TEXT: dict[DismissReason, str] = {
    "wrong": "the remark is not true",
    "not-here": "true elsewhere, but this place is an exception",
    "already-known": "known, and tracked elsewhere",
    "style-only": "a matter of taste",
    "too-minor": "true, but not worth a comment",
    "intended": "done on purpose",
    "duplicate": "said already",
}
_FINDING = re.compile(r"[0-9a-f]{6,64}")
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


def render_help() -> str:
    """Return the answer to `/lore help`."""
    rows = "\n".join(
        f"| `{PREFIX} {row.usage.replace('|', chr(92) + '|')}` | {row.summary} | {row.role} |" for row in ROWS
    )
    reasons = "\n".join(f"- `{reason}`: {text}" for reason, text in _REASON_TEXT.items())
    return (
        "Write a command as the first line of a new comment. Edited comments are not read.\n\n"
        f"| command | what it does | needs the role |\n| --- | --- | --- |\n{rows}\n\n"
        f"Reasons to dismiss a remark:\n\n{reasons}"
    )


def render_error(error: CommandError) -> str:
    """Return the answer to a command that cannot be read: what is wrong, and what to type instead."""
    word = f" {as_code(error.word)}" if error.word else ""
    parts = [f"{error.problem}{word}."]
    if error.suggestion:
        parts.append(f"Did you mean `{PREFIX} {error.suggestion}`?")
    if error.usage:
        parts.append(f"The form is `{PREFIX} {error.usage}`.")
    parts.append(f"Nothing was done; `{PREFIX} help` lists the commands.")
    return " ".join(parts)


def render_refusal(command: Command, role: Role) -> str:
    """Return the answer to somebody who may not."""
    row = row_of(command)
    return f"`{PREFIX} {row.name}` needs the role {row.role} in this repository; yours is {role}. Nothing was done."


def render_failure(command: Command, reason: str, run_url: str) -> str:
    """Return the answer where a permitted command could not be carried out."""
    text = f"`{PREFIX} {row_of(command).name}` could not be carried out: {reason}"
    return f"{text}\n\n[The log of this run]({run_url}) has the details." if run_url else text


def render_reviewed(head: str, posted: int, known: int, elsewhere: int) -> str:
    """Return the answer to `/lore review` where the review ran to its end."""
    if not posted + known + elsewhere:
        return f"Reviewed `{head[:12]}`: nothing to remark."
    parts = [f"{posted} new {_plural(posted, 'remark')} on the changed lines"]
    if known:
        parts.append(f"{known} said before and left as {_plural(known, 'it is', 'they are')}")
    if elsewhere:
        parts.append(f"{elsewhere} in the summary, outside the diff or above the limit")
    return f"Reviewed `{head[:12]}`: {', '.join(parts)}."


def render_not_reviewed(head: str, reason: str) -> str:
    """Return the answer to `/lore review` where nothing may be posted for a reason that is nobody's fault."""
    texts = {
        "head_moved": "the pull request was pushed to meanwhile, so nothing was posted; the review of the new head "
        "follows by itself",
        "pull_request_closed": "the pull request was closed meanwhile, so nothing was posted",
        "pull_request_locked": "the conversation is locked, so nothing was posted",
    }
    return f"Reviewed `{head[:12]}`, but {texts.get(reason, f'nothing was posted ({reason})')}."


def render_dismissed(command: DismissCommand, finding: str) -> str:
    """Return the answer to `/lore dismiss`."""
    again = "" if command.reason in PASSING_REASONS else ", and the remark is not made again in this repository"
    return (
        f"Noted: `{finding}` is dismissed as `{command.reason}` ({_REASON_TEXT[command.reason]}). "
        f"It is kept on the state branch{again}."
    )


def render_which_finding(findings: Sequence[str]) -> str:
    """Return the answer to a dismissal that does not say which remark is meant."""
    if not findings:
        return "There is no remark of mine on this pull request to dismiss."
    known = ", ".join(f"`{finding}`" for finding in findings[:20])
    return (
        f"Which remark? Answer in its thread, or name it: `{PREFIX} dismiss <reason> <id>`. "
        f"On this pull request: {known}."
    )


def render_status(registry: Registry, episodes: int, signals: int) -> str:
    """Return the answer to `/lore status`, from the registry and the number of kept episodes and signals."""
    learned = f"Learned from {episodes} {_plural(episodes, 'review remark')} and {signals} {_plural(signals, 'signal')}"
    if not registry.entries:
        return f"{learned}. No version was trained yet: the shipped prior is in force."
    active = [entry for entry in registry.entries if entry.state == "active"]
    lines = [f"{learned}.", ""]
    if not active:
        lines += ["No trained version is active: the shipped prior is in force.", ""]
    lines += ["| version | tier | state | since | why |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{entry.id}` | {entry.tier} | {entry.state} | {entry.decided_at[:10]} | {_cell(entry.reason)} |"
        for entry in registry.entries[::-1][:5]
    ]
    if len(registry.entries) > 5:
        lines.append(f"\nand {len(registry.entries) - 5} older.")
    return "\n".join(lines)


def render_train_started(command: TrainCommand, workflow_url: str) -> str:
    """Return the answer to `/lore train`."""
    return (
        f"Training of the `{command.tier}` tier is asked for; it starts when a runner is free: {workflow_url}. "
        "The gate decides whether its result is used."
    )


def as_code(text: str) -> str:
    """Return a stranger's word as inert inline code: one line, no backticks, at most 60 characters."""
    clean = "".join(char if char.isprintable() else "?" for char in text).replace("`", "'")
    return f"`{clean[:60]}{'…' if len(clean) > 60 else ''}`"


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


def _plural(count: int, one: str, many: str | None = None) -> str:
    return one if count == 1 else many or f"{one}s"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("@", "@\u200b")


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
)
