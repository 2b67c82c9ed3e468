"""Where new names, files and tests leave a habit of the repository. Change in, facts out, one at most per name."""

from collections.abc import Iterator

from reviewlore.architecture.change import ChangeContext, fingerprint
from reviewlore.architecture.conventions import Convention, holds_tests, named_freely, style_of
from reviewlore.architecture.places import folder_of, is_product, is_test_module, top_of
from reviewlore.domain.architecture import Definition, Evidence, Fact

_SPOKEN = {"function_name": "functions", "class_name": "classes", "module_name": "modules"}


def find_broken_names(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each new function, class or module that is not named as its kind is named here."""
    rules = {(rule.kind, rule.place): rule for rule in change.conventions}
    taken = {d.name for module in change.base.modules.values() for d in module.parsed.definitions}
    for patch in change.patches:
        if not is_product(patch.path) or patch.path not in change.head.modules:
            continue
        for definition in change.added_definitions(patch.path):
            rule = rules.get(("class_name" if definition.kind == "class" else "function_name", ""))
            if rule and _breaks_name(rule, definition) and definition.name not in taken:
                yield _name_fact(change, patch.path, definition.line, definition.name, rule)
        rule = rules.get(("module_name", folder_of(patch.path)))
        stem = patch.path.rpartition("/")[2].removesuffix(".py")
        if rule and patch.status in ("added", "renamed") and style_of(stem) not in (rule.value, ""):
            yield _name_fact(change, patch.path, None, stem, rule)


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
        outside = [path for path in tests if is_test_module(path) and top_of(path) != folder.value]
        if outside:
            yield _place_fact(change, outside, folder, f"New tests outside `{folder.value}/`", f"`{folder.value}/`")
    if name:
        unseen = [path for path in tests if not is_test_module(path)]
        if unseen:
            title = f"`{unseen[0].rpartition('/')[2]}` holds tests, but is not called `{name.value}`"
            yield _place_fact(change, unseen, name, title, f"`{name.value}`")


def _breaks_name(rule: Convention, definition: Definition) -> bool:
    style = style_of(definition.name)
    if definition.kind == "class":
        return bool(style) and style != rule.value
    return named_freely(definition) and bool(style) and style not in (rule.value, "other")


def _name_fact(change: ChangeContext, path: str, line: int | None, name: str, rule: Convention) -> Fact:
    kinds = _SPOKEN[rule.kind]
    where = f" in `{rule.place}`" if rule.place else ""
    return Fact(
        kind="naming_convention_broken",
        path=path,
        line=change.line(path, line) if line else change.first_line(path),
        title=f"`{name}` is not in {rule.value}",
        why=f"{rule.held} of {rule.cases} {kinds}{where} are named in {rule.value}; readers and searches rely on it.",
        advice=f"Rename it in {rule.value}, unless the name is given from outside.",
        severity="info",
        confidence=round(rule.held / rule.cases * 0.9, 2),
        fingerprint=fingerprint("naming_convention_broken", path, name),
        evidence=tuple(Evidence(f"keeps it: {example}") for example in rule.examples),
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
        severity="warning",
        confidence=round(rule.held / rule.cases * 0.9, 2),
        fingerprint=fingerprint("placement_convention_broken", path, rule.kind),
        evidence=tuple(Evidence("keeps it", example) for example in rule.examples),
    )
