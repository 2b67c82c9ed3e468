"""Names and modules that a change takes away although the repository still imports them. Change in, facts out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import folder_of
from reviewlore.domain.architecture import Evidence, Fact, ImportEdge, Module
from reviewlore.domain.source import ImportStatement, Language

_RESULT: dict[Language, str] = {
    "python": "the first of them that runs fails with ImportError",
    "javascript": "the first of them that is loaded fails, or finds `undefined`",
}
_SHOWN = 5
_Lost = tuple[str, str]
_User = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Links:
    """What the imports of the head lead to, by importer and line; `stems` are the names of its files and folders."""

    edges: dict[_User, list[ImportEdge]] = field(default_factory=lambda: defaultdict(list))
    outside: set[_User] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)


def find_lost_names(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each module, and each name of one, that this change removes and an import still asks for.

    Only imports that led there at the base count, and only where they stand unchanged and lead nowhere now. Imports
    that expect to fail (in a `try`, under a condition) are left out.
    """
    touched = {patch.old_path for patch in change.patches} & change.base.modules.keys()
    links = _Links()
    lost: defaultdict[_Lost, dict[_User, None]] = defaultdict(dict)
    for edge in change.base.edges:
        if edge.imported not in touched or edge.kind == "conditional":
            continue
        if not links.edges:
            _fill(links, change)
        name, key = _name(change, edge)
        if name is None:
            continue
        for user in _asking(change, edge, name):
            if user not in links.outside and not _served(change, links, user, edge, name):
                lost[edge.imported, key][user] = None
    for (path, name), users in lost.items():
        yield _fact(change, change.base.modules[path], name, list(users))


def _name(change: ChangeContext, edge: ImportEdge) -> tuple[str | None, str]:
    """Return the name an edge takes from its module (empty: all of it; None: cannot be told) and what to call lost.

    Of a module that is gone nobody needs to hear which names it had, but of a Go file, which nobody imports as such.
    """
    module = change.base.modules[edge.imported]
    name = edge.name[len(module.name) + 1 :] if edge.name.startswith(f"{module.name}.") else ""
    name = "" if name == "*" else name
    gone = edge.imported not in change.head.modules
    whole = gone and module.parsed.language != "go"
    if "." in name or (name and not whole and not _binds(module, name, strictly=True)):
        return None, ""
    return name, "" if whole else name


def _fill(links: _Links, change: ChangeContext) -> None:
    for edge in change.head.edges:
        links.edges[edge.importer, edge.line].append(edge)
    links.outside.update((entry.importer, entry.line) for entry in change.head.external)
    for path in change.head.files:
        folder, _, name = path.rpartition("/")
        links.stems.update(path[: len(path) - len(name) + at] for at, sign in enumerate(name) if sign == ".")
        while folder and folder not in links.stems:
            links.stems.add(folder)
            folder = folder_of(folder)


def _asking(change: ChangeContext, edge: ImportEdge, name: str) -> Iterator[_User]:
    """Yield where the importer of an edge still has the same import at the head."""
    before = change.base.modules.get(edge.importer)
    path = change.moved.get(edge.importer, edge.importer)
    after = change.head.modules.get(path)
    if before is None or after is None or after.parsed.broken:
        return
    asked = {_asked(entry) for entry in before.parsed.imports if _names(entry, edge, name)}
    for statement in after.parsed.imports:
        relative = statement.level or statement.module.startswith(".")
        followed = path == edge.importer or not (relative and folder_of(path) != folder_of(edge.importer))
        if _asked(statement) not in asked or not followed or statement.kind == "conditional":
            continue
        if not statement.names:
            yield path, statement.line
        yield from ((path, taken.line) for taken in statement.names if taken.name in _spelled(edge, name))


def _asked(statement: ImportStatement) -> tuple[str, int, bool]:
    """Return what a statement asks of: a module, and of that all or names."""
    return statement.module, statement.level, bool(statement.names)


def _names(statement: ImportStatement, edge: ImportEdge, name: str) -> bool:
    if not statement.names:
        return statement.line == edge.line
    return any(taken.line == edge.line and taken.name in _spelled(edge, name) for taken in statement.names)


def _spelled(edge: ImportEdge, name: str) -> tuple[str, ...]:
    """Return how a statement may name what an edge takes: a name of the module, the module's own, or all of it."""
    return (name,) if name else (edge.name.rpartition(".")[2], "*")


def _served(change: ChangeContext, links: _Links, user: _User, edge: ImportEdge, name: str) -> bool:
    """Whether an import leads somewhere at the head, or where to cannot be told."""
    last = name or edge.name.rpartition(".")[2]
    for found in links.edges.get(user, ()):
        module = change.head.modules[found.imported]
        if found.name == module.name or found.name.rpartition(".")[2] != last:
            if found.name == edge.name:
                return True
            continue
        if _binds(module, last):
            return True
    if edge.imported in change.head.modules:
        return not name
    # A file of the same name in another language may stand where the module stood (compiled, or of types).
    return edge.imported.rpartition(".")[0] in links.stems


def _binds(module: Module, name: str, *, strictly: bool = False) -> bool:
    """Whether a module has a name; not `strictly`: or may have it by a way that cannot be seen (`__getattr__`, `*`)."""
    parsed = module.parsed
    members = parsed.language == "java"
    top = {definition.name for definition in parsed.definitions if members or definition.owner is None}
    aliases = {entry.alias for statement in parsed.imports for entry in statement.names}
    plain = {statement.module.partition(".")[0] for statement in parsed.imports if not statement.names}
    if parsed.language in ("typescript", "javascript"):
        starred = any(entry.name == "*" and line.reexported for line in parsed.imports for entry in line.names)
        unseen = parsed.broken or starred or not parsed.offered
        return name in parsed.offered or (unseen and not strictly)
    if name in top or name in parsed.assigned or name in aliases or name in plain:
        return True
    inherited = members and any(definition.derived for definition in parsed.definitions)
    unseen = parsed.broken or inherited or "*" in aliases or "__getattr__" in top
    unseen = unseen or any("import" in entry for entry in plain)
    return unseen and not strictly


def _fact(change: ChangeContext, before: Module, name: str, users: list[_User]) -> Fact:
    now = change.moved.get(before.path, before.path)
    module, language = change.head.modules.get(now), before.parsed.language
    defined = next((d.line for d in before.parsed.definitions if d.name == name and d.owner is None), None)
    count = "1 place still imports" if len(users) == 1 else f"{len(users)} places still import"
    title = f"`{name}` is gone from `{before.name}`" if name else f"`{before.name}` is gone"
    moved = module is not None and now != before.path and not name
    advice = f"Change the importers with it, or leave an alias for `{name}` behind."
    if not name:
        advice = "Change the importers with it, or leave a module behind that offers the old names."
    return Fact(
        kind="removed_name_still_imported",
        path=now,
        line=change.first_line(now),
        title=f"{title}, but is still imported",
        why=f"{count} it{f' by its old name (it is `{module.name}` now)' if moved and module else ''}; "
        f"{_RESULT.get(language, 'that does not compile')}.",
        advice=advice,
        severity="error",
        confidence=0.9,
        fingerprint=fingerprint("removed_name_still_imported", before.path, name),
        evidence=(
            *(Evidence(f"`{change.name(path)}` imports it", path, line) for path, line in users[:_SHOWN]),
            *((Evidence(f"`{name}` stood at line {defined} before this change", before.path),) if defined else ()),
        ),
    )
