"""Code with a record: functions that had to be fixed again and again, and work that was taken back once. Facts out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.incidents import Revert, find_incidents, find_reverts, kind_of, removed_by, title_of
from reviewlore.architecture.rows import added_texts, removed_texts, says_nothing
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Evidence, Fact, Landed
from reviewlore.domain.source import Definition

# Less than one function in a hundred is fixed so often within so long (of pytest, celery, pydantic and scrapy).
MIN_FIXES = 3
WITHIN = 2 * 365 * 86_400
# Where everything passes through, some changes are fixes; here a good part of them has to be.
MIN_FIX_SHARE = 0.3
# Added and removed lines of code together: a single line replaced mostly follows something elsewhere.
MIN_ROWS = 3
# Lines that say something: a bracket or a lone `return` comes back all the time.
_TELLING = 20
MIN_LINES = 4
MIN_SHARE = 0.5
_AGAIN = ("re-land", "reland", "reapply", "re-apply", "reintroduce", "re-introduce", "revert", "restore", "second try")
_TITLE = 100
# What a squash adds to the title of a pull request.
_NUMBER = re.compile(r" \(#\d+\)$")


@dataclass(frozen=True, slots=True)
class _Prone:
    """A function this change touches, with the fixes it had."""

    definition: Definition
    line: int | None
    fixes: tuple[Landed, ...]
    changes: int


def find_incident_prone(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file with a function that was fixed often of late and is changed in its code again."""
    landed = change.past.landed
    if not landed or not change.past.stories:
        return
    recent = {entry.commit: entry for entry in landed if entry.committed_at >= landed[0].committed_at - WITHIN}
    fixes = {commit: entry for commit, entry in recent.items() if kind_of(entry) == "fix"}
    for patch in change.patches:
        found = [] if patch.status == "removed" else list(_prone(change, patch, recent, fixes))
        if found:
            yield _prone_fact(change, patch, sorted(found, key=lambda entry: -len(entry.fixes)))


def find_repeated_reverts(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each revert whose lines a change adds again; not if the change says so, or has its title."""
    if any(word in subject.lower() for subject in change.subjects for word in _AGAIN):
        return
    titles = {_NUMBER.sub("", subject) for subject in change.subjects}
    reverts = {
        revert.commit: revert
        for revert in find_reverts(change.past.landed, {patch.commit for patch in change.past.patches})
        if not any(len(title) >= _TELLING and title in revert.subject for title in titles)
    }
    found: dict[str, list[tuple[FilePatch, list[int]]]] = {}
    for patch in change.patches if reverts else ():
        taken: dict[str, list[str]] = {}
        for revert, line in removed_by(change.past.patches, reverts, patch.old_path):
            if len(line) >= _TELLING:
                taken.setdefault(revert.commit, []).append(line)
        added = {text.strip(): line for hunk in patch.hunks for line, text in added_texts(hunk)} if taken else {}
        for commit, lines in taken.items():
            again = [line for line in dict.fromkeys(lines) if line in added]
            if len(again) >= MIN_LINES and len(again) >= MIN_SHARE * len(set(lines)):
                found.setdefault(commit, []).append((patch, [added[line] for line in again]))
                break
    for commit, places in found.items():
        yield _repeated(change, reverts[commit], places)


def _prone(
    change: ChangeContext, patch: FilePatch, recent: dict[str, Landed], fixes: dict[str, Landed]
) -> Iterator[_Prone]:
    story = change.past.stories.get(patch.old_path)
    before = change.base.modules.get(patch.old_path)
    after = change.head.modules.get(patch.path)
    if story is None or before is None or after is None:
        return
    removed, added = _removed_code(patch), change.added_code(patch.path)
    now = {(entry.owner, entry.name): entry for entry in after.parsed.definitions}
    for definition in before.parsed.definitions:
        same = now.get((definition.owner, definition.name))
        if definition.kind == "class" or same is None:
            continue
        new = added.intersection(range(same.line, same.end_line + 1))
        gone = removed.intersection(range(definition.line, definition.end_line + 1))
        if len(new) + len(gone) < MIN_ROWS:
            continue
        lines = story.lines[definition.line - 1 : definition.end_line]
        touched = frozenset[str]().union(*(line.touched for line in lines))
        had = tuple(entry for commit, entry in fixes.items() if commit in touched)
        changes = len(touched & recent.keys())
        if len(had) >= MIN_FIXES and len(had) >= MIN_FIX_SHARE * changes:
            yield _Prone(definition, min(new, default=None), had, changes)


def _removed_code(patch: FilePatch) -> frozenset[int]:
    """Return the old numbers of the removed lines that are neither blank nor a comment."""
    return frozenset(
        line for hunk in patch.hunks for line, text in removed_texts(hunk) if not says_nothing(text, patch.old_path)
    )


def _prone_fact(change: ChangeContext, patch: FilePatch, found: list[_Prone]) -> Fact:
    worst, *others = found
    name = f"{worst.definition.owner}.{worst.definition.name}" if worst.definition.owner else worst.definition.name
    since = _month(min(fix.committed_at for fix in worst.fixes))
    causes = {incident.fix: incident for incident in find_incidents(worst.fixes, [change.past.stories[patch.old_path]])}
    evidence = []
    for fix in worst.fixes[:5]:
        introduced = [commit for commit, _ in causes[fix.commit].causes[:1]] if fix.commit in causes else []
        cause = f" (the lines came with {introduced[0][:10]})" if introduced else ""
        evidence.append(Evidence(f"{_month(fix.committed_at)}: {title_of(fix)[:_TITLE]}{cause}", commit=fix.commit))
    evidence += [Evidence(f"{entry.definition.name}: {len(entry.fixes)} fixes", patch.path) for entry in others[:3]]
    return Fact(
        kind="incident_prone_code_touched",
        path=patch.path,
        line=worst.line if worst.line else change.first_line(patch.path),
        title=f"`{name}` has been fixed {len(worst.fixes)} times since {since}",
        why=f"{len(worst.fixes)} of the last {worst.changes} changes to this function repaired a defect; "
        "such code breaks again more often than other code.",
        advice="Look at what those fixes were about, and check that a test holds each of them.",
        severity="info",
        confidence=round(min(0.85, 0.6 + 0.05 * len(worst.fixes)), 2),
        fingerprint=fingerprint("incident_prone_code_touched", patch.path, name),
        evidence=tuple(evidence),
    )


def _repeated(change: ChangeContext, revert: Revert, places: list[tuple[FilePatch, list[int]]]) -> Fact:
    (patch, lines), *others = places
    count = sum(len(found) for _, found in places)
    came = () if revert.reverted is None else (Evidence("what was reverted", commit=revert.reverted),)
    return Fact(
        kind="reverted_work_repeated",
        path=patch.path,
        line=change.line(patch.path, min(lines)),
        title=f"{count} of these lines were here before and were reverted in {_month(revert.committed_at)}",
        why=f"{revert.commit[:10]} took them out again; whatever was wrong with them then may still be.",
        advice="Read why they were reverted, and say in the description what is different now.",
        severity="warning",
        confidence=0.8,
        fingerprint=fingerprint("reverted_work_repeated", patch.path, revert.commit),
        evidence=(
            Evidence(revert.subject[:_TITLE], commit=revert.commit),
            *came,
            *(Evidence(f"{len(found)} lines here", other.path, min(found)) for other, found in others[:3]),
        ),
    )


def _month(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m}"
