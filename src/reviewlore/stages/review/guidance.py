"""What a team wrote down for people and models that change its code: files of the base in, the sections that concern
a change out. Sections are ordered by how much they have to do with the changed paths, and cut to a share of the prompt.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reviewlore.domain.neutral import neutral_prose
from reviewlore.domain.retrieval import covers
from reviewlore.stages.review.context import Section

# Files of this name hold for the folder they lie in and all below it (https://agents.md).
NESTED = ("AGENTS.md", "CLAUDE.md")
# More than this nobody wrote by hand for others to keep to.
MAX_FILES = 24
MAX_CHARACTERS = 100_000
_MOST_SECTIONS = 400
_HEADING = re.compile(r"#{1,6}[ \t]+(?P<words>\S.*)")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
# The row under a heading, in Markdown and in reStructuredText; the row must be as long as its heading.
_UNDERLINE = re.compile(r"([=\-~^\"'`*+#])\1{2,}[ \t]*")
_FRONT = re.compile(r"\A---[ \t]*\n(?P<rows>.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{2,}")
# Rules for code, and not how to sign, install or release.
_RULES = re.compile(
    r"\b(must|never|always|avoid|prefer|don'?t|do not|should|use|style|convention|naming|tests?|error|exception|log"
    r"|import|layer|document|docstring|changelog|review)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class GuidanceFile:
    """One file at the base; `applies` are the globs of the paths it is for (None: it does not say, so all)."""

    path: str
    text: str
    applies: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Guidance:
    """The sections to show, how many there are in all that apply, and how many hidden parts were taken out."""

    sections: tuple[Section, ...] = ()
    applicable: int = 0
    hidden: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    section: Section
    score: float


def guidance_paths(files: Iterable[str], patterns: Sequence[str], changed: Iterable[str]) -> tuple[str, ...]:
    """Return which files of a tree hold guidance for these changed paths: the nearest folder's first, then as named."""
    known = files if isinstance(files, frozenset | set) else frozenset(files)
    folders = {folder for path in changed for folder in _folders(path)}
    nested = [
        f"{folder}/{name}" for folder in sorted(folders, key=lambda one: (-one.count("/"), one)) for name in NESTED
    ]
    named: list[str] = []
    for pattern in patterns:
        plain = not set(pattern) & set("*?[")
        named += [pattern] if plain else sorted(path for path in known if fnmatchcase(path, pattern))
    return tuple(path for path in dict.fromkeys([*nested, *named]) if path in known)[:MAX_FILES]


def front_matter(text: str) -> tuple[str, str]:
    """Return what stands between the `---` rows at the beginning of a file, and the rest; empty where there is none."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _FRONT.match(text)
    return (found["rows"], text[found.end() :]) if found else ("", text)


def apply_to(value: object) -> tuple[str, ...] | None:
    """Return the globs of Copilot's `applyTo`: a text of globs with commas between them, or a list of such texts.

    https://docs.github.com/en/copilot/customizing-copilot/adding-repository-custom-instructions-for-github-copilot
    """
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    globs = tuple(part.strip() for text in texts if isinstance(text, str) for part in text.split(",") if part.strip())
    return globs or None


def applies(globs: Sequence[str] | None, paths: Iterable[str]) -> bool:
    """Whether guidance for these globs concerns one of the paths (None: it does not say, so it does)."""
    return globs is None or any(covers(globs, path) for path in paths)


def select_guidance(
    files: Sequence[GuidanceFile], changed: Sequence[str], share: int, cost: Callable[[str], int]
) -> Guidance:
    """Return the sections that concern the changed paths most, as long as they cost at most `share` tokens together.

    A section that does not fit whole is cut at a row, and says so. What stands in two files is shown once.
    """
    found: dict[str, _Found] = {}
    hidden = 0
    words = _words_of(changed)
    for order, file in enumerate(file for file in files if applies(file.applies, changed)):
        shown = neutral_prose(file.text[:MAX_CHARACTERS])
        hidden += shown.parts + shown.characters
        nearness = _nearness(file, changed)
        for heading, text in _sections(shown.text):
            key = " ".join(text.split())
            if len(found) < _MOST_SECTIONS and key and key not in found:
                source = f"{file.path}: {heading}" if heading else file.path
                score = nearness + _relevance(heading, text, words, changed) - order / 100
                found[key] = _Found(Section(source, text), score)
    kept, cut = _fit(sorted(found.values(), key=lambda one: -one.score), share, cost)
    return Guidance(kept, len(found), hidden, cut)


def _fit(found: Sequence[_Found], share: int, cost: Callable[[str], int]) -> tuple[tuple[Section, ...], int]:
    kept, cut = [], 0
    left = share
    for one in found:
        whole = cost(one.section.source) + cost(one.section.text) + 12
        if whole <= left:
            kept.append(one.section)
            left -= whole
            continue
        rows = one.section.text.split("\n")
        room = left - cost(one.section.source) - 24
        some: list[str] = []
        while len(some) < len(rows) and (price := cost(rows[len(some)])) <= room:
            room -= price
            some.append(rows[len(some)])
        cut += 1
        if len(some) >= 4:
            some.append("(the rest of this section is not shown)")
            kept.append(Section(one.section.source, "\n".join(some)))
            left = room
    return tuple(kept), cut


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield heading and text of each section of Markdown or reStructuredText; the heading is part of the text."""
    heading, rows, fenced = "", list[str](), False
    for row in text.split("\n"):
        title = None if fenced else _HEADING.fullmatch(row.rstrip())
        if _FENCE.match(row):
            fenced = not fenced
        if title:
            yield heading, "\n".join(rows).strip()
            heading, rows = title["words"].strip(" #"), []
        elif not fenced and rows and rows[-1].strip() and _UNDERLINE.fullmatch(row) and len(row) >= len(rows[-1]):
            above = rows.pop()
            yield heading, "\n".join(rows).strip()
            heading, rows = above.strip(), [above]
        rows.append(row)
    yield heading, "\n".join(rows).strip()


def _relevance(heading: str, text: str, words: frozenset[str], changed: Sequence[str]) -> float:
    """Return how much a section has to do with the changed paths: their names in it, and that it states rules."""
    said = {word.lower() for word in _WORD.findall(text)}
    titled = {word.lower() for word in _WORD.findall(heading)}
    named = sum(path in text or f"{path.rpartition('/')[0]}/" in text for path in changed if "/" in path)
    rules = min(1.0, 20 * len(_RULES.findall(text)) / max(60, len(text.split())))
    return 2.0 * min(2, named) + min(2.0, 0.25 * len(words & said) + 0.5 * len(words & titled)) + rules


def _words_of(paths: Iterable[str]) -> frozenset[str]:
    """Return the words that the changed paths are made of."""
    found = {word.lower() for path in paths for word in re.split(r"[^A-Za-z0-9]+", path) if len(word) > 2}
    if any("test" in path.lower() for path in paths):
        found |= {"test", "tests", "testing"}
    return frozenset(found)


def _nearness(file: GuidanceFile, changed: Sequence[str]) -> float:
    """Return more for guidance of a folder that holds changed files, and for what names the paths it is for."""
    folder = file.path.rpartition("/")[0]
    nested = (
        file.path.rpartition("/")[2] in NESTED and folder and any(path.startswith(f"{folder}/") for path in changed)
    )
    return 3.0 * bool(nested) + 1.5 * (file.applies is not None) + 0.5 * (file.path.rpartition("/")[2] in NESTED)


def _folders(path: str) -> Iterator[str]:
    """Yield every folder above a path but the topmost."""
    parts = path.split("/")[:-1]
    for end in range(1, len(parts) + 1):
        yield "/".join(parts[:end])
