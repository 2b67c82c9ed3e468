"""Rules about imports: configuration texts in, contracts out; read from the declaration, or inferred and marked so.

Reads `[architecture] layers` of reviewlore's own configuration and import-linter's contracts
(https://import-linter.readthedocs.io: layers, forbidden, independence). Only direct imports are judged against them.
"""

import configparser
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from reviewlore.architecture.graph import components
from reviewlore.architecture.places import folder_of, is_product, related
from reviewlore.domain.architecture import ArchitectureMap, Contract, Layer

# A file name and where import-linter looks in it, in its own order of precedence.
CONTRACT_FILES = ("setup.cfg", ".importlinter", "pyproject.toml")
# One or two imports are no habit yet: below this an inferred direction would be chance.
MIN_IMPORTS = 4

_TRUE = frozenset({"true", "1", "yes", "on"})
_Options = Mapping[str, object]


def parse_layers(layers: Sequence[str | Sequence[str]], origin: str = ".reviewlore.toml") -> tuple[Contract, ...]:
    """Return the contract of `[architecture] layers`, top to bottom; siblings joined by `|` or given as a list."""
    parsed = tuple(_layer(" | ".join([entry] if isinstance(entry, str) else entry), "") for entry in layers)
    parsed = tuple(layer for layer in parsed if layer.members)
    return (Contract("layers", "layers", origin, parsed),) if parsed else ()


def parse_contracts(texts: Mapping[str, str]) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return import-linter's contracts from the first of CONTRACT_FILES that has some, and notes on what was not read.

    `texts` maps a file name to its content. A contract type that this reader does not judge is named in the notes.
    """
    notes: list[str] = []
    for name in CONTRACT_FILES:
        if name not in texts:
            continue
        try:
            session, sections = _read_toml(texts[name]) if name.endswith(".toml") else _read_ini(texts[name])
        except (configparser.Error, tomllib.TOMLDecodeError) as error:
            reason = str(error).splitlines()[0]
            notes.append(f"{name} cannot be read, so its import contracts are not checked: {reason}")
            continue
        if sections:
            found: list[Contract] = []
            for section in sections:
                found += _contracts(session, section, name, notes)
            return tuple(found), tuple(notes)
    return (), tuple(notes)


def infer_contracts(base: ArchitectureMap) -> tuple[Contract, ...]:
    """Return one layers contract per pair of packages whose imports point one way only, marked as inferred.

    A direction is taken for a rule where at least `MIN_IMPORTS` modules of the upper package import the lower one at
    module level, and the lower one reaches the upper one by no path at all. Only shipped code has a say.
    """
    importers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for edge in base.edges:
        upper, lower = folder_of(edge.importer), folder_of(edge.imported)
        if edge.kind == "type_only" or upper == lower or not (is_product(edge.importer) and is_product(edge.imported)):
            continue
        graph[upper].add(lower)
        importers[upper, lower].add(edge.importer)
    circle = {folder: number for number, group in enumerate(components(graph)) for folder in group}
    found = []
    for (upper, lower), modules in sorted(importers.items()):
        same_circle = upper in circle and circle.get(upper) == circle.get(lower)
        if len(modules) >= MIN_IMPORTS and not same_circle and not related(upper, lower):
            layers = tuple(Layer((name,)) for name in (_package(base, upper), _package(base, lower)))
            origin = f"{len(modules)} modules of {layers[0].members[0]} import {layers[1].members[0]}, none the reverse"
            found.append(Contract("layers", "direction", origin, layers, inferred=True))
    return tuple(found)


def breaks(contract: Contract, importer: str, imported: str) -> str | None:
    """Return how an import of one dotted module by another breaks a contract, as half a sentence, or None."""
    if any(_matches(left, importer) and _matches(right, imported) for left, right in contract.ignored):
        return None
    if contract.kind == "layers":
        return _breaks_layers(contract, importer, imported)
    source = _member(contract.sources, importer)
    if contract.kind == "forbidden":
        target = _member(contract.targets, imported)
        return f"`{source}` must not import `{target}`" if source and target else None
    other = _member(contract.sources, imported)
    return f"`{source}` and `{other}` must not know each other" if source and other and source != other else None


def _breaks_layers(contract: Contract, importer: str, imported: str) -> str | None:
    places = {}
    for depth, layer in enumerate(contract.layers):
        for name in layer.members:
            places[name] = (depth, layer)
    lower, upper = _member(tuple(places), importer), _member(tuple(places), imported)
    if not lower or not upper or lower == upper:
        return None
    (depth, layer), (height, _) = places[lower], places[upper]
    if depth == height:
        return f"`{lower}` and `{upper}` share a layer and must not know each other" if layer.independent else None
    return f"`{lower}` is declared below `{upper}`" if depth > height else None


def _member(members: Sequence[str], module: str) -> str | None:
    """Return the closest member that is the module or contains it."""
    inside = [name for name in members if _matches(name, module) or _matches(f"{name}.**", module)]
    return max(inside, key=len, default=None)


def _matches(pattern: str, module: str) -> bool:
    """import-linter's wildcards: `*` is one name, `**` any number of names."""
    if "*" not in pattern:
        return pattern == module
    parts = [".+" if part == "**" else r"[^.]+" if part == "*" else re.escape(part) for part in pattern.split(".")]
    return re.fullmatch(r"\.".join(parts), module) is not None


def _layer(text: str, container: str) -> Layer:
    """`a | b` are independent siblings, `a : b` siblings that may know each other, `(a)` may be missing."""
    members = [part.strip().strip("()").strip() for part in re.split(r"[|:]", text)]
    prefix = f"{container}." if container else ""
    return Layer(tuple(f"{prefix}{name}" for name in members if name), "|" in text)


def _contracts(session: _Options, section: _Options, origin: str, notes: list[str]) -> list[Contract]:
    name, kind = str(section.get("name", "contract")), str(section.get("type", ""))
    ignored = tuple(
        (left.strip(), right.strip())
        for line in _lines(section.get("ignore_imports"))
        for left, arrow, right in (line.partition("->"),)
        if arrow
    )
    type_only = str(session.get("exclude_type_checking_imports", "")).lower() in _TRUE
    if kind == "layers":
        containers = _lines(section.get("containers")) or [""]
        lines = _lines(section.get("layers"))
        stacks = [tuple(_layer(line, container) for line in lines) for container in containers]
        return [
            Contract("layers", name, origin, layers, ignored=ignored, ignore_type_only=type_only) for layers in stacks
        ]
    sources, targets = tuple(_lines(section.get("source_modules"))), tuple(_lines(section.get("forbidden_modules")))
    if kind == "forbidden":
        return [Contract("forbidden", name, origin, (), sources, targets, ignored, type_only)]
    if kind == "independence":
        members = tuple(_lines(section.get("modules")))
        return [Contract("independence", name, origin, (), members, (), ignored, type_only)]
    notes.append(f"{origin}: the contract {name!r} is of type {kind or 'unknown'!r}, which is not checked here.")
    return []


def _read_ini(text: str) -> tuple[_Options, list[_Options]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    session = dict(parser["importlinter"]) if parser.has_section("importlinter") else {}
    return session, [dict(parser[name]) for name in parser.sections() if name.startswith("importlinter:contract:")]


def _read_toml(text: str) -> tuple[_Options, list[_Options]]:
    tool = tomllib.loads(text).get("tool", {})
    session = tool.get("importlinter", {}) if isinstance(tool, dict) else {}
    contracts = session.get("contracts", []) if isinstance(session, dict) else []
    return session, [entry for entry in contracts if isinstance(entry, dict)]


def _lines(value: object) -> list[str]:
    """An option of several values: lines of an INI option or a TOML list, without comments and blanks."""
    rows = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [text for row in rows if (text := str(row).partition("#")[0].strip())]


def _package(base: ArchitectureMap, folder: str) -> str:
    """Return the dotted name most modules of a folder have as their package."""
    names = Counter(
        module.name if module.is_package else module.name.rpartition(".")[0]
        for path, module in base.modules.items()
        if folder_of(path) == folder
    )
    return names.most_common(1)[0][0] if names else folder.replace("/", ".")
