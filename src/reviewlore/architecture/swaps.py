"""What a commit put in the place of what: one patch in, pairs of an old and a new name out, with the file of each.

Two rows that differ in one name only, or a file that loses some imports and gains others. No grammar is needed: rows of
a patch are fragments, which none could read.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.patch import CommitPatch, PatchFile
from reviewlore.domain.source import Language, language_of

SwapForm = Literal["name", "attribute", "import"]

# One commit of more swaps than this renames by script; what it did shows in the first of them.
_MOST_SWAPS = 400
_MOST_ROWS = 20_000
_LONGEST_ROW = 300
# More imports than this on one side are a new file part, not an exchange.
_MOST_IMPORTS = 4
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*|[^\s\w]|\d+")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*")
_COMMENT = ("#", "//", "/*", "*", "--")
# Words of the languages themselves, and names that stand for anything.
_WORDS = frozenset(
    "True False None true false null nil undefined self cls this super and or not in is if else elif for while do "
    "try  except finally catch with as from import return yield await async raise throw throws new del delete def "
    "class func  function fn let const var mut pub static final public private protected void int str bool float "
    "bytes object list  dict set tuple string number boolean byte char long double print type interface struct "
    "enum impl trait package use  lambda pass break continue assert global nonlocal match case switch default "
    "abstract extends implements typeof "
    "instanceof http https www com org net io foo bar baz a b c".split()
)
_PYTHON_FROM = re.compile(r"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+(\([^)]*\)?|[^\n#]+)", re.MULTILINE)
_PYTHON_IMPORT = re.compile(r"^[ \t]*import[ \t]+([A-Za-z_][\w., \t]*)$", re.MULTILINE)
_SCRIPT = re.compile(r"""\b(?:from|import|require\()\s*["']([@\w][^"'\n]{0,120})["']""")
_MODULES: dict[Language, re.Pattern[str]] = {
    "typescript": _SCRIPT,
    "javascript": _SCRIPT,
    "go": re.compile(r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w.~/-]+)"[ \t]*$', re.MULTILINE),
    "java": re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)[ \t]*;", re.MULTILINE),
    "rust": re.compile(r"^[ \t]*(?:pub[ \t]+)?use[ \t]+(\w+(?:::\w+)*)", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class Swap:
    """In one file, `old` gave way to `new`: names as written, attributes without their owner, or imported names."""

    form: SwapForm
    old: str
    new: str
    path: str


def find_swaps(patch: CommitPatch) -> tuple[Swap, ...]:
    """Return what one commit exchanged in files that it changed (not in new, removed or moved ones), each once."""
    found: dict[Swap, None] = {}
    for file in patch.files:
        language = language_of(file.path)
        if language is None or file.status != "modified" or file.added + file.removed > _MOST_ROWS:
            continue
        for form, old, new in (*_names(file), *_imports(file, language)):
            found[Swap(form, old, new, file.path)] = None
        if len(found) >= _MOST_SWAPS:
            break
    return tuple(found)[:_MOST_SWAPS]


def pack_swaps(swaps: Sequence[Swap]) -> bytes:
    """Return swaps as bytes to keep."""
    return json.dumps([(swap.form, swap.old, swap.new, swap.path) for swap in swaps]).encode()


def unpack_swaps(data: bytes) -> tuple[Swap, ...] | None:
    """Return the swaps that were kept, or None where these bytes are none."""
    try:
        return tuple(Swap(form, str(old), str(new), str(path)) for form, old, new, path in json.loads(data))
    except (ValueError, TypeError):
        return None


def imported_names(text: str, language: Language) -> frozenset[str]:
    """Return what a text, or a piece of one, imports by absolute names; of Python with the names taken from modules."""
    if language != "python":
        return frozenset(_MODULES[language].findall(text))
    found = {part.split()[0] for row in _PYTHON_IMPORT.findall(text) for part in row.split(",") if part.split()}
    for module, names in _PYTHON_FROM.findall(text):
        listed = re.sub(r"#[^\n]*", "", names).strip("() \t\r\\")
        found.update(f"{module}.{part.split()[0]}" for part in listed.split(",") if part.split())
    return frozenset(found)


def _imports(file: PatchFile, language: Language) -> Iterator[tuple[SwapForm, str, str]]:
    before, after = set[str](), set[str]()
    for hunk in file.hunks:
        rows = hunk.text.split("\n")
        before |= imported_names("\n".join([row[1:] for row in rows if row[:1] != "+"]), language)
        after |= imported_names("\n".join([row[1:] for row in rows if row[:1] != "-"]), language)
    gone, came = before - after, after - before
    if not (0 < len(gone) <= _MOST_IMPORTS and 0 < len(came) <= _MOST_IMPORTS):
        return
    alone = len(gone) == len(came) == 1
    for old in sorted(gone):
        for new in sorted(came):
            if alone or _last(old) == _last(new):
                yield "import", old, new


def _names(file: PatchFile) -> Iterator[tuple[SwapForm, str, str]]:
    for hunk in file.hunks:
        if "\n-" not in f"\n{hunk.text}" or "\n+" not in f"\n{hunk.text}":
            continue
        for old, new in _pairs(hunk.text):
            found = _exchange(old, new)
            if found is not None:
                yield found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of each run of removed and added ones side by side, where there are as many of both."""
    removed, added = list[str](), list[str]()
    for row in (*text.split("\n"), " "):
        sign = row[:1]
        if sign == "+":
            added.append(row[1:])
        elif sign != "\\":
            if added or sign != "-":
                if len(removed) == len(added):
                    yield from zip(removed, added, strict=True)
                removed, added = [], []
            if sign == "-":
                removed.append(row[1:])


def _exchange(old: str, new: str) -> tuple[SwapForm, str, str] | None:
    """Return the one name by which two rows differ, wherever it stands in them, and what it became."""
    if max(len(old), len(new)) > _LONGEST_ROW or old.lstrip().startswith(_COMMENT):
        return None
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(before) != len(after):
        return None
    changed = {(one, other) for one, other in zip(before, after, strict=True) if one != other}
    if len(changed) != 1:
        return None
    one, other = changed.pop()
    return _narrow(one, other) if _NAME.fullmatch(one) and _NAME.fullmatch(other) else None


def _narrow(old: str, new: str) -> tuple[SwapForm, str, str] | None:
    """Return what differs of two dotted names: `testdir.run` and `pytester.run` differ in their owner only."""
    before, after = re.split(r"\.|::", old), re.split(r"\.|::", new)
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before.pop()
        after.pop()
    owned = False
    while len(before) > 1 and len(after) > 1 and before[0] == after[0]:
        del before[0], after[0]
        owned = True
    short = min(len(before), len(after))
    if before[-short:] == after[-short:] or before[:short] == after[:short]:
        return None  # one is the other with more said before or behind it
    names = ".".join(before), ".".join(after)
    if any(name in _WORDS or len(name) < 3 for name in names) or names[0].lower() == names[1].lower():
        return None
    return ("attribute" if owned else "name"), *names


def _last(name: str) -> str:
    return re.split(r"[.:/]", name)[-1]
