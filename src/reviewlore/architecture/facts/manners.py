"""Where new names, files and tests leave a habit of the repository. Change in, facts out, one for each habit left."""

from collections import defaultdict
from collections.abc import Iterator

from reviewlore.architecture.conventions import MIN_SHARE, Convention
from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.naming import (
    defines_tests,
    definition_style,
    module_style,
    named_freely,
    names_foreign,
    place_of_test,
    style_of_test,
)
from reviewlore.architecture.places import folder_of, is_product, is_test, is_test_module
from reviewlore.domain.architecture import Evidence, Fact
from reviewlore.domain.source import Definition, Language

_SPOKEN = {"function_name": "functions", "class_name": "classes", "module_name": "modules"}
# So many names of a folder show whether it has a habit of its own.
_LOCAL_CASES = 5
_BESIDE = "beside the code"
_Named = tuple[str, int | None, str]


def find_broken_names(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each kind of name (function, class, module) with the new ones that are not named as usual."""
    rules = {(rule.language, rule.kind, rule.place): rule for rule in change.conventions}
    nearby: dict[tuple[str, Convention], bool] = {}
    broken: defaultdict[Convention, list[_Named]] = defaultdict(list)
    for patch in change.patches:
        if not is_product(patch.path) or patch.path not in change.head.modules:
            continue
        language = change.head.modules[patch.path].parsed.language
        for definition in change.added_definitions(patch.path):
            rule = rules.get((language, "class_name" if definition.kind == "class" else "function_name", ""))
            if rule is None or not _breaks(rule, definition) or definition.name in change.names_before:
                continue
            place = folder_of(patch.path), rule
            if place not in nearby:
                nearby[place] = _kept_nearby(change, *place)
            if nearby[place]:
                broken[rule].append((patch.path, definition.line, definition.name))
        rule = rules.get((language, "module_name", folder_of(patch.path)))
        stem = patch.path.rpartition("/")[2].partition(".")[0]
        if rule and patch.status in ("added", "renamed") and module_style(patch.path) not in (rule.value, "", "other"):
            broken[rule].append((patch.path, None, stem))
    for rule, found in broken.items():
        yield _name_fact(change, rule, found)


def find_misplaced(change: ChangeContext) -> Iterator[Fact]:
    """Yield at most one fact for new test files that lie, and one for those that are called, unlike the others."""
    rules = {(rule.kind, rule.language): rule for rule in change.conventions if not rule.place}
    new: defaultdict[Language, list[str]] = defaultdict(list)
    for patch in change.patches:
        module = change.head.modules.get(patch.path) if patch.status in ("added", "renamed") else None
        if module and defines_tests(module):
            new[module.parsed.language].append(patch.path)
    imported = {edge.imported for edge in change.head.edges} if new else set()
    for language, tests in new.items():
        folder, name = rules.get(("test_folder", language)), rules.get(("test_file_name", language))
        outside = [path for path in tests if folder and is_test_module(path) and not _lies_in(folder, path)]
        if folder and outside:
            value = folder.value if folder.value == _BESIDE else f"`{folder.value}/`"
            title = f"New tests not {value}" if folder.value == _BESIDE else f"New tests outside {value}"
            yield _place_fact(change, outside, folder, title, value)
        unseen = [path for path in tests if name and _is_called_otherwise(name, path) and path not in imported]
        unseen = [path for path in unseen if not change.head.modules[path].is_package]
        if name and unseen:
            title = f"`{unseen[0].rpartition('/')[2]}` holds tests, but is not called `{name.value}`"
            yield _place_fact(change, unseen, name, title, f"`{name.value}`")


def _lies_in(rule: Convention, path: str) -> bool:
    return place_of_test(path) == rule.value or rule.value in path.split("/")[:-1]


def _is_called_otherwise(rule: Convention, path: str) -> bool:
    """Whether a file of tests is not called as others are: in Python, as no runner expects it; a base of other tests,
    which is found through them, may be called anything.
    """
    if rule.language == "python":
        return is_test(path) and not is_test_module(path)
    return is_test(path) and style_of_test(path) != rule.value


def _breaks(rule: Convention, definition: Definition) -> bool:
    style = definition_style(rule.language, definition)
    chosen = not names_foreign(definition) if definition.kind == "class" else named_freely(definition)
    free = definition.public and chosen
    return free and bool(style) and style not in (rule.value, "other")


def _kept_nearby(change: ChangeContext, folder: str, rule: Convention) -> bool:
    """Whether a folder keeps the habit of the whole repository, as far as it is big enough to tell."""
    styles = [
        style
        for other, module in change.base.modules.items()
        if folder_of(other) == folder and module.parsed.language == rule.language
        for definition in module.parsed.definitions
        if (definition.kind == "class") == (rule.kind == "class_name") and named_freely(definition)
        if (style := definition_style(rule.language, definition))
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
