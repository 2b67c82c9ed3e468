"""New subclasses, functions and modules that leave out what nearly all others of their base class or folder do.

Change in, facts out: one for each class, one for each rule of a folder.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.folders import FolderRule, importers_of, is_member, members_of, mine_folders, speaks
from reviewlore.architecture.frameworks import Expectation, Subclass, keeps, mine_frameworks, subclasses_of
from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.source import Definition

_SAID = {
    "method": "define `{value}`",
    "suffix": "are called `…{value}`",
    "folder": "lie in `{value}/`",
    "registered": "are imported by `{value}`",
    "decorated": "carry `{value}`",
}


def find_misused_frameworks(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each class this change adds that does not do as the other subclasses of its base do.

    A class that is itself a base of others says what it likes.
    """
    new = {
        (patch.path, definition.name)
        for patch in change.patches
        for definition in change.added_definitions(patch.path)
        if definition.kind == "class" and definition.bases
    }
    if not new:
        return
    rules: defaultdict[str, list[Expectation]] = defaultdict(list)
    for expectation in mine_frameworks(change.base):
        if _stands(change, expectation):
            rules[expectation.base].append(expectation)
    users = subclasses_of(change.head)
    extended, importers = {name for name, _ in users}, importers_of(change.head)
    for (base, _), found in users.items():
        for user in found:
            fresh = (user.path, user.definition.name) in new and user.definition.name not in extended
            broken = [rule for rule in rules[base] if not keeps(rule, user, importers)] if fresh else []
            if broken and user.definition.public:
                yield _misused(change, user, broken)


def _stands(change: ChangeContext, rule: Expectation) -> bool:
    """Whether the folder or registry that a rule names is still there: a change may move all of them."""
    if rule.kind == "folder":
        return any(path.startswith(f"{rule.value}/") for path in change.head.modules)
    return rule.kind != "registered" or rule.value in change.head.modules


def _misused(change: ChangeContext, user: Subclass, broken: Sequence[Expectation]) -> Fact:
    rule, name = broken[0], user.definition.name
    habits = "; ".join(f"{one.held} of {one.cases} {_SAID[one.kind].format(value=one.value)}" for one in broken)
    return Fact(
        kind="framework_misused",
        path=user.path,
        line=change.line(user.path, user.definition.line),
        title=f"`{name}` does not do what the other subclasses of `{rule.base}` do",
        why=f"Of the subclasses of `{rule.base}`, {habits}; `{name}` does not.",
        advice="Follow the others, or say why this one is different.",
        severity="info",
        confidence=round(0.85 * rule.held / rule.cases, 2),
        fingerprint=fingerprint("framework_misused", user.path, name, *(f"{one.kind}:{one.value}" for one in broken)),
        evidence=(
            Evidence(f"`{rule.base}` is defined here", rule.path),
            *(Evidence(f"keeps it: {example}") for example in rule.examples),
        ),
    )


def find_left_folders(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each rule of a folder that something new right in it does not keep.

    A module that another one of its folder imports helps that one, and is none of those the registry is for.
    """
    touched = {
        folder_of(patch.path)
        for patch in change.patches
        if patch.status != "removed" and patch.path in change.head.modules and is_product(patch.path)
    }
    for rule in mine_folders(change.base) if touched else ():
        if rule.folder in touched:
            paths = [path for path in sorted(change.patch_of) if folder_of(path) == rule.folder and is_product(path)]
            paths = [path for path in paths if path in change.head.modules]
            if rule.kind == "modules":
                yield from _unregistered(change, rule, paths)
            else:
                yield from _undecorated(change, rule, paths)


def _undecorated(change: ChangeContext, rule: FolderRule, paths: Sequence[str]) -> Iterator[Fact]:
    """Tell of what carries no decorator; what carries another one is meant for another framework."""
    places: list[tuple[str, Definition]] = []
    for path in paths:
        new = {definition.line for definition in change.added_definitions(path)}
        places += [
            (path, entry)
            for kind, entry in members_of(change.head, path)
            if kind == rule.kind and entry.line in new and not any(map(speaks, entry.decorators))
        ]
    if places:
        path, entry = places[0]
        more = f", and so with {len(places) - 1} more" if len(places) > 1 else ""
        yield _left(
            rule,
            (path, change.line(path, entry.line)),
            f"`{entry.name}` does not carry `{rule.value}`, as the other {rule.kind} of its folder do{more}",
            f"Of the public {rule.kind} right in `{rule.folder}/`, {rule.held} of {rule.cases} carry `{rule.value}`.",
            [Evidence(f"`{other.name}`", place, other.line) for place, other in places[1:5]],
        )


def _unregistered(change: ChangeContext, rule: FolderRule, paths: Sequence[str]) -> Iterator[Fact]:
    registry = change.moved.get(rule.value, rule.value)
    siblings = {
        edge.imported
        for edge in change.head.edges
        if edge.importer == registry or folder_of(edge.importer) == rule.folder
    }
    new = [path for path in paths if change.patch_of[path].status == "added" and is_member(path) and path != registry]
    new = [path for path in new if path not in siblings and change.head.modules[path].parsed.definitions]
    if new and registry in change.head.modules:
        more = f", and so with {len(new) - 1} more" if len(new) > 1 else ""
        yield _left(
            rule,
            (new[0], change.first_line(new[0])),
            f"`{new[0].rpartition('/')[2]}` is not imported by `{registry}`, as its siblings are{more}",
            f"Of the modules right in `{rule.folder}/`, `{registry}` imports {rule.held} of {rule.cases}.",
            [Evidence("is not imported there either", path) for path in new[1:5]],
        )


def _left(rule: FolderRule, place: tuple[str, int | None], title: str, why: str, also: Sequence[Evidence]) -> Fact:
    return Fact(
        kind="framework_misused",
        path=place[0],
        line=place[1],
        title=title,
        why=why,
        advice="Follow the others, or say why this one is different.",
        severity="info",
        confidence=round(0.85 * rule.held / rule.cases, 2),
        fingerprint=fingerprint("framework_misused", place[0], rule.kind, rule.folder, rule.value),
        evidence=(*also, *(Evidence(f"keeps it: {example}") for example in rule.examples)),
    )
