"""What rows of a patch say: texts with their paths in; which are blank or comments, and rows without versions, out."""

import re
from collections.abc import Iterator

from reviewlore.diff import Hunk
from reviewlore.domain.source import language_of

# `* ` and `*/` go on with a block comment; `*name` is code (Go, Rust, C). In JavaScript and Rust `#` is code, too.
_SLASHES = re.compile(r"//|/\*|\*/|\*(\s|$)")
_HASH = re.compile(r"#")
_SLASHED = frozenset("mod work gradle kts kt proto c h cc cpp hpp cs swift scala css scss less php".split())
_HASHED = frozenset("toml yml yaml cfg ini sh bazel bzl mk cmake rb tf nix conf properties".split())
_HASHED_NAMES = frozenset({"makefile", "dockerfile", "pipfile", "build", "workspace"})
_AFTER_CODE = {_SLASHES: re.compile(r"(?<!\s)\s+(//.*|/\*.*\*/)$"), _HASH: re.compile(r"(?<!\s)\s+#.*$")}
_QUOTE = re.compile(r"[\"'`]")
_VERSION = re.compile(r"(?<![A-Za-z_])v?\d[\w.+*-]*")


def added_texts(hunk: Hunk) -> Iterator[tuple[int, str]]:
    """Yield number and text of each added line of a hunk."""
    return _texts(hunk, "+", hunk.added)


def removed_texts(hunk: Hunk) -> Iterator[tuple[int, str]]:
    """Yield old number and text of each removed line of a hunk."""
    return _texts(hunk, "-", hunk.removed)


def says_nothing(row: str, path: str) -> bool:
    """Whether a row of a file is blank, or a comment by how it begins; rows inside of a block comment may be missed."""
    mark, text = _mark(path), row.strip()
    return not text or (mark is not None and mark.match(text) is not None)


def without_comment(row: str, path: str) -> str:
    """Return a row without what stands behind its code; a row with a quotation mark is left as it is."""
    mark = _mark(path)
    return row.rstrip() if mark is None or _QUOTE.search(row) else _AFTER_CODE[mark].sub("", row).rstrip()


def without_versions(row: str) -> str:
    """Return a row with every version in it (`1.2`, `v0.3.0-rc1`, `27.3.1+x`) replaced by the same sign."""
    return _VERSION.sub("0", row)


def _texts(hunk: Hunk, sign: str, lines: frozenset[int]) -> Iterator[tuple[int, str]]:
    numbers = iter(sorted(lines))
    for row in hunk.text.split("\n")[1:]:
        if row.startswith(sign):
            yield next(numbers), row[1:]


def _mark(path: str) -> re.Pattern[str] | None:
    """Return how a comment begins in a file of this name, None where that is not known."""
    language, name = language_of(path), path.rpartition("/")[2].lower()
    suffix = name.rpartition(".")[2] if "." in name else ""
    if language == "python" or suffix in _HASHED or name in _HASHED_NAMES or name.startswith("requirements"):
        return _HASH
    return _SLASHES if language is not None or suffix in _SLASHED else None
