"""Habits of naming and placing, counted rather than assumed: a map in, conventions with support and examples out.

A convention speaks only where it holds in at least 90 % of at least 20 cases of one language.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.naming import (
    defines_tests,
    definition_style,
    module_style,
    named_freely,
    names_foreign,
    place_of_test,
    style_of_test,
)
from reviewlore.architecture.places import folder_of, is_product, is_vendored
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.source import Language

MIN_SHARE = 0.9
MIN_CASES = 20
EXAMPLES = 3

ConventionKind = Literal["function_name", "class_name", "module_name", "test_file_name", "test_folder", "module_size"]
_Case = tuple[str, str]  # the style, and what to show


@dataclass(frozen=True, slots=True)
class Convention:
    """What holds where: `value` (`snake_case`, `test_*.py`, `tests`) in `held` of `cases`, with examples.

    `place` is a folder for conventions that belong to one, empty where all code of the language keeps it.
    """

    kind: ConventionKind
    place: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...]
    language: Language = "python"


def mine_conventions(base: ArchitectureMap) -> tuple[Convention, ...]:
    """Return every convention the map of the base commit keeps."""
    modules: defaultdict[Language, list[Module]] = defaultdict(list)
    for path, module in sorted(base.modules.items()):
        if not is_vendored(path):
            modules[module.parsed.language].append(module)
    return tuple(
        Convention(kind, place, value, held, cases, examples, language)
        for language, found in sorted(modules.items())
        for kind, place, listed in _counted(language, found)
        for value, held, cases, examples in _decide(listed)
    )


def measure_sizes(base: ArchitectureMap) -> tuple[Convention, ...]:
    """Return up to how many lines nine of ten shipped modules of each language have, of those that have any."""
    sizes: defaultdict[Language, list[tuple[int, str]]] = defaultdict(list)
    for path, module in sorted(base.modules.items()):
        if is_product(path) and module.parsed.lines:
            sizes[module.parsed.language].append((module.parsed.lines, path))
    found = []
    for language, rows in sorted(sizes.items()):
        rows.sort()
        if len(rows) >= MIN_CASES:
            limit = rows[math.ceil(len(rows) * MIN_SHARE) - 1][0]
            held = sum(lines <= limit for lines, _ in rows)
            middle = rows[(len(rows) - 1) // 2]
            value = f"up to {limit} lines, half of them up to {middle[0]}"
            found.append(Convention("module_size", "", value, held, len(rows), (middle[1],), language))
    return tuple(found)


def _counted(language: Language, modules: list[Module]) -> Iterator[tuple[ConventionKind, str, list[_Case]]]:
    """Yield the cases of each kind of convention, and the place it is about."""
    product = [module for module in modules if is_product(module.path)]
    yield "function_name", "", list(_names(language, product, of_types=False))
    yield "class_name", "", list(_names(language, product, of_types=True))
    folders: defaultdict[str, list[_Case]] = defaultdict(list)
    for module in product:
        folders[folder_of(module.path)].append((module_style(module.path), _called(module.path)))
    for folder, found in sorted(folders.items()):
        yield "module_name", folder, found
    tests = [module.path for module in modules if defines_tests(module)]
    by_value: tuple[tuple[ConventionKind, Callable[[str], str]], ...] = (
        ("test_file_name", style_of_test),
        ("test_folder", place_of_test),
    )
    for kind, value_of in by_value:
        yield kind, "", [(value_of(path), path) for path in tests]


def _names(language: Language, modules: Iterable[Module], *, of_types: bool) -> Iterator[_Case]:
    for module in modules:
        for entry in module.parsed.definitions:
            free = entry.public and not names_foreign(entry) if of_types else named_freely(entry)
            if (entry.kind == "class") == of_types and free:
                yield definition_style(language, entry), f"{entry.name} ({module.path})"


def _called(path: str) -> str:
    return f"{path.rpartition('/')[2].partition('.')[0]} ({path})"


def _decide(cases: list[_Case]) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """Yield the value that is kept often enough, if any; what has no value (empty) has no say."""
    cases = [(value, shown) for value, shown in cases if value]
    if len(cases) >= MIN_CASES:
        best, held = Counter(value for value, _ in cases).most_common(1)[0]
        if best != "other" and held >= MIN_SHARE * len(cases):
            examples = dict.fromkeys(shown for value, shown in cases if value == best)
            yield best, held, len(cases), tuple(examples)[:EXAMPLES]
