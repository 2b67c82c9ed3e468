"""What a repository's own base classes expect of their users, read off the subclasses there are. A map in, rules out.

A rule speaks only where nearly all of many subclasses keep it; the base class itself is never interpreted.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.folders import EXAMPLES, MIN_ALL, importers_of, is_rule, speaks
from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.source import Definition

ExpectationKind = Literal["method", "suffix", "folder", "registered", "decorated"]
_LAST_WORD = re.compile(r"[A-Z][a-z0-9]+$")


@dataclass(frozen=True, slots=True)
class Subclass:
    """A class of the repository that extends another one directly; `methods` are the public ones it defines."""

    path: str
    definition: Definition
    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `held` of the `cases` direct subclasses of `base` (defined in `path`) do.

    method: they define `value`. suffix: their names end with it. folder: they lie in it or below. registered: the file
    `value` imports them. decorated: they carry the decorator `value`.
    """

    kind: ExpectationKind
    base: str
    path: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...]


def mine_frameworks(tree: ArchitectureMap) -> tuple[Expectation, ...]:
    """Return what the base classes of a map expect, by base class."""
    importers = importers_of(tree)
    found: list[Expectation] = []
    for (base, path), users in sorted(subclasses_of(tree).items()):
        if len(users) >= MIN_ALL:
            for kind, value, held in _candidates(base, users, importers):
                if is_rule(len(held), len(users)):
                    examples = tuple(f"{user.definition.name} ({user.path})" for user in held[:EXAMPLES])
                    found.append(Expectation(kind, base, path, value, len(held), len(users), examples))
    return tuple(found)


def subclasses_of(tree: ArchitectureMap) -> dict[tuple[str, str], list[Subclass]]:
    """Return the direct subclasses of each shipped class, by its name and path.

    A base is taken for ours only where its name is that of exactly one shipped class, and the subclass's file is that
    file or imports from the repository.
    """
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, module in tree.modules.items():
        if is_product(path):
            for definition in module.parsed.definitions:
                if definition.kind == "class":
                    places[definition.name].append(path)
    inside = {edge.importer for edge in tree.edges}
    found: defaultdict[tuple[str, str], list[Subclass]] = defaultdict(list)
    for path, module in sorted(tree.modules.items()):
        if not is_product(path):
            continue
        methods = _methods(module)
        for definition in module.parsed.definitions:
            for written in definition.bases if definition.kind == "class" else ():
                name = written.rpartition(".")[2].rpartition("::")[2]
                homes = places.get(name, ())
                if len(homes) == 1 and (homes[0] == path or path in inside) and name != definition.name:
                    found[name, homes[0]].append(Subclass(path, definition, methods[definition.name]))
    return dict(found)


def keeps(expectation: Expectation, user: Subclass, importers: Mapping[str, frozenset[str]]) -> bool:
    """Whether a subclass does what the others do; `importers` are those of its tree (`importers_of`)."""
    if expectation.kind == "method":
        return expectation.value in user.methods
    if expectation.kind == "suffix":
        return user.definition.name.endswith(expectation.value)
    if expectation.kind == "decorated":
        return expectation.value in user.definition.decorators
    if expectation.kind == "folder":
        return user.path.startswith(f"{expectation.value}/")
    return expectation.value in importers.get(user.path, ())


def _candidates(
    base: str, users: Sequence[Subclass], importers: Mapping[str, frozenset[str]]
) -> Iterator[tuple[ExpectationKind, str, list[Subclass]]]:
    methods = Counter(name for user in users for name in user.methods)
    for name, held in sorted(methods.items()):
        if is_rule(held, len(users)):
            yield "method", name, [user for user in users if name in user.methods]
    marks = Counter(mark for user in users for mark in dict.fromkeys(user.definition.decorators))
    for mark, held in sorted(marks.items()):
        if speaks(mark) and is_rule(held, len(users)):
            yield "decorated", mark, [user for user in users if mark in user.definition.decorators]
    word = _LAST_WORD.search(base)
    if word:
        yield "suffix", word[0], [user for user in users if user.definition.name.endswith(word[0])]
    folders = Counter(folder_of(user.path) for user in users)
    folder, _ = folders.most_common(1)[0]
    if folder:
        yield "folder", folder, [user for user in users if user.path.startswith(f"{folder}/")]
    files = Counter(importer for user in users for importer in importers.get(user.path, ()))
    homes = {user.path for user in users}
    for file, _ in files.most_common(1) if len(homes) >= MIN_ALL else ():
        yield "registered", file, [user for user in users if file in importers.get(user.path, ())]


def _methods(module: Module) -> defaultdict[str, frozenset[str]]:
    """Return the public methods of each class of a module."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for entry in module.parsed.definitions:
        if entry.owner is not None and not entry.name.startswith("_"):
            found[entry.owner].add(entry.name)
    return defaultdict(frozenset, {owner: frozenset(names) for owner, names in found.items()})
