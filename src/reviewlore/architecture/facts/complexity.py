"""Functions that this change makes more complex than their kind ever is here. Change in, facts out."""

from collections.abc import Iterator

from reviewlore.architecture.complexity import USUAL_COGNITIVE, Part, Range, Ranges, functions_of, part_of
from reviewlore.architecture.facts.change import ChangeContext, fingerprint, full_name
from reviewlore.architecture.places import folder_of
from reviewlore.architecture.similarity import likeness
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Evidence, Fact, Module
from reviewlore.domain.source import Definition

# An existing function has to gain so much, as a share of the range's end: a creeping one is not this change's doing.
_JUMP = 0.25
# How far past the range's end it has to lie to be worth a word; what nothing rests on may be cruder.
_PAST: dict[Part, float] = {"product": 1.25, "test": 2.0, "aside": 2.0}
# Far beyond: worth a warning.
_FAR = 3
_FAR_COGNITIVE = 40
_SIBLINGS = 3
# Two bodies that are so much alike are one, under two names or in two places.
_SAME = 0.5


def find_complex(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file with functions that are new beyond, or raised past, what is ordinary there.

    Effort of reading (cognitive) decides: many paths alone, as of a flat `match`, are easy to read. Code that was
    elsewhere before, or split off something worse, is no news.
    """
    ranges = Ranges(change.base)
    for patch in change.patches:
        module = change.head.modules.get(patch.path)
        if module is None or patch.status == "removed" or not _may_stand_out(patch, module):
            continue
        usual = ranges.of(patch.path, module.parsed.language)
        found = list(_beyond(change, module, usual)) if usual else []
        if found and usual:
            yield _fact(change, module, usual, found)


def _may_stand_out(patch: FilePatch, module: Module) -> bool:
    """Whether a touched function could lie past any range's end: for ranges every function of the base is read."""
    part = part_of(module.path)
    return part is not None and any(
        entry.cognitive >= _PAST[part] * USUAL_COGNITIVE and _is_touched(patch, entry) for entry in functions_of(module)
    )


def _is_touched(patch: FilePatch, definition: Definition) -> bool:
    return any(definition.line <= line <= definition.end_line for line in patch.added_lines)


def _beyond(change: ChangeContext, module: Module, usual: Range) -> Iterator[tuple[Definition, int]]:
    """Yield functions past the range's end with their figure before (0: new), the worst first."""
    patch = change.patch_of[module.path]
    before = _worst(change.base.modules.get(patch.old_path))
    found = []
    for key, definition in _worst(module).items():
        old = before[key].cognitive if key in before else 0
        jump = max(5, round(_JUMP * usual.cognitive))
        past = old <= usual.cognitive and definition.cognitive >= _PAST[usual.part] * usual.cognitive
        if past and definition.cognitive - old >= jump and _is_touched(patch, definition):
            found.append((definition, old))
    gain = _gain(change) if found else 0
    for definition, old in sorted(found, key=lambda entry: -entry[0].cognitive):
        if gain >= (definition.cognitive - old) / 2 and not (old == 0 and _was_elsewhere(change, definition)):
            yield definition, old


def _worst(module: Module | None) -> dict[tuple[str | None, str], Definition]:
    """Return the measured functions by name; of several with one name the most complex."""
    found = sorted(functions_of(module), key=lambda entry: entry.cognitive) if module else []
    return {(entry.owner, entry.name): entry for entry in found}


def _gain(change: ChangeContext) -> int:
    """Return by how much the changed files together have become more complex: splitting and moving gain little."""
    total = 0
    for patch in change.patches:
        for tree, path, sign in ((change.head, patch.path, 1), (change.base, patch.old_path, -1)):
            module = tree.modules.get(path)
            if module and (patch.status, sign) not in (("removed", 1), ("added", -1)):
                total += sign * sum(entry.cognitive for entry in functions_of(module))
    return total


def _was_elsewhere(change: ChangeContext, definition: Definition) -> bool:
    """Whether a changed file had a function of this name, or much the same under another, that was hardly simpler."""
    for patch in change.patches:
        module = change.base.modules.get(patch.old_path)
        for known in functions_of(module) if module else ():
            if known.cognitive < 0.7 * definition.cognitive:
                continue
            if known.name == definition.name or likeness(known.sketch, definition.sketch) >= _SAME:
                return True
    return False


def _fact(change: ChangeContext, module: Module, usual: Range, found: list[tuple[Definition, int]]) -> Fact:
    definition, old = found[0]
    name = full_name(definition)
    part = {"product": "functions", "test": "functions of the tests", "aside": "functions of scripts and examples"}
    where = f" in `{usual.folder}`" if usual.folder else " of this repository"
    far = definition.cognitive > _FAR * usual.cognitive and definition.cognitive > _FAR_COGNITIVE
    grown = f"went from {old} to {definition.cognitive}" if old else f"starts at {definition.cognitive}"
    others = "".join(f" So does `{full_name(entry)}` ({entry.cognitive})." for entry, _ in found[1:3])
    return Fact(
        kind="complexity_out_of_range",
        path=module.path,
        line=change.shown(module.path, definition),
        title=f"`{name}` is more complex than {part[usual.part]} here are",
        why=f"Its cognitive complexity {grown} (with {definition.cyclomatic} paths through it); 99 of 100 "
        f"{part[usual.part]}{where} stay at or below {usual.cognitive}.{others}",
        advice="Give the parts that can be named a function of their own, or return early to take levels out.",
        severity="warning" if far and usual.part == "product" else "info",
        confidence=0.8 if definition.cognitive >= 1.5 * usual.cognitive else 0.7,
        fingerprint=fingerprint("complexity_out_of_range", module.path, name),
        evidence=(
            Evidence(
                f"Range from {usual.functions} functions at the base: cognitive complexity up to {usual.cognitive}, "
                f"cyclomatic up to {usual.cyclomatic}"
            ),
            *(
                Evidence(
                    f"Simpler at its size: `{full_name(entry)}` ({_length(entry)} lines, cognitive {entry.cognitive})",
                    path,
                    entry.line,
                )
                for path, entry in _siblings(change, module, definition, usual)
            ),
        ),
    )


def _siblings(
    change: ChangeContext, module: Module, definition: Definition, usual: Range
) -> list[tuple[str, Definition]]:
    """Return the biggest functions of the same folder that are still simple: at most half the range's end."""
    folder = folder_of(module.path)
    near = [
        (path, entry)
        for path, other in change.head.modules.items()
        if folder_of(path) == folder and part_of(path) == usual.part and other.parsed.language == module.parsed.language
        for entry in functions_of(other)
        if entry.cognitive <= usual.cognitive / 2 and full_name(entry) != full_name(definition)
    ]
    return sorted(near, key=lambda found: (-_length(found[1]), found[0], found[1].line))[:_SIBLINGS]


def _length(definition: Definition) -> int:
    return definition.end_line - definition.line + 1
