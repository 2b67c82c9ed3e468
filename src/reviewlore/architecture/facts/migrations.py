"""Changes that walk a migration backwards: a name on its way out, taken up anew. Change in, facts out."""

from collections.abc import Iterator
from datetime import UTC, datetime

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.migrations import Migration, rows_of, uses
from reviewlore.architecture.places import is_test, is_vendored
from reviewlore.architecture.rows import added_texts, says_nothing
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.source import language_of

# Who works on the old way itself (its tests, its deprecation) says so.
_KEEPERS = ("legacy", "compat", "deprecat")
# A change of direction five years ago that nobody followed since is over.
_ALIVE = 5 * 365 * 86_400
_EXAMPLES = 3


def find_reversed_migrations(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each way that is on its way out and that this change uses more, at the first such line.

    Files that know only the old way keep to it and are not meant; new files and those that know the new one are.
    """
    now = change.past.landed[0].committed_at if change.past.landed else 0
    for way in change.past.migrations:
        if now - way.last > _ALIVE or _is_about(change, way):
            continue
        found = [(patch.path, line) for patch in change.patches if (line := _first_new(change, patch, way)) is not None]
        if found:
            yield _fact(change, way, found)


def _is_about(change: ChangeContext, way: Migration) -> bool:
    """Whether the change says that it means the old way itself, or defines it."""
    name = way.old.rpartition(".")[2]
    if any(name in subject for subject in change.subjects):
        return True
    modules = (change.head.modules.get(patch.path) for patch in change.patches)
    return any(entry.name == name for module in modules if module for entry in module.parsed.definitions)


def _concerns(patch: FilePatch, way: Migration) -> bool:
    """Whether a file is one of those the migration is about: of their kind and language, new or knowing the new way."""
    path = patch.path
    kind = language_of(path), is_test(path)
    if patch.status == "removed" or is_vendored(path) or any(word in path.lower() for word in _KEEPERS):
        return False
    if patch.status != "added" and patch.old_path not in way.new_files:
        return False
    return any((language_of(file), is_test(file)) == kind for file in way.files)


def _first_new(change: ChangeContext, patch: FilePatch, way: Migration) -> int | None:
    """Return the first line of a file that uses the old way anew, or None where its use does not grow."""
    path = patch.path
    removed, added = rows_of(patch)
    if not _concerns(patch, way) or uses(added, path, way.form, way.old) <= uses(removed, path, way.form, way.old):
        return None
    for hunk in patch.hunks:
        for line, text in added_texts(hunk):
            if uses(text, path, way.form, way.old) and not says_nothing(text, path):
                return line
    return change.first_line(path) if way.form == "import" else None


def _fact(change: ChangeContext, way: Migration, found: list[tuple[str, int]]) -> Fact:
    path, line = found[0]
    total = len(way.commits) + way.back
    migrated = " in a file that was migrated" if change.base_path(path) in way.files else ""
    also = f" and {len(found) - 1} more file{'s' if len(found) > 2 else ''}" if len(found) > 1 else ""
    return Fact(
        kind="migration_reversed",
        path=path,
        line=change.line(path, line),
        title=f"`{way.old}` is being replaced by `{way.new}` here, and this adds it anew",
        why=f"{len(way.commits)} of {total} changes since {_month(way.since)} replaced `{way.old}` by `{way.new}`, the "
        f"latest in {_month(way.last)}; {way.old_uses} uses of the old are left beside {way.new_uses} of the new. "
        f"This change adds to the old{migrated}{also}.",
        advice=f"Use `{way.new}`, unless there is a reason that holds here only.",
        severity="info",
        confidence=round(min(0.85, 0.6 + 0.02 * len(way.commits)), 2),
        fingerprint=fingerprint("migration_reversed", path, way.old, way.new),
        evidence=(
            *(Evidence(f"replaced `{way.old}` by `{way.new}`", commit=commit) for commit in way.commits[:_EXAMPLES]),
            *(Evidence(f"adds `{way.old}`", other, number) for other, number in found[1:4]),
            *(Evidence(f"{count} uses left", other) for other, count in way.remaining[:_EXAMPLES]),
        ),
    )


def _month(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m}"
