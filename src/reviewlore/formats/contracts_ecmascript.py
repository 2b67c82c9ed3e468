"""Rules about imports that JavaScript's own tools declare: configuration texts in, contracts and notes out. Runs none.

Read are dependency-cruiser (https://github.com/sverweij/dependency-cruiser, the `forbidden` rules over paths),
eslint's `import/no-restricted-paths`, eslint-plugin-boundaries' `element-types` and Nx's `depConstraints`. Members are
globs over module names, which are paths without suffixes: `a/b` with all below it, `*` part of one name, `**` any
number of folders. A rule that says more than that is named in a note, and so is configuration that is code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import join

from reviewlore.domain.architecture import Contract, ContractKind
from reviewlore.formats.ecmascript_literals import read_literal
from reviewlore.formats.json_text import as_mapping, as_text, as_texts, read_json
from reviewlore.formats.manifests.npm import inside
from reviewlore.formats.path_patterns import globs_of
from reviewlore.formats.yaml_text import read_yaml

_CRUISER = re.compile(r"\.dependency-cruiser\.(json|js|cjs|mjs)")
_ESLINT = re.compile(r"\.eslintrc(\.json|\.ya?ml|\.c?js)?|eslint\.config\.[cm]?[jt]s|package\.json")
_EVERYTHING = "**"
_THIRD_PARTY = re.compile(r"(?:\*\*/)?node_modules/(?=.)")
_IMPORT_RULES = ("no-restricted-paths", "boundaries/element-types", "enforce-module-boundaries")
_MAX_RULES = 500
# Pairs of types of elements that all rules together may say something about.
_MAX_PAIRS = 1_000_000


class _Found:
    """Contracts and notes of one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.contracts: list[Contract] = []
        self.unread: list[str] = []
        self.ignore_type_only = False

    def add(
        self,
        name: str,
        sources: Sequence[str],
        targets: Sequence[str],
        spared: Sequence[tuple[str, str]],
        kind: ContractKind = "forbidden",
    ) -> None:
        pairs = tuple(spared)
        self.contracts.append(
            Contract(kind, name, self.path, (), tuple(sources), tuple(targets), pairs, self.ignore_type_only)
        )

    def notes(self) -> Iterator[str]:
        if self.unread:
            names = ", ".join(f"“{name}”" for name in dict.fromkeys(self.unread))
            yield f"{self.path}: these import rules say more than is judged here: {names}."


def is_contract_file(path: str) -> bool:
    """Whether a path may hold rules about imports, or says which project has which of Nx's tags."""
    name = path.rpartition("/")[2]
    known = name == "project.json" or _CRUISER.fullmatch(name) or _ESLINT.fullmatch(name)
    return bool(known) and "node_modules" not in path.split("/")


def parse_contracts(texts: Mapping[str, str]) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return the contracts that files given as path -> text declare, and notes on what of them is not judged."""
    contracts: list[Contract] = []
    notes: list[str] = []
    tags = _tags(texts)
    for path, text in sorted(texts.items()):
        name, found = path.rpartition("/")[2], _Found(path)
        cruiser = _CRUISER.fullmatch(name)
        if cruiser is None and not (_ESLINT.fullmatch(name) and any(rule in text for rule in _IMPORT_RULES)):
            continue
        value, problem = _read(name, text)
        if problem:
            notes.append(f"{path}: its import rules are not judged, as {problem}.")
        elif cruiser is not None:
            _read_cruiser(as_mapping(value), found, _home(path, texts))
        else:
            settings = as_mapping(value)
            settings = as_mapping(settings.get("eslintConfig")) if name == "package.json" else settings
            _read_eslint(settings, tags, found)
        contracts += found.contracts
        notes += found.notes()
    return tuple(contracts), tuple(notes)


def _read(name: str, text: str) -> tuple[object, str]:
    if name.endswith((".yml", ".yaml")):
        return read_yaml(text)
    if not name.endswith(("js", "ts")):
        value, problem = read_json(text)
        return read_yaml(text) if problem and name == ".eslintrc" else (value, problem)
    return read_literal(text)


def _home(path: str, texts: Mapping[str, str]) -> str:
    """Return the folder that a tool is run in: the nearest one with a package.json, else the top."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if join(folder, "package.json") in texts:
            return folder
    return ""


def _read_cruiser(config: Mapping[str, object], found: _Found, home: str) -> None:
    """Rules of `forbidden` with paths alone; conditions on cycles, orphans or kinds of dependency are no contract."""
    rules = config.get("forbidden")
    # What is gone once TypeScript has compiled a file counts only where it is asked for.
    found.ignore_type_only = not as_mapping(config.get("options")).get("tsPreCompilationDeps")
    for rule in (rules if isinstance(rules, list) else [])[:_MAX_RULES]:
        entry = as_mapping(rule)
        name = as_text(entry.get("name")) or "unnamed"
        if entry.get("severity") == "ignore":
            continue
        origin, goal = as_mapping(entry.get("from")), as_mapping(entry.get("to"))
        if not (goal.get("path") or goal.get("pathNot")) or (origin.keys() | goal.keys()) - {"path", "pathNot"}:
            found.unread.append(name)
            continue
        sources, targets = _paths(origin.get("path", "^")), _paths(goal.get("path", []))
        without, spared = _paths(origin.get("pathNot", [])), _paths(goal.get("pathNot", []))
        if sources is None or targets is None or without is None or spared is None:
            found.unread.append(name)
            continue
        sources, targets, without, spared = (
            tuple(_placed(glob, home) for glob in globs) for globs in (sources, targets, without, spared)
        )
        ignored = [(glob, _EVERYTHING) for glob in _with_inner(without)]
        if targets:
            ignored += [(_EVERYTHING, glob) for glob in _with_inner(spared)]
            found.add(name, sources, targets, ignored)
        else:  # all but these, third parties too; what is said of them is not judged
            found.add(name, sources, spared, ignored, "allowed")
    found.unread += [key for key in ("allowed", "required") if config.get(key)]


def _placed(glob: str, home: str) -> str:
    """Return a glob from the repository's root that is written from a folder, or from the root nevertheless.

    Third parties are called by their own name, not by where they are installed.
    """
    if third := _THIRD_PARTY.match(glob):
        return glob[third.end() :]
    return glob if not home or glob.startswith(f"{home}/") else home if glob == _EVERYTHING else f"{home}/{glob}"


def _paths(written: object) -> tuple[str, ...] | None:
    """Return the globs of one regular expression or a list of them; None where one is no text, or says more."""
    globs: list[str] = []
    rows = written if isinstance(written, list) else [written]
    for pattern in rows:
        if not isinstance(pattern, str):
            return None
        some = (_EVERYTHING,) if pattern in ("^", ".*", ".+", "") else globs_of(pattern)
        if some is None:
            return None
        globs += some
    return tuple(dict.fromkeys(globs))


def _with_inner(globs: Sequence[str]) -> list[str]:
    """Return globs with those of all that lies below: exceptions hold for exactly what they name."""
    return [one for glob in globs for one in ((glob,) if glob.endswith(_EVERYTHING) else (glob, f"{glob}/**"))]


def _read_eslint(config: Mapping[str, object], tags: Mapping[str, frozenset[str]], found: _Found) -> None:
    """Rules of a configuration and of those `overrides` that are about all files of a language."""
    blocks: list[Mapping[str, object]] = [config]
    overrides = config.get("overrides")
    for other in (as_mapping(one) for one in (overrides if isinstance(overrides, list) else [])[:_MAX_RULES]):
        if all(glob.rpartition("/")[2].startswith("*.") for glob in as_texts(other.get("files"))):
            blocks.append(other)
        else:
            some = (rule for rule in as_mapping(other.get("rules")) if rule.endswith(_IMPORT_RULES))
            found.unread += [f"{rule} (of some files)" for rule in some]
    elements = as_mapping(config.get("settings")).get("boundaries/elements")
    for block in blocks:
        for rule, written in as_mapping(block.get("rules")).items():
            level, options = _rule(written)
            if level in ("off", 0) or not rule.endswith(_IMPORT_RULES):
                continue
            if rule.endswith("no-restricted-paths"):
                _read_zones(options, found)
            elif rule.endswith("element-types"):
                _read_elements(rule, options, _elements(elements), found)
            else:
                _read_tags(rule, options, tags, found)


def _rule(written: object) -> tuple[object, Mapping[str, object]]:
    if isinstance(written, list) and written:
        return written[0], as_mapping(written[1] if len(written) > 1 else None)
    return written, {}


def _read_zones(options: Mapping[str, object], found: _Found) -> None:
    folder = found.path.rpartition("/")[0]
    base = inside(folder, as_text(options.get("basePath")) or ".") or folder
    zones = options.get("zones")
    for zone in (as_mapping(one) for one in (zones if isinstance(zones, list) else [])[:_MAX_RULES]):
        sources = [_glob(base, one) for one in as_texts(zone.get("target"))]
        origins = as_texts(zone.get("from"))
        targets = [_glob(base, one) for one in origins]
        excepted = as_texts(zone.get("except"))
        spared = [_glob(base, one if "*" in origin else join(origin, one)) for origin in origins for one in excepted]
        if not all((*sources, *targets, *spared)) or not sources or not targets:
            found.unread.append("import/no-restricted-paths")
            continue
        name = as_text(zone.get("message"), 80) or "import/no-restricted-paths"
        found.add(name, sources, targets, [(_EVERYTHING, glob) for glob in _with_inner(spared)])


def _glob(base: str, written: str) -> str:
    """Return a path or glob as written in a configuration from the repository's root; nothing where it is neither."""
    if any(mark in written for mark in "{}[]()!+"):
        return ""
    place = inside(base, written)
    return _EVERYTHING if place == "." else place.removesuffix("/**/*").removesuffix("/**")


def _elements(written: object) -> dict[str, list[str]]:
    """Return the globs of each type of element; patterns are matched from the right, so they may start anywhere."""
    found: dict[str, list[str]] = {}
    for element in (as_mapping(one) for one in (written if isinstance(written, list) else [])[:_MAX_RULES]):
        kind = as_text(element.get("type"))
        for pattern in as_texts(element.get("pattern")):
            glob = _glob("", pattern)
            if kind and glob:
                full = element.get("mode") == "full" or glob.startswith(_EVERYTHING)
                found.setdefault(kind, []).append(glob if full else f"**/{glob}")
    return found


def _read_elements(
    rule: str, options: Mapping[str, object], elements: Mapping[str, Sequence[str]], found: _Found
) -> None:
    """The last rule about two types decides, else the default; files of one type may always know each other."""
    allowed = {(one, other): options.get("default", "allow") == "allow" for one in elements for other in elements}
    written = options.get("rules")
    rows = (written if isinstance(written, list) else [])[:_MAX_RULES]
    if len(elements) ** 2 * len(rows) > _MAX_PAIRS:
        found.unread.append(rule)
        return
    for row in map(as_mapping, rows):
        parts = [row.get(key, []) for key in ("from", "allow", "disallow")]
        lists = [part if isinstance(part, list) else [part] for part in parts]
        if not all(isinstance(name, str) and (name in elements or name == "*") for part in lists for name in part):
            found.unread.append(rule)
            continue
        origins, allow, disallow = (_spread(part, elements) for part in lists)
        for one in origins:
            allowed |= {(one, other): False for other in disallow} | {(one, other): True for other in allow}
    for one in elements:
        targets = [glob for other in elements if other != one and not allowed[one, other] for glob in elements[other]]
        if targets:
            found.add(f"{rule}: {one}", elements[one], targets, ())


def _spread(names: Sequence[object], elements: Mapping[str, Sequence[str]]) -> list[str]:
    return list(elements) if "*" in names else [name for name in names if isinstance(name, str)]


def _tags(texts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return folder -> Nx's tags, of project.json, and of package.json's `nx`."""
    found: dict[str, frozenset[str]] = {}
    for path, text in sorted(texts.items()):
        folder, _, name = path.rpartition("/")
        if name in ("project.json", "package.json") and "tags" in text and folder:
            value = as_mapping(read_json(text)[0])
            value = as_mapping(value.get("nx")) if name == "package.json" else value
            if tags := as_texts(value.get("tags")):
                found[folder] = frozenset(tags)
    return found


def _read_tags(rule: str, options: Mapping[str, object], tags: Mapping[str, frozenset[str]], found: _Found) -> None:
    """Each constraint forbids the projects of a tag those that have none of the tags it may depend on."""
    constraints = options.get("depConstraints")
    for one in (as_mapping(row) for row in (constraints if isinstance(constraints, list) else [])[:_MAX_RULES]):
        source, every = as_text(one.get("sourceTag")), as_texts(one.get("allSourceTags"))
        wanted, unwanted = one.get("onlyDependOnLibsWithTags"), as_texts(one.get("notDependOnLibsWithTags"))
        some, label = as_texts(wanted), source or " and ".join(every)
        if any(("*" in tag and tag != "*") or tag.startswith("/") for tag in (source, *every, *some, *unwanted)):
            found.unread.append(f"{rule}: {label}")
            continue
        sources = [folder for folder, own in tags.items() if _has(own, [source]) or (every and set(every) <= own)]
        closed = wanted is not None and "*" not in some
        targets = [folder for folder, own in tags.items() if (closed and not _has(own, some)) or _has(own, unwanted)]
        if sources and targets:
            itself = [(one, f"{folder}/**") for folder in sources for one in _with_inner([folder])]
            found.add(f"{rule}: {label}", sources, targets, itself)


def _has(own: frozenset[str], tags: Sequence[str]) -> bool:
    return "*" in tags or not own.isdisjoint(tags)
