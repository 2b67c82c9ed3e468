"""The text of a comment in, a `Command`, a `CommandError` or None out.

A command is the first line of a comment and starts with `/lore`. One row of `ROWS` is one command: its name, usage,
the role it needs and its parser; help is rendered from the rows, by theme. No setting can be reached from a comment.
"""

import re
from difflib import get_close_matches

from reviewlore.domain.commands import Command, CommandError, HelpCommand
from reviewlore.domain.people import Role, is_at_least
from reviewlore.stages.commands.rows_knowledge import KNOWLEDGE_ROWS
from reviewlore.stages.commands.rows_privacy import PRIVACY_ROWS
from reviewlore.stages.commands.rows_review import REVIEW_ROWS
from reviewlore.stages.commands.rows_training import TRAINING_ROWS
from reviewlore.stages.commands.words import Row, plain

THEMES: dict[str, tuple[Row, ...]] = {
    "Reviews": REVIEW_ROWS,
    "Why, and what is known": KNOWLEDGE_ROWS,
    "Versions": TRAINING_ROWS,
    "What is kept": PRIVACY_ROWS,
}
ROWS: tuple[Row, ...] = tuple(row for rows in THEMES.values() for row in rows)
_TRIGGER = re.compile(r" {0,3}/lore(?=[\s,:;.!]|$)[\s,:;.!]*", re.IGNORECASE)
_COURTESY = frozenset({"please", "pls", "thanks", "thx"})
_ALIASES = {
    **dict.fromkeys(("?", "commands"), "help"),
    **dict.fromkeys(("re-review", "rerun", "check"), "review"),
    **dict.fromkeys(("ignore", "reject"), "dismiss"),
    **dict.fromkeys(("stop", "hold", "mute"), "pause"),
    **dict.fromkeys(("unpause", "continue", "unmute"), "resume"),
    **dict.fromkeys(("info", "version"), "status"),
    **dict.fromkeys(("retrain", "learn"), "train"),
    **dict.fromkeys(("judge", "eval", "score"), "evaluate"),
    **dict.fromkeys(("activate", "deploy"), "promote"),
    **dict.fromkeys(("revert", "undo"), "rollback"),
    **dict.fromkeys(("allow",), "approve"),
    **dict.fromkeys(("details", "evidence"), "explain"),
    **dict.fromkeys(("lineage", "trace", "reason"), "why"),
    **dict.fromkeys(("question", "search"), "ask"),
    **dict.fromkeys(("settings", "configuration"), "config"),
    **dict.fromkeys(("agree", "agreed", "confirm"), "accept"),
    **dict.fromkeys(("rule", "teach", "memorize", "memorise"), "remember"),
    **dict.fromkeys(("optout", "opt_out", "unsubscribe"), "opt-out"),
    **dict.fromkeys(("optin", "opt_in"), "opt-in"),
    **dict.fromkeys(("delete", "erase"), "forget"),
}


def parse_command(text: str) -> Command | CommandError | None:
    """Read the first line of a comment; None where it is not meant for us (other text, a quote, code)."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    match = _TRIGGER.match(first)
    if match is None:
        return None
    words = first[match.end() :].split()
    while len(words) > 1 and plain(words[-1]) in _COURTESY:
        words.pop()
    while len(words) > 1 and plain(words[0]) in _COURTESY:
        words.pop(0)
    if not words:
        return HelpCommand()
    name = plain(words[0]).rstrip("?") or "?"
    row = next((row for row in ROWS if row.name == name), None)
    return _unknown(words[0]) if row is None else row.parse(words[1:])


def has_unread(text: str) -> bool:
    """Whether a comment that begins with a command has more of them on later lines, which are not read."""
    return sum(bool(_TRIGGER.match(line)) for line in text.splitlines()) > 1


def row_of(command: Command) -> Row:
    """Return the row of a command."""
    return next(row for row in ROWS if isinstance(command, row.command))


def may(role: Role, command: Command) -> bool:
    """Whether a person with this role may give this command."""
    return is_at_least(role, row_of(command).role)


def is_for_everybody(said: Command | CommandError) -> bool:
    """Whether somebody without any role is answered: commands about oneself, also where they are misspelt."""
    if isinstance(said, CommandError):
        return any(row.role == "none" and (row.usage == said.usage or row.name == said.suggestion) for row in ROWS)
    return row_of(said).role == "none"


def _unknown(word: str) -> CommandError:
    given = plain(word)
    names = [row.name for row in ROWS]
    near = _ALIASES.get(given) or next(iter(get_close_matches(given, names, 1, 0.6)), None)
    return CommandError("There is no command", word, near)
