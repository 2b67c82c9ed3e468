"""Interfaces that much of the repository rests on and that this change narrows. Change in, facts out."""

from collections import defaultdict
from collections.abc import Iterator

from reviewlore.architecture.complexity import part_of, quantile
from reviewlore.architecture.facts.change import ChangeContext, fingerprint, full_name
from reviewlore.architecture.signatures import narrows, read_signature
from reviewlore.domain.architecture import Evidence, Fact, Module
from reviewlore.domain.source import Definition, Language

MIN_IMPORTERS = 20
# What so few take from the hub by its name is not why it is one.
MIN_USERS = 5
_TOP = 0.99
_SHOWN = 5
_Broken = tuple[str, int | None, str]


def find_hubs(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each hub whose used names this change takes away or gives narrower parameters.

    A hub is imported by at least 20 modules and is among the 1 % most imported ones; a name counts as used where at
    least 5 modules import it, or the module as a whole. What stays compatible is silent.
    """
    importers: defaultdict[str, set[str]] = defaultdict(set)
    users: defaultdict[str, set[str]] = defaultdict(set)
    for edge in change.base.edges:
        importers[edge.imported].add(edge.importer)
        users[edge.name].add(edge.importer)
    counts = sorted(len(importers[path]) for path in change.base.modules)
    least = max(MIN_IMPORTERS, quantile(counts, _TOP))
    for patch in change.patches:
        before, after = change.base.modules.get(patch.old_path), change.head.modules.get(patch.path)
        if before is None or len(importers[patch.old_path]) < least or part_of(patch.old_path) != "product":
            continue
        if before.parsed.language == "rust":
            continue  # `pub` alone opens nothing to others, and the compiler has seen to everybody else
        broken = list(_broken(change, before, after)) if after and not after.parsed.broken else []
        found = [
            (len(using), entry)
            for entry in broken
            if len(using := users[f"{before.name}.{entry[0].partition('.')[0]}"] | users[before.name]) >= MIN_USERS
        ]
        if after and found:
            found.sort(key=lambda entry: -entry[0])
            yield _fact(change, after, found, importers[patch.old_path], _dependents(importers, patch.old_path))


def _broken(change: ChangeContext, before: Module, after: Module) -> Iterator[_Broken]:
    """Yield name, line and what happened for each public definition that is gone or takes less.

    Of overloads, one is broken where none of those that are left takes what it took.
    """
    now: defaultdict[tuple[str | None, str], list[Definition]] = defaultdict(list)
    for entry in after.parsed.definitions:
        now[entry.owner, entry.name].append(entry)
    types = {entry.name: entry.derived for entry in after.parsed.definitions if entry.kind == "class"}
    bound = {name.alias for statement in after.parsed.imports for name in statement.names} | after.parsed.assigned
    told: set[tuple[str | None, str]] = set()
    for old in before.parsed.definitions:
        key = (old.owner, old.name)
        if key in told or not _offered(old):
            continue
        if key not in now:
            told.add(key)
            inherited = types.get(old.owner or "", False)
            if old.name not in bound and not inherited and (old.owner is None or old.owner in types):
                yield full_name(old), None, "is gone"
        elif not any(_serves(old, entry, before.parsed.language) for entry in now[key]):
            told.add(key)
            new = now[key][-1]
            yield full_name(new), change.shown(after.path, new), _taken(new)


def _serves(old: Definition, new: Definition, language: Language) -> bool:
    """Whether a definition takes what another took, as far as can be told."""
    if new.kind == "class" or new.decorated or old.decorated or old.parameters == new.parameters:
        return True
    sides = [read_signature(one.parameters, bound=one.kind == "method" and language == "python") for one in (old, new)]
    return not narrows(*sides)


def _taken(definition: Definition) -> str:
    return f"now takes ({', '.join(definition.parameters)})" if definition.parameters else "now takes nothing"


def _offered(definition: Definition) -> bool:
    owner = definition.owner or ""
    named = definition.public or (definition.name == "__init__" and not owner.startswith("_"))
    return named and not owner.startswith("_")


def _dependents(importers: dict[str, set[str]], path: str) -> int:
    """Return how many modules reach a module through imports."""
    seen, frontier = {path}, [path]
    while frontier:
        for other in importers.get(frontier.pop(), ()):
            if other not in seen:
                seen.add(other)
                frontier.append(other)
    return len(seen) - 1


def _fact(
    change: ChangeContext, module: Module, found: list[tuple[int, _Broken]], importers: set[str], reached: int
) -> Fact:
    users, (name, line, what) = found[0]
    others = len(found) - 1
    more = f" The same holds for {others} more of its names." if others else ""
    return Fact(
        kind="hub_touched",
        path=module.path,
        line=line or change.first_line(module.path),
        title=f"`{name}` {what}, and {users} modules import it from here",
        why=f"`{module.name}` is among the 1 % most imported modules: {len(importers)} import it, {reached} reach it "
        f"directly or through others.{more}",
        advice="Check code outside this repository too, and keep the old form for a while if others may use it.",
        severity="info",
        confidence=0.8,
        fingerprint=fingerprint("hub_touched", module.path, *(entry[0] for _, entry in found)),
        evidence=(
            *(Evidence(f"`{name}` {what}", module.path, line) for _, (name, line, what) in found[:_SHOWN]),
            *(Evidence(f"`{change.name(path)}` imports it", path) for path in sorted(importers)[:3]),
        ),
    )
