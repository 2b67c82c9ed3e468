"""How rules name modules: patterns as a person writes them and what a module is called in, whether it is meant out.

A module is called by its name in its language (`app.api`, `web/src/api`, `example.org/shop/api`, `shop::api`) and by
its path, with or without its suffix. A pattern holds what it names with all below it; `*` is part of one step, `**` any
number of steps. A pattern with `/` is read as a path or import path, one with `::` as a Rust path, any other as dotted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.source import language_of
from reviewlore.domain.wildcards import fits

Separator = Literal[".", "/", "::"]
_SEPARATORS: tuple[Separator, ...] = (".", "/", "::")
# By which separator the name of something outside the tree is taken apart; by its importer's language.
_OUTSIDE: Mapping[str, Separator] = {"python": ".", "java": ".", "rust": "::"}


@dataclass(frozen=True, slots=True)
class Called:
    """What a module is called: `shown` to people, and the steps of each of its names with what separates them."""

    shown: str
    forms: tuple[tuple[Separator, tuple[str, ...]], ...]


class Member(NamedTuple):
    """The pattern that means a module, and what of the module's name it covers: `app.*` covers `app.web`."""

    pattern: str
    name: str


def call(name: str) -> Called:
    """Return what a module is called of which only the name is known."""
    separator: Separator = "::" if "::" in name else "/" if "/" in name else "."
    return Called(name, ((separator, tuple(name.split(separator))),))


def call_outside(importer: str, target: str) -> Called:
    """Return what something outside the tree is called that a file imports by this name."""
    separator = _OUTSIDE.get(language_of(importer) or "", "/")
    return Called(target, ((separator, tuple(target.split(separator))),))


class Names:
    """What the modules of some maps are called; the first map that has a path decides."""

    def __init__(self, *trees: ArchitectureMap) -> None:
        self._trees = trees
        self._known: dict[str, Called] = {}
        self._go = {
            one.folder: one.name for tree in trees for one in tree.manifests if one.ecosystem == "go" and one.name
        }

    def __getitem__(self, path: str) -> Called:
        """Return what the module of a path is called; the path alone where no map has it."""
        if path not in self._known:
            self._known[path] = self._call(path)
        return self._known[path]

    def _call(self, path: str) -> Called:
        bare = path[: path.rfind(".")] if "." in path.rpartition("/")[2][1:] else path
        paths = [path, bare]
        module = next((tree.modules[path] for tree in self._trees if path in tree.modules), None)
        if module is None:
            return Called(path, tuple(("/", tuple(one.split("/"))) for one in dict.fromkeys(paths)))
        if module.parsed.language == "go":
            paths += self._import_paths(bare)
        separator = _OUTSIDE.get(module.parsed.language, "/")
        own = (separator, tuple(module.name.split(separator)))
        return Called(module.name, tuple(dict.fromkeys((own, *(("/", tuple(one.split("/"))) for one in paths)))))

    def _import_paths(self, bare: str) -> list[str]:
        """The import path of a Go file's package, with the file's name behind it, by the nearest go.mod above."""
        folder = bare
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self._go:
                return [f"{self._go[folder]}/{bare[len(folder) + 1 if folder else 0 :]}"]
        return []


@lru_cache(maxsize=1 << 15)
def find_member(members: tuple[str, ...], called: Called) -> Member | None:
    """Return the closest of some patterns that means a module or something around it, or None."""
    best: tuple[int, int, Member] | None = None
    for pattern in members:
        for separator, steps in _forms(pattern):
            for other, own in called.forms:
                count = _covered(steps, own) if separator == other else 0
                if count and (best is None or (count, len(pattern)) > best[:2]):
                    best = (count, len(pattern), Member(pattern, separator.join(own[:count])))
    return best[2] if best else None


@lru_cache(maxsize=1 << 15)
def is_exactly(pattern: str, called: Called) -> bool:
    """Whether a pattern names this module itself; what lies below it, only where the pattern ends in `**`."""
    return any(
        separator == other and len(own) in _ends(steps, own)
        for separator, steps in _forms(pattern)
        for other, own in called.forms
    )


@lru_cache(maxsize=1 << 12)
def _forms(pattern: str) -> tuple[tuple[Separator, tuple[str, ...]], ...]:
    """A pattern's steps by separator; one without any may be the first step of every kind of name."""
    kinds: Sequence[Separator] = ("/",) if "/" in pattern else ("::",) if "::" in pattern else _SEPARATORS
    found = []
    for kind in kinds:
        text = pattern.removeprefix("./").strip("/") if kind == "/" else pattern
        steps = text.split(kind)
        # In dotted names `**` is at least one step (as import-linter has it), in paths so at the end only.
        some = [
            part
            for place, step in enumerate(steps)
            for part in (("*", "**") if step == "**" and (kind != "/" or place == len(steps) - 1) else (step,))
        ]
        found.append((kind, tuple(some)))
    return tuple(found)


def _covered(steps: Sequence[str], own: Sequence[str]) -> int:
    """Return how many steps of a name the shortest reading of a pattern covers, 0 where it does not fit."""
    return min(_ends(steps, own), default=0)


def _ends(steps: Sequence[str], own: Sequence[str]) -> set[int]:
    """Return after how many steps of a name a pattern can end; in time linear in the product of both lengths."""
    reached, ends = _skip({0}, steps), set[int]()
    for count, step in enumerate(own, 1):
        after = set[int]()
        for place in reached:
            if place == len(steps):
                continue
            if steps[place] == "**":
                after.add(place)
            elif fits(steps[place], step):
                after.add(place + 1)
        reached = _skip(after, steps)
        if not reached:
            break
        if len(steps) in reached:
            ends.add(count)
    return ends


def _skip(places: set[int], steps: Sequence[str]) -> set[int]:
    found = set(places)
    for place in places:
        after = place
        while after < len(steps) and steps[after] == "**":
            after += 1
            found.add(after)
    return found
