"""Habits of a repository, counted rather than assumed: a map in, conventions with support and examples out.

A convention speaks only where it holds in at least 90 % of at least 20 cases.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.places import folder_of, is_product, is_test_module, is_vendored, top_of
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.source import Definition

MIN_SHARE = 0.9
MIN_CASES = 20
EXAMPLES = 3

ConventionKind = Literal["function_name", "class_name", "module_name", "test_file_name", "test_folder"]

_STYLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("snake_case", re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")),
    ("CapWords", re.compile(r"[A-Z][A-Za-z0-9]*")),
    ("camelCase", re.compile(r"[a-z]+[a-z0-9]*([A-Z][a-z0-9]*)+")),
    ("UPPER_CASE", re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+")),
)


@dataclass(frozen=True, slots=True)
class Convention:
    """What holds where: `value` (`snake_case`, `test_*`, `tests`) in `held` of `cases`, with examples.

    `place` is a folder for conventions that belong to one, empty where the whole repository keeps it.
    """

    kind: ConventionKind
    place: str
    value: str
    held: int
    cases: int
    examples: tuple[str, ...]


def mine_conventions(base: ArchitectureMap) -> tuple[Convention, ...]:
    """Return every convention the map of the base commit keeps."""
    modules = [module for path, module in sorted(base.modules.items()) if not is_vendored(path)]
    product = [module for module in modules if is_product(module.path)]
    found = [
        *_whole("function_name", _functions(product), style_of),
        *_whole("class_name", _classes(product), style_of),
        *_by_place("module_name", _module_names(product), style_of),
    ]
    tests = [(module.path, module.path) for module in modules if holds_tests(module)]
    found += _whole("test_file_name", tests, _file_pattern)
    found += _whole("test_folder", tests, top_of)
    return tuple(found)


def style_of(name: str) -> str:
    """Return the naming style of an identifier, without its leading underscores; empty for what has no style."""
    bare = name.strip("_")
    return next((style for style, pattern in _STYLES if pattern.fullmatch(bare)), "other") if bare else ""


def holds_tests(module: Module) -> bool:
    """Whether a file defines tests in pytest's or unittest's sense, whatever the file is called."""
    definitions = module.parsed.definitions
    in_class = any(
        d.kind == "method" and d.name.startswith("test") and "test" in (d.owner or "").lower() for d in definitions
    )
    return in_class or any(d.kind == "function" and d.name.startswith("test_") for d in definitions)


def named_freely(definition: Definition) -> bool:
    """Whether the author chose this name: overrides and hooks of frameworks are named by somebody else."""
    return not definition.derived and not definition.name.startswith("__") and not definition.decorated


def _functions(modules: Iterable[Module]) -> Iterator[tuple[str, str]]:
    for module in modules:
        for definition in module.parsed.definitions:
            if definition.kind != "class" and named_freely(definition):
                yield module.path, definition.name


def _classes(modules: Iterable[Module]) -> Iterator[tuple[str, str]]:
    for module in modules:
        for definition in module.parsed.definitions:
            if definition.kind == "class" and definition.public:
                yield module.path, definition.name


def _module_names(modules: Iterable[Module]) -> Iterator[tuple[str, str]]:
    for module in modules:
        if not module.is_package:
            yield module.path, module.path.rpartition("/")[2].removesuffix(".py")


def _file_pattern(path: str) -> str:
    name = path.rpartition("/")[2]
    if not is_test_module(path):
        return "other"
    return "test_*.py" if name.startswith("test_") else "*_test.py"


def _whole(
    kind: ConventionKind, cases: Iterable[tuple[str, str]], value_of: Callable[[str], str]
) -> Iterator[Convention]:
    yield from _decide(kind, "", list(cases), value_of)


def _by_place(
    kind: ConventionKind, cases: Iterable[tuple[str, str]], value_of: Callable[[str], str]
) -> Iterator[Convention]:
    places: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for path, name in cases:
        places[folder_of(path)].append((path, name))
    for place, found in sorted(places.items()):
        yield from _decide(kind, place, found, value_of)


def _decide(
    kind: ConventionKind, place: str, cases: list[tuple[str, str]], value_of: Callable[[str], str]
) -> Iterator[Convention]:
    """Yield the convention if one value is kept often enough; names without a value (empty) have no say."""
    values = [(path, name, value) for path, name in cases if (value := value_of(name))]
    if len(values) < MIN_CASES:
        return
    best, held = Counter(value for _, _, value in values).most_common(1)[0]
    if best != "other" and held / len(values) >= MIN_SHARE:
        examples = dict.fromkeys(
            path if path == name else f"{name} ({path})" for path, name, value in values if value == best
        )
        yield Convention(kind, place, best, held, len(values), tuple(examples)[:EXAMPLES])
