"""What is known of a repository by name, to hold a model's words against: two maps in, look-ups out. Pure.

Indexes are made on first use: a review without a model's remark pays nothing.
"""

import builtins
import keyword
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reviewlore.domain.architecture import ArchitectureMap, ExternalImport, ImportEdge, Mention, Module
from reviewlore.domain.asking import Excerpt
from reviewlore.domain.source import Definition, language_of

WORD = re.compile(r"[A-Za-z_$][\w$]*")
_MOST = 50  # places of one name: a name that is everywhere tells nothing
_MOST_SEARCHED = 40  # words looked for in all files: each takes git some hundredths of a second

# What every reader of a language knows; no map lists it.
_PYTHON = frozenset(dir(builtins)) | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist)
_METHODS = frozenset(name for kind in (str, bytes, dict, list, set, tuple, int, float) for name in dir(kind))
_OTHERS = frozenset(
    "null nil undefined true false this self super new delete typeof instanceof async await let const var function fn "
    "func def class interface struct enum trait impl type string number boolean any unknown never void bool int int32 "
    "int64 uint uint8 uint32 uint64 float float64 double char byte usize isize u8 u32 u64 i32 i64 f64 str String "
    "Object Array Map Set Promise Error Date JSON Math console window document process require module export import "
    "from extends implements public private protected static final abstract throws throw try catch finally switch "
    "case default break continue return if else for while do match use mod pub mut ref unsafe Vec Option Some Result "
    "Ok Err Box Rc Arc HashMap HashSet panic unwrap expect clone List ArrayList Integer Long Boolean Exception "
    "RuntimeException NullPointerException Override error rune chan go defer select range make len cap append copy "
    "package TODO README".split()
)
COMMON = _PYTHON | _METHODS | _OTHERS

Place = tuple[str, Definition]


@dataclass(frozen=True, slots=True)
class Judges:
    """What else is needed to judge: whether a path is a test, how alike two sketches are (0..1), where words stand."""

    is_test: Callable[[str], bool]
    likeness: Callable[[Sequence[int], Sequence[int]], float]
    mentions: Callable[[Iterable[str]], tuple[Mention, ...] | None]


class Knowledge:
    """The names of a change's two maps; `head` is what the change leads to."""

    def __init__(self, base: ArchitectureMap, head: ArchitectureMap, judges: Judges) -> None:
        self.base, self.head, self.judges = base, head, judges
        self._mentioned: dict[str, tuple[Mention, ...] | None] = {}
        self._shown: dict[Excerpt, frozenset[str]] = {}

    def knows(self, name: str, excerpt: Excerpt) -> bool:
        """Whether a name (path, dotted name, call) stands in the excerpt, in one of the maps, or in the language."""
        name = name.strip().removesuffix("()").rstrip(".:,")
        if not name or name in excerpt.path or self._stands(name, excerpt):
            return True
        if "/" in name or language_of(name) or name in self._by_file:
            return bool(self.paths(name)) or self._is_folder(name)
        parts = WORD.findall(name)
        if not parts:
            return True
        shown = self.words(excerpt)
        if language_of(excerpt.path) == "python" and parts[0] in sys.stdlib_module_names:
            return True
        return all(part in shown or part in COMMON or part in self._names for part in {parts[0], parts[-1]})

    def words(self, excerpt: Excerpt) -> frozenset[str]:
        """Return the identifiers that an excerpt shows."""
        if excerpt not in self._shown:
            self._shown[excerpt] = frozenset(
                WORD.findall(f"{excerpt.hunk}\n{excerpt.text}\n{excerpt.around}\n{excerpt.path}")
            )
        return self._shown[excerpt]

    def paths(self, name: str) -> tuple[str, ...]:
        """Return the paths that a path, the end of one, or a module's dotted name means."""
        name = name.strip().strip("`").removeprefix("./")
        if name in self.head.files or name in self.base.files:
            return (name,)
        tail = name.rpartition("/")[2]
        found = [path for path in self._by_file.get(tail, ()) if path.endswith(f"/{name}")]
        return tuple(found or self._by_module.get(name, ()))[:_MOST]

    def definitions(self, name: str, tree: ArchitectureMap | None = None) -> list[Place]:
        """Return where a function, method or type is defined (in the head): by its name, or `Owner.name`."""
        parts = WORD.findall(name.removesuffix("()"))
        if not parts:
            return []
        places = (self._defined if tree is None else self._defined_before).get(parts[-1], [])
        if len(parts) > 1:
            owned = [(path, entry) for path, entry in places if entry.owner == parts[-2]]
            places = owned or [place for place in places if self._in_module(place[0], parts[-2])]
        return places[:_MOST]

    def imports_of(self, paths: Iterable[str], tree: ArchitectureMap) -> Iterator[ImportEdge | ExternalImport]:
        """Yield what some files import, in the map given."""
        wanted = frozenset(paths)
        yield from (edge for edge in tree.edges if edge.importer in wanted)
        yield from (edge for edge in tree.external if edge.importer in wanted)

    def mentions(self, name: str) -> tuple[Mention, ...] | None:
        """Return where a word stands in the head's files, searched once; None where it is everywhere."""
        if name not in self._mentioned and len(self._mentioned) < _MOST_SEARCHED:
            self._mentioned[name] = self.judges.mentions([name])
        return self._mentioned.get(name)

    def _in_module(self, path: str, name: str) -> bool:
        return path.rpartition("/")[2].partition(".")[0] == name or f"/{name}/" in f"/{path}"

    def _stands(self, name: str, excerpt: Excerpt) -> bool:
        return name in excerpt.hunk or name in excerpt.text or name in excerpt.around

    def _is_folder(self, name: str) -> bool:
        folder = name.strip("/")
        return any(f"/{folder}/" in f"/{path}" for path in self.head.files)

    @cached_property
    def _by_file(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(self.head.files | self.base.files):
            found[path.rpartition("/")[2]].append(path)
        return found

    @cached_property
    def _by_module(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path, module in self.head.modules.items():
            parts = module.name.split(".")
            for start in range(len(parts)):
                found[".".join(parts[start:])].append(path)
        return found

    @cached_property
    def _defined(self) -> dict[str, list[Place]]:
        return _by_name(self.head)

    @cached_property
    def _defined_before(self) -> dict[str, list[Place]]:
        return _by_name(self.base)

    @cached_property
    def _names(self) -> frozenset[str]:
        names = set[str]()
        for module in self.head.modules.values():
            names.update(_names_in(module))
        for path, module in self.base.modules.items():
            now = self.head.modules.get(path)
            if now is None or now.blob != module.blob:
                names.update(_names_in(module))
        return frozenset(names)


def _by_name(tree: ArchitectureMap) -> dict[str, list[Place]]:
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for path, module in tree.modules.items():
        for entry in module.parsed.definitions:
            found[entry.name].append((path, entry))
    return found


def _names_in(module: Module) -> Iterator[str]:
    """Yield every identifier that a module's record names."""
    parsed = module.parsed
    yield from parsed.assigned
    yield from parsed.offered
    yield from module.name.split(".")
    for entry in parsed.definitions:
        yield entry.name
        for text in (*entry.parameters, *entry.bases, *entry.decorators):
            yield from WORD.findall(text)
    for statement in parsed.imports:
        yield from WORD.findall(statement.module)
        for taken in statement.names:
            yield from (taken.name, taken.alias)
    for call in parsed.calls:
        yield from call.name.split(".")
        yield from call.keywords
    for raised in parsed.raised:
        yield from raised.name.split(".")
    yield from (name.name for name in parsed.referenced)
