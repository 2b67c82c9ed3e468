"""A model's replacement for a few rows: committable, to be shown only, or nothing. Texts in, texts out.

It never touches a row it is not anchored to, and offers nothing to commit that it has not seen parse in a copy.
"""

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.domain.late import LatePattern
from reviewlore.domain.visible import visible

# Says of a path and a text whether the text has syntax errors; None where nobody here reads that language.
Broken = Callable[[str, str], bool | None]

_WRAPPED = LatePattern(r"\A\s*(?P<fence>`{3,}|~{3,})[^\n`~]*\n(?P<code>.*?)\n?[ \t]*(?P=fence)\s*\Z", re.DOTALL)
_FENCE = LatePattern(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)
_MOST_MORE = 40  # rows that a suggestion may have beyond those it replaces: more is not a remark but a rewrite
_TELLING = 4  # characters of a row: `}` or `else:` beside the anchor may well be meant to stand twice
_MAX_PARSED = 1_000_000


@dataclass(frozen=True, slots=True)
class Fitted:
    """What became of a suggestion: its rows with the file's indentation, whether they can be committed, or why not."""

    text: str | None = None
    committable: bool = False
    reason: str = ""


def apply_suggestion(source: str, anchor: Anchor, suggestion: str) -> str | None:
    """Return a file's text with the anchored rows replaced, or None where it has not got them.

    An empty suggestion deletes the rows; line ends stay as the replaced rows had them.
    """
    rows = source.split("\n")
    first, last = _range(anchor)
    if anchor.side != "RIGHT" or not 1 <= first <= last <= len(rows):
        return None
    end = "\r" if rows[first - 1].endswith("\r") else ""
    new = [row.removesuffix("\r") + end for row in suggestion.split("\n")] if suggestion else []
    return "\n".join([*rows[: first - 1], *new, *rows[last:]])


def settle_suggestion(finding: Finding, source: str | None, broken: Broken) -> tuple[Finding, str]:
    """Return a finding whose suggestion can be committed, or is shown in its advice, or is gone, with the reason why.

    The reason is empty where the suggestion is kept, or there was none.
    """
    if finding.suggestion is None:
        return finding, ""
    fitted = fit_suggestion(finding.anchor.path, source, finding.anchor, finding.suggestion, broken)
    if fitted.committable:
        return replace(finding, suggestion=fitted.text), ""
    if fitted.text:
        shown = f"{finding.advice}\n\n```\n{fitted.text}\n```".strip()
        return replace(finding, suggestion=None, advice=shown), ""
    return replace(finding, suggestion=None), fitted.reason or "suggestion_not_checked"


def fit_suggestion(path: str, source: str | None, anchor: Anchor, suggestion: str, broken: Broken) -> Fitted:
    """Return a suggestion fitted to the rows it replaces; `source` is the head's file, None where it cannot be read."""
    if source is None or apply_suggestion(source, anchor, "") is None:
        return Fitted(reason="suggestion_not_on_new_lines")
    rows = source.split("\n")
    first, last = _range(anchor)
    old = [row.removesuffix("\r") for row in rows[first - 1 : last]]
    text = _indented(_unwrapped(suggestion), old)
    new = text.split("\n") if text else []
    applied = apply_suggestion(source, anchor, text)
    beside = (rows[first - 2 : first - 1] if first > 1 else [], rows[last : last + 1])
    checks = (
        ("suggestion_with_fence_or_hidden_characters", bool(_FENCE.search(text)) or visible(text) != text),
        ("suggestion_changes_nothing", applied == source or list(map(str.rstrip, new)) == list(map(str.rstrip, old))),
        ("suggestion_too_long", len(new) > len(old) + _MOST_MORE),
        ("suggestion_repeats_its_neighbours", _repeats(new, old, *beside)),
    )
    if reason := next((name for name, hit in checks if hit), ""):
        return Fitted(reason=reason)
    verdict = None if applied is None else _breaks(path, source, applied, broken)
    if verdict:
        return Fitted(reason="suggestion_does_not_parse")
    return Fitted(text, committable=verdict is False)


def _range(anchor: Anchor) -> tuple[int, int]:
    last = anchor.line or 0
    return (anchor.start_line or last), last


def _unwrapped(suggestion: str) -> str:
    """Take off the fence that models put around code, and one last line end."""
    text = suggestion.replace("\r\n", "\n")
    match = _WRAPPED.match(text)
    return match["code"] if match else text.removesuffix("\n")


def _indented(text: str, old: Sequence[str]) -> str:
    """Move a block as a whole to where the rows it replaces begin, if its first row begins elsewhere."""
    rows = text.split("\n")
    wanted, given = _indent(old), _indent(rows)
    if not text.strip() or wanted == given:
        return text
    if all(row.startswith(given) or not row.strip() for row in rows):
        return "\n".join(wanted + row[len(given) :] if row.strip() else row for row in rows)
    return text


def _indent(rows: Sequence[str]) -> str:
    first = next((row for row in rows if row.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _repeats(new: Sequence[str], old: Sequence[str], before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether a suggestion brings along the row before or after its own, which would then stand twice."""
    pairs = [*zip(new[:1], before, old[:1], strict=False), *zip(new[-1:], after, old[-1:], strict=False)]
    return any(
        len(row.strip()) >= _TELLING and row.strip() == beside.strip() != own.strip() for row, beside, own in pairs
    )


def _breaks(path: str, before: str, after: str, broken: Broken) -> bool | None:
    """Whether a change brings syntax errors; None where that cannot be told, as of a file that has some already."""
    if max(len(before), len(after)) > _MAX_PARSED or broken(path, before) is not False:
        return None
    if path.endswith((".py", ".pyi")) and _is_python(before) and not _is_python(after):
        return True  # the grammar in use reads past wrong indentation, Python itself does not
    return broken(path, after) is not False


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
