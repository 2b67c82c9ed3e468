"""Commands about what is known and taught: their rows, and how their words are read."""

import re
from collections.abc import Sequence

from reviewlore.domain.commands import AcceptCommand, Command, CommandError, RememberCommand
from reviewlore.stages.commands.words import MAX_TEXT, Row, as_finding, plain

MAX_PATHS = 5
MAX_PATH = 200
_ACCEPT = "accept [id] [text]"
_REMEMBER = "remember [in <paths>:] <rule>"
_QUOTES = re.compile(r"""^(["'“„«`])(.*)(["'”“»`])$""", re.DOTALL)


def _parse_accept(words: Sequence[str]) -> Command | CommandError:
    """`accept [id] [text]`."""
    finding = as_finding(words[0]) if words else None
    return AcceptCommand(finding, " ".join(words[1:] if finding else words)[:MAX_TEXT])


def _parse_remember(words: Sequence[str]) -> Command | CommandError:
    """`remember <rule>`, or `remember in <paths>: <rule>`; a colon or quotes around the rule are let pass.

    `in` begins a list of paths only where a colon ends it and each looks like one, so that a rule may begin so too.
    """
    paths, rest = _take_paths(words)
    text = unquoted(" ".join(rest).lstrip(":").strip())
    if not any(map(str.isalpha, text)):
        return CommandError("Say what to remember", usage=_REMEMBER)
    if len(text) > MAX_TEXT:
        return CommandError(f"A rule may have {MAX_TEXT} characters, and this one has {len(text)}", usage=_REMEMBER)
    if len(paths) > MAX_PATHS or any(len(path) > MAX_PATH for path in paths):
        return CommandError(f"A rule may name {MAX_PATHS} paths of {MAX_PATH} characters each", usage=_REMEMBER)
    return RememberCommand(text, paths)


def unquoted(text: str) -> str:
    """Return a text without the quotation marks around the whole of it."""
    found = _QUOTES.match(text)
    return found[2].strip() if found and found[1] not in found[2] else text


def _take_paths(words: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
    """Return the paths that a rule begins with, and the rest; all of it where it begins with none."""
    if not words or plain(words[0]) not in ("in", "for"):
        return (), words
    end = next((place for place, word in enumerate(words) if word.endswith(":")), 0)
    named = " ".join(words[1 : end + 1]).rstrip(":").replace(",", " ").split()
    paths = tuple(dict.fromkeys(name.strip("`\"'") for name in named if name not in ("and", "or")))
    if not paths or not all(re.search(r"[./*]", path) and path.isprintable() for path in paths):
        return (), words
    return paths, words[end + 1 :]


KNOWLEDGE_ROWS: tuple[Row, ...] = (
    Row(
        "accept",
        _ACCEPT,
        "says that a remark is right, which takes back its dismissal; in its thread, or with the remark's id",
        "write",
        _parse_accept,
        AcceptCommand,
        writes=True,
    ),
    Row(
        "remember",
        _REMEMBER,
        "teaches a rule that later reviews know, for all paths or for these (globs)",
        "maintain",
        _parse_remember,
        RememberCommand,
        writes=True,
    ),
)
