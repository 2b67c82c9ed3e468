"""What the folders of a repository expect of what is put into them: decorators and registries. A map in, rules out.

A registry is a file that imports nearly all modules of a folder. What decorators and registries do is not looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.source import Definition

# Nearly all of many, or all of some.
MIN_CASES, MIN_SHARE = 20, 0.9
MIN_ALL = 12
EXAMPLES = 3

FolderRuleKind = Literal["functions", "classes", "modules"]
# Decorators that say what kind of thing a function is, which no other function has to be.
_PLAIN = frozenset({"property", "staticmethod", "classmethod", "overload", "abstractmethod", "cache", "lru_cache"})
_PLAIN_JAVA = frozenset({"Override", "Nullable", "Deprecated", "SuppressWarnings", "Test"})


@dataclass(frozen=True, slots=True)
class FolderRule:
    """What `held` of the `cases` public functions, classes or modules right in `folder` have.

    functions, classes: the decorator `value`, as written without arguments. modules: the file `value` imports them.
    """

    kind: FolderRuleKind
    folder: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...]


def mine_folders(tree: ArchitectureMap) -> tuple[FolderRule, ...]:
    """Return what the folders of the shipped code expect, by folder."""
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(tree.modules):
        if is_product(path):
            modules[folder_of(path)].append(path)
    importers = importers_of(tree)
    return tuple(
        rule
        for folder, paths in sorted(modules.items())
        for rule in (*_decorated(tree, folder, paths), *_registered(folder, paths, importers))
    )


def is_rule(held: int, cases: int) -> bool:
    """Whether nearly all of many, or all of some, do something."""
    return held == cases >= MIN_ALL or (cases >= MIN_CASES and held >= MIN_SHARE * cases)


def importers_of(tree: ArchitectureMap) -> dict[str, frozenset[str]]:
    """Return which shipped files import each module for more than its types."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for edge in tree.edges:
        if is_product(edge.importer) and edge.kind != "type_only":
            found[edge.imported].add(edge.importer)
    return {path: frozenset(files) for path, files in found.items()}


def members_of(tree: ArchitectureMap, path: str) -> Iterator[tuple[FolderRuleKind, Definition]]:
    """Yield the public functions and classes at the top of a file."""
    for entry in tree.modules[path].parsed.definitions:
        if entry.public and entry.owner is None and entry.name != "main":
            yield "classes" if entry.kind == "class" else "functions", entry


def is_member(path: str) -> bool:
    """Whether a module counts among those of its folder: not the folder's own file, and not a private one.

    Rust's are none: a file that nothing declares is no module at all.
    """
    name = path.rpartition("/")[2]
    return not name.startswith(("_", "index.", "package-info.")) and not name.endswith(".rs")


def _decorated(tree: ArchitectureMap, folder: str, paths: list[str]) -> Iterator[FolderRule]:
    cases: defaultdict[FolderRuleKind, list[tuple[str, Definition]]] = defaultdict(list)
    for path in paths:
        for kind, entry in members_of(tree, path):
            cases[kind].append((path, entry))
    for kind, found in sorted(cases.items()):
        counted = Counter(mark for _, entry in found for mark in dict.fromkeys(entry.decorators) if speaks(mark))
        for mark, held in sorted(counted.items()):
            if is_rule(held, len(found)):
                kept = [f"{entry.name} ({path})" for path, entry in found if mark in entry.decorators]
                yield FolderRule(kind, folder, mark, held, len(found), tuple(kept[:EXAMPLES]))


def _registered(folder: str, paths: list[str], importers: dict[str, frozenset[str]]) -> Iterator[FolderRule]:
    members = [path for path in paths if is_member(path)]
    counted = Counter(file for path in members for file in importers.get(path, ()))
    for file, held in counted.most_common(1):
        inside = sum(file == path for path in members)  # a registry among what it lists does not list itself
        if is_rule(held, len(members) - inside):
            kept = [path for path in members if file in importers.get(path, ())]
            yield FolderRule("modules", folder, file, held, len(members) - inside, tuple(kept[:EXAMPLES]))


def speaks(mark: str) -> bool:
    """Whether a decorator says what its repository wants, and not what kind of thing it stands on."""
    name = mark.rpartition(".")[2]
    return bool(name) and name not in _PLAIN and name not in _PLAIN_JAVA
