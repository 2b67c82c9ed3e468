"""Rules about imports that import-linter is given: configuration texts in, contracts and notes out. Runs nothing.

Read are `.importlinter`, setup.cfg and pyproject.toml, in any folder (https://import-linter.readthedocs.io: layers,
forbidden, independence, protected). What a contract says beyond single imports is named in a note.
"""

import configparser
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviewlore.config.toml import MAX_CHARACTERS
from reviewlore.domain.architecture import Contract, ContractKind, Layer
from reviewlore.formats.json_text import as_mapping
from reviewlore.formats.toml_text import read_toml

# In its own order of precedence; the names behind these three are what people pass to `lint-imports --config`.
_FILES = ("setup.cfg", ".importlinter", "pyproject.toml", "importlinter.ini", ".import-linter.ini", "import-linter.ini")
_TRUE = frozenset({"true", "1", "yes", "on"})
_MAX_ROWS = 2_000
_MAX_PAIRS = 5_000
_MAX_PATTERN = 500
_MAX_CONTAINERS = 200
_Options = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Section:
    """One contract as written, with the options of the whole file and where it stands."""

    origin: str
    session: _Options
    options: _Options

    @property
    def name(self) -> str:
        return str(self.options.get("name", "contract"))[:200]

    def rows(self, key: str) -> tuple[str, ...]:
        return tuple(_rows(self.options.get(key)))

    def says(self, key: str) -> bool:
        return str(self.options.get(key, "")).lower() in _TRUE

    @property
    def ignored(self) -> tuple[tuple[str, str], ...]:
        """The pairs of `ignore_imports`; whether they match anything is import-linter's business."""
        pairs = (row.partition("->") for row in self.rows("ignore_imports"))
        return tuple((left.strip(), right.strip()) for left, arrow, right in pairs if arrow)

    @property
    def ignore_type_only(self) -> bool:
        return str(self.session.get("exclude_type_checking_imports", "")).lower() in _TRUE

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(_rows(self.session.get("root_packages")) or _rows(self.session.get("root_package")))


def is_contract_file(path: str) -> bool:
    """Whether a path may hold contracts of import-linter."""
    return path.rpartition("/")[2] in _FILES


def parse_contracts(
    texts: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return the contracts of each folder's first file that has some, and notes on what was not read.

    `texts` maps paths to contents. `modules` are the dotted names of the tree, among which containers with wildcards
    are looked up. A contract of a type that cannot be judged by single imports is named in the notes.
    """
    notes: list[str] = []
    found: list[Contract] = []
    done: set[str] = set()
    for path in sorted(texts, key=lambda path: (path.rpartition("/")[0], _FILES.index(path.rpartition("/")[2]))):
        folder = path.rpartition("/")[0]
        if folder in done:
            continue
        read = _read_toml if path.endswith(".toml") else _read_ini
        session, sections, problem = read(texts[path])
        if problem and (not folder or "importlinter" in texts[path]):
            notes.append(f"{path} cannot be read, so its import contracts are not checked: {problem}")
        elif sections:
            done.add(folder)
            for options in sections:
                found += _contracts(_Section(path, session, options), modules, notes)
    return tuple(found), tuple(notes)


def _contracts(section: _Section, modules: Collection[str], notes: list[str]) -> Iterator[Contract]:
    kind = str(section.options.get("type", ""))[:200]
    if str(section.options.get("as_packages", True)).lower() not in _TRUE:
        notes.append(
            f"{section.origin}: {section.name!r} speaks of modules without what lies below them, "
            "which is not checked here."
        )
    elif kind == "layers":
        yield from _layers(section, modules, notes)
    elif kind == "forbidden":
        yield from _forbidden(section, section.rows("source_modules"), section.rows("forbidden_modules"))
    elif kind == "independence":
        yield _contract(section, "independence", section.rows("modules"))
    elif kind == "protected":
        yield from _protected(section, section.rows("protected_modules"), section.rows("allowed_importers"), notes)
    else:
        what = kind or "unknown"
        notes.append(f"{section.origin}: the contract {section.name!r} is of type {what!r}, which is not checked here.")


def _contract(
    section: _Section,
    kind: ContractKind,
    sources: Sequence[str] = (),
    targets: Sequence[str] = (),
    *,
    layers: tuple[Layer, ...] = (),
    ignored: Sequence[tuple[str, str]] = (),
) -> Contract:
    pairs = (*section.ignored, *ignored)
    type_only = section.ignore_type_only
    return Contract(kind, section.name, section.origin, layers, tuple(sources), tuple(targets), pairs, type_only)


def _layers(section: _Section, modules: Collection[str], notes: list[str]) -> Iterator[Contract]:
    """One contract for each container; those with wildcards stand for the modules of the tree that they match."""
    containers: list[str] = []
    for container in section.rows("containers"):
        containers += sorted(_matching(container, modules)) if "*" in container else [container]
    if section.says("exhaustive"):
        notes.append(f"{section.origin}: whether {section.name!r} lists every layer there is, is not checked here.")
    if len(containers) > _MAX_CONTAINERS:
        notes.append(f"{section.origin}: {section.name!r} is checked in its first {_MAX_CONTAINERS} containers only.")
    for container in containers[:_MAX_CONTAINERS] if section.rows("containers") else [""]:
        stack = tuple(layer for row in section.rows("layers") if (layer := _layer(row, container)).members)
        yield _contract(section, "layers", layers=stack)


def _layer(text: str, container: str) -> Layer:
    """`a | b` are independent siblings, `a : b` siblings that may know each other, `(a)` may be missing."""
    independent = "|" in text
    parts = (part.strip() for part in re.split(r"\|" if independent else ":", text))
    names = (part[1:-1].strip() if part.startswith("(") and part.endswith(")") else part for part in parts)
    prefix = f"{container}." if container else ""
    return Layer(tuple(f"{prefix}{name}" for name in names if name), independent)


def _forbidden(section: _Section, sources: Sequence[str], targets: Sequence[str]) -> Iterator[Contract]:
    """One contract, or one for each source where some sources and targets overlap: such pairs are not judged."""
    apart = {source: tuple(target for target in targets if not _overlap(source, target)) for source in sources}
    # A wildcard may stand for what is forbidden itself, among others.
    within = [pair for target in targets for pair in _inside((target,), (target,))] if "*" in "".join(sources) else []
    if all(some == tuple(targets) for some in apart.values()):
        yield _contract(section, "forbidden", sources, targets, ignored=within)
        return
    for source, some in apart.items():
        if some:
            yield _contract(section, "forbidden", (source,), some, ignored=within)


def _protected(
    section: _Section, targets: Sequence[str], importers: Sequence[str], notes: list[str]
) -> Iterator[Contract]:
    """Nobody in the root packages imports the protected modules but who is named, and each its own inside."""
    if len(targets) * len(importers) > _MAX_PAIRS:
        notes.append(f"{section.origin}: {section.name!r} names too many modules to be checked here.")
        return
    spared = _inside(importers, targets) + [pair for target in targets for pair in _inside((target,), (target,))]
    yield _contract(section, "forbidden", section.roots, targets, ignored=spared)


def _inside(importers: Sequence[str], targets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs that spare every import of the targets, and of what lies below them, by the importers and so."""
    left = [name for importer in importers for name in (importer, f"{importer}.**")]
    right = [name for target in targets for name in (target, f"{target}.**")]
    return [(one, other) for one in left for other in right]


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _matching(pattern: str, modules: Collection[str]) -> set[str]:
    """Return the modules and packages that a pattern names: `*` is one step, `**` one or more."""
    parts = [r".+" if part == "**" else r"[^.]+" if part == "*" else re.escape(part) for part in pattern.split(".")]
    if len(pattern) > _MAX_PATTERN or parts.count(".+") > 1:
        return set()
    names = {name[:end] for name in modules for end in (*_dots(name), len(name))}
    whole = re.compile(r"\.".join(parts))
    return {name for name in names if whole.fullmatch(name)}


def _dots(name: str) -> Iterator[int]:
    at = name.find(".")
    while at >= 0:
        yield at
        at = name.find(".", at + 1)


def _read_ini(text: str) -> tuple[_Options, list[_Options], str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    if len(text) > MAX_CHARACTERS:
        return {}, [], f"it is longer than {MAX_CHARACTERS} characters"
    try:
        parser.read_string(text.removeprefix("\ufeff"))
    except (configparser.Error, ValueError) as error:
        return {}, [], str(error).splitlines()[0]
    session = dict(parser["importlinter"]) if parser.has_section("importlinter") else {}
    names = [name for name in parser.sections() if name.startswith("importlinter:")]
    return session, [dict(parser[name]) for name in names], ""


def _read_toml(text: str) -> tuple[_Options, list[_Options], str]:
    value, problem = read_toml(text)
    session = as_mapping(as_mapping(value.get("tool")).get("importlinter"))
    contracts = session.get("contracts")
    return (
        session,
        [entry for entry in contracts if isinstance(entry, dict)] if isinstance(contracts, list) else [],
        problem,
    )


def _rows(value: object) -> list[str]:
    """An option of several values: lines of an INI option or a TOML list, without comments and blanks."""
    rows = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [text for row in rows[:_MAX_ROWS] if (text := str(row).partition("#")[0].strip())]
