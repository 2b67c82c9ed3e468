"""CODEOWNERS as GitHub reads it: the file's text in, the owners of a path out. No pattern costs much to match.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
The last pattern that matches wins; patterns are those of gitignore without `!`, `[ ]` and `\\#`; a line that breaks
these rules is skipped, and told.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

# Where GitHub looks, the first that exists.
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MAX_BYTES = 3 * 1024 * 1024  # GitHub does not load a bigger one
MAX_ALIKE = 1000  # patterns with the same longest name in them (or none), which are all tried on a path that has it
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")

_WILD = re.compile(r"[*?\\]")


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
    _by_word: dict[str, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            found[_word(rule.pattern)].append(number)
        object.__setattr__(self, "_by_word", dict(found))

    def rule_of(self, path: str) -> OwnerRule | None:
        """Return the rule that decides over a path, or None where none matches."""
        parts = tuple(path.split("/"))
        some = {number for word in ("", *parts) for number in self._by_word.get(word, ())}
        rules = (self.rules[number] for number in sorted(some, reverse=True))
        return next((rule for rule in rules if _matches(rule.pattern, parts)), None)

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
    if max(Counter(_word(rule.pattern) for rule in rules).values(), default=0) > MAX_ALIKE:
        return CodeOwners(origin, (), (1,))
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


def _word(pattern: str) -> str:
    """Return a name that must stand in every path that a pattern matches; empty where none must."""
    return max((part for part in pattern.split("/") if not _WILD.search(part)), key=len, default="")


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
    return any(end in ends for end in _ends(globs, parts))


def _ends(globs: tuple[str, ...], parts: tuple[str, ...]) -> set[int]:
    """Return how many leading parts globs can match, `**` any number of them; no backtracking."""
    reached = {0}
    for number, glob in enumerate(globs):
        last = number == len(globs) - 1
        if glob == "**":
            if number == 0 or globs[number - 1] != "**":
                first = min(reached, default=len(parts) + 1)
                reached = set(range(first, len(parts) + 1))
            if last:  # at the end it stands for something
                reached.discard(min(reached, default=0))
        else:
            fits = _segment(glob).fullmatch
            reached = {at + 1 for at in reached if at < len(parts) and fits(parts[at])}
        if not reached:
            break
    return reached


@lru_cache(maxsize=4096)
def _segment(glob: str) -> re.Pattern[str]:
    """Compile a glob of `*`, `?` and escapes for one name; atomic groups keep hostile ones from backtracking."""
    pieces = [""]
    for sign in re.findall(r"\\.|.", glob, re.DOTALL):
        if sign == "*":
            pieces.append("")
        else:
            pieces[-1] += "." if sign == "?" else re.escape(sign[-1])
    first, *rest = pieces
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)
