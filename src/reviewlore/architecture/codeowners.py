"""CODEOWNERS as GitHub reads it: the file's text in, the owners of a path out. No pattern costs much to match.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
The last pattern that matches wins; patterns are those of gitignore without `!`, `[ ]` and `\\#`; a line that breaks
these rules is skipped, and told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Where GitHub looks, the first that exists.
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MAX_BYTES = 3 * 1024 * 1024  # GitHub does not load a bigger one
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One line: a pattern, its owners (none: nobody owns what it matches), and where it stands."""

    pattern: str
    owners: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The rules of one file in their order; `skipped` are the lines GitHub would not take."""

    origin: str
    rules: tuple[OwnerRule, ...]
    skipped: tuple[int, ...] = ()

    def rule_of(self, path: str) -> OwnerRule | None:
        """Return the rule that decides over a path, or None where none matches."""
        parts = tuple(path.split("/"))
        return next((rule for rule in reversed(self.rules) if _matches(rule.pattern, parts)), None)

    def owners_of(self, path: str) -> tuple[str, ...]:
        """Return the owners of a path as written (`@login`, `@org/team`, an address), none where nobody is named."""
        rule = self.rule_of(path)
        return rule.owners if rule else ()


def parse_codeowners(texts: Mapping[str, str]) -> CodeOwners | None:
    """Return the rules of the file GitHub would take among these (path -> text), or None where there is none."""
    origin = next((place for place in PLACES if place in texts), None)
    if origin is None:
        return None
    text = texts[origin]
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return CodeOwners(origin, (), (1,))
    rules, skipped = [], []
    for number, row in enumerate(text.split("\n"), 1):
        pattern, *owners = _fields(row) or ("",)
        if not pattern:
            continue
        if pattern.startswith(("!", "\\#")) or "[" in pattern or not all(_OWNER.fullmatch(owner) for owner in owners):
            skipped.append(number)
        else:
            rules.append(OwnerRule(pattern, tuple(owners), number))
    return CodeOwners(origin, tuple(rules), tuple(skipped))


def _fields(row: str) -> list[str]:
    """Return the words of a line before its comment; a backslash keeps a space inside a word."""
    words: list[str] = []
    word = ""
    characters = iter(row.strip())
    for character in characters:
        if character == "\\":
            word += character + next(characters, "")
        elif character.isspace():
            words += [word] if word else []
            word = ""
        elif character == "#" and not word:
            break
        else:
            word += character
    return [*words, word] if word else words


def _matches(pattern: str, parts: tuple[str, ...]) -> bool:
    """Whether a gitignore pattern matches a path or a folder above it."""
    folder = pattern.endswith("/")
    body = pattern.strip("/")
    if not body:
        return False
    anchored = "/" in pattern.rstrip("/")
    globs = tuple(re.split("/+", body))
    if not anchored:
        globs = ("**", *globs)
    # `docs/*` is meant for the files in `docs` only: GitHub's own deviation from gitignore.
    exact = globs[-1] == "*" and anchored and not folder
    ends = range(len(parts), len(parts) + 1) if exact else range(1, len(parts) + (not folder))
    return any(_covers(globs, parts[:end]) for end in ends)


def _covers(globs: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether globs match all of these parts, `**` any number of them; no backtracking."""
    reached = {0}
    for number, glob in enumerate(globs):
        last = number == len(globs) - 1
        if glob == "**":
            first = min(reached, default=len(parts) + 1)
            reached = set(range(first + last, len(parts) + 1))  # at the end it stands for something
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _fits(glob, parts[at])}
    return len(parts) in reached


def _fits(glob: str, name: str) -> bool:
    """Whether a glob of `*`, `?` and escapes matches a name; the last star alone is ever tried again (Krauss 2008)."""
    signs = re.findall(r"\\.|.", glob, re.DOTALL)
    at = place = 0
    star, mark = -1, 0
    while place < len(name):
        sign = signs[at] if at < len(signs) else ""
        if sign == "*":
            star, mark = at, place
            at += 1
        elif sign and (sign == "?" or sign[-1] == name[place]):
            at += 1
            place += 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(sign == "*" for sign in signs[at:])
