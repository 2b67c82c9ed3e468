"""Text that strangers or models wrote, made inert for a GitHub comment: it reads the same and does nothing.

No mention, issue or pull request reference, link, image, HTML, hidden character, suggestion block or slash command
survives; inline code, fenced code, lists and emphasis do. GitHub Flavored Markdown: https://github.github.com/gfm
"""

import re
from collections.abc import Iterable, Iterator

from reviewlore.domain.visible import visible

_BREAK = "\u200b"  # a zero-width space: GitHub no longer sees a mention or a reference, people still read the text
_JOINERS = re.compile("[\u200c\u200d\u2800\u3164\uffa0\u115f\u1160\u17b4\u17b5]")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_FENCE = re.compile(r"^ {0,3}(?:(?P<ticks>`{3,})[ \t]*(?P<info>[^`]*)|(?P<tildes>~{3,})[ \t]*(?P<note>.*))$")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_SPECIAL = re.compile(r"[\\\[\]<>&`]|~(?=~~)")
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_LANGUAGES = frozenset(
    "bash c cpp css diff go html ini java javascript js json jsx kotlin python py ruby rust sh sql toml ts tsx "
    "typescript xml yaml".split()
)
_LIVE = re.compile(
    r"(?P<mention>@)(?=[\w-])|(?P<number>#)(?=\d)|(?P<short>gh)(?=-\d)|(?P<scheme>:)(?=//)|(?P<www>www)(?=\.)"
    r"|(?P<mail>(?:mailto|xmpp):)",
    re.IGNORECASE,
)
# A quotation mark at the start of a line is kept as a quotation; its text is read like any other.
_LINE_START = re.compile(r"^([ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+|>[ \t]?)*)(?=/)")
# In code, `//` and `/*` begin a comment, and whoever copies it wants no character more. Small print of ours is `<sub>`.
_TOLD_IN_CODE = re.compile(r"^([ \t>]*)(?=/\w)|^(?=<sub>)")


def inert(text: str) -> str:
    """Return Markdown that reads like `text` and cannot do anything; fences are closed, lines kept."""
    return "\n".join(_lines(_seen(text).split("\n")))


def inert_line(text: str) -> str:
    """Return `text` on one line, inert, without block structure."""
    return _LINE_START.sub(rf"\1{_BREAK}", _inline(" ".join(_seen(text).split())))


def inert_code(text: str) -> str:
    """Return `text` as one inline code span: nothing in it is read as Markdown."""
    line = _no_comment(" ".join(_seen(text).split()))
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else "` `"


def inert_rows(code: str) -> str:
    """Return code that stands in a longer fence: no row can be read as a command, a marker or small print of ours."""
    return "\n".join(map(_untold, visible(code).split("\n")))


def folded_diagram(diagram: str) -> str:
    """Return Mermaid text as a closed part of a comment; `diagram` is ours, and has no fence or markup in it."""
    return (
        "<details><summary>Imports between packages that this change adds or removes</summary>\n\n"
        f"````mermaid\n{diagram.rstrip()}\n````\n\n</details>"
    )


def _seen(text: str) -> str:
    cleaned = _SELECTORS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return visible(_JOINERS.sub(lambda match: f"\\u{ord(match[0]):04x}", cleaned))


def _lines(rows: Iterable[str]) -> Iterator[str]:
    fence = ""
    for row in rows:
        mark, info = _fence_of(row)
        if fence:
            closes = mark.startswith(fence) and not info
            fence = "" if closes else fence
            yield "````" if closes else _fenced(row)
        elif mark:
            fence = mark
            yield "````" + (info if info in _LANGUAGES else "")
        else:
            yield _LINE_START.sub(rf"\1{_BREAK}", _inline(row, quote=True))
    if fence:
        yield "````"


def _fence_of(row: str) -> tuple[str, str]:
    match = _FENCE.match(row)
    if match is None:
        return "", ""
    return match["ticks"] or match["tildes"], (match["info"] or match["note"] or "").strip().lower()


def _fenced(row: str) -> str:
    """Keep a line of code from ending our fence, and from saying something to whoever reads the raw text."""
    return _untold(row.replace("````", f"```{_BREAK}`"))


def _untold(row: str) -> str:
    return _TOLD_IN_CODE.sub(lambda match: f"{match[1] or ''}{_BREAK}", _no_comment(row))


def _inline(row: str, quote: bool = False) -> str:
    """Escape one line outside its code spans; a code span is kept, since GitHub reads nothing in it."""
    mark = re.match(r"[ \t]*(?:>[ \t]?)+", row) if quote else None
    parts, start = [mark[0] if mark else ""], mark.end() if mark else 0
    for match in _CODE.finditer(row, start):
        parts += [_prose(row[start : match.start()]), _no_comment(match[0])]
        start = match.end()
    return "".join([*parts, _prose(row[start:])])


def _prose(text: str) -> str:
    broken = _LIVE.sub(lambda match: match[0] + _BREAK, text)
    return _SPECIAL.sub(lambda match: _ENTITY.get(match[0], f"\\{match[0]}"), broken)


def _no_comment(code: str) -> str:
    """Keep code from looking like one of our hidden markers to anybody who searches the raw text."""
    return code.replace("<!--", f"<{_BREAK}!--")
