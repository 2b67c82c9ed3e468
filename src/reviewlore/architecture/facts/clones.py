"""New functions that say what the repository, or the same change, says already. Change in, facts out.

A likeness of the token windows alone also finds what merely has the same shape, so the calls must agree too.
"""

from collections import defaultdict
from collections.abc import Iterator

from reviewlore.architecture.complexity import part_of
from reviewlore.architecture.facts.change import ChangeContext, fingerprint, full_name
from reviewlore.architecture.naming import is_inline_test
from reviewlore.architecture.similarity import Place, called_alike, find_alike, likeness
from reviewlore.domain.architecture import ArchitectureMap, Evidence, Fact
from reviewlore.domain.source import Definition

MIN_LIKENESS = 0.8
MIN_CALLS = 0.7
# With fewer calls in common the shape alone speaks, and has to be the same over a longer stretch.
MIN_COMMON = 2
MIN_LINES_OF_SHAPE = 12
# A function that is like so many others keeps to a pattern of this repository.
MAX_FAMILY = 2
# Within one change twins are often meant (encode and decode): only near-copies speak.
MIN_TWIN = 0.9
_MIN_LINES = 6
_SHOWN = 4
_Clone = tuple[Definition, Place, float]


def find_clones(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file with added functions that are near-clones of others in product code.

    The other one stood at the base and still stands as it was (else code was moved), or is added by the same change.
    Methods of the same name are left out: they override or implement one thing.
    """
    added = [
        (change.head.modules[patch.path], definition)
        for patch in change.patches
        if patch.path in change.head.modules and part_of(patch.path) == "product"
        for definition in change.added_definitions(patch.path)
        if _comparable(definition)
    ]
    family: defaultdict[int, list[tuple[Place, float]]] = defaultdict(list)
    for index, other, alike in find_alike(added, _functions(change.base), MIN_LIKENESS):
        if len(family.get(index, ())) > MAX_FAMILY:
            continue
        kept = _kept(change, other)
        if kept and _says_the_same(added[index], kept):
            family[index].append((kept, alike))
    by_file: defaultdict[str, list[_Clone]] = defaultdict(list)
    for index, known in family.items():
        if len(known) <= MAX_FAMILY:
            other, alike = max(known, key=lambda entry: entry[1])
            by_file[added[index][0].path].append((added[index][1], other, alike))
    for index, other, alike in _twins(added):
        if index not in family:
            by_file[added[index][0].path].append((added[index][1], other, alike))
    for path, clones in by_file.items():
        yield _fact(change, path, sorted(clones, key=lambda clone: (-clone[2], clone[0].line)))


def _functions(tree: ArchitectureMap) -> Iterator[Place]:
    for path, module in tree.modules.items():
        if part_of(path) == "product":
            yield from ((module, definition) for definition in module.parsed.definitions if _comparable(definition))


def _comparable(definition: Definition) -> bool:
    """Whether a function is long enough to be worth sharing and has a name that its author chose; no test is."""
    long = definition.end_line - definition.body + 1 >= _MIN_LINES
    given = definition.name.startswith("__") or definition.name in ("main", "init", "constructor", definition.owner)
    return bool(definition.sketch) and long and not (given or definition.kind == "class" or is_inline_test(definition))


def _kept(change: ChangeContext, place: Place) -> Place | None:
    """Return a function of the base as the head has it, or None where it is gone or has become something else."""
    module, definition = place
    now = change.head.modules.get(change.moved.get(module.path, module.path))
    for entry in now.parsed.definitions if now else ():
        same = (entry.owner, entry.name) == (definition.owner, definition.name)
        if now and same and likeness(entry.sketch, definition.sketch) >= MIN_LIKENESS:
            return now, entry
    return None


def _says_the_same(one: Place, other: Place, least: float = MIN_CALLS) -> bool:
    first, second = one[1], other[1]
    # Rust has no way to write one function for `&T` and `&mut T`, and calls the second one after the first.
    twins = first.name != second.name and first.name.removesuffix("_mut") == second.name.removesuffix("_mut")
    implements = twins or (first.name == second.name and "method" in (first.kind, second.kind))
    common, share = called_alike(one, other)
    long = min(entry.end_line - entry.body + 1 for entry in (first, second)) >= MIN_LINES_OF_SHAPE
    return not implements and share >= least and (common >= MIN_COMMON or long)


def _twins(added: list[Place]) -> Iterator[tuple[int, Place, float]]:
    """Yield pairs within the change, each once: the later function with the earlier one."""
    index_of = {(module.path, definition): index for index, (module, definition) in enumerate(added)}
    told: set[int] = set()
    for index, other, alike in find_alike(added, added, MIN_TWIN):
        earlier = index_of[other[0].path, other[1]]
        if earlier < index and index not in told and _says_the_same(added[index], other, MIN_TWIN):
            told.add(index)
            yield index, other, alike


def _fact(change: ChangeContext, path: str, clones: list[_Clone]) -> Fact:
    definition, (module, other), alike = clones[0]
    place = f"`{full_name(other)}` in `{module.path}` line {other.line}"
    old = module.path not in change.patch_of or other.line not in change.patch_of[module.path].added_lines
    others = len(clones) - 1
    more = f" {others} more new function{'s' if others > 1 else ''} of this file repeat others." if others else ""
    stands = "stands in the repository already" if old else "comes with this same change"
    return Fact(
        kind="duplicated_helper",
        path=path,
        line=change.shown(path, definition),
        title=f"`{full_name(definition)}` nearly repeats `{full_name(other)}`",
        why=f"{place} {stands}: {round(alike * 100)} % of the two bodies are alike but for names and literals, and "
        f"they make the same calls. A fix in one will be missed in the other.{more}",
        advice="Use the one that exists, or take what both share into one function.",
        severity="info",
        confidence=round(0.9 * alike if old else 0.7 * alike, 2),
        fingerprint=fingerprint("duplicated_helper", path, full_name(definition), module.path, full_name(other)),
        evidence=tuple(
            Evidence(f"`{full_name(new)}` is like `{full_name(known)}` ({round(part * 100)} %)", where.path, known.line)
            for new, (where, known), part in clones[:_SHOWN]
        ),
    )
