"""Commands about what is known and taught: their rows, and how their words are read."""

import re
from collections.abc import Sequence

from reviewlore.domain.commands import (
    AcceptCommand,
    AskCommand,
    Command,
    CommandError,
    ConfigCommand,
    ExplainCommand,
    RememberCommand,
    WhyCommand,
)
from reviewlore.stages.commands.words import MAX_TEXT, Row, as_finding, plain, surplus

MAX_PATHS = 5
MAX_PATH = 200
_ACCEPT = "accept [id] [text]"
_ASK = "ask <question>"
_CONFIG = "config"
_EXPLAIN = "explain [id]"
_WHY = "why [id]"
_REMEMBER = "remember [in <paths>:] <rule>"
_QUOTES = re.compile(r"""^(["'“„«`])(.*)(["'”“»`])$""", re.DOTALL)


def _parse_accept(words: Sequence[str]) -> Command | CommandError:
    """`accept [id] [text]`."""
    finding = as_finding(words[0]) if words else None
    return AcceptCommand(finding, " ".join(words[1:] if finding else words)[:MAX_TEXT])


def _parse_explain(words: Sequence[str]) -> Command | CommandError:
    finding, wrong = _one_finding(_EXPLAIN, words)
    return wrong or ExplainCommand(finding)


def _parse_why(words: Sequence[str]) -> Command | CommandError:
    """`why [id]`; as a question it may end in its mark."""
    finding, wrong = _one_finding(_WHY, [word for word in words if word != "?"])
    return wrong or WhyCommand(finding)


def _one_finding(usage: str, words: Sequence[str]) -> tuple[str | None, CommandError | None]:
    """Return the id of a remark, or None where none is named; or what is wrong with the words."""
    finding = as_finding(words[0].rstrip("?")) if words else None
    return finding, surplus(usage, words[1:] if finding else words)


def _parse_ask(words: Sequence[str]) -> Command | CommandError:
    question = unquoted(" ".join(words).lstrip(":").strip())
    if not any(map(str.isalpha, question)):
        return CommandError("Say what you want to know", usage=_ASK)
    if len(question) > MAX_TEXT:
        return CommandError(f"A question may have {MAX_TEXT} characters, and this one has {len(question)}", usage=_ASK)
    return AskCommand(question)


def _parse_config(words: Sequence[str]) -> Command | CommandError:
    return surplus(_CONFIG, words) or ConfigCommand()


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
        "explain",
        _EXPLAIN,
        "says what a remark rests on and what would silence it; without a remark, why nothing is said",
        "triage",
        _parse_explain,
        ExplainCommand,
    ),
    Row(
        "why",
        _WHY,
        "tells how a remark came to be said: its run, version, dataset, precedents and decisions",
        "triage",
        _parse_why,
        WhyCommand,
        writes=True,
    ),
    Row(
        "ask",
        _ASK,
        "answers from what this team said, taught and decided, each with its source",
        "triage",
        _parse_ask,
        AskCommand,
    ),
    Row("config", _CONFIG, "lists the settings in force that are no defaults", "triage", _parse_config, ConfigCommand),
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
