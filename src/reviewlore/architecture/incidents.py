"""Which changes were fixes or took others back, and what they had to fix: messages and patches in, incidents out.

Fixes are traced to the change that introduced the lines they took out, after SZZ (Śliwerski, Zimmermann, Zeller 2005).
Its weaknesses hold here too: a fix that only adds lines has no traceable cause; a cosmetic change or a refactoring on
the way is taken for the cause (Kim et al. 2006 skip those: comments and blank lines are skipped here, refactorings are
not); a commit that mixes a fix with other work blames innocent lines; a message that says "fix" may mean a typo. Rosa
et al. 2021 found that the common variants name the right commit in about half of the cases where developers had said
which it was. So a cause is evidence here, never a fact by itself.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.lineage import FileStory
from reviewlore.domain.architecture import Landed
from reviewlore.domain.patch import CommitPatch

MessageKind = Literal["fix", "revert", "other"]

_MERGE = re.compile(r"Merge (pull request|branch|remote-tracking branch|PR)\b|Merged in ")
_FIX = re.compile(
    r"\b(fix(e[sd]|ing)?|bug|bug-?fix(es)?|hot-?fix|regressions?|crash(e[sd]|ing)?|dead-?lock(s|ed)?|resolve[sd]?"
    r"|memory leaks?|race condition|infinite (loop|recursion)|segfaults?)\b",
    re.IGNORECASE,
)
# Fixes of something else than what the program does.
_NO_DEFECT = re.compile(
    r"typos?\b|spelling|grammar|\bdocs?\b|docstring|documentation|changelog|readme|\blint|\bruff\b|flake8|pylint|mypy"
    r"|pyright|typing|type (hint|check|annot)|annotations?\b|\bci\b|workflow|\bbuild|\btests?\b|\btesting\b|flak"
    r"|documented|coverage|\bchore\b|\bstyle\b|format(ting)?\b|whitespace|indentation|comments?\b|links?\b"
    r"|merge conflict|pre-commit|warnings?\b|deprecat|release|\bbump|\bdeps\b|dependenc|refactor|examples?\b",
    re.IGNORECASE,
)
_REVERT = re.compile(r"(\w+(\([\w-]+\))?!?: )?revert(s|ed|ing)?\b(?! ?-?to\b)", re.IGNORECASE)
_QUOTED = re.compile(r'["“](?P<subject>.+)["”]')
_REVERTED_ID = re.compile(r"This reverts commit ([0-9a-f]{7,40})\b", re.IGNORECASE)
_REVERTED_PULL = re.compile(r"\bReverts (?:[\w.-]+/[\w.-]+)?#(\d+)\b")
_PULL = re.compile(r"\(#(\d+)\)$|^Merge pull request #(\d+)\b")


@dataclass(frozen=True, slots=True)
class Revert:
    """A change that took another one back; `reverted` is None where that one is not in sight, its `subject` known."""

    commit: str
    committed_at: int
    subject: str
    reverted: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A fix, and the changes that had introduced the lines it took out, the most guilty first, with their lines."""

    fix: str
    committed_at: int
    title: str
    causes: tuple[tuple[str, int], ...] = ()


def title_of(landed: Landed) -> str:
    """Return what a change is about: the subject, or of a merge of a pull request the title in its body."""
    if _MERGE.match(landed.subject) and landed.body:
        return landed.body.split("\n", 1)[0].strip()
    return landed.subject


def kind_of(landed: Landed) -> MessageKind:
    """Tell from its message whether a change takes another one back, repairs a defect, or neither."""
    title = title_of(landed)
    if _REVERT.match(title) or _REVERTED_ID.match(landed.body):  # further down it may tell of one step of many
        return "revert"
    return "fix" if _FIX.search(title) and not _NO_DEFECT.search(title) else "other"


def find_reverts(mainline: Sequence[Landed], among: Collection[str] | None = None) -> tuple[Revert, ...]:
    """Return the reverts of a line of commits (newest first) with what they took back; only those `among` these ids.

    That is named by its id, by the number of its pull request, or by its subject in quotation marks.
    """
    wanted = {
        landed.commit
        for landed in mainline
        if (among is None or landed.commit in among) and kind_of(landed) == "revert"
    }
    if not wanted:
        return ()
    pulls = {number: landed.commit for landed in reversed(mainline) if (number := _pull(landed))}
    found = []
    older: dict[str, str] = {}
    for landed in reversed(mainline):
        if landed.commit in wanted:
            found.append(Revert(landed.commit, landed.committed_at, title_of(landed), _reverted(landed, pulls, older)))
        for name in (landed.subject, title_of(landed), _bare(landed.subject), _bare(title_of(landed)), landed.commit):
            older[name] = landed.commit
    return tuple(reversed(found))


def find_incidents(mainline: Sequence[Landed], stories: Collection[FileStory]) -> tuple[Incident, ...]:
    """Return the fixes among the changes that took lines out of these files, newest first, with their causes."""
    causes: dict[str, Counter[str]] = {}
    for story in stories:
        for removal in story.removals:
            if removal.introduced is not None:
                causes.setdefault(removal.commit, Counter())[removal.introduced] += removal.lines
    found = []
    for landed in mainline:
        if landed.commit in causes and kind_of(landed) == "fix":
            guilty = sorted(causes[landed.commit].items(), key=lambda item: (-item[1], item[0]))
            found.append(Incident(landed.commit, landed.committed_at, title_of(landed), tuple(guilty)))
    return tuple(found)


def removed_by(
    patches: Sequence[CommitPatch], reverts: Mapping[str, Revert], path: str
) -> Iterator[tuple[Revert, str]]:
    """Yield each line that a revert took out of a file, without indentation, the newest revert first."""
    for patch in patches:
        revert = reverts.get(patch.commit)
        for file in patch.files if revert else ():
            if file.path == path:
                rows = [row for hunk in file.hunks for row in hunk.text.split("\n")]
                back = {row[1:].strip() for row in rows if row.startswith("+")}
                for row in rows:
                    if row.startswith("-") and row[1:].strip() not in back and revert is not None:
                        yield revert, row[1:].strip()


def _reverted(landed: Landed, pulls: Mapping[str, str], older: Mapping[str, str]) -> str | None:
    for pattern, known in ((_REVERTED_ID, older), (_REVERTED_PULL, pulls)):
        match = pattern.search(landed.body)
        if match and match[1] in known:
            return known[match[1]]
    quoted = _QUOTED.search(title_of(landed))
    if quoted is None:
        return None
    subject = quoted["subject"]
    return older.get(subject) or older.get(_bare(subject))


def _pull(landed: Landed) -> str:
    """Return the number of the pull request that a commit says it is, or nothing."""
    match = _PULL.search(landed.subject)
    return (match[1] or match[2]) if match else ""


def _bare(subject: str) -> str:
    return _PULL.sub("", subject).strip()
