"""Commands about what is kept of people and comments: their rows, and how their words are read."""

from collections.abc import Sequence

from reviewlore.domain.commands import (
    Command,
    CommandError,
    ForgetCommand,
    OptInCommand,
    OptOutCommand,
)
from reviewlore.stages.commands.words import Row, plain, surplus

_FORGET = "forget pr|comment|rule [name]"
_OPT_OUT = "opt-out"
_OPT_IN = "opt-in"


def _parse_forget(words: Sequence[str]) -> Command | CommandError:
    """`forget pr [name]`, `forget comment [name]`, `forget rule <id>`; whoever wants to be forgotten says `opt-out`."""
    kind = plain(words[0]) if words else ""
    if kind in ("author", "me"):
        return CommandError("People are not named to be forgotten, they say it themselves, not", words[0], "opt-out")
    if kind == "rule":
        name = "".join(words[1:2]).strip(",:;.!`")
        missing = None if name else CommandError("Say which rule, by the beginning of its id", usage=_FORGET)
        return surplus(_FORGET, words[2:]) or missing or ForgetCommand("rule", name)
    if kind not in ("pr", "comment"):
        problem = "There is nothing to forget by the name" if words else "Say what to forget"
        return CommandError(problem, words[0] if words else "", usage=_FORGET)
    return surplus(_FORGET, words[2:]) or ForgetCommand("pr" if kind == "pr" else "comment", "".join(words[1:2]))


def _parse_opt_out(words: Sequence[str]) -> Command | CommandError:
    return surplus(_OPT_OUT, words) or OptOutCommand()


def _parse_opt_in(words: Sequence[str]) -> Command | CommandError:
    return surplus(_OPT_IN, words) or OptInCommand()


PRIVACY_ROWS: tuple[Row, ...] = (
    Row(
        "forget",
        _FORGET,
        "removes this pull request or comment, or the named one, from what was learned, with its history; or a rule "
        "that was taught, by the beginning of its id",
        "maintain",
        _parse_forget,
        ForgetCommand,
        writes=True,
    ),
    Row(
        "opt-out",
        _OPT_OUT,
        "removes what you wrote from what was learned, with its history; you are not learned from any more",
        "none",
        _parse_opt_out,
        OptOutCommand,
        writes=True,
    ),
    Row(
        "opt-in",
        _OPT_IN,
        "lets what you write be learned from again",
        "none",
        _parse_opt_in,
        OptInCommand,
        writes=True,
    ),
)
