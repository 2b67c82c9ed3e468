"""Where new names, files and tests leave a habit of the repository. Change in, facts out, one for each habit left."""

from collections import defaultdict
from collections.abc import Iterator

from reviewlore.architecture.conventions import MIN_SHARE, Convention, holds_tests, named_freely, style_of
from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import folder_of, is_product, is_test, is_test_module
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.source import Definition

_SPOKEN = {"function_name": "functions", "class_name": "classes", "module_name": "modules"}
# So many names of a folder show whether it has a habit of its own.
_LOCAL_CASES = 5
_Named = tuple[str, int | None, str]


def find_broken_names(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each kind of name (function, class, module) with the new ones that are not named as usual."""
    rules = {(rule.kind, rule.place): rule for rule in change.conventions}
    taken = {d.name for module in change.base.modules.values() for d in module.parsed.definitions}
    broken: defaultdict[Convention, list[_Named]] = defaultdict(list)
    for patch in change.patches:
        if not is_product(patch.path) or patch.path not in change.head.modules:
            continue
        for definition in change.added_definitions(patch.path):
            rule = rules.get(("class_name" if definition.kind == "class" else "function_name", ""))
            if (
                rule
                and definition.name not in taken
                and _breaks(rule, definition)
                and _kept_nearby(change, patch.path, rule)
            ):
                broken[rule].append((patch.path, definition.line, definition.name))
        rule = rules.get(("module_name", folder_of(patch.path)))
        stem = patch.path.rpartition("/")[2].removesuffix(".py")
        if rule and patch.status in ("added", "renamed") and style_of(stem) not in (rule.value, ""):
            broken[rule].append((patch.path, None, stem))
    for rule, found in broken.items():
        yield _name_fact(change, rule, found)


def find_misplaced(change: ChangeContext) -> Iterator[Fact]:
    """Yield at most one fact for new test files that lie, and one for those that are called, unlike the others."""
    rules = {rule.kind: rule for rule in change.conventions if not rule.place}
    new = [
        patch.path
        for patch in change.patches
        if patch.status in ("added", "renamed") and patch.path in change.head.modules
    ]
    tests = [path for path in new if holds_tests(change.head.modules[path])]
    folder, name = rules.get("test_folder"), rules.get("test_file_name")
    if folder:
        outside = [path for path in tests if is_test_module(path) and folder.value not in path.split("/")[:-1]]
        if outside:
            yield _place_fact(change, outside, folder, f"New tests outside `{folder.value}/`", f"`{folder.value}/`")
    if name:
        imported = {edge.imported for edge in change.head.edges}  # a base of other tests is found through them
        unseen = [path for path in tests if is_test(path) and not is_test_module(path) and path not in imported]
        unseen = [path for path in unseen if not change.head.modules[path].is_package]
        if unseen:
            title = f"`{unseen[0].rpartition('/')[2]}` holds tests, but is not called `{name.value}`"
            yield _place_fact(change, unseen, name, title, f"`{name.value}`")


def _breaks(rule: Convention, definition: Definition) -> bool:
    style = style_of(definition.name)
    free = definition.public and (definition.kind == "class" or named_freely(definition))
    return free and bool(style) and style not in (rule.value, "other")


def _kept_nearby(change: ChangeContext, path: str, rule: Convention) -> bool:
    """Whether the folder of a file keeps the habit of the whole repository, as far as it is big enough to tell."""
    folder = folder_of(path)
    styles = [
        style_of(definition.name)
        for other, module in change.base.modules.items()
        if folder_of(other) == folder
        for definition in module.parsed.definitions
        if (definition.kind == "class") == (rule.kind == "class_name") and named_freely(definition)
    ]
    return len(styles) < _LOCAL_CASES or styles.count(rule.value) / len(styles) >= MIN_SHARE


def _name_fact(change: ChangeContext, rule: Convention, found: list[_Named]) -> Fact:
    path, line, name = found[0]
    kinds = _SPOKEN[rule.kind]
    where = f" in `{rule.place}`" if rule.place else ""
    more = f" and {len(found) - 1} more new {kinds} are" if len(found) > 1 else " is"
    return Fact(
        kind="naming_convention_broken",
        path=path,
        line=change.line(path, line) if line else change.first_line(path),
        title=f"`{name}`{more} not in {rule.value}",
        why=f"{rule.held} of {rule.cases} {kinds}{where} are named in {rule.value}; readers and searches rely on it.",
        advice=f"Rename to {rule.value}, unless the name is given from outside.",
        severity="info",
        confidence=round(rule.held / rule.cases * 0.9, 2),
        fingerprint=fingerprint("naming_convention_broken", path, rule.kind, name),
        evidence=(
            *(Evidence(f"`{name}`", path, line) for path, line, name in found[1:5]),
            *(Evidence(f"keeps it: {example}") for example in rule.examples),
        ),
    )


def _place_fact(change: ChangeContext, paths: list[str], rule: Convention, title: str, value: str) -> Fact:
    path, others = paths[0], len(paths) - 1
    also = f" The same holds for {others} more new file{'s' if others > 1 else ''}." if others else ""
    return Fact(
        kind="placement_convention_broken",
        path=path,
        line=change.first_line(path),
        title=title,
        why=f"{rule.held} of {rule.cases} files with tests keep to {value}; others are easily not run.{also}",
        advice=f"Move or rename it to fit {value}, or check that the test runner finds it here.",
        severity="info",
        confidence=round(rule.held / rule.cases * 0.9, 2),
        fingerprint=fingerprint("placement_convention_broken", path, rule.kind),
        evidence=tuple(Evidence("keeps it", example) for example in rule.examples),
    )
