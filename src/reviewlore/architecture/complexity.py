"""How complex the functions of a repository usually are: a map in, the range of each kind of place out.

Nothing here knows a good or a bad figure, except the two below which nobody minds a function.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from reviewlore.architecture.places import folder_of, is_aside, is_generated, is_product, is_test, is_vendored
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.source import Definition, Language

Part = Literal["product", "test", "aside"]

# Fewer functions than this have no range of their own: their 99th percentile would be their largest.
MIN_FUNCTIONS = 50
# Thresholds that linters ship with: McCabe 1976 proposed 10, SonarSource's rule S3776 starts at 15.
USUAL_CYCLOMATIC = 10
USUAL_COGNITIVE = 15


@dataclass(frozen=True, slots=True)
class Range:
    """Up to where functions of one kind of place are ordinary; `functions` of the base were counted."""

    part: Part
    folder: str
    functions: int
    cyclomatic: int
    cognitive: int


class Ranges:
    """The ranges of one map, for each language and part of the repository, and for each folder that has enough."""

    def __init__(self, base: ArchitectureMap) -> None:
        self._base = base

    def of(self, path: str, language: Language) -> Range | None:
        """Return the range for a file: its part's as a whole, wider where its folder is known for more; or None."""
        part = part_of(path)
        whole = self._ranges.get((language, part, "")) if part else None
        own = self._ranges.get((language, part, folder_of(path))) if part else None
        if whole is None or own is None:
            return whole
        return own if own.cognitive > whole.cognitive else whole

    def whole(self, language: Language, part: Part) -> Range | None:
        """Return the range of a language in one part of the repository, None where it has too few functions there."""
        return self._ranges.get((language, part, ""))

    @cached_property
    def _ranges(self) -> dict[tuple[Language, Part | None, str], Range]:
        groups: defaultdict[tuple[Language, Part, str], list[Definition]] = defaultdict(list)
        for path, module in self._base.modules.items():
            part = part_of(path)
            for definition in functions_of(module) if part else ():
                for folder in {"", folder_of(path)}:
                    groups[module.parsed.language, part or "product", folder].append(definition)
        return {
            (language, part, folder): Range(
                part,
                folder,
                len(found),
                max(USUAL_CYCLOMATIC, upper_end([definition.cyclomatic for definition in found])),
                max(USUAL_COGNITIVE, upper_end([definition.cognitive for definition in found])),
            )
            for (language, part, folder), found in groups.items()
            if len(found) >= MIN_FUNCTIONS
        }


def part_of(path: str) -> Part | None:
    """Return which part of a repository a source file belongs to, None for what nobody here writes by hand."""
    if is_vendored(path) or is_generated(path):
        return None
    if is_test(path):
        return "test"
    hidden = path.startswith(".") or "/." in path  # `.github/`, `.ci/`
    return "aside" if hidden or is_aside(path) or not is_product(path) else "product"


def functions_of(module: Module) -> Iterable[Definition]:
    """Return the functions and methods of a module that were measured (a grammar that counts gives at least 1)."""
    return [entry for entry in module.parsed.definitions if entry.kind != "class" and entry.cyclomatic > 0]


def upper_end(values: Sequence[int]) -> int:
    """Return up to where values are ordinary: their 99th percentile, rounded up.

    Not Tukey's fence (third quartile plus 1.5 times the distance of the quartiles), also not on a log scale: half of
    all functions have a figure of 0 or 1, so that the quartiles are a matter of small whole numbers. On scrapy, pytest,
    celery and textual the fence was 31, 31, 15 and 15 (0 for all tests), where the percentiles were 15, 31, 22 and 32.
    """
    return math.ceil(quantile(sorted(values), 0.99) - 1e-9)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, interpolated linearly (Hyndman and Fan's type 7); 0 without values."""
    if not ordered:
        return 0.0
    at = (len(ordered) - 1) * share
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)
