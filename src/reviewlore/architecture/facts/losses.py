"""Names and modules that a change takes away although the repository still imports them. Change in, facts out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import folder_of
from reviewlore.domain.architecture import ArchitectureMap, Evidence, Fact, ImportEdge, Module
from reviewlore.domain.source import ImportStatement, Language

_RESULT: dict[Language, str] = {
    "python": "the first of them that runs fails with ImportError",
    "javascript": "the first of them that is loaded fails, or finds `undefined`",
}
_SHOWN = 5
_Lost = tuple[str, str]
_User = tuple[str, int]
_Asked = tuple[str, int, bool]
# By a name taken (None: all of a module), and the line or what is asked of.
_Said = Mapping[tuple[int, str | None], set[_Asked]]
_Takes = Mapping[tuple[_Asked, str | None], list[tuple[int, int, bool]]]


class _Links:
    """What the imports of the head lead to, by importer and line, and there by the whole name and by its last part.

    `stems` are the names of its files and folders.
    """

    def __init__(self, tree: ArchitectureMap) -> None:
        self.whole: defaultdict[tuple[_User, str], list[ImportEdge]] = defaultdict(list)
        self.last: defaultdict[tuple[_User, str], list[ImportEdge]] = defaultdict(list)
        for edge in tree.edges:
            user = edge.importer, edge.line
            self.whole[user, edge.name].append(edge)
            self.last[user, edge.name.rpartition(".")[2]].append(edge)
        self.outside = {(entry.importer, entry.line) for entry in tree.external}
        self.stems = _stems(tree)
        self._said: dict[str, _Said] = {}
        self._takes: dict[str, _Takes] = {}
        self._names: dict[tuple[str, str], tuple[frozenset[str], bool]] = {}

    def said(self, before: Module) -> _Said:
        """Return what the imports of a module of the base ask of, by line and name taken."""
        if before.path not in self._said:
            found: defaultdict[tuple[int, str | None], set[_Asked]] = defaultdict(set)
            for one in before.parsed.imports:
                for line, name in _taken(one):
                    found[line, name].add(_asked(one))
            self._said[before.path] = found
        return self._said[before.path]

    def takes(self, after: Module) -> _Takes:
        """Return the imports of a module of the head that must not fail: position, line, and whether relative."""
        if after.path not in self._takes:
            found: defaultdict[tuple[_Asked, str | None], list[tuple[int, int, bool]]] = defaultdict(list)
            for number, one in enumerate(after.parsed.imports):
                relative = bool(one.level or one.module.startswith("."))
                for line, name in _taken(one):
                    if one.kind != "conditional":
                        found[_asked(one), name].append((number, line, relative))
            self._takes[after.path] = found
        return self._takes[after.path]

    def binds(self, module: Module, name: str, *, strictly: bool = False) -> bool:
        """Whether a module has a name; not `strictly`: or may have it by a way not seen (`__getattr__`, `*`)."""
        key = module.path, module.blob
        if key not in self._names:
            self._names[key] = _bound(module)
        names, unseen = self._names[key]
        return name in names or (unseen and not strictly)


def find_lost_names(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each module, and each name of one, that this change removes and an import still asks for.

    Only imports that led there at the base count, and only where they stand unchanged and lead nowhere now. Imports
    that expect to fail (in a `try`, under a condition) are left out.
    """
    touched = {patch.old_path for patch in change.patches} & change.base.modules.keys()
    links: _Links | None = None
    lost: defaultdict[_Lost, dict[_User, None]] = defaultdict(dict)
    for edge in change.base.edges:
        if edge.imported not in touched or edge.kind == "conditional":
            continue
        links = links or _Links(change.head)
        name, key = _name(change, links, edge)
        if name is None:
            continue
        for user in _asking(change, links, edge, name):
            if user not in links.outside and not _served(change, links, user, edge, name):
                lost[edge.imported, key][user] = None
    for (path, name), users in lost.items():
        yield _fact(change, change.base.modules[path], name, list(users))


def _name(change: ChangeContext, links: _Links, edge: ImportEdge) -> tuple[str | None, str]:
    """Return the name an edge takes from its module (empty: all of it; None: cannot be told) and what to call lost.

    Of a module that is gone nobody needs to hear which names it had, but of a Go file, which nobody imports as such.
    """
    module = change.base.modules[edge.imported]
    name = edge.name[len(module.name) + 1 :] if edge.name.startswith(f"{module.name}.") else ""
    name = "" if name == "*" else name
    gone = edge.imported not in change.head.modules
    whole = gone and module.parsed.language != "go"
    if "." in name or (name and not whole and not links.binds(module, name, strictly=True)):
        return None, ""
    return name, "" if whole else name


def _stems(tree: ArchitectureMap) -> set[str]:
    """Return the paths of a tree's files up to each dot of their names, and its folders."""
    stems = set[str]()
    for path in tree.files:
        folder, _, name = path.rpartition("/")
        stems.update(path[: len(path) - len(name) + at] for at, sign in enumerate(name) if sign == ".")
        while folder and folder not in stems:
            stems.add(folder)
            folder = folder_of(folder)
    return stems


def _asking(change: ChangeContext, links: _Links, edge: ImportEdge, name: str) -> Iterator[_User]:
    """Yield where the importer of an edge still has the same import at the head."""
    before = change.base.modules.get(edge.importer)
    path = change.moved.get(edge.importer, edge.importer)
    after = change.head.modules.get(path)
    if before is None or after is None or after.parsed.broken:
        return
    spelled = (None, *_spelled(edge, name))
    said, takes = links.said(before), links.takes(after)
    asked = {one for taken in spelled for one in said.get((edge.line, taken), ())}
    found = sorted(row for one in asked for taken in spelled for row in takes.get((one, taken), ()))
    for _, line, relative in found:
        if path == edge.importer or not (relative and folder_of(path) != folder_of(edge.importer)):
            yield path, line


def _taken(statement: ImportStatement) -> Iterator[tuple[int, str | None]]:
    """Yield line and name of all that a statement takes; it takes all of a module where it has no names."""
    yield from ((taken.line, taken.name) for taken in statement.names)
    if not statement.names:
        yield statement.line, None


def _asked(statement: ImportStatement) -> _Asked:
    """Return what a statement asks of: a module, and of that all or names."""
    return statement.module, statement.level, bool(statement.names)


def _spelled(edge: ImportEdge, name: str) -> tuple[str, ...]:
    """Return how a statement may name what an edge takes: a name of the module, the module's own, or all of it."""
    return (name,) if name else (edge.name.rpartition(".")[2], "*")


def _served(change: ChangeContext, links: _Links, user: _User, edge: ImportEdge, name: str) -> bool:
    """Whether an import leads somewhere at the head, or where to cannot be told."""
    last = name or edge.name.rpartition(".")[2]
    modules = change.head.modules
    for found in links.whole.get((user, edge.name), ()):
        if found.name == modules[found.imported].name or found.name.rpartition(".")[2] != last:
            return True
    for found in links.last.get((user, last), ()):
        if found.name != modules[found.imported].name and links.binds(modules[found.imported], last):
            return True
    if edge.imported in change.head.modules:
        return not name
    # A file of the same name in another language may stand where the module stood (compiled, or of types).
    return edge.imported.rpartition(".")[0] in links.stems


def _bound(module: Module) -> tuple[frozenset[str], bool]:
    """Return the names that a module has, and whether it may have more by a way that cannot be seen."""
    parsed = module.parsed
    if parsed.language in ("typescript", "javascript"):
        starred = any(entry.name == "*" and line.reexported for line in parsed.imports for entry in line.names)
        return parsed.offered, parsed.broken or starred or not parsed.offered
    members = parsed.language == "java"
    top = {definition.name for definition in parsed.definitions if members or definition.owner is None}
    aliases = {entry.alias for statement in parsed.imports for entry in statement.names}
    plain = {statement.module.partition(".")[0] for statement in parsed.imports if not statement.names}
    inherited = members and any(definition.derived for definition in parsed.definitions)
    unseen = parsed.broken or inherited or "*" in aliases or "__getattr__" in top
    return parsed.assigned | top | aliases | plain, unseen or any("import" in entry for entry in plain)


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
